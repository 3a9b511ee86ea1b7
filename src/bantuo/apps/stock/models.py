"""Two pools per SKU × warehouse, their append-only movements, declarations and shortages."""

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
    """One change of a pool: deltas of quantity and of reservation, and the reason. Append-only."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    balance = models.ForeignKey(Balance, models.PROTECT)
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
        indexes = [models.Index(fields=["balance"], name="movement_by_balance")]


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
        indexes = [models.Index(fields=["business_date", "seller"], name="declaration_by_day")]


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
