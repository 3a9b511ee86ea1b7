"""What people are told: the inbox of each user, by page and by mail, in their language."""

from django.db import models

from bantuo.apps.accounts.models import User


class Notice(models.Model):
    """One message to one person. Words are made when it is read, so that they follow the language."""

    user = models.ForeignKey(User, models.PROTECT)
    topic = models.TextField()
    outbox_id = models.BigIntegerField(help_text="the event that caused it")
    payload = models.JSONField(default=dict)
    link = models.TextField(default="")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "outbox_id"], name="notice_once")]
        indexes = [models.Index(fields=["user", "-id"], name="notice_inbox")]


class NoticePreference(models.Model):
    """A topic that a person does not want by mail; the inbox shows everything."""

    user = models.ForeignKey(User, models.PROTECT)
    topic = models.TextField()
    by_mail = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "topic"], name="notice_preference_once")]
