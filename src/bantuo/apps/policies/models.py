"""Published policy books and granted rate quotes: what a past decision can be opened to."""

from django.db import models
from django.db.models import Q

from bantuo.apps.parties.models import Seller


class PolicyVersion(models.Model):
    """A policy book exactly as it was when decisions began to cite it. Append-only."""

    book = models.TextField()
    version = models.TextField(help_text="content hash of the book")
    document = models.JSONField(help_text="every rule with values, sources, quotes and readings")
    published_at = models.DateTimeField()
    published_by = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["book", "version"], name="policy_version_once")]


class GrantedRate(models.Model):
    """A tier quote granted to one seller for a period (FEE-7, A-26); periods may not overlap."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    rate_bp = models.IntegerField()
    valid_from = models.DateField()
    valid_until = models.DateField()
    approved_by = models.TextField()
    evidence = models.TextField(help_text="the months and counts that qualified the seller")
    policy_version = models.ForeignKey(PolicyVersion, models.PROTECT)
    granted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(rate_bp__gt=0), name="granted_rate_positive"),
            models.CheckConstraint(
                condition=Q(valid_until__gt=models.F("valid_from")), name="granted_rate_period"
            ),
        ]
