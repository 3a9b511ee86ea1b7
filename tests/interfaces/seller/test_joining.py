"""Step ③ of a seller on its pages: sign, pay, leave; and who may do what on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bantuo.apps.accounts.models import Role
from bantuo.apps.admission.models import Agreement, AgreementText, Deposit, DepositPayment
from bantuo.apps.admission.operations import demand_top_ups
from bantuo.apps.admission.operations.agreements import publish_agreement
from bantuo.apps.ledger.queries import seller_balances
from bantuo.interfaces.web.programme import programme_now
from tests.apps.admission import steps
from tests.interfaces.operator.review_people import text_of
from tests.interfaces.seller.joining_shop import picture, seller_at, starter_warehouses
from tests.interfaces.seller.shop import open_shop, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_store(settings: Any, tmp_path: Path) -> None:
    settings.DOCUMENT_STORE = tmp_path / "documents"


def _signature(client: Client, **changed: str) -> dict[str, str]:
    client.get("/seller/agreement/")
    text = AgreementText.objects.order_by("-effective_from")[0]
    told = {"version": text.version, "text_sha256": text.text_sha256, "signed_by": "李明", "read": "on"}
    return {**told, **changed}


def test_an_approved_seller_reads_the_agreement_and_signs_it() -> None:
    seller = seller_at("approved")
    client = sign_in(seller)
    page = client.get("/seller/agreement/")
    assert page.status_code == 200
    assert 'data-scroll-gate="#sign-gate"' in page.content.decode()
    assert "11.3 The law of the People" in text_of(page)
    answer = client.post("/seller/agreement/", _signature(client), REMOTE_ADDR="203.0.113.7", follow=True)
    signed = Agreement.objects.get()
    assert (signed.signed_by, signed.signer_address, signed.version) == ("李明", "203.0.113.7", "1")
    assert "Signed by 李明" in text_of(answer)
    assert (steps.state_of(seller.pk), steps.deposit_of(seller.pk)) == ("agreement_signed", "due")
    client.post("/seller/agreement/", _signature(client))
    assert Agreement.objects.count() == 1


@pytest.mark.parametrize("changed", [{"read": ""}, {"signed_by": " "}])
def test_nothing_is_signed_unread_or_without_a_name(changed: dict[str, str]) -> None:
    client = sign_in(seller_at("approved"))
    answer = client.post("/seller/agreement/", _signature(client, **changed))
    assert answer.status_code == 422
    assert Agreement.objects.count() == 0


def test_what_was_read_must_still_be_in_force() -> None:
    client = sign_in(seller_at("approved"))
    answer = client.post("/seller/agreement/", _signature(client, version="0"), follow=True)
    assert "A newer version is in force by now" in text_of(answer)
    assert Agreement.objects.count() == 0


def test_before_the_approval_the_text_can_be_read_but_not_signed() -> None:
    seller = open_shop()
    client = sign_in(seller)
    page = client.get("/seller/agreement/?text=other")
    assert "It is signed once your application is approved." in text_of(page)
    assert "半托管服务协议" in text_of(page)
    assert 'name="signed_by"' not in page.content.decode()
    answer = client.post("/seller/agreement/", _signature(client), follow=True)
    assert "There is no application yet" in text_of(answer)


def test_the_copy_is_a_pdf_of_ones_own_signature_only() -> None:
    seller = seller_at("approved")
    client = sign_in(seller)
    client.post("/seller/agreement/", _signature(client))
    signed = Agreement.objects.get()
    copy = client.get(f"/seller/agreement/signed/{signed.pk}.pdf")
    assert (copy.status_code, copy.headers["Content-Type"], copy.content[:5]) == (
        200,
        "application/pdf",
        b"%PDF-",
    )
    stranger = sign_in(open_shop("S2"))
    assert stranger.get(f"/seller/agreement/signed/{signed.pk}.pdf").status_code == 404


def test_a_signature_whose_text_is_not_kept_here_has_no_copy() -> None:
    seller = seller_at("signed")  # signed outside, under a hash of its own
    client = sign_in(seller)
    assert client.get(f"/seller/agreement/signed/{Agreement.objects.get().pk}.pdf").status_code == 404


def test_a_new_version_is_asked_for_on_every_page_until_it_is_signed() -> None:
    seller = seller_at("active")
    client = sign_in(seller)
    client.get("/seller/agreement/")
    client.post("/seller/agreement/", _signature(client))
    programme = programme_now()
    publish_agreement(
        "2",
        text_zh="# 新",
        text_en="# New",
        effective_from=programme.on,
        on=programme.on,
        now=programme.now,
        actor="user:9",
    )
    for page in ("/seller/deposit/", "/seller/warehouse/", "/seller/agreement/"):
        assert "Version 2 of the service agreement is in force" in text_of(client.get(page))
    changes = client.get(f"/seller/agreement/versions/{AgreementText.objects.get(version='2').pk}/")
    assert "What has changed since version 1" in text_of(changes)
    client.post("/seller/agreement/", _signature(client))
    assert "is in force: please sign it" not in text_of(client.get("/seller/deposit/"))
    assert steps.state_of(seller.pk) == "active"


def test_only_the_owner_signs() -> None:
    client = sign_in(seller_at("approved"), Role.SELLER_FINANCE)
    assert "Only the owner of the shop signs" in text_of(client.get("/seller/agreement/"))
    assert client.post("/seller/agreement/", _signature(client)).status_code == 403


def test_the_sandbox_bank_takes_the_deposit_and_a_double_click_does_nothing() -> None:
    seller = seller_at("signed")
    client = sign_in(seller)
    page = text_of(client.get("/seller/deposit/"))
    assert "¥20,000.00" in page
    assert "no money moves" in page
    for _ in range(2):
        answer = client.post("/seller/deposit/bank/", follow=True)
    assert "Nothing is due" in text_of(answer)
    assert "deposit received" in text_of(answer)
    assert seller_balances([seller.pk])[seller.pk, "seller_deposit"] == -2_000_000
    assert steps.state_of(seller.pk) == "deposit_held"


def _report(client: Client, **changed: Any) -> Any:
    told = {"reference": "TT-2026-1", "proof": picture(), **changed}
    return client.post("/seller/deposit/report/", told, follow=True)


def test_a_transfer_is_reported_with_its_proof_and_waits_for_finance() -> None:
    seller = seller_at("signed")
    client = sign_in(seller, Role.SELLER_FINANCE)
    client.get("/seller/deposit/")
    answer = _report(client)
    assert "Your transfer waits for finance" in text_of(answer)
    payment = DepositPayment.objects.get()
    assert (payment.amount_fen, payment.channel, payment.reference) == (2_000_000, "manual", "TT-2026-1")
    assert payment.proof is not None
    assert (payment.proof.kind, payment.proof.seller_id) == ("deposit_proof", seller.pk)
    again = _report(client, reference="TT-2026-2")
    assert "A transfer waits for finance already" in text_of(again)
    assert DepositPayment.objects.count() == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"reference": " "},
        {"proof": ""},
        {"proof": SimpleUploadedFile("receipt.pdf", b"MZ\x90\x00 a program in disguise")},
        {"proof": SimpleUploadedFile("receipt.png", b"")},
    ],
)
def test_a_report_that_cannot_be_used_says_so_at_its_field(changed: dict[str, Any]) -> None:
    client = sign_in(seller_at("signed"))
    client.get("/seller/deposit/")
    answer = _report(client, **changed)
    assert answer.status_code == 422
    assert "invalid-feedback" in answer.content.decode()
    assert DepositPayment.objects.count() == 0


def test_a_top_up_shows_what_is_missing_and_is_paid() -> None:
    seller = seller_at("active")
    client, programme = sign_in(seller), programme_now()
    from_now: dict[str, Any] = {"now": programme.now, "actor": "user:9"}
    steps.deduct(seller.pk, 300_000)
    demand_top_ups([seller.pk], **from_now)
    assert "¥3,000.00" in text_of(client.get("/seller/deposit/"))
    client.post("/seller/deposit/bank/")
    assert Deposit.objects.get().state == "held"


def test_who_has_no_deposit_is_told_when_it_comes() -> None:
    assert "The deposit comes after the agreement" in text_of(
        sign_in(seller_at("approved")).get("/seller/deposit/")
    )
    assert "No deposit is due" in text_of(sign_in(open_shop("S2")).get("/seller/deposit/"))


def test_an_owner_leaves_and_asks_for_the_deposit_back() -> None:
    seller = seller_at("active")
    client = sign_in(seller)
    nothing = client.post("/seller/deposit/leave/", {"reason": " "}, follow=True)
    assert "Say in a few words why you leave" in text_of(nothing)
    early = client.post("/seller/deposit/release/", follow=True)
    assert "This cannot be done while the state is “active”" in text_of(early)
    client.post("/seller/deposit/leave/", {"reason": "shop closes"})
    assert steps.state_of(seller.pk) == "exiting"
    page = client.post("/seller/deposit/release/", follow=True)
    assert Deposit.objects.get().state == "release_requested"
    assert "orders not completed: 0" in text_of(page)
    assert "money owed to the programme: ¥0.00" in text_of(page)


ACTS: dict[str, set[Role]] = {
    "agreement/": {Role.SELLER_OWNER},
    "deposit/bank/": {Role.SELLER_OWNER, Role.SELLER_FINANCE},
    "deposit/report/": {Role.SELLER_OWNER, Role.SELLER_FINANCE},
    "deposit/release/": {Role.SELLER_OWNER, Role.SELLER_FINANCE},
    "deposit/leave/": {Role.SELLER_OWNER},
    "warehouse/ship-from/": {Role.SELLER_OWNER},
    "warehouse/withdraw/": {Role.SELLER_OWNER},
}


@pytest.mark.parametrize("path", ACTS)
@pytest.mark.parametrize(
    "role", [Role.SELLER_OWNER, Role.SELLER_LISTING, Role.SELLER_STOCK, Role.SELLER_FINANCE]
)
def test_each_role_does_only_what_is_its_own(path: str, role: Role) -> None:
    client = sign_in(seller_at("approved"), role)
    assert (client.post(f"/seller/{path}").status_code != 403) is (role in ACTS[path])


@pytest.mark.parametrize("path", ["agreement/", "deposit/", "warehouse/"])
@pytest.mark.parametrize("step", ["approved", "signed", "held", "active"])
def test_every_page_opens_at_every_step_in_chinese(path: str, step: str) -> None:
    starter_warehouses()
    client = sign_in(seller_at(step), language="zh-hans")
    assert client.get(f"/seller/{path}").status_code == 200
