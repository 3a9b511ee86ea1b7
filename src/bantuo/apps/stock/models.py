"""Two pools per SKU × warehouse, their append-only movements, declarations and shortages."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from bantuo.apps.catalog.models import Sku
from bantuo.apps.parties.models import Seller, Warehouse


class Pool(models.TextChoices):
    """`declared`: what the seller says is sellable (JIT). `on_hand`: what our warehouse counted."""

    DECLARED = "declared"
    ON_HAND = "on_hand"


class Balance(models.Model):
    """What can be promised. Locked in (seller, sku, warehouse) order everywhere.

    `declared_reserved` may exceed `declared` while a shortage is open; `on_hand_reserved` never
    exceeds `on_hand`. A day counts as stated from `stated_first_at`, the first statement of `stated_on`.
    """

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    sku = models.ForeignKey(Sku, models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, db_index=False)
    declared = models.IntegerField(default=0)
    declared_reserved = models.IntegerField(default=0)
    on_hand = models.IntegerField(default=0)
    on_hand_reserved = models.IntegerField(default=0)
    safety = models.IntegerField(default=0, help_text="units held back from sale")
    sequence = models.BigIntegerField(default=0, help_text="of the last statement accepted")
    stated_on = models.DateField(null=True)
    stated_first_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "sku", "warehouse"], name="balance_once"),
            models.CheckConstraint(
                condition=Q(declared__gte=0, declared_reserved__gte=0, on_hand__gte=0, safety__gte=0),
                name="balance_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(on_hand_reserved__gte=0, on_hand_reserved__lte=F("on_hand")),
                name="balance_on_hand_never_oversold",
            ),
        ]


class Movement(models.Model):
    """One change of a pool: deltas of quantity and of reservation, and the reason. Append-only.

    The seller is the balance's, which is checked; it is not checked again.
    """

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False, db_constraint=False)
    balance = models.ForeignKey(Balance, models.PROTECT, db_index=False)
    pool = models.TextField(choices=Pool.choices)
    code = models.TextField(help_text="declare reserve release sale receive purchase return adjust scrap")
    quantity_delta = models.IntegerField()
    reserved_delta = models.IntegerField()
    reference = models.TextField()
    moved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pool__in=Pool.values), name="movement_pool_known"),
            models.CheckConstraint(
                condition=~Q(quantity_delta=0, reserved_delta=0), name="movement_moves_something"
            ),
        ]
        indexes = [
            models.Index(fields=["balance", "id"], name="movement_by_balance"),
            BrinIndex(fields=["moved_at"], name="movement_by_time", autosummarize=True),
        ]


class Declaration(models.Model):
    """One statement of a seller's stock, as received: the server's clock decides its day."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    sequence = models.BigIntegerField()
    as_of = models.DateTimeField()
    basis = models.TextField()
    channel = models.TextField()
    business_date = models.DateField()
    received_at = models.DateTimeField()
    rows_stated = models.IntegerField()
    rows_changed = models.IntegerField()
    rows_refused = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "sequence"], name="declaration_once"),
            models.CheckConstraint(condition=Q(basis__in=["gross", "net"]), name="declaration_basis_known"),
        ]
        indexes = [
            models.Index(fields=["business_date", "seller"], name="declaration_by_day"),
            models.Index(fields=["seller", "-id"], name="declaration_latest"),
        ]


class DeclarationRefusal(models.Model):
    """A row of a declaration that was not taken, with its reason."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    declaration = models.ForeignKey(Declaration, models.PROTECT)
    row = models.IntegerField()
    field = models.TextField()
    value = models.TextField()
    rule = models.TextField()


class SellerDay(models.Model):
    """How a seller's day stood at the cut-off: the fence that intake and scans consult."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    business_date = models.DateField()
    listed = models.IntegerField()
    stated = models.IntegerField()
    in_time = models.BooleanField()
    cut_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "business_date"], name="seller_day_once"),
            models.CheckConstraint(
                condition=Q(stated__gte=0, stated__lte=F("listed")), name="seller_day_counted"
            ),
        ]


