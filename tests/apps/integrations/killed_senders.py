"""A sender of webhooks that works until it is killed; and the shop that has something to tell."""

from __future__ import annotations

import sys
import time

from django.db import transaction
from django.utils import timezone

from bantuo.apps.events.operations import emit_events
from bantuo.apps.integrations.operations import sending
from bantuo.apps.integrations.operations.endpoints import register_endpoint
from bantuo.apps.notices.operations import deliver_notices
from bantuo.interfaces.web.papers import vault
from tests.apps import factories as make
from tests.apps.integrations.receivers import poster


def prepare(url: str, events: int) -> None:
    """A seller with an endpoint, and so many events in the outbox."""
    (seller,) = make.make_sellers("S1")
    moment = timezone.now()
    register_endpoint(
        seller, url=url, title="", kinds=["order.*"], vault=vault(), now=moment, actor=make.ACTOR
    )
    with transaction.atomic():
        rows = [(seller, f"order:{n}", {}) for n in range(events)]
        emit_events("order.placed", rows, at=moment)


def work() -> None:
    """Send for ever; a claim that was lost with its sender is soon free again."""
    sending.CLAIM_LASTS /= 60
    sending._PER_ENDPOINT = 7
    while True:
        deliver_notices(now=timezone.now())
        if sending.send_due(poster(), vault=vault(), clock=timezone.now) == 0:
            time.sleep(0.05)


def main() -> None:
    """What the command line says."""
    act, *told = sys.argv[1:]
    if act == "prepare":
        prepare(told[0], int(told[1]))
    else:
        work()
