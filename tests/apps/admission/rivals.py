"""Threads that decide one thing at once in a database of their own; prints what each of them got."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

from django.db import connection, transaction

from bantuo.apps.admission import operations as admission
from bantuo.apps.admission.joining_queries import open_notice
from bantuo.apps.admission.models import Agreement, DepositPayment
from bantuo.apps.admission.operations.agreements import publish_starter_agreement, sign_current_agreement
from bantuo.apps.admission.operations.payments import (
    PaymentDecided,
    confirm_payment,
    pay_by_bank,
    refuse_payment,
    report_payment,
)
from bantuo.apps.admission.operations.rebinding import (
    NoticeNeeded,
    close_warehouse_from,
    give_binding_notice,
    withdraw_binding_notice,
)
from bantuo.apps.ledger.queries import check_ledger, seller_balances
from bantuo.apps.parties.models import Warehouse
from bantuo.apps.parties.operations import NewBinding, WarehouseInUse
from bantuo.apps.parties.queries import sellers_bound_to
from bantuo.channels.bank import SandboxBank
from tests.apps import factories as make
from tests.apps.admission import steps

Act = Callable[[], Any]
REFUSED = (PaymentDecided, WarehouseInUse, NoticeNeeded)


def _rush(*acts: Act) -> list[str]:
    """Let all acts begin at the same moment, each in a thread with its own connection."""
    barrier, told = Barrier(len(acts)), [""] * len(acts)

    def run(place: int, act: Act) -> None:
        try:
            barrier.wait()
            told[place] = str(act())
        except REFUSED as refusal:
            told[place] = type(refusal).__name__
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def _rules() -> dict[str, Any]:
    return {"book": make.the_book(), "on": make.DAY, "policy_version_id": make.policy_version(), **steps.WHEN}


def _approved(code: str) -> int:
    (seller,) = make.make_sellers(code)
    for step in (steps.submit, steps.assess, steps.approve):
        step(seller)
    return seller


def _reported(code: str) -> tuple[int, int]:
    seller = _approved(code)
    steps.sign(seller)
    admission.demand_deposits([seller], book=make.the_book(), on=make.DAY, **steps.WHEN)
    payment = report_payment(
        seller, channel="sandbox", amount_fen=2_000_000, reference="x", proof_id=None, **steps.WHEN
    )
    return seller, payment.pk


def _outcome(seller: int) -> dict[str, Any]:
    decided = DepositPayment.objects.filter(seller_id=seller).values_list("confirmed", flat=True)
    return {
        "held": -seller_balances([seller]).get((seller, "seller_deposit"), 0),
        "state": steps.deposit_of(seller),
        "decided": list(decided),
        "sound": check_ledger().is_sound,
    }


def confirm_twice(code: str) -> dict[str, Any]:
    seller, payment = _reported(code)
    rules = _rules()
    told = _rush(*[lambda: confirm_payment(payment, **rules)] * 6)
    return {"told": sorted(told), **_outcome(seller)}


def confirm_and_refuse(code: str) -> dict[str, Any]:
    seller, payment = _reported(code)
    rules = _rules()
    confirm: Act = lambda: confirm_payment(payment, **rules)  # noqa: E731
    refuse: Act = lambda: refuse_payment(payment, reason="not here", **steps.WHEN)  # noqa: E731
    told = _rush(confirm, refuse, confirm, refuse, confirm, refuse)
    return {"confirms": Counter(told[0::2]), "refusals": Counter(told[1::2]), **_outcome(seller)}


def pay_at_once(code: str) -> dict[str, Any]:
    seller, bank = _approved(code), SandboxBank()
    steps.sign(seller)
    rules = _rules()
    told = _rush(*[lambda: pay_by_bank(seller, bank=bank, **rules)] * 6)
    return {"told": sorted(told), "transfers": len(bank.accepted), **_outcome(seller)}


def sign_at_once(code: str) -> dict[str, Any]:
    seller = _approved(code)
    text = publish_starter_agreement(book=make.the_book(), on=make.DAY, **steps.WHEN)

    def sign() -> int:
        return sign_current_agreement(
            seller,
            version=text.version,
            text_sha256=text.text_sha256,
            signed_by="owner",
            address="",
            book=make.the_book(),
            on=make.DAY,
            **steps.WHEN,
        )

    told = _rush(*[sign] * 6)
    rows = Agreement.objects.filter(seller_id=seller).count()
    return {"told": sorted(told), "rows": rows, "state": steps.deposit_of(seller)}


def close_and_stay(code: str) -> dict[str, Any]:
    """The operator closes a warehouse while its seller takes back the notice to leave it."""
    here, there = make.make_warehouse(f"{code}-A"), make.make_warehouse(f"{code}-B")
    seller = _approved(code)
    steps.sign(seller)
    steps.hold(seller)
    admission.bind_and_activate([(seller, here, 1, "quote")], on=make.DAY, **steps.WHEN)
    moving = NewBinding(seller, there, 1, "quote")
    give_binding_notice(moving, book=make.the_book(), on=make.DAY, **steps.WHEN)
    day = make.DAY + timedelta(days=30)
    told = _rush(
        lambda: close_warehouse_from(here, closed_on=day, on=make.DAY, **steps.WHEN),
        lambda: withdraw_binding_notice(seller, **steps.WHEN),
    )
    return {
        "told": told,
        "closed": Warehouse.objects.get(pk=here).closed_on is not None,
        "leaves": open_notice(seller) is not None,
        "bound": sellers_bound_to(here) == [seller],
    }


SCENES = {scene.__name__: scene for scene in (confirm_twice, confirm_and_refuse, pay_at_once, sign_at_once,
                                              close_and_stay)}  # fmt: skip


def main() -> None:
    """Play one scene a number of times, each with a seller of its own."""
    with transaction.atomic():
        make.policy_version()
    scene = SCENES[sys.argv[1]]
    print(json.dumps([scene(f"S{number}") for number in range(int(sys.argv[2]))]))
