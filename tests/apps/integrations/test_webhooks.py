"""Webhooks from the outbox to a real server: signed, in order, tried again, given up, sent by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from standardwebhooks import Webhook

from bantuo.apps.events.operations import emit_events
from bantuo.apps.integrations.models import WebhookEndpoint, WebhookMessage, WebhookTry
from bantuo.apps.integrations.operations.endpoints import (
    EndpointKnown,
    EndpointUnknown,
    GivenEndpoint,
    KindsRefused,
    disable_endpoint,
    enable_endpoint,
    register_endpoint,
    remove_endpoint,
    rotate_secret,
)
from bantuo.apps.integrations.operations.messages import (
    forget_messages,
    make_test_message,
    redeliver_messages,
)
from bantuo.apps.integrations.operations.sending import claim_messages, send_due, send_now
from bantuo.apps.integrations.retries import FAILING_MAX, PAUSES, endpoint_pause, pause_after
from bantuo.apps.notices.operations import deliver_notices
from bantuo.channels.webhooks import HttpPoster
from bantuo.interfaces.web.papers import vault
from tests.apps import factories as make
from tests.apps.integrations.receivers import Receiver, poster, receiving

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as started:
        yield started


@pytest.fixture
def seller() -> int:
    return make.make_sellers("S1")[0]


def _register(seller: int, url: str, *kinds: str) -> GivenEndpoint:
    return register_endpoint(
        seller, url=url, title="ERP", kinds=kinds or ("order.*",), vault=vault(), now=timezone.now(),
        actor=make.ACTOR,
    )  # fmt: skip


@transaction.atomic
def _happens(topic: str, *events: tuple[int | None, str, dict[str, Any]]) -> None:
    emit_events(topic, events, at=timezone.now())


def _send(clock: Any = timezone.now) -> int:
    deliver_notices(now=clock())
    return send_due(poster(), vault=vault(), clock=clock)


def _later(by: timedelta) -> Any:
    at = timezone.now() + by
    return lambda: at


def test_an_event_arrives_signed_and_without_what_is_personal(seller: int, receiver: Receiver) -> None:
    given = _register(seller, receiver.url)
    _happens("order.placed", (seller, "order:7", {"route": "semi", "by": "user:3", "buyer": "somebody"}))
    assert _send() == 1
    ((headers, body),) = receiver.got
    told = Webhook(given.secret).verify(body, headers)
    assert headers["webhook-id"].startswith("evt_")
    assert (told["type"], told["seller"], told["sequence"]) == ("order.placed", seller, 1)
    assert told["data"] == {"order": 7, "route": "semi"}
    message = WebhookMessage.objects.get()
    assert (message.last_status, message.tries, message.due_at) == (204, 1, None)
    assert _send() == 0


def test_only_what_was_asked_for_and_only_ones_own_is_told(seller: int, receiver: Receiver) -> None:
    (other,) = make.make_sellers("S2")
    _register(seller, receiver.url, "price_alert.raised", "application.*", "cut_over.done")
    _happens("order.placed", (seller, "order:1", {}))
    _happens("catalog.price_alert_raised", (seller, "sku:4", {"rule": "PRC-1", "exclusive_fen": 99}))
    _happens("catalog.price_alert_raised", (other, "sku:5", {}))
    _happens("catalog.price_alert_cleared", (seller, "sku:4", {}))
    _happens("admission.step", (seller, "application:9", {"step": "approved", "reason": "words of a person"}))
    _happens("orders.cut_over", (None, "day:2024-08-01", {"late": 3}))
    _send()
    assert [(told["type"], told["data"]) for told in receiver.bodies] == [
        ("price_alert.raised", {"sku": 4, "rule": "PRC-1", "exclusive_fen": 99}),
        ("application.approved", {"application": 9, "step": "approved"}),
        ("cut_over.done", {"day": "2024-08-01", "late": 3}),
    ]
    assert [told["sequence"] for told in receiver.bodies] == [1, 2, 3]


def test_messages_of_an_endpoint_arrive_in_their_order(seller: int, receiver: Receiver) -> None:
    _register(seller, receiver.url)
    _happens("order.placed", *[(seller, f"order:{n}", {}) for n in range(120)])
    assert [_send(), _send(), _send(), _send()] == [50, 50, 20, 0]
    assert [told["data"]["order"] for told in receiver.bodies] == list(range(120))
    assert [told["sequence"] for told in receiver.bodies] == list(range(1, 121))


def test_a_failure_is_tried_again_with_the_same_id_and_body(seller: int, receiver: Receiver) -> None:
    _register(seller, receiver.url)
    receiver.answers = [(500, {})]
    _happens("order.placed", (seller, "order:1", {}), (seller, "order:2", {}))
    assert _send() == 1, "after a failure the others wait"
    assert _send() == 0, "and so does the endpoint"
    assert _send(_later(PAUSES[0])) == 1
    assert _send(_later(PAUSES[0])) == 1
    assert receiver.ids[0] == receiver.ids[1] != receiver.ids[2]
    assert receiver.got[0][1] == receiver.got[1][1]
    log = WebhookTry.objects.order_by("id").values_list("status", "detail")
    assert list(log) == [(500, "500 Internal Server Error"), (204, "204 No Content"), (204, "204 No Content")]
    assert WebhookEndpoint.objects.get().failing_since is None


def test_retry_after_is_honoured(seller: int, receiver: Receiver) -> None:
    _register(seller, receiver.url)
    receiver.answers = [(503, {"Retry-After": "3600"})]
    _happens("order.placed", (seller, "order:1", {}))
    _send()
    assert _send(_later(timedelta(minutes=59))) == 0
    assert _send(_later(timedelta(minutes=61))) == 1


def test_the_schedule_is_the_specifications() -> None:
    waited = [pause_after(tries, retry_after_s=None) for tries in range(1, 11)]
    hours = [2, 5, 10, 14, 20, 24]
    assert waited == [
        timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30),
        *(timedelta(hours=h) for h in hours), None,
    ]  # fmt: skip
    assert pause_after(1, retry_after_s=10**9) == timedelta(hours=24)
    assert endpoint_pause(9, retry_after_s=None) == timedelta(minutes=5)
    assert endpoint_pause(1, retry_after_s=900) == timedelta(minutes=15)


def test_after_the_last_try_a_message_is_given_up_and_can_be_sent_by_hand(
    seller: int, receiver: Receiver
) -> None:
    given = _register(seller, receiver.url)
    _happens("order.placed", (seller, "order:1", {}))
    deliver_notices(now=timezone.now())
    WebhookMessage.objects.update(tries=len(PAUSES))
    receiver.answers = [(500, {})]
    _send()
    message = WebhookMessage.objects.get()
    assert (message.due_at, message.given_up_at is None) == (None, False)
    assert (
        redeliver_messages(seller, endpoint_id=given.endpoint.pk, message_ids=None, now=timezone.now()) == 1
    )
    assert _send(_later(timedelta(minutes=6))) == 1
    assert receiver.ids[0] == receiver.ids[1]
    again = [WebhookMessage.objects.get().pk]
    asked = {"endpoint_id": given.endpoint.pk, "now": timezone.now()}
    assert redeliver_messages(seller, message_ids=None, **asked) == 0, "everything has arrived"
    assert redeliver_messages(seller, message_ids=again, **asked) == 1, "asked for, it is sent once more"
    assert redeliver_messages(make.make_sellers("S2")[0], message_ids=again, **asked) == 0


def test_gone_disables_the_endpoint_and_its_owner_is_told(seller: int, receiver: Receiver) -> None:
    given = _register(seller, receiver.url)
    receiver.answers = [(410, {})]
    _happens("order.placed", (seller, "order:1", {}), (seller, "order:2", {}))
    _send()
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.disabled_why, endpoint.disabled_at is None) == ("gone", False)
    assert make.outbox("webhook.disabled") == [
        (f"webhook:{endpoint.pk}", {"by": "system:jobs", "why": "gone"})
    ]
    _happens("order.placed", (seller, "order:3", {}))
    assert _send(_later(timedelta(hours=1))) == 0
    enable_endpoint(seller, endpoint_id=given.endpoint.pk, now=timezone.now(), actor=make.ACTOR)
    assert _send() == 0, "what was missed is sent only when asked for"
    redeliver_messages(seller, endpoint_id=endpoint.pk, message_ids=None, now=timezone.now())
    assert _send() == 3
    assert [told["data"]["order"] for told in receiver.bodies] == [1, 1, 2, 3]


def test_days_of_failure_disable_the_endpoint(seller: int, receiver: Receiver) -> None:
    _register(seller, receiver.url)
    _happens("order.placed", (seller, "order:1", {}), (seller, "order:2", {}))
    receiver.answers = [(500, {}), (500, {})]
    _send()
    WebhookEndpoint.objects.update(failing_since=timezone.now() - FAILING_MAX)
    _send(_later(timedelta(minutes=5)))
    assert WebhookEndpoint.objects.get().disabled_why == "failing"
    assert WebhookMessage.objects.filter(due_at__isnull=False).count() == 0


def test_while_a_secret_is_rotated_both_sign(seller: int, receiver: Receiver) -> None:
    given = _register(seller, receiver.url)
    rotated = rotate_secret(
        seller, endpoint_id=given.endpoint.pk, vault=vault(), now=timezone.now(), actor=make.ACTOR
    )
    _happens("order.placed", (seller, "order:1", {}))
    _send()
    headers, body = receiver.got[0]
    assert len(headers["webhook-signature"].split()) == 2
    assert Webhook(rotated.secret).verify(body, headers) == Webhook(given.secret).verify(body, headers)
    WebhookEndpoint.objects.update(former_until=timezone.now())
    _happens("order.placed", (seller, "order:2", {}))
    _send()
    assert len(receiver.got[1][0]["webhook-signature"].split()) == 1


def test_an_address_inside_our_network_is_never_called(seller: int, receiver: Receiver) -> None:
    _register(seller, receiver.url)
    _happens("order.placed", (seller, "order:1", {}))
    deliver_notices(now=timezone.now())
    assert send_due(HttpPoster(), vault=vault(), clock=timezone.now) == 1
    assert receiver.got == []
    assert WebhookMessage.objects.get().last_detail.startswith("may not be called: ")


def test_a_server_that_never_answers_is_left_in_time(seller: int, receiver: Receiver) -> None:
    given = _register(seller, "http://127.0.0.1:9/closed")
    message = make_test_message(seller, endpoint_id=given.endpoint.pk, now=timezone.now(), actor=make.ACTOR)
    posted = send_now(message, poster=poster(limit_ms=500), vault=vault(), clock=timezone.now)
    assert (posted.status, posted.detail) == (None, "connection refused")
    kept = WebhookMessage.objects.get()
    assert (kept.kind, kept.due_at, kept.content) == (
        "webhook.test", None, {"test": True, "endpoint": given.endpoint.pk}
    )  # fmt: skip


def test_a_claim_is_nobody_elses_until_it_runs_out(seller: int, receiver: Receiver) -> None:
    _register(seller, receiver.url)
    _happens("order.placed", (seller, "order:1", {}))
    now = timezone.now()
    deliver_notices(now=now)
    assert len(claim_messages(vault=vault(), now=now)) == 1
    assert claim_messages(vault=vault(), now=now + timedelta(seconds=59)) == []
    assert len(claim_messages(vault=vault(), now=now + timedelta(seconds=61))) == 1


def test_registering_is_checked(seller: int) -> None:
    given = _register(seller, "https://erp.example/hooks")
    with pytest.raises(EndpointKnown):
        _register(seller, "https://erp.example/hooks")
    for kinds in ((), ("nonsense.*",), ("order",), ("order.*", "order.<script>")):
        with pytest.raises(KindsRefused):
            register_endpoint(
                seller, url="https://erp.example/2", title="", kinds=kinds, vault=vault(),
                now=timezone.now(), actor=make.ACTOR,
            )  # fmt: skip
    (other,) = make.make_sellers("S2")
    moment: dict[str, Any] = {"endpoint_id": given.endpoint.pk, "now": timezone.now(), "actor": make.ACTOR}
    for act in (remove_endpoint, enable_endpoint):
        with pytest.raises(EndpointUnknown):
            act(other, **moment)
    with pytest.raises(EndpointUnknown):
        disable_endpoint(other, why="by_hand", **moment)
    remove_endpoint(seller, **moment)
    assert _register(seller, "https://erp.example/hooks").endpoint.pk != given.endpoint.pk


def test_old_messages_are_forgotten_with_their_log(seller: int, receiver: Receiver) -> None:
    _register(seller, receiver.url)
    _happens("order.placed", (seller, "order:1", {}))
    _send()
    assert forget_messages(now=_days_on(29)) == 0
    assert forget_messages(now=_days_on(31)) == 1
    assert (WebhookMessage.objects.count(), WebhookTry.objects.count()) == (0, 0)


def _days_on(days: int) -> datetime:
    return timezone.now() + timedelta(days=days)
