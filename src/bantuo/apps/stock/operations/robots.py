"""Robots of chat groups: kept sealed, told in turn, tried again with growing pauses while it is of use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.sealing import SealedColumn
from bantuo.apps.stock.models import Robot, RobotMessage
from bantuo.apps.stock.queries import lock_sellers

# How long after each failed try the next one is made; after the last it is given up.
_PAUSES = (timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=4), timedelta(minutes=15))
_TEST_LASTS = timedelta(minutes=10)
_CLAIMED = timedelta(minutes=2)  # a worker that died over a message leaves it to the next after this
WAITING, DELIVERED, GIVEN_UP, OUT_OF_DATE = "waiting", "delivered", "given_up", "out_of_date"


class SecretVault(Protocol):
    """Seals bytes so that they open only in the same context. The interface brings the real one."""

    def seal(self, plain: bytes, *, context: str) -> bytes: ...

    def unseal(self, sealed: bytes, *, context: str) -> bytes: ...


class RobotUnknown(LookupError):
    """The seller has no such robot."""


@dataclass(frozen=True, slots=True)
class NewRobot:
    """A robot as its seller names it; the address was checked by the door."""

    kind: str
    url: str
    secret: str
    language: str


@dataclass(frozen=True, slots=True)
class RobotTold:
    """How a robot answered; `is_final`: trying again would not help."""

    is_taken: bool
    detail: str
    is_final: bool = False


class RobotTeller(Protocol):
    """Says a message, in the robot's language, to its address."""

    def tell(
        self, robot: Robot, *, url: str, secret: str, topic: str, payload: Mapping[str, Any]
    ) -> RobotTold: ...


@transaction.atomic
def add_robot(seller_id: int, *, robot: NewRobot, vault: SecretVault, now: datetime, actor: str) -> Robot:
    """Let a chat group be told from now on, in place of the one of its kind told so far."""
    lock_sellers([seller_id])
    _remove(Robot.objects.filter(seller_id=seller_id, kind=robot.kind), now=now)
    made = Robot.objects.create(
        seller_id=seller_id,
        kind=robot.kind,
        sealed_url=vault.seal(robot.url.encode(), context=_context(seller_id, "url")),
        sealed_secret=vault.seal(robot.secret.encode(), context=_context(seller_id, "secret"))
        if robot.secret
        else None,
        ending=robot.url[-4:],
        language=robot.language,
        added_by=actor,
        added_at=now,
    )
    emit_events(
        "stock.robot_added", [(seller_id, f"robot:{made.pk}", {"kind": robot.kind, "by": actor})], at=now
    )
    return made


@transaction.atomic
def remove_robot(seller_id: int, robot_id: int, *, now: datetime, actor: str) -> bool:
    """Tell this group nothing any more; what waits for it is dropped. Whether it was there to remove."""
    lock_sellers([seller_id])
    if not _remove(Robot.objects.filter(seller_id=seller_id, pk=robot_id), now=now):
        return False
    emit_events("stock.robot_removed", [(seller_id, f"robot:{robot_id}", {"by": actor})], at=now)
    return True


def _remove(robots: Any, *, now: datetime) -> int:
    held = list(robots.filter(removed_at__isnull=True).values_list("pk", flat=True))
    RobotMessage.objects.filter(robot__in=held, due_at__isnull=False).update(
        due_at=None, state=GIVEN_UP, detail="removed"
    )
    removed: int = Robot.objects.filter(pk__in=held).update(removed_at=now)
    return removed


@transaction.atomic
def ask_test_message(seller_id: int, robot_id: int, *, now: datetime, actor: str) -> RobotMessage:
    """Have a robot say that it works. Raises RobotUnknown."""
    robot = Robot.objects.filter(seller_id=seller_id, pk=robot_id, removed_at__isnull=True).first()
    if robot is None:
        raise RobotUnknown(f"seller {seller_id} has no robot {robot_id}")
    message, _ = RobotMessage.objects.get_or_create(
        seller_id=seller_id,
        robot=robot,
        topic="test",
        key=now.isoformat(timespec="seconds"),
        defaults={"payload": {"by": actor}, "asked_at": now, "until": now + _TEST_LASTS, "due_at": now},
    )
    return message


def send_robot_messages(
    teller: RobotTeller, *, vault: SecretVault, now: datetime, most: int = 50, seller_id: int | None = None
) -> int:
    """Tell what is due, at most `most` messages; how many were taken.

    A message is claimed before it is said, so that no lock is held meanwhile and two workers share the
    work. Killed in between, it is said once more: a robot has no ids by which to know a repetition.
    """
    taken = 0
    for _ in range(most):
        message = _claim(now=now, seller_id=seller_id)
        if message is None:
            break
        taken += _tell(message, teller, vault=vault, now=now)
    return taken


@transaction.atomic
def _claim(*, now: datetime, seller_id: int | None) -> RobotMessage | None:
    due = RobotMessage.objects.filter(due_at__lte=now)
    if seller_id is not None:
        due = due.filter(seller_id=seller_id)
    waiting = due.select_for_update(skip_locked=True, of=("self",)).select_related("robot")
    message = waiting.order_by("due_at", "id").first()
    if message is not None:
        message.due_at = now + _CLAIMED
        message.save(update_fields=["due_at"])
    return message


def _tell(message: RobotMessage, teller: RobotTeller, *, vault: SecretVault, now: datetime) -> int:
    if now > message.until:
        _note(message, state=OUT_OF_DATE, detail=message.detail)
        return 0
    robot = message.robot
    told = teller.tell(
        robot,
        url=_open(robot, "url", vault=vault),
        secret=_open(robot, "secret", vault=vault),
        topic=message.topic,
        payload=message.payload,
    )
    message.tries += 1
    message.told_at = now
    if told.is_taken:
        _note(message, state=DELIVERED, detail=told.detail)
        return 1
    again = now + _PAUSES[message.tries - 1] if message.tries <= len(_PAUSES) else None
    if told.is_final or again is None:
        _note(message, state=GIVEN_UP, detail=told.detail)
    elif again > message.until:
        _note(message, state=OUT_OF_DATE, detail=told.detail)
    else:
        _note(message, state=WAITING, detail=told.detail, due_at=again)
    return 0


def _note(message: RobotMessage, *, state: str, detail: str, due_at: datetime | None = None) -> None:
    """Keep what became of a try, unless the robot was removed meanwhile."""
    RobotMessage.objects.filter(pk=message.pk, due_at__isnull=False).update(
        state=state, detail=detail[:300], due_at=due_at, tries=message.tries, told_at=message.told_at
    )


def _open(robot: Robot, part: str, *, vault: SecretVault) -> str:
    sealed = robot.sealed_url if part == "url" else robot.sealed_secret
    return (
        vault.unseal(bytes(sealed), context=_context(robot.seller_id, part)).decode()
        if sealed is not None
        else ""
    )


def _context(seller_id: int, part: str) -> str:
    return f"stock.robot:{seller_id}:{part}"


SEALED = (
    SealedColumn("robot addresses", Robot, "sealed_url", lambda r: _context(r.seller_id, "url")),
    SealedColumn("robot secrets", Robot, "sealed_secret", lambda r: _context(r.seller_id, "secret")),
)
