"""《仓配健康度报告》: weekly figures as integer counts and sums, so that they can be recomputed."""

from django.db import models
from django.db.models import F, Q

from bantuo.apps.parties.models import Seller
from bantuo.apps.policies.models import PolicyVersion


class WeeklyHealth(models.Model):
    """One seller's ISO week. Rates are derived once, from these counts, when shown."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    week_start = models.DateField(help_text="the Monday")
    inbound_total = models.IntegerField()
    inbound_in_time = models.IntegerField()
    parcels = models.IntegerField()
    mis_shipped = models.IntegerField()
    pack_seconds = models.BigIntegerField()
    pack_seconds_p90 = models.IntegerField(null=True)
    wrong_scans = models.IntegerField()
    inbound_ppm = models.IntegerField(null=True)
    mis_ship_ppm = models.IntegerField(null=True)
    pack_mean_s = models.IntegerField(null=True, help_text="rounded half up; the test is on the exact sums")
    failed = models.JSONField(help_text="rule ids that were missed, each with who is accountable")
    policy_version = models.ForeignKey(PolicyVersion, models.PROTECT)
    reported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "week_start"], name="weekly_health_once"),
            models.CheckConstraint(
                condition=Q(inbound_in_time__gte=0, inbound_in_time__lte=F("inbound_total"))
                & Q(mis_shipped__gte=0, mis_shipped__lte=F("parcels")),
                name="weekly_health_counts",
            ),
        ]
