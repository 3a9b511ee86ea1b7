"""Webhooks as jobs: what happened becomes messages, and messages are sent, every few seconds."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from bantuo.apps.integrations.operations.calls import forget_answers, forget_calls
from bantuo.apps.integrations.operations.keys import forget_tokens
from bantuo.apps.integrations.operations.messages import forget_messages
from bantuo.apps.integrations.operations.sending import send_due
from bantuo.apps.notices.operations import deliver_notices
from bantuo.channels.webhooks import HttpPoster
from bantuo.interfaces.web.papers import vault

_ROUNDS_MAX = 20  # of one job: others wait for the worker too


@app.periodic(cron="* * * * * */5")
@app.task(name="webhooks", queueing_lock="webhooks")
def send_webhooks(timestamp: int) -> None:
    """Take what happened out of the outbox, and send what is due until nothing is."""
    deliver_notices(now=timezone.now())
    for _ in range(_ROUNDS_MAX):
        if send_due(HttpPoster(), vault=vault(), clock=timezone.now) == 0:
            return


@app.periodic(cron="40 * * * *")
@app.task(name="integrations_upkeep", queueing_lock="integrations_upkeep")
def keep_bounded(timestamp: int) -> None:
    """Forget ended tokens, kept answers, old lines of the log of calls and settled messages."""
    now = timezone.now()
    forget_tokens(now=now)
    forget_answers(now=now)
    forget_calls()
    forget_messages(now=now)
