"""Published policy books, operators' values on top of them, and granted rate quotes."""

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


class DraftState(models.TextChoices):
    DRAFT = "draft"
    CHECKED = "checked"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class PolicyDraft(models.Model):
    """A new value of a rule from a day on, on its way to be published: nothing decides by it yet."""

    book = models.TextField()
    rule = models.TextField()
    valid_from = models.DateField()
    value = models.JSONField(help_text="as the rule's unit has it; days are ISO text")
    source = models.TextField(help_text="who decided so, in which paper")
    quote = models.TextField(default="", blank=True)
    reason = models.TextField()
    state = models.TextField(choices=DraftState.choices, default=DraftState.DRAFT)
    created_by = models.TextField()
    created_at = models.DateTimeField()
    checked_by = models.TextField(null=True)
    checked_at = models.DateTimeField(null=True)
    checked_version = models.TextField(null=True, help_text="the book that the check was made against")
    report = models.JSONField(null=True, help_text="what would change, as `operations.checks` wrote it")
    closed_by = models.TextField(null=True, help_text="who published or discarded it")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DraftState.values), name="policy_draft_state_known"),
            models.CheckConstraint(
                condition=Q(state="draft")
                | Q(state="discarded")
                | Q(checked_at__isnull=False, checked_version__isnull=False, report__isnull=False),
                name="policy_draft_checked_has_report",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(source=""), name="policy_draft_says_who_and_why"
            ),
        ]
        indexes = [models.Index(fields=["state", "rule"], name="policy_draft_open")]


class PolicyAmendment(models.Model):
    """A value that is part of the book from its publication on. Append-only; the order is the id's.

    Each is laid upon exactly one version of the book: of two published at once one is refused.
    """

    draft = models.OneToOneField(PolicyDraft, models.PROTECT, related_name="amendment")
    book = models.TextField()
    base_version = models.TextField(help_text="the version that it amends")
    version = models.TextField(help_text="the version that it makes")
    rule = models.TextField()
    valid_from = models.DateField()
    value = models.JSONField()
    source = models.TextField()
    quote = models.TextField(default="", blank=True)
    reason = models.TextField()
    published_on = models.DateField(help_text="business date of the publication")
    published_at = models.DateTimeField()
    published_by = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "base_version"], name="policy_amendment_chain"),
            models.CheckConstraint(
                condition=Q(valid_from__gt=models.F("published_on")), name="policy_amendment_in_future"
            ),
        ]
