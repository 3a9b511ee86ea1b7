"""Callers of the API and those who are called: keys, tokens, kept answers, calls, webhooks."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from bantuo.apps.parties.models import Seller


class KeyKind(models.TextChoices):
    """`key`: the secret itself is sent. `client`: the secret buys tokens that last an hour (OAuth2)."""

    KEY = "key"
    CLIENT = "client"


class ApiKey(models.Model):
    """Who may call: of one seller, or of a marketplace, which pushes orders for all its sellers.

    Secrets are random and long, so that their plain SHA-256 gives nothing away; `name_shown` is the
    part that may be seen: the beginning of a key, the id of a client.
    """

    kind = models.TextField(choices=KeyKind.choices)
    seller_id = models.BigIntegerField(null=True, help_text="null: the marketplace's own")
    marketplace = models.TextField()
    title = models.TextField(help_text="what its owner calls it")
    name_shown = models.TextField(unique=True)
    secret_sha256 = models.BinaryField(unique=True)
    former_sha256 = models.BinaryField(null=True, unique=True, help_text="of the secret before the rotation")
    former_until = models.DateTimeField(null=True)
    scopes = ArrayField(models.TextField())
    calls_per_minute = models.IntegerField(null=True, help_text="null: what this installation allows")
    created_by = models.TextField()
    created_at = models.DateTimeField()
    rotated_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True, help_text="written at most once a minute")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=KeyKind.values), name="api_key_kind_known"),
            models.CheckConstraint(
                condition=Q(calls_per_minute__isnull=True) | Q(calls_per_minute__gt=0),
                name="api_key_calls_positive",
            ),
        ]
        indexes = [
            models.Index(fields=["seller_id", "-id"], name="api_key_of_seller"),
            models.Index(fields=["marketplace", "-id"], name="api_key_of_marketplace"),
        ]


class ApiToken(models.Model):
    """An access token that a client was given; its scopes are the client's or fewer."""

    key = models.ForeignKey(ApiKey, models.CASCADE)
    token_sha256 = models.BinaryField(unique=True)
    scopes = ArrayField(models.TextField())
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)


class KeptAnswer(models.Model):
    """The answer to a write with an Idempotency-Key, given again to whoever repeats the call."""

    key = models.ForeignKey(ApiKey, models.CASCADE, db_index=False)
    idempotency_key = models.TextField()
    request_sha256 = models.BinaryField(help_text="of method, path and body")
    status = models.IntegerField(null=True, help_text="null only inside the transaction that makes it")
    body = models.BinaryField(default=b"")
    headers = models.JSONField(default=dict)
    kept_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "idempotency_key"], name="kept_answer_once"),
        ]


class ApiCall(models.Model):
    """A line of the log of calls; only the last ones of each key are kept."""

    key_id = models.BigIntegerField(help_text="an ApiKey; no constraint, the log is written afterwards")
    method = models.TextField()
    path = models.TextField(help_text="without its query")
    status = models.IntegerField()
    took_ms = models.IntegerField()
    request_id = models.TextField()
    called_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["key_id", "-id"], name="api_call_of_key")]


class WebhookEndpoint(models.Model):
    """An address of a seller that is told what happens, under Standard Webhooks."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    url = models.TextField()
    title = models.TextField(default="")
    kinds = ArrayField(
        models.TextField(), help_text="see integrations.event_kinds; `order.*` for a whole group"
    )
    sealed_secret = models.BinaryField()
    sealed_former = models.BinaryField(null=True, help_text="signs as well while rotating")
    former_until = models.DateTimeField(null=True)
    sequence = models.BigIntegerField(default=0, help_text="of the last message made for it")
    failing_since = models.DateTimeField(null=True, help_text="no message has gone through since")
    wait_until = models.DateTimeField(
        null=True, help_text="it failed, or asked for time: nothing is sent before"
    )
    disabled_at = models.DateTimeField(null=True)
    disabled_why = models.TextField(default="", help_text="gone | failing | by_hand")
    created_by = models.TextField()
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "url"], condition=Q(removed_at__isnull=True), name="webhook_url_once"
            ),
            models.CheckConstraint(
                condition=Q(disabled_at__isnull=True, disabled_why="")
                | Q(disabled_at__isnull=False, disabled_why__in=["gone", "failing", "by_hand"]),
                name="webhook_disabled_says_why",
            ),
        ]


class WebhookMessage(models.Model):
    """One event on its way to one endpoint. Its id and body stay the same however often it is sent."""

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    endpoint = models.ForeignKey(WebhookEndpoint, models.PROTECT, db_index=False)
    message_id = models.TextField(help_text="webhook-id: of the event, the same at every endpoint")
    sequence = models.BigIntegerField(help_text="rises by one per message of the endpoint")
    kind = models.TextField()
    content = models.JSONField(help_text="the `data` of the body: ids and figures, nothing personal")
    happened_at = models.DateTimeField()
    tries = models.IntegerField(default=0)
    due_at = models.DateTimeField(null=True, help_text="when to send it next; null: delivered or given up")
    delivered_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    last_status = models.IntegerField(null=True)
    last_detail = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "endpoint", "message_id"], name="webhook_message_once"),
            models.UniqueConstraint(fields=["seller", "endpoint", "sequence"], name="webhook_sequence_once"),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "sequence"], name="webhook_due", condition=Q(due_at__isnull=False)
            ),
            models.Index(fields=["endpoint", "-id"], name="webhook_of_endpoint"),
        ]


class WebhookTry(models.Model):
    """One attempt at a message: the delivery log."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    message = models.ForeignKey(WebhookMessage, models.CASCADE, related_name="attempts")
    tried_at = models.DateTimeField()
    status = models.IntegerField(null=True, help_text="null: there was no answer")
    took_ms = models.IntegerField()
    detail = models.TextField(help_text="what went wrong, or the status; never a body")
