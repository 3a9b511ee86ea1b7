"""A seller taken as far along the way in as a test needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from bantuo.apps.admission import operations as admission
from bantuo.apps.admission.models import Application, ApplicationEvent, Deposit
from bantuo.engine.diagnosis import Evaluator
from tests.apps import factories as make

WHEN: dict[str, Any] = {"now": make.NOW, "actor": make.ACTOR}
HASH = "0" * 64
ON = make.DAY


def submit(*sellers: int, **metrics: Any) -> dict[int, int]:
    new = [
        admission.NewApplication(seller, make.seller_profile(f"S{seller}", **metrics)) for seller in sellers
    ]
    return admission.submit_applications(new, **WHEN)


def assess(*sellers: int, on: date = ON) -> dict[int, bool]:
    evaluator = Evaluator(make.the_book(), on)
    version = make.policy_version()
    return admission.assess_applications(
        sellers, evaluator=evaluator, policy_version_id=version, on=on, **WHEN
    )


def approve(*sellers: int) -> int:
    return admission.approve_applications(sellers, reason="papers are sound", **WHEN)


def sign(*sellers: int) -> int:
    return admission.sign_agreements(sellers, version="1", text_sha256=HASH, signed_by="owner", **WHEN)


def hold(*sellers: int) -> int:
    return admission.hold_deposits(
        sellers, book=make.the_book(), on=ON, policy_version_id=make.policy_version(), **WHEN
    )


def activate(*sellers: int) -> int:
    warehouse = make.make_warehouse()
    return admission.bind_and_activate(
        [(seller, warehouse, 250_000, "road quote") for seller in sellers], on=ON, **WHEN
    )


def deduct(seller: int, fen: int, reference: str = "claim-1") -> int:
    deduction = admission.Deduction(seller, fen, reference, "DEP-1", "unpaid claim")
    return admission.deduct_deposits([deduction], on=ON, policy_version_id=make.policy_version(), **WHEN)


def top_up(*sellers: int) -> int:
    return admission.hold_top_ups(sellers, on=ON, policy_version_id=make.policy_version(), **WHEN)


def leave(*sellers: int) -> int:
    return admission.begin_exit(sellers, reason="shop closes", **WHEN)


def cool(*sellers: int) -> int:
    return admission.start_cooling(sellers, book=make.the_book(), on=ON, **WHEN)


def refund(*sellers: int, on: date) -> int:
    return admission.refund_deposits(
        sellers, book=make.the_book(), on=on, policy_version_id=make.policy_version(), **WHEN
    )


def joined(*codes: str) -> list[int]:
    """Active sellers who took every step of the way in."""
    sellers = make.make_sellers(*codes)
    submit(*sellers)
    for step in (assess, approve, sign, hold, activate):
        step(*sellers)
    return sellers


def state_of(seller: int) -> str:
    return Application.objects.filter(seller_id=seller).order_by("-attempt")[0].state


def deposit_of(seller: int) -> str:
    return Deposit.objects.get(seller_id=seller).state


def timeline(seller: int) -> Sequence[tuple[str, str]]:
    events = ApplicationEvent.objects.filter(seller_id=seller).order_by("id")
    return list(events.values_list("state", "reason"))
