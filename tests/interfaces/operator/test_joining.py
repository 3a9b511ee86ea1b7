"""Operators: payments to confirm, deposits to hold, draw on and pay back, sellers suspended, agreements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from django.test import Client

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.admission.models import Agreement, AgreementText, Deposit, DepositPayment
from bantuo.apps.admission.operations import begin_exit, request_release
from bantuo.apps.admission.operations.agreements import publish_starter_agreement, sign_current_agreement
from bantuo.apps.admission.operations.payments import report_payment
from bantuo.apps.ledger.queries import check_ledger, seller_balances
from bantuo.apps.parties.models import Seller
from bantuo.core.agreement import text_sha256
from bantuo.interfaces.web.programme import programme_now
from tests.apps import factories as make
from tests.apps.admission import steps
from tests.interfaces.operator.review_people import client_of, text_of
from tests.interfaces.seller.shop import open_shop

pytestmark = pytest.mark.django_db
OPERATORS = [role for role in Role if role.value.startswith("operator_")]


def _browser(*roles: Role, language: str = "en") -> Client:
    told = [role.value for role in roles]
    email = f"{'-'.join(told)}@example.com"
    person = User.objects.filter(email=email).first() or User.objects.create_user(
        email, "a long password", roles=told
    )
    return client_of(person, language=language)


def _signed(code: str = "S1") -> Seller:
    seller = open_shop(code)
    for take in (steps.submit, steps.assess, steps.approve, steps.sign):
        take(seller.pk)
    return seller


def _waiting(code: str = "S1") -> DepositPayment:
    """A payment that finance has to decide."""
    from_seller: dict[str, Any] = {"now": programme_now().now, "actor": "user:1"}
    seller = _signed(code)
    steps.admission.demand_deposits([seller.pk], book=make.the_book(), on=make.DAY, **from_seller)
    return report_payment(
        seller.pk, channel="sandbox", amount_fen=2_000_000, reference="TT-1", proof_id=None, **from_seller
    )


def _active(code: str = "S1") -> Deposit:
    seller = _signed(code)
    steps.hold(seller.pk)
    steps.activate(seller.pk)
    return Deposit.objects.get(seller=seller)


def test_the_list_says_what_waits_and_leads_to_it() -> None:
    payment, _held = _waiting(), _active("S2")
    finance = _browser(Role.FINANCE)
    page = text_of(finance.get("/operator/deposits/"))
    assert "1 payment waits to be confirmed" in page
    assert "waits for finance" in page
    assert "S2" not in text_of(finance.get("/operator/deposits/?waiting=yes"))
    assert "S1" not in text_of(finance.get("/operator/deposits/?state=held"))
    assert "Nothing matches" in text_of(finance.get("/operator/deposits/?q=nobody"))
    assert (
        f'href="/operator/deposits/{payment.deposit_id}/"'
        in finance.get("/operator/deposits/").content.decode()
    )


def test_the_list_is_exported_with_exact_money() -> None:
    _waiting()
    content = _browser(Role.FINANCE).get("/operator/deposits/?export=xlsx").content
    (told,) = pl.read_excel(content).to_dicts()
    assert (told["Seller"], told["State"], told["Held"], told["Due"]) == ("S1", "due", "0.00", "20000.00")


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_however_many(
    count: int, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(count):
        _active(f"S{number}")
    finance = _browser(Role.FINANCE)
    finance.get("/operator/deposits/")
    with django_assert_max_num_queries(14):
        finance.get("/operator/deposits/")


def test_finance_confirms_once_whatever_is_clicked() -> None:
    payment = _waiting()
    finance = _browser(Role.FINANCE)
    assert "Confirm: the money arrived" in text_of(finance.get(f"/operator/deposits/{payment.deposit_id}/"))
    for _ in range(2):
        answer = finance.post(f"/operator/payments/{payment.pk}/confirm/", follow=True)
    assert "This payment is confirmed already" in text_of(answer)
    refused = finance.post(f"/operator/payments/{payment.pk}/refuse/", {"reason": "oops"}, follow=True)
    assert "This payment is confirmed already" in text_of(refused)
    assert seller_balances([payment.seller_id])[payment.seller_id, "seller_deposit"] == -2_000_000
    assert steps.state_of(payment.seller_id) == "deposit_held"


def test_finance_refuses_with_a_reason_that_stands() -> None:
    payment = _waiting()
    finance = _browser(Role.FINANCE)
    blank = finance.post(f"/operator/payments/{payment.pk}/refuse/", {"reason": " "}, follow=True)
    assert "A reason is needed" in text_of(blank)
    finance.post(f"/operator/payments/{payment.pk}/refuse/", {"reason": "payer <b>unknown</b>"})
    page = finance.get(f"/operator/deposits/{payment.deposit_id}/").content.decode()
    assert "payer &lt;b&gt;unknown&lt;/b&gt;" in page
    answer = finance.post(f"/operator/payments/{payment.pk}/confirm/", follow=True)
    assert "This payment was refused already" in text_of(answer)
    assert steps.deposit_of(payment.seller_id) == "due"


def test_a_deduction_and_a_top_up_leave_their_lines() -> None:
    deposit = _active()
    finance, page = _browser(Role.FINANCE), f"/operator/deposits/{deposit.pk}/"
    told = {"yuan": "3000.05", "reference": "claim-1", "rule": "DEP-1", "reason": "unpaid claim"}
    for _ in range(2):
        answer = finance.post(f"{page}deduct/", told, follow=True)
    assert "nothing was taken again" in text_of(answer)
    assert "¥16,999.95" in text_of(answer)
    finance.post(f"{page}top-up/")
    assert Deposit.objects.get().state == "top_up_due"
    assert "¥3,000.05" in text_of(finance.get(page))
    assert check_ledger().is_sound


@pytest.mark.parametrize(
    "changed",
    [{"yuan": "-1"}, {"yuan": "x"}, {"yuan": "1.001"}, {"reference": ""}, {"rule": "NO-1"}, {"reason": ""}],
)
def test_a_deduction_that_says_too_little_is_shown_its_field(changed: dict[str, str]) -> None:
    deposit = _active()
    told = {"yuan": "1", "reference": "c", "rule": "DEP-1", "reason": "r", **changed}
    answer = _browser(Role.FINANCE).post(f"/operator/deposits/{deposit.pk}/deduct/", told)
    assert answer.status_code == 422
    assert Deposit.objects.get().state == "held"


def test_more_than_is_held_is_not_taken() -> None:
    deposit = _active()
    told = {"yuan": "20000.01", "reference": "c", "rule": "DEP-1", "reason": "r"}
    answer = _browser(Role.FINANCE).post(f"/operator/deposits/{deposit.pk}/deduct/", told, follow=True)
    assert "The deposit holds less than that" in text_of(answer)


def _released() -> Deposit:
    deposit = _active()
    from_now: dict[str, Any] = {"now": programme_now().now, "actor": "user:1"}
    begin_exit([deposit.seller_id], reason="shop closes", **from_now)
    request_release([deposit.seller_id], **from_now)
    return deposit


def test_the_whole_refund_by_hand() -> None:
    deposit = _released()
    finance, page = _browser(Role.FINANCE), f"/operator/deposits/{deposit.pk}/"
    early = finance.post(f"{page}refund/", {"reference": "OUT-1"}, follow=True)
    assert "This cannot be done while the state is “release requested”" in text_of(early)
    assert "The cooling days have begun" in text_of(finance.post(f"{page}cool/", follow=True))
    cooling = finance.post(f"{page}refund/", {"reference": "OUT-1"}, follow=True)
    assert "The cooling days are not over yet" in text_of(cooling)
    Deposit.objects.update(cooling_until=programme_now().on)
    blank = finance.post(f"{page}refund/", follow=True)
    assert "Enter the bank&#x27;s reference" in text_of(blank)
    done = finance.post(f"{page}refund/", {"reference": "OUT-1"}, follow=True)
    assert "The deposit is paid back" in text_of(done)
    assert "manual:OUT-1" in text_of(done)
    assert (Deposit.objects.get().state, steps.state_of(deposit.seller_id)) == ("refunded", "exited")
    assert seller_balances([deposit.seller_id])[deposit.seller_id, "seller_deposit"] == 0


def test_cooling_that_the_calendar_cannot_count_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    deposit = _released()
    monkeypatch.setattr("bantuo.core.calendar.known_years", lambda: (2004, 2020))
    page = text_of(_browser(Role.FINANCE).get(f"/operator/deposits/{deposit.pk}/"))
    assert "The working days cannot be counted" in page
    answer = _browser(Role.FINANCE).post(f"/operator/deposits/{deposit.pk}/cool/", follow=True)
    assert "The working days cannot be counted" in text_of(answer)
    assert Deposit.objects.get().state == "release_requested"


def test_a_seller_is_suspended_and_served_again_for_a_reason() -> None:
    deposit = _active()
    reviewer, page = _browser(Role.REVIEWER), f"/operator/deposits/{deposit.pk}/"
    blank = reviewer.post(f"{page}suspend/", {"reason": ""}, follow=True)
    assert "A reason is needed" in text_of(blank)
    reviewer.post(f"{page}suspend/", {"reason": "stock never stated"})
    assert Seller.objects.get().programme_state == "suspended"
    reviewer.post(f"{page}reinstate/", {"reason": "mended"})
    assert Seller.objects.get().programme_state == "active"


PATHS: dict[str, set[Role]] = {
    "deposits/{}/top-up/": {Role.FINANCE},
    "deposits/{}/deduct/": {Role.FINANCE},
    "deposits/{}/cool/": {Role.FINANCE},
    "deposits/{}/refund/": {Role.FINANCE},
    "deposits/{}/suspend/": {Role.REVIEWER, Role.ADMINISTRATOR},
    "deposits/{}/reinstate/": {Role.REVIEWER, Role.ADMINISTRATOR},
    "agreements/new/": {Role.POLICY, Role.ADMINISTRATOR},
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("role", OPERATORS)
def test_each_role_does_only_what_is_its_own(path: str, role: Role) -> None:
    deposit = _active()
    answer = _browser(role).post(f"/operator/{path.format(deposit.pk)}")
    assert (answer.status_code != 403) is (role in PATHS[path])


@pytest.mark.parametrize("role", OPERATORS)
def test_every_operator_may_look(role: Role) -> None:
    deposit, text = _active(), _start()
    browser = _browser(role, language="zh-hans")
    for path in ("deposits/", f"deposits/{deposit.pk}/", "agreements/", f"agreements/{text.pk}/"):
        assert browser.get(f"/operator/{path}").status_code == 200
    assert browser.get("/operator/deposits/4711/").status_code == 404


def _start() -> AgreementText:
    programme = programme_now()
    return publish_starter_agreement(
        book=programme.book, on=programme.on, now=programme.now, actor="system:test"
    )


def _version(**changed: str) -> dict[str, str]:
    from_day = programme_now().on + timedelta(days=30)
    told = {
        "version": "2",
        "effective_from": str(from_day),
        "text_zh": "# 新\n\n1.1 甲",
        "text_en": "# New\n\n1.1 A",
    }
    return {**told, **changed}


def test_a_new_version_is_compared_then_published() -> None:
    first = _start()
    policy = _browser(Role.POLICY)
    empty = policy.get("/operator/agreements/new/").content.decode()
    assert "1.1 This agreement is made between" in empty
    seen = policy.post("/operator/agreements/new/", {**_version(), "check": "1"})
    assert "What it changes against version 1" in text_of(seen)
    assert AgreementText.objects.count() == 1
    policy.post("/operator/agreements/new/", {**_version(), "publish": "1"})
    made = AgreementText.objects.get(version="2")
    assert made.text_sha256 == text_sha256(zh="# 新\n\n1.1 甲", en="# New\n\n1.1 A")
    page = text_of(policy.get(f"/operator/agreements/{made.pk}/?with={first.pk}"))
    assert "Compared with version 1" in page
    assert "Nobody has signed this version yet" in page
    assert "planned" in text_of(policy.get("/operator/agreements/"))


@pytest.mark.parametrize(
    "changed",
    [
        {"version": "1"},
        {"effective_from": "2023-11-01"},
        {"effective_from": "soon"},
        {"text_zh": " "},
        {"text_en": ""},
    ],
)
def test_a_version_that_cannot_be_is_shown_why(changed: dict[str, str]) -> None:
    _start()
    answer = _browser(Role.POLICY).post("/operator/agreements/new/", {**_version(**changed), "publish": "1"})
    assert answer.status_code == 422
    assert AgreementText.objects.count() == 1


def test_who_signed_is_listed_with_a_copy() -> None:
    seller, text, programme = open_shop(), _start(), programme_now()
    for take in (steps.submit, steps.assess, steps.approve):
        take(seller.pk)
    sign_current_agreement(
        seller.pk,
        version=text.version,
        text_sha256=text.text_sha256,
        signed_by="李明",
        address="203.0.113.7",
        book=programme.book,
        on=programme.on,
        now=programme.now,
        actor="user:1",
    )
    auditor = _browser(Role.AUDITOR)
    page = text_of(auditor.get(f"/operator/agreements/{text.pk}/"))
    assert "李明" in page
    assert "203.0.113.7" in page
    copy = auditor.get(f"/operator/agreements/signed/{Agreement.objects.get().pk}.pdf")
    assert copy.content[:5] == b"%PDF-"
