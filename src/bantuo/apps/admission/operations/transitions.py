"""Which step may follow which, for applications and deposits; the locks and the record of each step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Max

from bantuo.apps.admission.models import Application, ApplicationEvent, Deposit
from bantuo.apps.admission.models import ApplicationState as S
from bantuo.apps.admission.models import DepositState as D
from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.operations import lock_sellers
from bantuo.apps.sql import columns_of, run_statement

# The way in. A seller who stands further along has taken the earlier steps already.
PATH = (
    S.DRAFT,
    S.SUBMITTED,
    S.ASSESSED_PASS,
    S.IN_REVIEW,
    S.APPROVED,
    S.AGREEMENT_SIGNED,
    S.DEPOSIT_HELD,
    S.WAREHOUSE_BOUND,
    S.ACTIVE,
)
FOLLOWERS: Mapping[str, frozenset[str]] = {
    S.DRAFT: frozenset({S.SUBMITTED, S.WITHDRAWN}),
    S.SUBMITTED: frozenset({S.ASSESSED_PASS, S.ASSESSED_FAIL, S.WITHDRAWN}),
    S.ASSESSED_PASS: frozenset({S.IN_REVIEW, S.WITHDRAWN}),
    S.ASSESSED_FAIL: frozenset({S.IN_REVIEW}),
    S.IN_REVIEW: frozenset({S.APPROVED, S.REJECTED, S.NEEDS_MORE, S.WITHDRAWN}),
    S.NEEDS_MORE: frozenset({S.IN_REVIEW, S.WITHDRAWN}),
    S.REJECTED: frozenset({S.IN_REVIEW}),
    S.APPROVED: frozenset({S.AGREEMENT_SIGNED, S.WITHDRAWN}),
    S.AGREEMENT_SIGNED: frozenset({S.DEPOSIT_HELD, S.WITHDRAWN}),
    S.DEPOSIT_HELD: frozenset({S.WAREHOUSE_BOUND, S.EXITING}),
    S.WAREHOUSE_BOUND: frozenset({S.ACTIVE, S.EXITING}),
    S.ACTIVE: frozenset({S.SUSPENDED, S.EXITING}),
    S.SUSPENDED: frozenset({S.ACTIVE, S.EXITING}),
    S.EXITING: frozenset({S.EXITED}),
    S.WITHDRAWN: frozenset(),
    S.EXITED: frozenset(),
}
DEPOSIT_FOLLOWERS: Mapping[str, frozenset[str]] = {
    D.DUE: frozenset({D.HELD}),
    D.HELD: frozenset({D.DEDUCTED, D.RELEASE_REQUESTED}),
    D.DEDUCTED: frozenset({D.DEDUCTED, D.TOP_UP_DUE, D.RELEASE_REQUESTED}),
    D.TOP_UP_DUE: frozenset({D.DEDUCTED, D.HELD, D.RELEASE_REQUESTED}),
    D.RELEASE_REQUESTED: frozenset({D.DEDUCTED, D.COOLING}),
    D.COOLING: frozenset({D.DEDUCTED, D.REFUNDED}),
    D.REFUNDED: frozenset(),
}
DECIDED = frozenset({S.ASSESSED_FAIL, S.APPROVED, S.REJECTED})


class IllegalTransition(ValueError):
    """A step that may not follow the one before: `seller_id`, `before` and `wanted` say which."""

    def __init__(self, *, seller_id: int, before: str, wanted: str) -> None:
        super().__init__(f"seller {seller_id}: {before} → {wanted} is no step of the programme")
        self.seller_id, self.before, self.wanted = seller_id, before, wanted


class ApplicationUnknown(LookupError):
    """The seller has never applied."""


class DepositUnknown(LookupError):
    """No deposit has been asked of the seller's application."""


class ReasonMissing(ValueError):
    """A decision that a person takes is recorded with its reason."""


def lock_applications(seller_ids: Iterable[int]) -> dict[int, Application]:
    """Hold each seller and its latest application, in order of seller; raises ApplicationUnknown."""
    wanted = sorted(set(seller_ids))
    lock_sellers(wanted)
    latest = Application.objects.filter(seller_id__in=wanted).values("seller_id").annotate(at=Max("id"))
    held = Application.objects.select_for_update().filter(pk__in=[row["at"] for row in latest])
    found = {application.seller_id: application for application in held.order_by("seller_id")}
    missing = [seller for seller in wanted if seller not in found]
    if missing:
        raise ApplicationUnknown(f"no application of seller {', '.join(map(str, missing[:5]))}")
    return found


