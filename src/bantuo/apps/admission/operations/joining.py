"""Steps ③ and ④: sign the agreement, bind a warehouse, become active; and be suspended."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction

from bantuo.apps.admission.models import Agreement, Application, ApplicationState
from bantuo.apps.admission.operations.transitions import (
    IllegalTransition,
    lock_applications,
    move_applications,
    not_yet,
    record_steps,
    same_reason,
)
from bantuo.apps.parties.operations import NewBinding, bind_warehouses, set_programme_state

_SHA256 = re.compile(r"[0-9a-f]{64}")
# Who stands beyond the first signature and is still served, or will be.
MAY_SIGN_AGAIN = frozenset(
    {
        ApplicationState.AGREEMENT_SIGNED,
        ApplicationState.DEPOSIT_HELD,
        ApplicationState.WAREHOUSE_BOUND,
        ApplicationState.ACTIVE,
        ApplicationState.SUSPENDED,
    }
)


class AgreementUnreadable(ValueError):
    """What was signed cannot be told: version, hash of the text or name is missing."""


@transaction.atomic
def sign_agreements(
    seller_ids: Sequence[int],
    *,
    version: str,
    text_sha256: str,
    signed_by: str,
    now: datetime,
    actor: str,
    address: str = "",
) -> int:
    """Record that sellers signed 《半托管服务协议》: which text, who, when, whence; returns how many are new.

    The first signature is step ③; a seller further along signs a later version beside it and stays
    where it stands. Raises AgreementUnreadable, IllegalTransition.
    """
    if not version.strip() or not signed_by.strip() or not _SHA256.fullmatch(text_sha256):
        raise AgreementUnreadable(f"version {version!r}, sha256 {text_sha256!r}, signed by {signed_by!r}")
    applications = lock_applications(seller_ids)
    again = _signing_again(applications, version=version)
    told = f"agreement version {version} signed by {signed_by}"
    waiting = [a for a in not_yet(applications, reached=ApplicationState.AGREEMENT_SIGNED) if _is_first(a)]
    move_applications(
        waiting,
        to=ApplicationState.AGREEMENT_SIGNED,
        reasons=same_reason(waiting, reason=told),
        now=now,
        actor=actor,
    )
    record_steps([(a, "agreement:signed_again", told) for a in again], now=now, actor=actor)
    signed = Agreement.objects.bulk_create(
        Agreement(
            seller_id=application.seller_id,
            application=application,
            version=version,
            text_sha256=text_sha256,
            signed_by=signed_by,
            signer_address=address,
            signed_at=now,
        )
        for application in [*waiting, *again]
    )
    return len(signed)


def _is_first(application: Application) -> bool:
    return application.state != ApplicationState.SUSPENDED


def _signing_again(applications: Mapping[int, Application], *, version: str) -> list[Application]:
    """Those who signed before, but not this version."""
    further = [a for a in applications.values() if a.state in MAY_SIGN_AGAIN]
    signed = Agreement.objects.filter(application__in=further, version=version)
    have = set(signed.values_list("application_id", flat=True))
    return [application for application in further if application.pk not in have]


@transaction.atomic
def bind_and_activate(
    bindings: Sequence[tuple[int, int, int, str]], *, on: date, now: datetime, actor: str
) -> int:
    """Bind sellers with a deposit to their warehouse and serve them from `on`; returns how many are new.

    Each binding: seller id, warehouse id, road metres, evidence of the distance. A seller who is
    active already is left as it is. Raises IllegalTransition, BindingRefused.
    """
    wanted = {binding[0]: NewBinding(*binding) for binding in bindings}
    waiting = not_yet(lock_applications(wanted), reached=ApplicationState.ACTIVE)
    unbound = [a for a in waiting if a.state != ApplicationState.WAREHOUSE_BOUND]
    reasons = {
        a.seller_id: f"warehouse {wanted[a.seller_id].warehouse_id}, {wanted[a.seller_id].distance_m} m"
        for a in waiting
    }
    move_applications(unbound, to=ApplicationState.WAREHOUSE_BOUND, reasons=reasons, now=now, actor=actor)
    bind_warehouses([wanted[a.seller_id] for a in waiting], now=now, actor=actor)
    served = same_reason(waiting, reason=f"served from {on}")
    moved = move_applications(waiting, to=ApplicationState.ACTIVE, reasons=served, now=now, actor=actor)
    sellers = [a.seller_id for a in waiting]
    set_programme_state(
        sellers, state="active", active_from=on, reason="step ④ is complete", now=now, actor=actor
    )
    return moved


@transaction.atomic
def suspend_sellers(seller_ids: Sequence[int], *, reason: str, now: datetime, actor: str) -> int:
    """Stop serving active sellers for a time, for a reason they are told."""
    return _serve(seller_ids, to=ApplicationState.SUSPENDED, reason=reason, now=now, actor=actor)


@transaction.atomic
def reinstate_sellers(seller_ids: Sequence[int], *, reason: str, now: datetime, actor: str) -> int:
    """Serve suspended sellers again; the first day of activity stays."""
    return _serve(seller_ids, to=ApplicationState.ACTIVE, reason=reason, now=now, actor=actor)


def _serve(seller_ids: Sequence[int], *, to: ApplicationState, reason: str, now: datetime, actor: str) -> int:
    others = [a for a in lock_applications(seller_ids).values() if a.state != to]
    for application in others:
        if to == ApplicationState.ACTIVE and application.state != ApplicationState.SUSPENDED:
            raise IllegalTransition(seller_id=application.seller_id, before=application.state, wanted=to)
    reasons = same_reason(others, reason=reason)
    moved = move_applications(others, to=to, reasons=reasons, now=now, actor=actor)
    sellers = [a.seller_id for a in others]
    set_programme_state(sellers, state=to.value, reason=reason, now=now, actor=actor)
    return moved
