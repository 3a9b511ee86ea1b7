"""Step ①: a seller hands in a profile to join."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from bantuo.apps.admission.models import Application, ApplicationState
from bantuo.apps.admission.operations.transitions import move_applications, same_reason
from bantuo.apps.parties.operations import lock_sellers
from bantuo.engine.profiles import profile_problems

CLOSED = frozenset(
    {
        ApplicationState.REJECTED,
        ApplicationState.WITHDRAWN,
        ApplicationState.EXITED,
        ApplicationState.ASSESSED_FAIL,
    }
)


@dataclass(frozen=True, slots=True)
class NewApplication:
    """A profile by the seller schema. `attempt` tells a second try from a repeated call."""

    seller_id: int
    profile: Mapping[str, Any]
    attempt: int = 1


class ApplicationUnreadable(ValueError):
    """A profile that cannot be assessed: `problems` has path, value and rule of each."""

    def __init__(self, *, seller_id: int, problems: list[dict[str, Any]]) -> None:
        first = problems[0]
        super().__init__(f"seller {seller_id}: {first['path']} {first['value']!r}: {first['rule']}")
        self.seller_id, self.problems = seller_id, problems


class ApplicationDiffers(ValueError):
    """That attempt was handed in with another profile: a mended one is the next attempt."""


class AttemptOutOfOrder(ValueError):
    """The attempt before is still open, or there is none before."""


@transaction.atomic
def submit_applications(
    applications: Sequence[NewApplication], *, now: datetime, actor: str
) -> dict[int, int]:
    """Hand in applications; returns the application id of each seller.

    An attempt handed in already, with the same profile, is left alone. Raises, before anything is
    written, SellerUnknown, ApplicationUnreadable, ApplicationDiffers or AttemptOutOfOrder.
    """
    wanted = {(a.seller_id, a.attempt): a for a in applications}
    sellers = sorted({seller for seller, _ in wanted})
    lock_sellers(sellers)
    held = {(a.seller_id, a.attempt): a for a in _latest(sellers)} | {
        (a.seller_id, a.attempt): a for a in _attempts(wanted.keys())
    }
    fresh = [new for key, new in sorted(wanted.items()) if _is_fresh(new, held)]
    made = Application.objects.bulk_create(
        Application(seller_id=new.seller_id, attempt=new.attempt, profile=dict(new.profile)) for new in fresh
    )
    reasons = same_reason(made, reason="handed in")
    move_applications(made, to=ApplicationState.SUBMITTED, reasons=reasons, now=now, actor=actor)
    held |= {(a.seller_id, a.attempt): a for a in made}
    return {seller: held[seller, attempt].pk for seller, attempt in sorted(wanted)}


def _latest(sellers: Sequence[int]) -> list[Application]:
    rows = Application.objects.filter(seller_id__in=sellers).values("seller_id").annotate(at=Max("id"))
    return list(Application.objects.filter(pk__in=[row["at"] for row in rows]))


def _attempts(keys: Any) -> list[Application]:
    sellers, attempts = {seller for seller, _ in keys}, {attempt for _, attempt in keys}
    return list(Application.objects.filter(seller_id__in=sellers, attempt__in=attempts))


def _is_fresh(new: NewApplication, held: Mapping[tuple[int, int], Application]) -> bool:
    """Whether this attempt is still to be written; raises what speaks against it."""
    known = held.get((new.seller_id, new.attempt))
    if known is not None:
        if known.profile != dict(new.profile):
            raise ApplicationDiffers(f"seller {new.seller_id}: attempt {new.attempt} has another profile")
        return False
    before = held.get((new.seller_id, new.attempt - 1))
    if new.attempt != 1 and (before is None or before.state not in CLOSED):
        state = before.state if before else "not made"
        raise AttemptOutOfOrder(f"seller {new.seller_id}: attempt {new.attempt - 1} is {state}")
    problems = profile_problems(new.profile)
    if problems:
        raise ApplicationUnreadable(seller_id=new.seller_id, problems=problems)
    return True
