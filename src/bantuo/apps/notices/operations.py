"""Tell people what happened: from the outbox into inboxes, from inboxes into the mail."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import transaction
from django.db.models import F

from bantuo.apps.events.operations import emit_events
from bantuo.apps.integrations.event_kinds import TOPICS_LIKE, HookEvent
from bantuo.apps.integrations.operations.messages import make_messages
from bantuo.apps.notices.models import Notice, NoticePreference
from bantuo.apps.notices.topics import CLOCK, Circle, Event, Subject, Told, link_of, told_of, topics_told
from bantuo.apps.sql import columns_of, fetch_rows, run_statement

BATCH = 20_000
# How long after each failed try the next one is made; after the last, the notice stays in the inbox.
_PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)
_NOT_KEPT = ("by", "actor")  # who did it is no part of what people are told


class MailFailed(RuntimeError):
    """A mail could not be handed over; it is tried again later."""


class Mailer(Protocol):
    """Hands one notice over as a mail, in the language of its reader."""

    def send(self, notice: Notice) -> None:
        """Raises MailFailed."""


class SubjectUnknown(ValueError):
    """No such subject of notices."""


def deliver_notices(*, now: datetime) -> int:
    """Tell everybody concerned of what the outbox holds; returns how many notices were made.

    Batch by batch, each in a transaction of its own: an event is marked delivered together with
    the notices and the webhook messages it causes, so that killed anywhere, nobody is told twice and
    nobody is left out. Two runs at once share the work.
    """
    made = 0
    while True:
        taken, told = _deliver_batch(now=now)
        made += told
        if taken < BATCH:
            return made


@transaction.atomic
def _deliver_batch(*, now: datetime) -> tuple[int, int]:
    ((taken, found, hooked),) = fetch_rows(
        """
        WITH batch AS (
            SELECT id FROM events_outboxevent WHERE delivered_at IS NULL
            ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
        ), marked AS (
            UPDATE events_outboxevent e SET delivered_at = %s FROM batch b WHERE e.id = b.id
            RETURNING e.id, e.topic, e.seller_id, e.key, e.payload, e.occurred_at
        ), listening AS (
            SELECT seller_id FROM integrations_webhookendpoint WHERE removed_at IS NULL
        )
        SELECT count(*), coalesce(
            jsonb_agg(to_jsonb(marked) - 'occurred_at' ORDER BY id) FILTER (WHERE topic = ANY(%s)), '[]'
            )::text, coalesce(jsonb_agg(to_jsonb(marked) ORDER BY id) FILTER (
                WHERE topic LIKE ANY(%s) AND (seller_id IN (SELECT seller_id FROM listening)
                    OR seller_id IS NULL AND EXISTS (SELECT FROM listening))), '[]')::text
        FROM marked
        """,
        [BATCH, now, topics_told(), list(TOPICS_LIKE)],
    )
    _tell_endpoints(json.loads(hooked), now=now)
    events = [Event(**row) for row in json.loads(found)]
    heard = [(told, event) for event in events for told in told_of(event)]
    return taken, _tell(heard, now=now) if heard else 0


def _tell_endpoints(rows: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    events = [HookEvent(**{**row, "occurred_at": datetime.fromisoformat(row["occurred_at"])}) for row in rows]
    if events:
        make_messages([event for event in events if event.kind], now=now)


def _tell(heard: Sequence[tuple[Told, Event]], *, now: datetime) -> int:
    """One notice per person and event. Nobody hears of what happened before they had an account."""
    *columns, payloads = columns_of([_row(told, event) for told, event in heard], 9)
    return run_statement(
        f"""
        WITH heard AS MATERIALIZED (
            SELECT h.*, e.occurred_at, s.name AS shop
            FROM ROWS FROM (unnest(%s::bigint[]), unnest(%s::text[]), unnest(%s::text[]), unnest(%s::text[]),
                            unnest(%s::bigint[]), unnest(%s::text[]), unnest(%s::text[]), unnest(%s::text[]),
                            jsonb_array_elements(%s::jsonb))
                AS h(outbox_id, notice, subject, circle, who, roles, actor, link, payload)
            JOIN events_outboxevent e ON e.id = h.outbox_id
            LEFT JOIN parties_seller s ON s.id = e.seller_id
        ), people AS ({" UNION ALL ".join(_PEOPLE)})
        INSERT INTO notices_notice
            (user_id, topic, outbox_id, payload, link, created_at, mail_due_at, mail_tries)
        SELECT DISTINCT ON (p.user_id, p.outbox_id) p.user_id, p.notice, p.outbox_id,
               CASE WHEN p.circle = 'operator' AND p.shop IS NOT NULL
                    THEN p.payload || jsonb_build_object('shop', p.shop) ELSE p.payload END, p.link, %s,
               CASE WHEN c.by_mail IS NOT FALSE THEN %s END, 0
        FROM people p
        LEFT JOIN notices_noticepreference c ON c.user_id = p.user_id AND c.topic = p.subject
        ORDER BY p.user_id, p.outbox_id, p.circle <> 'person'
        ON CONFLICT (user_id, outbox_id) DO NOTHING
        """,
        [*columns, json.dumps(payloads), now, now],
    )


_MAY_HEAR = """
    u.is_active AND u.created_at <= h.occurred_at AND h.actor <> 'user:' || u.id
    AND (h.roles = '' OR u.roles && string_to_array(h.roles, ','))
