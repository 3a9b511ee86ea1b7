"""The state of each parcel's export list (出口清单); the messages themselves come later."""

from django.db import models
from django.db.models import Q

from bantuo.apps.parties.models import Seller
from bantuo.apps.warehouse.models import Parcel


class ListState(models.TextChoices):
    DRAFT = "draft"
    SENT = "sent"
    ACCEPTED = "accepted"
    RELEASED = "released"
    CLEARED = "cleared"
    RETURNED = "returned"


class ExportList(models.Model):
    """One list per parcel under the warehouse's supervision code (A-35)."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    parcel = models.OneToOneField(Parcel, models.PROTECT)
    supervision_code = models.TextField()
    state = models.TextField(choices=ListState.choices, default=ListState.DRAFT)
    drafted_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "parcel"], name="export_list_once"),
            models.CheckConstraint(condition=Q(state__in=ListState.values), name="export_list_state_known"),
            models.CheckConstraint(
                condition=~Q(state="cleared") | Q(cleared_at__isnull=False), name="export_list_cleared_when"
            ),
        ]


class ExportListEvent(models.Model):
    """Append-only history of a list's state."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    export_list = models.ForeignKey(ExportList, models.PROTECT, related_name="events")
    state = models.TextField()
    reason = models.TextField(default="")
    happened_at = models.DateTimeField()
    actor = models.TextField()
