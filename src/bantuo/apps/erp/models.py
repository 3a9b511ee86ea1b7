"""Evidence of a seller's ERP: sandbox keys with the signed calls made with them, and the pull probe."""

from django.db import models
from django.db.models import Q

from bantuo.apps.parties.models import Seller


class SandboxKey(models.Model):
    """A key pair for the sandbox. The secret is shown once and kept sealed, to check signatures."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    app_key = models.TextField(unique=True)
    sealed_secret = models.BinaryField()
    created_by = models.TextField()
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)


class ProbeTarget(models.Model):
    """The seller's own stock endpoint, which the platform calls to measure it."""

    seller = models.OneToOneField(Seller, models.PROTECT)
    url = models.TextField()
    api_version = models.TextField()
    vendor = models.TextField(default="")
    registered_by = models.TextField()
    registered_at = models.DateTimeField()


class ProbeCall(models.Model):
    """Append-only: one call that counts as evidence, whichever way it was made."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    method = models.TextField(help_text="signed_calls | pull_probe")
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
        ]
        indexes = [models.Index(fields=["seller", "-id"], name="probe_call_latest")]