"""
_PEOPLE = tuple(
    f"""
    SELECT u.id AS user_id, h.* FROM heard h JOIN accounts_user u ON {belongs}
    WHERE h.circle = '{circle}' AND {_MAY_HEAR}
    """
    for circle, belongs in {
        Circle.SELLER: "u.seller_id = h.who",
        Circle.OPERATOR: "u.seller_id IS NULL",
        Circle.SELLERS: "u.seller_id IS NOT NULL",
        Circle.SIGNED: "u.seller_id IN (SELECT seller_id FROM admission_agreement)",
        Circle.PERSON: "u.id = h.who",
    }.items()
)


def _row(told: Told, event: Event) -> tuple[Any, ...]:
    payload = {name: value for name, value in event.payload.items() if name not in _NOT_KEPT}
    payload["about"] = event.key
    actor = "" if told.tells_actor else str(event.payload.get("by") or event.payload.get("actor") or "")
    return (
        event.id,
        told.notice,
        told.subject.value,
        told.circle.value,
        _whom(told, event),
        ",".join(sorted(told.roles)),
        actor,
        link_of(told, event),
        payload,
    )


def _whom(told: Told, event: Event) -> int | None:
    if told.circle is Circle.PERSON:
        kind, _, number = str(event.payload.get(told.person, "")).partition(":")
        return int(number) if kind == "user" and number.isdecimal() else None
    return event.seller_id


def send_mails(mailer: Mailer, *, now: datetime, most: int = 200) -> int:
    """Mail the notices that wait for it; returns how many were handed over.

    Each is locked while it is sent and marked with it. Killed between the two, it is sent once
    more under the same message id, by which mail servers know it.
    """
    return sum(_send_next(mailer, now=now) for _ in range(most) if _is_waiting(now))


def _is_waiting(now: datetime) -> bool:
    return Notice.objects.filter(mail_due_at__lte=now).exists()


@transaction.atomic
def _send_next(mailer: Mailer, *, now: datetime) -> int:
    waiting = Notice.objects.filter(mail_due_at__lte=now).order_by("mail_due_at", "id")
    notice = waiting.select_for_update(skip_locked=True, of=("self",)).select_related("user").first()
    if notice is None:
        return 0
    try:
        mailer.send(notice)
    except MailFailed:
        _try_later(notice, now=now)
        return 0
    notice.mailed_at, notice.mail_due_at = now, None
    notice.save(update_fields=["mailed_at", "mail_due_at"])
    return 1


def _try_later(notice: Notice, *, now: datetime) -> None:
    tries = notice.mail_tries
    notice.mail_due_at = now + _PAUSES[tries] if tries < len(_PAUSES) else None
    notice.mail_tries = F("mail_tries") + 1
    notice.save(update_fields=["mail_due_at", "mail_tries"])


def mark_read(notice_ids: Iterable[int], *, user_id: int, now: datetime) -> int:
    """A person has seen these notices of theirs; those of others are left alone."""
    unread = Notice.objects.filter(pk__in=list(notice_ids), user_id=user_id, read_at__isnull=True)
    return unread.update(read_at=now)


def mark_all_read(user_id: int, *, now: datetime) -> int:
    """A person has seen everything in their inbox."""
    return Notice.objects.filter(user_id=user_id, read_at__isnull=True).update(read_at=now)


@transaction.atomic
def choose_mails(user_id: int, *, wanted: Mapping[str, bool]) -> None:
    """By subject, whether a person is mailed from now on; the inbox shows everything all the same.

    Raises SubjectUnknown.
    """
    unknown = set(wanted) - {subject.value for subject in Subject}
    if unknown:
        raise SubjectUnknown(", ".join(sorted(unknown)))
    NoticePreference.objects.bulk_create(
        [
            NoticePreference(user_id=user_id, topic=subject, by_mail=by_mail)
            for subject, by_mail in sorted(wanted.items())
        ],
        update_conflicts=True,
        unique_fields=["user", "topic"],
        update_fields=["by_mail"],
    )


@transaction.atomic
def remind_running_clocks(*, hours: int, now: datetime) -> int:
    """Remind reviewers of rejections without a cause once half of the hours of DIA-1 are gone.

    A cause is an item that a reviewer refuses, by the last word on it. Once for each rejection;
    returns how many were fresh.
    """
    fresh = fetch_rows(
        """
        INSERT INTO notices_clockreminder (seller_id, application_id, failed_at, reminded_at)
        SELECT a.seller_id, a.id, a.decided_at, %s FROM admission_application a
        WHERE a.state = 'rejected' AND a.decided_at <= %s AND NOT EXISTS (
            SELECT FROM (SELECT DISTINCT ON (subject) verdict FROM admission_reviewitem i
                         WHERE i.application_id = a.id ORDER BY subject, id DESC) last
            WHERE verdict <> 'ok')
        ON CONFLICT DO NOTHING RETURNING seller_id, application_id
        """,
        [now, now - timedelta(hours=hours) / 2],
    )
    return emit_events(CLOCK, [(seller, f"application:{a}", {}) for seller, a in sorted(fresh)], at=now)
