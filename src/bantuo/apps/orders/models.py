"""Orders, their lines, every routing decision with its reason, and the timeline of events."""

from django.db import models
from django.db.models import Q

from bantuo.apps.accounts.models import User
from bantuo.apps.catalog.models import Sku
from bantuo.apps.parties.models import Seller, Warehouse


class Route(models.TextChoices):
    SEMI = "semi"  # the programme fulfils it
    SELF = "self"  # the seller fulfils it


class OrderState(models.TextChoices):
    """States of both routes; `to_ship` and `shipped` belong to self-fulfilment."""

    RESERVED = "reserved"
    RELEASED = "released"
    PICKING = "picking"
    PACKED = "packed"
    HANDED_OVER = "handed_over"
    EXPORT_CLEARED = "export_cleared"
    DEPARTED = "departed"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    TO_SHIP = "to_ship"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class OrderKey(models.Model):
    """Makes intake idempotent: one row per (seller, marketplace, external id), first writer wins."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    marketplace = models.TextField()
    external_id = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "marketplace", "external_id"], name="order_key_once"),
        ]


class Order(models.Model):
    """One seller's part of a buyer's order. Money in integer fen (CNY)."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    marketplace = models.TextField()
    external_id = models.TextField()
    part = models.IntegerField(default=0, help_text="0 as placed; 1 the part split off at the cut-off")
    placed_at = models.DateTimeField()
    business_date = models.DateField(help_text="Asia/Shanghai day it was received on")
    destination = models.TextField()
    goods_fen = models.BigIntegerField()
    freight_fen = models.BigIntegerField()
    merchant_coupon_fen = models.BigIntegerField(default=0)
    route = models.TextField(choices=Route.choices)
    state = models.TextField(choices=OrderState.choices)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, null=True, db_index=False)
    released_at = models.DateTimeField(null=True)
    packed_at = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "marketplace", "external_id", "part"], name="order_once"
            ),
            models.CheckConstraint(condition=Q(route__in=Route.values), name="order_route_known"),
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="order_state_known"),
            models.CheckConstraint(
                condition=Q(goods_fen__gte=0, freight_fen__gte=0, merchant_coupon_fen__gte=0),
                name="order_money_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(route="self") | Q(warehouse__isnull=False), name="order_semi_has_warehouse"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="order_by_state"),
            models.Index(fields=["business_date", "seller"], name="order_by_day"),
            models.Index(fields=["business_date", "id"], name="order_part_by_day", condition=Q(part__gt=0)),
            models.Index(fields=["seller", "id"], name="order_of_seller"),
            models.Index(fields=["seller", "state", "id"], name="order_of_seller_by_state"),
            models.Index(fields=["external_id"], opclasses=["text_pattern_ops"], name="order_by_external_id"),
        ]

    def __str__(self) -> str:
        return f"{self.marketplace}:{self.external_id}"


class OrderLine(models.Model):
    """One SKU of an order; while `reserved`, its quantity stands in a pool of a balance.

    As with decisions and events, the database checks the order, whose seller it has checked, and not the
    seller again: a third of all checks of keys that taking an order in cost.

    No index of its own for the seller, who leads the unique key: it would tempt the planner of a young
    database to read all lines of a seller for each of them.
    """

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False, db_constraint=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="lines")
    line_no = models.IntegerField()
    sku = models.ForeignKey(Sku, models.PROTECT)
    quantity = models.IntegerField()
    goods_fen = models.BigIntegerField()
    freight_fen = models.BigIntegerField()
    pool = models.TextField(null=True, help_text="declared | on_hand; null: nothing is reserved")
    reserved = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "order", "line_no"], name="order_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(reserved=False) | Q(pool__isnull=False), name="order_line_reserved_in_a_pool"
            ),
        ]
        indexes = [
            models.Index(fields=["sku"], name="order_line_reserved", condition=Q(reserved=True)),
        ]


class RoutingDecision(models.Model):
    """Append-only: why an order takes a route. The highest id of an order is the current one."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False, db_constraint=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="decisions", db_index=False)
    route = models.TextField(choices=Route.choices)
    reason = models.TextField(help_text="a code of core.routing.Reason")
    rule = models.TextField(help_text="policy rule id, or `capacity` where only stock decided")
    policy_version = models.TextField()
    line_no = models.IntegerField(null=True, help_text="the line that decided, where one did")
    detail = models.JSONField(default=dict)
    decided_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["order", "id"], name="decision_by_order"),
            models.Index(fields=["reason", "order"], name="decision_by_reason"),
            models.Index(
                fields=["decided_at", "seller"],
                name="decision_of_cutoff",
                condition=Q(
                    reason__in=["cutoff_fallback", "cutoff_fallback_wide", "after_cutoff", "turning_reversed"]
                ),
            ),
        ]


class OrderEvent(models.Model):
    """Append-only timeline of an order."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False, db_constraint=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="events", db_index=False)
    state = models.TextField()
    reason = models.TextField(default="")
    happened_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["order", "id"], name="event_by_order"),
            models.Index(fields=["seller", "happened_at"], name="event_of_seller"),
        ]


class IntakeRefusal(models.Model):
    """A row of an intake that was refused: row, field, value and rule. Nothing else of it is kept."""

    marketplace = models.TextField()
    seller_code = models.TextField()
    external_id = models.TextField()
    row = models.TextField(help_text="the caller's own name of the row")
    field = models.TextField()
    value = models.TextField()
    rule = models.TextField()
    reason = models.TextField()
    refused_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["marketplace", "seller_code", "external_id", "row"], name="intake_refusal_once"
            ),
        ]


