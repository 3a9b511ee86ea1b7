"""From application to active: assessments, agreement, deposit, and every step's reason."""

from django.db import models
from django.db.models import Q

from bantuo.apps.parties.models import Seller
from bantuo.apps.policies.models import PolicyVersion


class ApplicationState(models.TextChoices):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    ASSESSED_PASS = "assessed_pass"
    ASSESSED_FAIL = "assessed_fail"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    AGREEMENT_SIGNED = "agreement_signed"
    DEPOSIT_HELD = "deposit_held"
    WAREHOUSE_BOUND = "warehouse_bound"
    ACTIVE = "active"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"
    EXITING = "exiting"
    EXITED = "exited"


class Application(models.Model):
    """One attempt of a seller to join; a refused seller may try again as the next attempt."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    attempt = models.IntegerField()
    state = models.TextField(choices=ApplicationState.choices, default=ApplicationState.DRAFT)
    profile = models.JSONField(help_text="the seller schema; identity numbers never stand here")
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "attempt"], name="application_once"),
            models.UniqueConstraint(
                fields=["seller"],
                condition=~Q(state__in=["rejected", "withdrawn", "exited", "assessed_fail"]),
                name="application_one_open",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ApplicationState.values), name="application_state_known"
            ),
        ]


class ApplicationEvent(models.Model):
    """Append-only: every step of an application with actor and reason."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    application = models.ForeignKey(Application, models.PROTECT, related_name="events")
    state = models.TextField()
    reason = models.TextField()
    happened_at = models.DateTimeField()
    actor = models.TextField()


class Assessment(models.Model):
    """履约能力评估报告: the evaluator's answer, stamped with the rule set that gave it."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    application = models.ForeignKey(Application, models.PROTECT, related_name="assessments")
    policy_version = models.ForeignKey(PolicyVersion, models.PROTECT)
    rated_on = models.DateField()
    passed = models.BooleanField()
    fit = models.JSONField()
    warnings = models.JSONField(default=list, help_text="what refuses nobody but a reviewer should see")
    assessed_at = models.DateTimeField()


class Finding(models.Model):
    """One gate of an assessment: observed, required, evidence and what to do."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="findings")
    rule = models.TextField()
    failure_class = models.TextField(null=True)
    status = models.TextField()
    observed = models.TextField()
    required = models.TextField()
    evidence_zh = models.TextField()
    evidence_en = models.TextField()
    fix_zh = models.TextField()
    fix_en = models.TextField()
    fixable_now = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "assessment", "rule"], name="finding_once"),
            models.CheckConstraint(
                condition=Q(status__in=["pass", "fail", "not_evidenced", "not_applicable"]),
                name="finding_status_known",
            ),
        ]


class Agreement(models.Model):
    """《半托管服务协议》 as signed: version, hash of the text, who and when."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    application = models.OneToOneField(Application, models.PROTECT)
    version = models.TextField()
    text_sha256 = models.TextField()
    signed_by = models.TextField()
    signed_at = models.DateTimeField()


class DepositState(models.TextChoices):
    DUE = "due"
    HELD = "held"
    DEDUCTED = "deducted"
    TOP_UP_DUE = "top_up_due"
    RELEASE_REQUESTED = "release_requested"
    COOLING = "cooling"
    REFUNDED = "refunded"


class Deposit(models.Model):
    """履约保证金: its money is in the ledger, its state here (A-28)."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    application = models.OneToOneField(Application, models.PROTECT)
    state = models.TextField(choices=DepositState.choices, default=DepositState.DUE)
    required_fen = models.BigIntegerField()
    rule = models.TextField()
    due_at = models.DateTimeField()
    held_at = models.DateTimeField(null=True)
    release_requested_at = models.DateTimeField(null=True)
    cooling_until = models.DateField(null=True, help_text="first business date on which it may be refunded")
    refunded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(required_fen__gt=0), name="deposit_positive"),
            models.CheckConstraint(
                condition=~Q(state="cooling") | Q(cooling_until__isnull=False),
                name="deposit_cools_until_a_day",
            ),
            models.CheckConstraint(condition=Q(state__in=DepositState.values), name="deposit_state_known"),
        ]
