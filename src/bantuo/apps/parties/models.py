"""Who takes part: sellers, designated warehouses, and which seller uses which warehouse."""

from datetime import date

from django.db import models
from django.db.models import Q

from bantuo.core.policy import Text


class ProgrammeState(models.TextChoices):
    """Where a seller stands in the programme, as every lower room needs to know it."""

    OUTSIDE = "outside"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    EXITING = "exiting"
    EXITED = "exited"


class Seller(models.Model):
    """A merchant (卖家). The code is the shop's and never changes, even when the owner does."""

    marketplace = models.TextField()
    code = models.TextField()
    name = models.TextField()
    uscc = models.TextField(null=True)
    ship_from = models.TextField(help_text="place the goods leave from, as the seller states it")
    ship_from_code = models.TextField(null=True, help_text="that place's division code (GB/T 2260)")
    programme_state = models.TextField(choices=ProgrammeState.choices, default=ProgrammeState.OUTSIDE)
    active_from = models.DateField(null=True, help_text="business date of step ④'s completion")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["marketplace", "code"], name="seller_code_once"),
            models.CheckConstraint(
                condition=Q(programme_state__in=ProgrammeState.values), name="seller_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(programme_state="active") | Q(active_from__isnull=False),
                name="seller_active_has_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.marketplace}:{self.code}"


class Warehouse(models.Model):
    """A designated warehouse (指定仓) with the supervision code its exports are declared under."""

    code = models.TextField(unique=True)
    kind = models.TextField(help_text="one of the policy book's warehouse kinds")
    name_zh = models.TextField()
    name_en = models.TextField()
    supervision_code = models.TextField()
    place = models.TextField(db_default="", help_text="street address, as shown to sellers")
    place_code = models.TextField(null=True, help_text="its division code (GB/T 2260)")
    latitude_e6 = models.IntegerField(null=True, help_text="millionths of a degree")
    longitude_e6 = models.IntegerField(null=True, help_text="millionths of a degree")
    parcels_per_day = models.IntegerField(null=True, help_text="capacity; null: not told")
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(supervision_code__in=["9610", "9710", "9810", "1210", "1239"]),
                name="warehouse_supervision_code_known",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> Text:
        """Its name in both languages."""
        return Text(self.name_zh, self.name_en)

    def state_on(self, on: date) -> str:
        """planned, open, closing (the last day is announced) or closed."""
        if self.closed_on is not None:
            return "closing" if on < self.closed_on else "closed"
        return "planned" if on < self.opened_on else "open"


class Binding(models.Model):
    """A seller bound to a warehouse, with the road distance that the transfer fee rests on."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT)
    distance_m = models.BigIntegerField()
    distance_evidence = models.TextField(help_text="the recorded road quote; an estimate is never charged")
    bound_at = models.DateTimeField()
    unbound_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller"], condition=Q(unbound_at__isnull=True), name="binding_one_open"
            ),
            models.CheckConstraint(
                condition=Q(distance_m__gte=0, distance_m__lte=6_000_000), name="binding_distance_sane"
            ),
        ]
