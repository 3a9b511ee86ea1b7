"""Versions of the agreement: published from a day on, signed as read, signed anew when one replaces it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from bantuo.apps.admission import operations as admission
from bantuo.apps.admission.joining_queries import (
    agreement_in_force,
    agreement_versions,
    agreements_outdated,
    signed_agreements,
)
from bantuo.apps.admission.models import Agreement, AgreementText, Deposit
from bantuo.apps.admission.operations.agreements import (
    AgreementChanged,
    VersionTaken,
    VersionTooEarly,
    publish_agreement,
    publish_starter_agreement,
    sign_current_agreement,
    starter_texts,
)
from bantuo.core.agreement import paragraphs, text_sha256
from tests.apps import factories as make
from tests.apps.admission import steps

pytestmark = pytest.mark.django_db
LATER = make.DAY + timedelta(days=30)


def _publish(version: str = "2", **changed: Any) -> AgreementText:
    told: dict[str, Any] = {
        "text_zh": f"# 协议\n\n1.1 第{version}版",
        "text_en": f"# Agreement\n\n1.1 Version {version}",
        "effective_from": LATER,
        "on": make.DAY,
        **steps.WHEN,
        **changed,
    }
    return publish_agreement(version, **told)


def _start() -> AgreementText:
    return publish_starter_agreement(book=make.the_book(), on=make.DAY, **steps.WHEN)


def _sign(seller: int, text: AgreementText, *, on: date = make.DAY, **changed: Any) -> int:
    told: dict[str, Any] = {
        "version": text.version,
        "text_sha256": text.text_sha256,
        "signed_by": "李明",
        "address": "203.0.113.7",
        "book": make.the_book(),
        "on": on,
        **steps.WHEN,
        **changed,
    }
    return sign_current_agreement(seller, **told)


@pytest.fixture
def approved() -> int:
    (seller,) = make.make_sellers("S1")
    steps.submit(seller)
    steps.assess(seller)
    steps.approve(seller)
    return seller


def test_the_shipped_text_is_version_1_from_the_day_the_programme_opened() -> None:
    text = _start()
    assert _start().pk == text.pk
    assert (text.version, text.effective_from) == ("1", date(2023, 11, 1))
    assert agreement_in_force(date(2023, 10, 31)) is None
    assert agreement_in_force(make.DAY) == text


def test_the_shipped_texts_have_the_same_clauses_in_both_languages_and_name_no_marketplace() -> None:
    zh, en = starter_texts()
    chinese, english = paragraphs(zh), paragraphs(en)
    assert [(p.kind, p.number) for p in chinese] == [(p.kind, p.number) for p in english]
    assert len([p for p in chinese if p.kind == "heading"]) == 11
    assert not any(name in (zh + en).lower() for name in ("aliexpress", "速卖通", "阿里", "菜鸟", "cainiao"))


def test_nothing_replaces_what_an_operator_published() -> None:
    _publish("2024-08", effective_from=make.DAY)
    assert _start().version == "2024-08"
    assert AgreementText.objects.count() == 1


def test_a_new_version_holds_from_its_day_on() -> None:
    first, second = _start(), _publish()
    assert agreement_in_force(LATER - timedelta(days=1)) == first
    assert agreement_in_force(LATER) == second
    assert second.text_sha256 == text_sha256(zh=second.text_zh, en=second.text_en)
    assert [(v.text.version, v.signed) for v in agreement_versions()] == [("2", 0), ("1", 0)]
    assert make.outbox("agreement.published")[-1] == (
        f"agreement:{second.pk}",
        {"version": "2", "from": "2024-08-31", "by": make.ACTOR},
    )


def test_published_again_it_stays_and_with_another_text_it_is_refused() -> None:
    _start()
    assert _publish().pk == _publish(text_zh="# 协议\r\n\r\n1.1 第2版\r\n").pk
    with pytest.raises(VersionTaken):
        _publish(text_en="# Another")
    with pytest.raises(VersionTaken):
        _publish(effective_from=LATER + timedelta(days=1))
    assert AgreementText.objects.count() == 2


@pytest.mark.parametrize("effective_from", [make.DAY - timedelta(days=1), date(2023, 11, 1)])
def test_a_version_never_begins_in_the_past(effective_from: date) -> None:
    _start()
    with pytest.raises(VersionTooEarly):
        _publish(effective_from=effective_from)


def test_two_versions_do_not_begin_on_one_day_nor_out_of_order() -> None:
    _start()
    _publish("2")
    for day in (LATER, LATER - timedelta(days=1)):
        with pytest.raises(VersionTooEarly, match="after 2024-08-31"):
            _publish("3", effective_from=day)


@pytest.mark.parametrize(
    "broken", [{"text_zh": " \n"}, {"text_en": ""}, {"text_en": "x\x00"}, {"version": " "}]
)
def test_a_version_has_a_name_and_both_languages(broken: dict[str, str]) -> None:
    with pytest.raises(admission.AgreementUnreadable):
        _publish(**{"version": "2", **broken})


def test_signing_records_who_when_where_and_which_text_and_asks_for_the_deposit(approved: int) -> None:
    text = _start()
    assert (_sign(approved, text), _sign(approved, text)) == (1, 0)
    signed = Agreement.objects.get()
    assert (
        signed.version,
        signed.text_sha256,
        signed.signed_by,
        signed.signer_address,
        signed.signed_at,
    ) == (
        "1",
        text.text_sha256,
        "李明",
        "203.0.113.7",
        make.NOW,
    )
    assert steps.state_of(approved) == "agreement_signed"
    assert (Deposit.objects.get().state, Deposit.objects.get().required_fen) == ("due", 2_000_000)


def test_what_was_read_must_be_what_is_in_force(approved: int) -> None:
    first = _start()
    second = _publish()
    with pytest.raises(AgreementChanged, match="version 2 was read, in force is 1"):
        _sign(approved, second)
    with pytest.raises(AgreementChanged):
        _sign(approved, first, text_sha256="0" * 64)
    with pytest.raises(AgreementChanged, match="in force is 2"):
        _sign(approved, first, on=LATER)
    assert Agreement.objects.count() == 0


def test_nothing_is_signed_before_a_text_is_published(approved: int) -> None:
    with pytest.raises(AgreementChanged, match="in force is none"):
        _sign(approved, AgreementText(version="1", text_sha256="0" * 64))


def test_who_is_not_approved_signs_nothing() -> None:
    (seller,) = make.make_sellers("S1")
    steps.submit(seller)
    with pytest.raises(admission.IllegalTransition, match="submitted → agreement_signed"):
        _sign(seller, _start())
    assert Agreement.objects.count() == 0


def test_a_signature_has_a_name(approved: int) -> None:
    with pytest.raises(admission.AgreementUnreadable):
        _sign(approved, _start(), signed_by=" ")


@pytest.mark.parametrize("suspended", [False, True])
def test_an_active_seller_signs_a_new_version_and_stays_where_it_stands(
    approved: int, suspended: bool
) -> None:
    first = _start()
    _sign(approved, first)
    steps.hold(approved)
    steps.activate(approved)
    second = _publish()
    if suspended:
        admission.suspend_sellers([approved], reason="late stock", **steps.WHEN)
    before = steps.state_of(approved)
    assert agreements_outdated(approved, on=make.DAY) is None
    assert agreements_outdated(approved, on=LATER) == second
    assert (_sign(approved, second, on=LATER), _sign(approved, second, on=LATER)) == (1, 0)
    assert agreements_outdated(approved, on=LATER) is None
    assert [a.version for a in signed_agreements(approved)] == ["2", "1"]
    assert steps.state_of(approved) == before
    assert steps.timeline(approved)[-1] == ("agreement:signed_again", "agreement version 2 signed by 李明")
    assert Deposit.objects.count() == 1


def test_who_left_or_never_signed_has_nothing_to_sign_anew(approved: int) -> None:
    (stranger,) = make.make_sellers("S2")
    _start()
    assert agreements_outdated(approved, on=make.DAY) is None
    assert agreements_outdated(stranger, on=make.DAY) is None
    steps.sign(approved)
    steps.hold(approved)
    steps.activate(approved)
    steps.leave(approved)
    _publish()
    assert agreements_outdated(approved, on=LATER) is None


def test_a_published_text_and_a_signature_never_change(approved: int) -> None:
    _sign(approved, _start())
    for table in ("admission_agreementtext", "admission_agreement"):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE {table} SET version = '9'")
