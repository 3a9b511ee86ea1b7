"""Notices as mails: plain text, in the reader's language, without names, numbers or reasons of people."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from bantuo.apps.notices.models import Notice
from bantuo.apps.notices.operations import MailFailed
from bantuo.interfaces.web.notice_words import show_notice

_log = logging.getLogger(__name__)


class DjangoMailer:
    """Hands notices to the mail backend of the settings: the console by default, SMTP when named."""

    def send(self, notice: Notice) -> None:
        """Raises MailFailed when it cannot be handed over now, so that others need not wait for it."""
        try:
            mail_of(notice).send()
        except Exception as fault:
            _log.exception("notice %s was not mailed", notice.pk)
            raise MailFailed(f"notice {notice.pk}: {fault}") from fault


def mail_of(notice: Notice) -> EmailMessage:
    """The mail of a notice. Its message id stays the same, so that a second copy is known as one."""
    with translation.override(notice.user.language):
        shown = show_notice(notice)
        context = {
            "shown": shown,
            "address": f"{settings.BASE_URL}{shown.url}" if shown.url else "",
            "settings_address": f"{settings.BASE_URL}{reverse('web:notice_settings')}",
        }
        return EmailMessage(
            subject=f"[Bantuo] {shown.words.title}",
            body=render_to_string("web/mail/notice.txt", context),
            to=[notice.user.email],
            headers={"Message-ID": f"<notice-{notice.pk}@{urlsplit(settings.BASE_URL).hostname}>"},
        )