def lock_deposits(applications: Mapping[int, Application]) -> dict[int, Deposit]:
    """Hold the deposits of these applications, in order of seller; raises DepositUnknown."""
    held = Deposit.objects.select_for_update().filter(application__in=applications.values())
    found = {deposit.seller_id: deposit for deposit in held.order_by("seller_id")}
    missing = [seller for seller in applications if seller not in found]
    if missing:
        raise DepositUnknown(f"no deposit of seller {', '.join(map(str, missing[:5]))}")
    return found


def not_yet(applications: Mapping[int, Application], *, reached: str) -> list[Application]:
    """Those who have not taken a step of the way in; whoever has stands as the step left them."""
    place = PATH.index(S(reached))
    return [
        application
        for application in applications.values()
        if application.state not in PATH or PATH.index(S(application.state)) < place
    ]


def move_applications(
    applications: Sequence[Application], *, to: str, reasons: Mapping[int, str], now: datetime, actor: str
) -> int:
    """Take one step with each application, for the reason given per seller; raises IllegalTransition."""
    for application in applications:
        if to not in FOLLOWERS[application.state]:
            raise IllegalTransition(seller_id=application.seller_id, before=application.state, wanted=to)
        application.state = to
    run_statement(
        """
        UPDATE admission_application SET state = %s,
            decided_at = CASE WHEN %s THEN %s ELSE decided_at END,
            submitted_at = CASE WHEN %s THEN %s ELSE submitted_at END
        WHERE id = ANY(%s)
        """,
        [to, to in DECIDED, now, to == S.SUBMITTED, now, [a.pk for a in applications]],
    )
    return record_steps([(a, to, reasons[a.seller_id]) for a in applications], now=now, actor=actor)


def move_deposits(
    deposits: Sequence[Deposit],
    *,
    to: str,
    applications: Mapping[int, Application],
    reasons: Mapping[int, str],
    now: datetime,
    actor: str,
) -> int:
    """Take one step with each deposit; it is recorded in the timeline of the seller's application."""
    for deposit in deposits:
        if to not in DEPOSIT_FOLLOWERS[deposit.state]:
            raise IllegalTransition(
                seller_id=deposit.seller_id, before=f"deposit {deposit.state}", wanted=f"deposit {to}"
            )
        deposit.state = to
    run_statement(
        """
        UPDATE admission_deposit d SET state = %s, cooling_until = i.cooling_until,
            held_at = CASE WHEN %s THEN %s ELSE held_at END,
            release_requested_at = CASE WHEN %s THEN %s ELSE release_requested_at END,
            refunded_at = CASE WHEN %s THEN %s ELSE refunded_at END
        FROM unnest(%s::bigint[], %s::date[]) AS i(id, cooling_until) WHERE d.id = i.id
        """,
        [
            to,
            to == D.HELD,
            now,
            to == D.RELEASE_REQUESTED,
            now,
            to == D.REFUNDED,
            now,
            *columns_of([(d.pk, d.cooling_until) for d in deposits], 2),
        ],
    )
    return record_steps(
        [(applications[d.seller_id], f"deposit:{to}", reasons[d.seller_id]) for d in deposits],
        now=now,
        actor=actor,
    )


def record_steps(steps: Sequence[tuple[Application, str, str]], *, now: datetime, actor: str) -> int:
    """Write each step into the timeline and the outbox: application, step and reason."""
    ApplicationEvent.objects.bulk_create(
        ApplicationEvent(
            seller_id=application.seller_id,
            application=application,
            state=step,
            reason=reason,
            happened_at=now,
            actor=actor,
        )
        for application, step, reason in steps
    )
    return emit_events(
        "admission.step",
        [
            (a.seller_id, f"application:{a.pk}", {"step": step, "reason": reason, "by": actor})
            for a, step, reason in steps
        ],
        at=now,
    )


def same_reason(applications: Iterable[Application], *, reason: str) -> dict[int, str]:
    """One reason for all of a batch; raises ReasonMissing when it says nothing."""
    if not reason.strip():
        raise ReasonMissing("a decision needs a reason")
    return {application.seller_id: reason for application in applications}
