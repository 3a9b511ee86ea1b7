"""Orders, their lines, every routing decision with its reason, and the timeline of events."""

from django.db import models
from django.db.models import Q

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
            models.Index(
                fields=["state", "id"],
                name="order_in_progress",
                condition=~Q(state__in=["completed", "cancelled", "returned"]),
            ),
            models.Index(fields=["business_date", "seller"], name="order_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.marketplace}:{self.external_id}"


class OrderLine(models.Model):
    """One SKU of an order; while `reserved`, its quantity stands in a pool of a balance.

    No index of its own for the seller, who leads the unique key: it would tempt the planner of a young
    database to read all lines of a seller for each of them.
    """

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
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

    seller = models.ForeignKey(Seller, models.PROTECT)
    order = models.ForeignKey(Order, models.PROTECT, related_name="decisions")
    route = models.TextField(choices=Route.choices)
    reason = models.TextField(help_text="a code of core.routing.Reason")
    rule = models.TextField(help_text="policy rule id, or `capacity` where only stock decided")
    policy_version = models.TextField()
    line_no = models.IntegerField(null=True, help_text="the line that decided, where one did")
    detail = models.JSONField(default=dict)
    decided_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["order", "id"], name="decision_by_order")]


class OrderEvent(models.Model):
    """Append-only timeline of an order."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    order = models.ForeignKey(Order, models.PROTECT, related_name="events")
    state = models.TextField()
    reason = models.TextField(default="")
    happened_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["order", "id"], name="event_by_order")]


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
    """The report of one day's 16:00, with the wider reading beside the one in force (A-30)."""

    business_date = models.DateField(unique=True)
    cut_at = models.DateTimeField()
    sellers_in_time = models.IntegerField()
    sellers_late = models.IntegerField()
    orders_turned = models.IntegerField()
    orders_split = models.IntegerField()
    lines_turned = models.IntegerField()
    orders_turned_wide = models.IntegerField()
    policy_version = models.TextField()
    scope = models.TextField()
