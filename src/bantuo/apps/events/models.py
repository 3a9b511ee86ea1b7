"""The outbox: one row for every event, written in the transaction that made it happen."""

from django.db import models
from django.db.models.functions import Now


class OutboxEvent(models.Model):
    """Something that happened, for those who must be told after commit.

    `key` names the thing (`order:123`); a consumer sees an event at least once, in id order.
    """

    topic = models.TextField()
    seller_id = models.BigIntegerField(null=True, help_text="null: the event concerns no single seller")
    key = models.TextField()
    payload = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], name="outbox_undelivered", condition=models.Q(delivered_at__isnull=True)
            ),
        ]