class Shortage(models.Model):
    """A declaration below what is reserved; closed when enough lines were given back."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    balance = models.ForeignKey(Balance, models.PROTECT)
    quantity_short = models.IntegerField()
    quantity_returned = models.IntegerField(default=0)
    reason = models.TextField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    outcome = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "balance"], condition=Q(closed_at__isnull=True), name="shortage_one_open"
            ),
            models.CheckConstraint(condition=Q(quantity_short__gt=0), name="shortage_positive"),
        ]
        indexes = [models.Index(fields=["seller", "-id"], name="shortage_latest")]


class DayWarning(models.Model):
    """A seller was told before the cut-off that its day was not complete, once a day."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    business_date = models.DateField()
    listed = models.IntegerField()
    stated = models.IntegerField()
    warned_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "business_date"], name="day_warning_once"),
            models.CheckConstraint(
                condition=Q(stated__gte=0, stated__lt=F("listed")), name="day_warning_incomplete"
            ),
        ]


class WarnedDay(models.Model):
    """A day whose warnings are out as of a moment, so that the job need not look again at once."""

    business_date = models.DateField(unique=True)
    sellers_warned = models.IntegerField()
    warned_at = models.DateTimeField()


class RecentSales(models.Model):
    """What buyers ordered of a SKU × warehouse in the last days, counted now and then from the movements."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    balance = models.OneToOneField(Balance, models.PROTECT, related_name="sales")
    units = models.IntegerField()
    days = models.IntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(units__gt=0, days__gt=0), name="recent_sales_positive")
        ]


class StockFile(models.Model):
    """An uploaded sheet of stock with what became of each of its rows."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    token = models.UUIDField(help_text="of the form it came with: sent twice, it is taken once")
    file_name = models.TextField()
    sequence = models.BigIntegerField(null=True, help_text="of the statement it became")
    rows = models.JSONField(help_text="row, sku, warehouse, quantity as written; field, value, rule")
    rows_stated = models.IntegerField()
    rows_changed = models.IntegerField()
    rows_refused = models.IntegerField()
    uploaded_by = models.TextField()
    uploaded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seller", "token"], name="stock_file_once")]
        indexes = [models.Index(fields=["seller", "-id"], name="stock_file_latest")]


class StockCall(models.Model):
    """How long one call of the stock interface took on our side; the last ones make the percentiles."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    channel = models.TextField(help_text="api | gateway")
    rows = models.IntegerField()
    took_ms = models.IntegerField()
    succeeded = models.BooleanField()
    called_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(took_ms__gte=0), name="stock_call_took")]
        indexes = [models.Index(fields=["seller", "-id"], name="stock_call_latest")]


class Robot(models.Model):
    """A chat group of the seller's that is told by its robot. Address and signing secret are sealed."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    kind = models.TextField(help_text="wecom | dingtalk")
    sealed_url = models.BinaryField()
    sealed_secret = models.BinaryField(null=True, help_text="DingTalk's signature; null: none")
    ending = models.TextField(help_text="the last characters of its key, to know it by")
    language = models.TextField()
    added_by = models.TextField()
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "kind"], condition=Q(removed_at__isnull=True), name="robot_one_of_a_kind"
            ),
            models.CheckConstraint(condition=Q(kind__in=["wecom", "dingtalk"]), name="robot_kind_known"),
        ]


class RobotMessage(models.Model):
    """One message to a robot: tried again with growing pauses until it is taken, given up or out of date."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    robot = models.ForeignKey(Robot, models.PROTECT, related_name="messages")
    topic = models.TextField(help_text="day_warned | test")
    key = models.TextField(help_text="what it is about; a robot hears of it once")
    payload = models.JSONField(default=dict)
    asked_at = models.DateTimeField()
    until = models.DateTimeField(help_text="after this it would be no use any more")
    due_at = models.DateTimeField(null=True, help_text="the next try; null: done with")
    tries = models.IntegerField(default=0)
    state = models.TextField(default="waiting", help_text="waiting | delivered | given_up | out_of_date")
    detail = models.TextField(default="", help_text="what the last try was answered, never an address")
    told_at = models.DateTimeField(null=True, help_text="of the last try")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "robot", "topic", "key"], name="robot_message_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", due_at__isnull=False)
                | Q(state__in=["delivered", "given_up", "out_of_date"], due_at__isnull=True),
                name="robot_message_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["seller", "-id"], name="robot_message_latest"),
            models.Index(fields=["due_at"], name="robot_message_due", condition=Q(due_at__isnull=False)),
        ]
