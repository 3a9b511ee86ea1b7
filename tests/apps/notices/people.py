"""People of a seller and of the operator who may be told something."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.events.operations import emit_events
from tests.apps.factories import NOW

LONG_AGO = NOW - timedelta(days=400)


def make_person(email: str, *roles: str, seller_id: int | None = None, **fields: Any) -> User:
    """Somebody with an account since long ago."""
    told = {"created_at": LONG_AGO, "language": "en", **fields}
    return User.objects.create_user(email, roles=list(roles), seller_id=seller_id, **told)


def make_owner(seller_id: int, email: str = "owner@example.org", **fields: Any) -> User:
    return make_person(email, Role.SELLER_OWNER, seller_id=seller_id, **fields)


def make_reviewer(email: str = "reviewer@example.org", **fields: Any) -> User:
    return make_person(email, Role.REVIEWER, **fields)


def happen(
    topic: str, payload: dict[str, Any], *, seller_id: int | None = None, key: str = "application:7",
    times: int = 1, at: datetime = NOW,
) -> None:  # fmt: skip
    """One event of the outbox, or many of the same."""
    with transaction.atomic():
        emit_events(topic, [(seller_id, key, payload)] * times, at=at)


def step(seller_id: int, name: str, *, by: str = "system:test", reason: str = "because", **more: Any) -> None:
    """A step of an application, as admission records it."""
    happen("admission.step", {"step": name, "reason": reason, "by": by}, seller_id=seller_id, **more)