class CutOver(models.Model):
    """The fence of one day's 16:00 and its report, with the wider reading beside the one in force (A-30)."""

    business_date = models.DateField(unique=True)
    cut_at = models.DateTimeField()
    last_order_id = models.BigIntegerField(db_default=0, help_text="the last order taken before the fence")
    finished_at = models.DateTimeField(null=True, help_text="null: orders are still being turned")
    sellers_in_time = models.IntegerField()
    sellers_late = models.IntegerField()
    orders_turned = models.IntegerField()
    orders_split = models.IntegerField()
    lines_turned = models.IntegerField()
    orders_turned_wide = models.IntegerField(null=True, help_text="null: not counted yet")
    orders_to_turn = models.IntegerField(null=True, help_text="counted before the first; null: not yet")
    policy_version = models.TextField()
    scope = models.TextField()


class OrderRecipient(models.Model):
    """Who a buyer's order goes to: sealed, shown masked. Kept at part 0, which all parts share."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="recipients", db_index=False)
    oaid = models.TextField(help_text="the marketplace's own name for this address")
    country = models.TextField()
    region = models.TextField(default="", help_text="state or province, as shown")
    name_masked = models.TextField()
    phone_masked = models.TextField()
    sealed = models.BinaryField(null=True, help_text="the recipient under the master key; null: destroyed")
    kept_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "order"], name="recipient_once"),
            models.UniqueConstraint(fields=["seller", "oaid"], name="recipient_oaid_once"),
        ]


class Shipment(models.Model):
    """What a seller sent of an order it fulfils itself; a corrected number is a row of its own."""

    seller = models.ForeignKey(Seller, models.PROTECT, related_name="order_shipments", db_index=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="shipments")
    carrier = models.TextField()
    number = models.TextField()
    url = models.TextField(default="")
    shipped_at = models.DateTimeField()
    actor = models.TextField()
    replaced_at = models.DateTimeField(null=True, help_text="a corrected number took its place")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "order", "carrier", "number"],
                condition=Q(replaced_at__isnull=True),
                name="order_shipment_once",
            ),
        ]
        indexes = [models.Index(fields=["number"], name="order_shipment_number")]


class ShipmentLine(models.Model):
    """How many pieces of an order line went with a shipment."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    shipment = models.ForeignKey(Shipment, models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(OrderLine, models.PROTECT)
    quantity = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "shipment", "order_line"], name="shipment_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipment_line_positive"),
        ]


class CancelRequest(models.Model):
    """Somebody asked for an order, or pieces of it, to be cancelled; while open, nothing of it moves on."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="cancel_requests")
    reference = models.TextField(help_text="the asker's own name of it: asked again, it is the same")
    lines = models.JSONField(default=dict, help_text="line number → pieces; empty: all of the order")
    responsible = models.TextField()
    reason = models.TextField()
    asked_by = models.TextField()
    asked_at = models.DateTimeField()
    answer_by = models.DateTimeField(null=True, help_text="ORD-2: after it the rule answers")
    answer = models.TextField(default="", help_text="accepted | refused; empty: open")
    answer_reason = models.TextField(default="")
    answered_by = models.TextField(default="")
    answered_at = models.DateTimeField(null=True)
    part = models.ForeignKey(
        Order, models.PROTECT, null=True, related_name="+", help_text="the order or part that was cancelled"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "order", "reference"], name="cancel_request_once"),
            models.UniqueConstraint(
                fields=["seller", "order"], condition=Q(answer=""), name="cancel_request_one_open"
            ),
            models.CheckConstraint(
                condition=Q(answer__in=["", "accepted", "refused"]), name="cancel_request_answer_known"
            ),
        ]
        indexes = [
            models.Index(fields=["answer_by", "id"], name="cancel_request_open", condition=Q(answer="")),
        ]


class OrderReminder(models.Model):
    """What a seller was told once for a day: orders that came back, deadlines that are near."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    kind = models.TextField()
    business_date = models.DateField()
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "kind", "business_date"], name="order_reminder_once"),
        ]


class SavedFilter(models.Model):
    """A person's own filter of a list, by a name of theirs."""

    user = models.ForeignKey(User, models.PROTECT, db_index=False)
    page = models.TextField()
    name = models.TextField()
    query = models.TextField(help_text="the address's parameters")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="saved_filter_once")]


class OrderImport(models.Model):
    """A file of orders on its way in: read and looked at, then taken in chunk by chunk."""

    marketplace = models.TextField()
    mode = models.TextField(help_text="each: row by row; all: everything or nothing")
    file_name = models.TextField()
    columns = models.JSONField(help_text="the file's own headings, in order")
    state = models.TextField(default="draft", help_text="draft | running | done | refused | discarded")
    orders = models.IntegerField(help_text="distinct orders in the file")
    created_by = models.TextField()
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(mode__in=["each", "all"]), name="order_import_mode_known"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "running", "done", "refused", "discarded"]),
                name="order_import_state_known",
            ),
        ]


class OrderImportRow(models.Model):
    """A row of such a file as it stands in it, and what became of it. Rows of an order share its number."""

    order_import = models.ForeignKey(OrderImport, models.PROTECT, related_name="rows", db_index=False)
    row = models.IntegerField()
    order_no = models.IntegerField(help_text="which of the file's orders it belongs to; -1: cannot be read")
    cells = models.JSONField()
    outcome = models.TextField(default="", help_text="placed | repeated | refused; empty: not yet taken in")
    order_id = models.BigIntegerField(null=True)
    problems = models.JSONField(default=list, help_text="field, value, rule and reason of each")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order_import", "row"], name="import_row_once")]
        indexes = [
            models.Index(
                fields=["order_import", "order_no"], name="import_row_waiting", condition=Q(outcome="")
            ),
        ]
