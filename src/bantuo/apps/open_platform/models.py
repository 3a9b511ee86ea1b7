"""ERP apps that speak the open-platform protocol, and what sellers let them do."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from bantuo.apps.parties.models import Seller


class Scope(models.TextChoices):
    """What an app may do for a seller that has let it."""

    LISTINGS = "listings"  # read listings, change prices
    STOCK = "stock"  # read and state stock
    ORDERS = "orders"  # read orders, declare shipments, answer cancellations
    RECIPIENTS = "recipients"  # read to whom an order goes


class OpenApp(models.Model):
    """A program with a key and a secret. The secret is shown once and kept sealed, to check signatures.

    One that the operator registered may ask any seller; a private one acts for the seller it belongs to.
    """

    app_key = models.TextField(unique=True, help_text="digits, as clients expect")
    name = models.TextField()
    sealed_secret = models.BinaryField()
    redirect_uris = ArrayField(models.TextField(), default=list)
    scopes = ArrayField(models.TextField(), default=list)
    private_to = models.ForeignKey(Seller, models.PROTECT, null=True, related_name="private_apps")
    registered_by = models.TextField()
    registered_at = models.DateTimeField()
    rotated_at = models.DateTimeField(null=True, help_text="when the secret was last replaced")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.TextField(default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(scopes__contained_by=Scope.values), name="open_app_scopes"),
            models.UniqueConstraint(
                fields=["private_to"],
                condition=Q(private_to__isnull=False, closed_at__isnull=True),
                name="open_app_one_private",
            ),
        ]

    def __str__(self) -> str:
        return self.app_key

    @property
    def state(self) -> str:
        """open or closed."""
        return "closed" if self.closed_at else "open"


class AccessGrant(models.Model):
    """A seller's leave for an app to act for it. Both tokens are kept as hashes only.

    A refresh replaces both; whoever comes with a refresh token of before ends the grant.
    """

    seller = models.ForeignKey(Seller, models.PROTECT)
    app = models.ForeignKey(OpenApp, models.PROTECT, related_name="grants")
    scopes = ArrayField(models.TextField(), default=list)
    account = models.TextField(help_text="the address of who gave leave, as the protocol tells the app")
    access_hash = models.TextField(unique=True)
    access_expires_at = models.DateTimeField()
    refresh_hash = models.TextField(unique=True)
    refresh_expires_at = models.DateTimeField()
    former_hash = models.TextField(null=True, unique=True, help_text="the refresh token before this one")
    granted_by = models.TextField()
    granted_at = models.DateTimeField()
    refreshed_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True, help_text="to the minute")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.TextField(default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(scopes__contained_by=Scope.values), name="access_grant_scopes")
        ]
        indexes = [models.Index(fields=["seller", "-id"], name="access_grant_latest")]


class AuthCode(models.Model):
    """What a seller's consent sends the app home with; the app changes it into tokens, once."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    app = models.ForeignKey(OpenApp, models.PROTECT)
    code_hash = models.TextField(unique=True)
    account = models.TextField()
    given_by = models.TextField()
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    grant = models.OneToOneField(AccessGrant, models.PROTECT, null=True, help_text="what it became")


class SignedWrite(models.Model):
    """A call that changed something, by its signature, with its answer: sent again, nothing is done again.

    Kept as long as a call of that time would still be let in.
    """

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    app = models.ForeignKey(OpenApp, models.PROTECT, db_index=False)
    sign_hash = models.TextField()
    answer = models.JSONField(null=True)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "app", "sign_hash"], name="signed_write_once"),
        ]
        indexes = [models.Index(fields=["received_at"], name="signed_write_age")]
