"""Evidence of a seller's ERP: sandbox keys with the signed calls made with them, and the pull probe."""

from django.db import models
from django.db.models import Q

from bantuo.apps.parties.models import Seller


class Method(models.TextChoices):
    """How a seller's evidence came about."""

    SIGNED_CALLS = "signed_calls"
    PULL_PROBE = "pull_probe"


class SandboxKey(models.Model):
    """A key pair for the sandbox. The secret is shown once and kept sealed, to check signatures."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    app_key = models.TextField(unique=True)
    sealed_secret = models.BinaryField()
    created_by = models.TextField()
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller"], condition=Q(revoked_at__isnull=True), name="sandbox_key_one_active"
            ),
        ]


class ProbeTarget(models.Model):
    """The seller's own stock endpoint, which the platform calls to measure it."""

    seller = models.OneToOneField(Seller, models.PROTECT)
    url = models.TextField()
    verb = models.TextField(default="GET", help_text="GET | POST")
    api_version = models.TextField()
    vendor = models.TextField(default="")
    registered_by = models.TextField()
    registered_at = models.DateTimeField(
        help_text="since when this very endpoint stands; older calls do not count"
    )
    watched_at = models.DateTimeField(
        null=True, help_text="when an active seller's endpoint was last called; null: not yet"
    )
    watch_no = models.BigIntegerField(default=0, help_text="how many such calls there were")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(verb__in=["GET", "POST"]), name="probe_target_verb_known"),
        ]
        indexes = [models.Index(fields=["watched_at"], name="probe_target_watched")]


class ProbeRun(models.Model):
    """One row of calls to a seller's endpoint. How far it has come is the number of its calls."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    url = models.TextField()
    verb = models.TextField()
    api_version = models.TextField()
    calls = models.IntegerField()
    started_by = models.TextField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.TextField(default="", help_text="finished | stopped | refused; empty while it runs")
    detail = models.TextField(default="", help_text="why the endpoint may not be called")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller"], condition=Q(ended_at__isnull=True), name="probe_run_one_open"
            ),
            models.CheckConstraint(condition=Q(calls__gte=1), name="probe_run_calls"),
            models.CheckConstraint(
                condition=Q(outcome="", ended_at__isnull=True)
                | Q(outcome__in=["finished", "stopped", "refused"], ended_at__isnull=False),
                name="probe_run_outcome_known",
            ),
        ]


class ProbeCall(models.Model):
    """Append-only: one call that counts as evidence, whichever way it was made."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    run = models.ForeignKey(ProbeRun, models.PROTECT, null=True)
    method = models.TextField(help_text="signed_calls | pull_probe")
    call_key = models.TextField(null=True, help_text="key and nonce, or run and number: counted once")
    api_version = models.TextField()
    took_ms = models.IntegerField()
    succeeded = models.BooleanField()
    detail = models.TextField(default="", help_text="status or error, never a body")
    called_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(method__in=["signed_calls", "pull_probe"]), name="probe_call_method_known"
            ),
            models.CheckConstraint(condition=Q(took_ms__gte=0), name="probe_call_took"),
            models.UniqueConstraint(fields=["seller", "call_key"], name="probe_call_once"),
        ]
        indexes = [models.Index(fields=["seller", "-id"], name="probe_call_latest")]


class WatchCall(models.Model):
    """The regular calls to an active seller's endpoint: a ring of places, so that they never pile up.

    They measure like those of a run; being many and for ever, only the last ones are kept.
    """

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    place = models.IntegerField(help_text="number of the call modulo the size of the ring")
    api_version = models.TextField()
    took_ms = models.IntegerField()
    succeeded = models.BooleanField()
    detail = models.TextField(default="", help_text="status or error, never a body")
    called_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "place"], name="watch_call_place_once"),
            models.CheckConstraint(condition=Q(took_ms__gte=0, place__gte=0), name="watch_call_sane"),
        ]
