"""Words of steps ③ and ④: what was recorded is told in the reader's language, people's words stay."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.utils import translation

from bantuo.apps.admission import operations as admission
from bantuo.apps.admission.models import ApplicationEvent
from bantuo.apps.admission.operations import agreements, deposits, joining, leaving, payments, rebinding
from bantuo.apps.admission.operations.payments import pay_by_bank
from bantuo.apps.admission.operations.rebinding import apply_binding_notices, give_binding_notice
from bantuo.apps.parties.operations import NewBinding, bindings, warehouses
from bantuo.channels.bank import SandboxBank
from bantuo.interfaces.web.joining_words import _WORDS, reason_told, refusal_words, warehouse_kind_rules
from tests.apps import factories as make
from tests.apps.admission import steps

REFUND_DAY = date(2024, 8, 15)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("DEP-1: CNY 20000.00", "¥20,000.00"),
        ("DEP-1: CNY 20000.00 received", "¥20,000.00 received"),
        ("DEP-1: CNY 3000.01, manual, reference TT-1", "¥3,000.01, bank transfer with proof, reference TT-1"),
        ("DEP-1: CNY 3.00, sandbox, reference a: CNY 4", "¥3.00, sandbox bank, reference a: CNY 4"),
        ("FEE-5: CNY 12.50: unpaid: claim\n2", "¥12.50 (FEE-5): unpaid: claim\n2"),
        ("DEP-1: CNY 1.00 paid back, manual:OUT-9", "¥1.00 paid back manual:OUT-9"),
        ("BND-1: warehouse DG, 90500 m, from 2024-08-08", "warehouse DG, 90.5 km by road, from 2024-08-08"),
        ("a person's own words: CNY", "a person's own words: CNY"),
        ("", ""),
    ],
)
def test_a_recorded_reason_is_told_and_a_persons_words_stay(reason: str, told: str) -> None:
    with translation.override("en"):
        assert reason_told(reason) == told


@pytest.mark.django_db
def test_every_step_of_joining_and_leaving_is_told_in_chinese() -> None:
    rules: dict[str, Any] = {
        "book": make.the_book(),
        "on": make.DAY,
        "policy_version_id": make.policy_version(),
        **steps.WHEN,
    }
    (seller,) = make.make_sellers("S1")
    for step in (steps.submit, steps.assess, steps.approve, steps.sign):
        step(seller)
    pay_by_bank(seller, bank=SandboxBank(), **rules)
    steps.activate(seller)
    moving = NewBinding(seller, make.make_warehouse("DG"), 90_500, "quote")
    notice = give_binding_notice(moving, book=make.the_book(), on=make.DAY, **steps.WHEN)
    apply_binding_notices(notice.effective_on, **steps.WHEN)
    steps.deduct(seller, 100)
    admission.demand_top_ups([seller], **steps.WHEN)
    steps.top_up(seller)
    steps.leave(seller)
    admission.request_release([seller], **steps.WHEN)
    steps.cool(seller)
    steps.refund(seller, on=REFUND_DAY)
    signed = ApplicationEvent.objects.filter(state="agreement_signed").values_list("id", flat=True)[0]
    reasons = ApplicationEvent.objects.filter(id__gte=signed).exclude(
        state__in=["exiting", "deposit:deducted"]
    )
    with translation.override("zh-hans"):
        untold = [
            reason for reason in reasons.values_list("reason", flat=True) if reason_told(reason) == reason
        ]
    assert untold == []


def test_every_refusal_that_a_page_can_meet_has_words() -> None:
    modules = (agreements, deposits, joining, leaving, payments, rebinding, bindings, warehouses)
    defined = {
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Exception) and kind.__module__ == module.__name__
    }
    not_found = {payments.PaymentUnknown, warehouses.WarehouseUnknown}  # pages answer 404
    assert defined - set(_WORDS) == not_found
    assert refusal_words(ValueError("as it is")) == "as it is"


def test_a_kind_of_warehouse_leads_to_its_rule() -> None:
    assert warehouse_kind_rules(make.the_book(), make.DAY) == {
        "bonded": "WHS-1",
        "consolidation": "WHS-2",
        "regional": "WHS-3",
    }
