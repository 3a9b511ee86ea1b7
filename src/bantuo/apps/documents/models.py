"""Papers of sellers: encrypted per file, ticked by reviewers, every look at them in a hash chain."""

from django.db import models
from django.db.models import Q

from bantuo.apps.parties.models import Seller


class Document(models.Model):
    """One uploaded file. Its bytes lie encrypted in the store; destroying `sealed_key` destroys it."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    kind = models.TextField(help_text="DOC-n of the book, or appeal | deposit_proof | distance | epr")
    subject = models.TextField(default="", help_text="what it belongs to within its kind: a month, a SKU")
    name = models.TextField(help_text="file name as uploaded, cleaned")
    media_type = models.TextField()
    size_bytes = models.BigIntegerField()
    sha256 = models.TextField(help_text="of the stored plain bytes")
    pages = models.IntegerField(default=1)
    store_key = models.TextField(unique=True, help_text="where the store keeps the encrypted bytes")
    sealed_key = models.BinaryField(null=True, help_text="the file's own key under the master key")
    expires_on = models.DateField(null=True, help_text="expiry of the paper itself")
    retain_until = models.DateField(null=True)
    uploaded_by = models.TextField()
    uploaded_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True, help_text="a newer upload took its place")
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "kind", "subject"],
                condition=Q(replaced_at__isnull=True, kind__startswith="DOC-"),
                name="document_current_once",
            ),
            models.CheckConstraint(
                condition=Q(destroyed_at__isnull=True) | Q(sealed_key__isnull=True),
                name="document_destroyed_by_key",
            ),
        ]
        indexes = [models.Index(fields=["expires_on"], name="document_expiry")]


class DocumentTick(models.Model):
    """Append-only: what a reviewer saw on a paper; the last word on each tick is current."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    document = models.ForeignKey(Document, models.PROTECT, related_name="ticks")
    tick = models.TextField()
    ticked = models.BooleanField()
    note = models.TextField(default="")
    ticked_by = models.TextField()
    ticked_at = models.DateTimeField()


class DocumentAccess(models.Model):
    """Append-only and hash-chained: who did what with a paper or a secret, why and from where.

    Entries are numbered without a hole from 1: the number is part of what is hashed.
    """

    document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="accesses")
    seller = models.ForeignKey(Seller, models.PROTECT)
    subject = models.TextField(
        default="", help_text="what it was, when it was not a paper: legal_representative"
    )
    action = models.TextField(
        help_text="upload | preview | unmask | download | replace | destroy | consent | withdraw | keep"
    )
    actor = models.TextField()
    reason = models.TextField(default="")
    address = models.TextField(default="")
    happened_at = models.DateTimeField()
    previous_hash = models.TextField()
    entry_hash = models.TextField(unique=True)


class DocumentReminder(models.Model):
    """That a seller was told once, at this many days before, that a paper runs out."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    document = models.ForeignKey(Document, models.PROTECT, related_name="reminders")
    days_before = models.IntegerField()
    reminded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "document", "days_before"], name="document_reminded_once"
            )
        ]


class LegalRepresentative(models.Model):
    """法人: name and identity number sealed, shown masked; the consent was recorded before them (PIPL 29)."""

    seller = models.OneToOneField(Seller, models.PROTECT)
    consent_version = models.TextField()
    consent_sha256 = models.TextField()
    consented_by = models.TextField()
    consented_at = models.DateTimeField()
    consent_channel = models.TextField(default="web")
    sealed = models.BinaryField(null=True, help_text="name and identity number under the master key")
    name_masked = models.TextField(default="")
    number_masked = models.TextField(default="")
    expires_on = models.DateField(null=True, help_text="expiry of the identity card")
    withdrawn_at = models.DateTimeField(null=True)
