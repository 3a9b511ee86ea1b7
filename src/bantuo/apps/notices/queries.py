"""The inbox of a person: what is unread, what there is, and what comes by mail."""

from __future__ import annotations

from django.db.models import QuerySet

from bantuo.apps.notices.models import Notice, NoticePreference
from bantuo.apps.notices.topics import TOLD, Subject


def unread_count(user_id: int) -> int:
    """How many notices a person has not opened yet."""
    return Notice.objects.filter(user_id=user_id, read_at__isnull=True).count()


def inbox_notices(user_id: int) -> QuerySet[Notice]:
    """Everything a person was told, the newest first."""
    return Notice.objects.filter(user_id=user_id).order_by("-id")


def notices_about(subject: str) -> list[str]:
    """The notices that belong to a subject."""
    return sorted({told.notice for every in TOLD.values() for told in every if told.subject == subject})


def mail_choices(user_id: int) -> dict[str, bool]:
    """By subject, whether a person wants mails about it; yes, unless they said no."""
    said = dict(NoticePreference.objects.filter(user_id=user_id).values_list("topic", "by_mail"))
    return {subject.value: said.get(subject.value, True) for subject in Subject}
