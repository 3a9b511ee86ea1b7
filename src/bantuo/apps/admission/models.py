"""From application to active: assessments, agreement, deposit, and every step's reason."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KT
from django.db.models.functions import Upper

from bantuo.apps.accounts.models import User
from bantuo.apps.documents.models import Document
from bantuo.apps.parties.models import Seller, Warehouse
from bantuo.apps.policies.models import PolicyVersion


class ApplicationState(models.TextChoices):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    ASSESSED_PASS = "assessed_pass"
    ASSESSED_FAIL = "assessed_fail"
    IN_REVIEW = "in_review"
    NEEDS_MORE = "needs_more"
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
    revision = models.IntegerField(default=0, help_text="counts the saves of a draft")
    started_at = models.DateTimeField(null=True)
    assigned_to = models.ForeignKey(User, models.PROTECT, null=True, help_text="the reviewer who took it")
    assigned_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    # The next three are kept by the database from events and findings: see migration `review_queue`.
    waiting_since = models.DateTimeField(null=True, help_text="since when a reviewer is to act")
    open_gates = models.IntegerField(default=0, help_text="of the last report that decides")
    open_classes = ArrayField(models.TextField(), default=list, help_text="theirs; empty text: no class")

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
        indexes = [
            models.Index(fields=["state", "submitted_at"], name="application_queue"),
            models.Index(fields=["submitted_at"], name="application_submitted"),
            models.Index(
                fields=["waiting_since", "id"],
                include=["state", "assigned_to", "submitted_at", "open_gates", "open_classes"],
                name="application_waiting",
            ),
            GinIndex("open_classes", name="application_open_classes", condition=Q(open_gates__gt=0)),
            models.Index(Upper(KT("profile__company__uscc")), name="application_uscc"),
        ]


class ApplicationEvent(models.Model):
    """Append-only: every step of an application with actor and reason."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    application = models.ForeignKey(Application, models.PROTECT, related_name="events")
    state = models.TextField()
    reason = models.TextField()
    happened_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["application", "state", "happened_at"], name="application_step"),
            models.Index(fields=["happened_at"], name="application_rejected", condition=Q(state="rejected")),
        ]


class AssessmentPurpose(models.TextChoices):
    """What a report was made for: step ②, the seller's own diagnosis, or a review after mending."""

    ADMISSION = "admission"
    DIAGNOSTIC = "diagnostic"
    REVIEW = "review"


class Assessment(models.Model):
    """履约能力评估报告: the evaluator's answer, stamped with the rule set that gave it."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    application = models.ForeignKey(Application, models.PROTECT, related_name="assessments")
    policy_version = models.ForeignKey(PolicyVersion, models.PROTECT)
    purpose = models.TextField(choices=AssessmentPurpose.choices, default=AssessmentPurpose.ADMISSION)
    rated_on = models.DateField()
    passed = models.BooleanField()
    fit = models.JSONField()
    warnings = models.JSONField(default=list, help_text="what refuses nobody but a reviewer should see")
    assessed_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["assessed_at"],
                name="assessment_failed",
                condition=Q(purpose="admission", passed=False),
            )
        ]


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
        indexes = [
            models.Index(
                fields=["assessment"],
                include=["failure_class", "fixable_now"],
                name="finding_open",
                condition=Q(status__in=["fail", "not_evidenced"]),
            )
        ]


class ReviewItem(models.Model):
    """Append-only: a reviewer's word on one part of an application; the last one on a subject is current.

    `subject` is a rule id (`ELG-16`), a document tick (`DOC-1:company_seal`) or a place of the profile.
    """

    seller = models.ForeignKey(Seller, models.PROTECT)
    application = models.ForeignKey(Application, models.PROTECT, related_name="review_items")
    subject = models.TextField()
    verdict = models.TextField(help_text="ok | not_ok | more")
    reason = models.TextField(default="")
    decided_by = models.TextField()
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=["ok", "not_ok", "more"]), name="review_item_verdict_known"
            ),
            models.CheckConstraint(
                condition=Q(verdict="ok") | ~Q(reason=""), name="review_item_refusal_has_reason"
            ),
        ]


class Override(models.Model):
    """A gate set aside for one application: one person asks with a reason, another one confirms."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    application = models.ForeignKey(Application, models.PROTECT, related_name="overrides")
    rules = ArrayField(models.TextField())
    reason = models.TextField()
    requested_by = models.TextField()
    requested_at = models.DateTimeField()
    decided_by = models.TextField(null=True)
    decided_at = models.DateTimeField(null=True)
    confirmed = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("requested_by")),
                name="override_second_person",
            ),
            models.UniqueConstraint(
                fields=["seller", "application"],
                condition=Q(decided_at__isnull=True),
                name="override_one_open",
            ),
        ]


class Appeal(models.Model):
    """A refused seller's objection with evidence; somebody else than the one who refused decides it."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    application = models.ForeignKey(Application, models.PROTECT, related_name="appeals")
    reason = models.TextField()
    evidence = models.ManyToManyField(Document)
    refused_by = models.TextField(help_text="actor of the refusal; `system` for the evaluator")
    opened_by = models.TextField()
    opened_at = models.DateTimeField()
    decided_by = models.TextField(null=True)
    decided_at = models.DateTimeField(null=True)
    upheld = models.BooleanField(null=True)
    answer = models.TextField(default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("refused_by")),
                name="appeal_second_person",
            ),
            models.UniqueConstraint(
                fields=["seller", "application"], condition=Q(decided_at__isnull=True), name="appeal_one_open"
            ),
        ]


class AgreementText(models.Model):
    """One version of 《半托管服务协议》; a published text never changes, a new one is a new version."""

    version = models.TextField(unique=True)
    text_zh = models.TextField()
    text_en = models.TextField()
    text_sha256 = models.TextField(help_text="of both texts, as `core.agreement` joins them")
    effective_from = models.DateField()
    published_at = models.DateTimeField()
    published_by = models.TextField()


class Agreement(models.Model):
    """《半托管服务协议》 as signed: version, hash of the text, who, when and from where."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    application = models.ForeignKey(Application, models.PROTECT, related_name="agreements")
    version = models.TextField()
    text_sha256 = models.TextField()
    signed_by = models.TextField()
    signer_address = models.TextField(default="", help_text="network address the signature came from")
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "application", "version"], name="agreement_version_once"
            )
        ]


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


class DepositPayment(models.Model):
    """Money that a seller says is on its way, and what finance found: confirmed, or refused with a reason."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    deposit = models.ForeignKey(Deposit, models.PROTECT, related_name="payments")
    channel = models.TextField(help_text="sandbox | manual")
    amount_fen = models.BigIntegerField()
    reference = models.TextField(help_text="the bank's reference of the transfer")
    proof = models.ForeignKey(Document, models.PROTECT, null=True)
    reported_by = models.TextField()
    reported_at = models.DateTimeField()
    decided_by = models.TextField(null=True)
    decided_at = models.DateTimeField(null=True)
    confirmed = models.BooleanField(null=True)
    reason = models.TextField(default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="deposit_payment_positive"),
            models.UniqueConstraint(fields=["seller", "channel", "reference"], name="deposit_payment_once"),
        ]


class BindingNotice(models.Model):
    """Notice of a change of warehouse, in force from a day; the binding itself is made on that day."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT)
    distance_m = models.BigIntegerField()
    distance_evidence = models.TextField()
    given_by = models.TextField()
    given_at = models.DateTimeField()
    effective_on = models.DateField()
    applied_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller"],
                condition=Q(applied_at__isnull=True, withdrawn_at__isnull=True),
                name="binding_notice_one_open",
            )
        ]
