"""The legal representative: consent first, sealed, masked, unmasked with a reason, destroyed on request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bantuo.apps.documents.models import DocumentAccess, LegalRepresentative
from bantuo.apps.documents.operations import (
    ConsentMissing,
    IdentityCardExpired,
    IdentityNumberRefused,
    NameMissing,
    ReasonMissing,
    RepresentativeUnknown,
    Revealed,
    keep_legal_representative,
    record_consent,
    reveal_legal_representative,
    withdraw_consent,
)
from bantuo.apps.documents.queries import (
    current_documents,
    legal_representative,
    profile_documents,
    verify_chain,
)
from bantuo.apps.sql import fetch_rows
from bantuo.channels.vault import VaultRefused
from tests.apps.documents.papers import ACTOR, ADDRESS, NUMBER, VAULT, on, shelf
from tests.apps.factories import NOW, make_sellers

pytestmark = pytest.mark.django_db
WHO = {"now": NOW, "actor": ACTOR, "address": ADDRESS}


def consent(seller: int, text: str = "a" * 64) -> LegalRepresentative:
    return record_consent(seller, version="1", text_sha256=text, now=NOW, actor=ACTOR, address=ADDRESS)


def keep(seller: int, **changed: Any) -> LegalRepresentative:
    told: dict[str, Any] = {"name": "张三", "number": NUMBER, "expires_on": on("2030-01-01"), **changed}
    return keep_legal_representative(seller, vault=VAULT, **told, **WHO)


def reveal(seller: int, reason: str = "to compare with the licence") -> Revealed:
    return reveal_legal_representative(seller, reason=reason, vault=VAULT, **WHO)


def log() -> list[tuple[str, str, str]]:
    return list(DocumentAccess.objects.order_by("id").values_list("subject", "action", "reason"))


def test_without_consent_nothing_is_kept() -> None:
    (seller,) = make_sellers("S1")
    with pytest.raises(ConsentMissing):
        keep(seller)
    assert LegalRepresentative.objects.count() == 0
    assert log() == []


def test_identity_is_shown_masked_and_stands_nowhere_in_clear() -> None:
    (seller,) = make_sellers("S1")
    consent(seller)
    kept = keep(seller, name=" 张  三\x00 ", number="11010519491231002x")
    assert (kept.name_masked, kept.number_masked) == ("张**", "110105********002X")
    assert reveal(seller) == Revealed("张 三", NUMBER, on("2030-01-01"))
    dump = str(fetch_rows("SELECT * FROM documents_legalrepresentative"))
    dump += str(fetch_rows("SELECT * FROM documents_documentaccess"))
    dump += str(fetch_rows("SELECT payload FROM events_outboxevent"))
    assert NUMBER not in dump
    assert "三" not in dump
    assert log() == [
        ("legal_representative", "consent", f"1 {'a' * 64}"),
        ("legal_representative", "keep", ""),
        ("legal_representative", "unmask", "to compare with the licence"),
    ]
    assert verify_chain().is_whole


@pytest.mark.parametrize(
    "number", ["", "1101051949123100", "110105194912310021", "11010519491331002X", "1 OR 1=1"]
)
def test_an_unsound_number_is_refused_and_not_repeated(number: str) -> None:
    (seller,) = make_sellers("S1")
    consent(seller)
    with pytest.raises(IdentityNumberRefused) as refused:
        keep(seller, number=number)
    assert not number or number not in str(refused.value)
    assert legal_representative(seller).sealed is None  # type: ignore[union-attr]


def test_a_name_is_needed() -> None:
    (seller,) = make_sellers("S1")
    consent(seller)
    with pytest.raises(NameMissing):
        keep(seller, name=" \x00 ")


def test_an_expired_card_is_refused_with_its_day_and_what_was_kept_stays() -> None:
    (seller,) = make_sellers("S1")
    consent(seller)
    keep(seller)
    with pytest.raises(IdentityCardExpired) as refused:
        keep(seller, name="李四", expires_on=on("2024-07-31"))
    assert refused.value.expires_on == on("2024-07-31")
    assert reveal(seller).name == "张三"
    assert keep(seller, expires_on=on("2024-08-01")).expires_on == on("2024-08-01")
    assert keep(seller, expires_on=None).expires_on is None


def test_unmasking_needs_a_reason_and_something_to_unmask() -> None:
    (seller,) = make_sellers("S1")
    consent(seller)
    with pytest.raises(RepresentativeUnknown):
        reveal(seller)
    keep(seller)
    with pytest.raises(ReasonMissing):
        reveal(seller, reason="  ")
    assert [action for _subject, action, _reason in log()] == ["consent", "keep"]


def test_an_identity_put_under_another_seller_does_not_open() -> None:
    first, second = make_sellers("S1", "S2")
    for seller in (first, second):
        consent(seller)
        keep(seller)
    sealed = LegalRepresentative.objects.get(seller_id=first).sealed
    LegalRepresentative.objects.filter(seller_id=second).update(sealed=sealed)
    with pytest.raises(VaultRefused):
        reveal(second)


def test_the_same_consent_again_changes_nothing_a_new_text_is_recorded() -> None:
    (seller,) = make_sellers("S1")
    first = consent(seller)
    keep(seller)
    assert consent(seller).consented_at == first.consented_at
    assert consent(seller, "b" * 64).consent_sha256 == "b" * 64
    assert reveal(seller).name == "张三"
    assert LegalRepresentative.objects.count() == 1


def test_a_withdrawn_consent_destroys_identity_and_photographs_and_nothing_else(tmp_path: Path) -> None:
    (seller,) = make_sellers("S1")
    papers = shelf(tmp_path)
    licence = papers.keep(seller)
    for side in ("front", "back"):
        papers.keep(seller, side, kind="DOC-2", subject=side)
    consent(seller)
    keep(seller)
    assert withdraw_consent(seller, store=papers.store, **WHO) == 2
    assert legal_representative(seller) is None
    assert [paper.pk for paper in current_documents(seller)] == [licence.pk]
    with pytest.raises(RepresentativeUnknown):
        reveal(seller)
    with pytest.raises(ConsentMissing):
        keep(seller)
    consent(seller)
    assert keep(seller).number_masked == "110105********002X"
    assert verify_chain().is_whole


def test_photographs_run_out_with_the_card(tmp_path: Path) -> None:
    (seller,) = make_sellers("S1")
    shelf(tmp_path).keep(seller, kind="DOC-2", subject="front")
    consent(seller)
    keep(seller)
    assert profile_documents(seller) == [{"kind": "DOC-2", "expires_on": "2030-01-01", "flags": ["front"]}]
