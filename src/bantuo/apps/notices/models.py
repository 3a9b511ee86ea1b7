"""What people are told: the inbox of each user, by page and by mail, in their language."""

from django.db import models
from django.db.models import Q

from bantuo.apps.accounts.models import User
from bantuo.apps.admission.models import Application
from bantuo.apps.parties.models import Seller


class Notice(models.Model):
    """One message to one person. Words are made when it is read, so that they follow the language."""

    user = models.ForeignKey(User, models.PROTECT)
    topic = models.TextField(help_text="what is said: a code of `notices.topics`")
    outbox_id = models.BigIntegerField(help_text="the event that caused it")
    payload = models.JSONField(default=dict)
    link = models.TextField(default="", help_text="name of a page and, after a space, its argument")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mail_due_at = models.DateTimeField(
        null=True, help_text="when to try a mail next; null: sent, unwanted or given up"
    )
    mail_tries = models.IntegerField(default=0)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "outbox_id"], name="notice_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_inbox"),
            models.Index(fields=["user"], name="notice_unread", condition=Q(read_at__isnull=True)),
            models.Index(
                fields=["mail_due_at"], name="notice_mail_due", condition=Q(mail_due_at__isnull=False)
            ),
        ]


class NoticePreference(models.Model):
    """A subject that a person does not want by mail; the inbox shows everything."""

    user = models.ForeignKey(User, models.PROTECT)
    topic = models.TextField(help_text="a subject of `notices.topics`")
    by_mail = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "topic"], name="notice_preference_once")]


class ClockReminder(models.Model):
    """A refusal whose cause reviewers were reminded to find (DIA-1), once each."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    application = models.ForeignKey(Application, models.PROTECT)
    failed_at = models.DateTimeField()
    reminded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "application", "failed_at"], name="clock_reminder_once")
        ]
