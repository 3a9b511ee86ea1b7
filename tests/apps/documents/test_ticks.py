"""Ticks, and what becomes of papers and ticks in a seller's profile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bantuo.apps.documents.checklist import paper_kinds, paper_state, required_kinds
from bantuo.apps.documents.models import Document, DocumentTick
from bantuo.apps.documents.operations import (
    DocumentReplaced,
    DocumentUnknown,
    NoteMissing,
    record_tick,
)
from bantuo.apps.documents.queries import current_ticks, profile_documents
from tests.apps.documents.papers import ACTOR, Shelf, on, shelf
from tests.apps.factories import DAY, NOW, make_sellers, outbox, the_book

pytestmark = pytest.mark.django_db


@pytest.fixture
def papers(tmp_path: Path) -> Shelf:
    return shelf(tmp_path)


def tick(
    document: Document, name: str = "company_seal", *, ticked: bool = True, note: str = ""
) -> DocumentTick:
    return record_tick(document.pk, tick=name, ticked=ticked, note=note, now=NOW, actor=ACTOR)


def test_the_last_word_on_an_item_is_current_and_every_word_is_kept(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    kept = papers.keep(seller)
    tick(kept, ticked=False, note="  no seal ")
    last = tick(kept)
    words = current_ticks([kept.pk])
    assert words == {kept.pk: {"company_seal": last}}
    assert list(DocumentTick.objects.order_by("id").values_list("ticked", "note")) == [
        (False, "no seal"),
        (True, ""),
    ]
    assert [told["ticked"] for _key, told in outbox("document.ticked")] == [False, True]


def test_the_same_word_again_changes_nothing(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    kept = papers.keep(seller)
    assert tick(kept).pk == tick(kept).pk
    assert len(outbox("document.ticked")) == 1


def test_what_is_wrong_needs_a_note(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    kept = papers.keep(seller)
    for note in ("", "  ", "\x00"):
        with pytest.raises(NoteMissing):
            tick(kept, ticked=False, note=note)
    assert DocumentTick.objects.count() == 0


def test_a_paper_that_was_replaced_or_never_was_is_not_ticked(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    old, _new = papers.keep(seller, "old"), papers.keep(seller, "new")
    with pytest.raises(DocumentReplaced):
        tick(old)
    old.pk = 999
    with pytest.raises(DocumentUnknown):
        tick(old)


def test_a_new_upload_begins_without_ticks(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    tick(papers.keep(seller, "old"))
    papers.keep(seller, "new")
    assert profile_documents(seller) == [{"kind": "DOC-1"}]


def test_a_profile_has_one_entry_per_kind_of_the_checklist(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    tick(papers.keep(seller, expires_on=on("2025-03-01")))
    papers.keep(seller, "appeal", kind="appeal")
    papers.keep(seller, "filing", kind="DOC-3", subject="basic_account_filing")
    assert profile_documents(seller) == [
        {"kind": "DOC-1", "ticks": {"company_seal": True}, "expires_on": "2025-03-01"},
        {"kind": "DOC-3", "flags": ["basic_account_filing"]},
    ]
    assert profile_documents(seller + 1) == []


def test_of_bank_statements_the_best_one_counts(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    bad = papers.keep(seller, "may", kind="DOC-4", subject="2024-05")
    tick(bad, "cross_border_visible", ticked=False, note="domestic only")
    assert profile_documents(seller)[0]["ticks"] == {"cross_border_visible": False}
    unseen = papers.keep(seller, "june", kind="DOC-4", subject="2024-06")
    assert profile_documents(seller) == [{"kind": "DOC-4", "flags": ["2024-06"]}]
    good = papers.keep(seller, "july", kind="DOC-4", subject="2024-07")
    tick(good, "cross_border_visible")
    assert profile_documents(seller) == [
        {"kind": "DOC-4", "ticks": {"cross_border_visible": True}, "flags": ["2024-07"]}
    ]
    assert unseen.pk != good.pk


def test_of_the_sides_of_a_card_every_one_must_be_sound(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    sides = [papers.keep(seller, side, kind="DOC-2", subject=side) for side in ("front", "back")]
    tick(sides[0], "hand_held")
    tick(sides[0], "expiry_legible")
    assert profile_documents(seller) == [{"kind": "DOC-2", "flags": ["back", "front"]}]
    tick(sides[1], "hand_held", ticked=False, note="lies on a table")
    tick(sides[1], "expiry_legible")
    assert profile_documents(seller)[0]["ticks"] == {"expiry_legible": True, "hand_held": False}


def test_the_checklist_is_the_books() -> None:
    kinds = {kind.rule_id: kind for kind in paper_kinds(the_book(), on=DAY)}
    assert list(kinds) == ["DOC-1", "DOC-2", "DOC-3", "DOC-4", "DOC-5", "DOC-6", "DOC-7"]
    assert kinds["DOC-5"].ticks == ("platform_template", "hand_signed", "seal_across_pages")
    assert [kind for kind, told in kinds.items() if told.is_sensitive] == ["DOC-2", "DOC-3", "DOC-4", "DOC-5"]


ALWAYS = {"DOC-1", "DOC-2", "DOC-4", "DOC-5"}


@pytest.mark.parametrize(
    ("profile", "needed"),
    [
        ({}, ALWAYS | {"DOC-3"}),
        ({"bank": {"account_evidence": "basic_account_filing"}}, ALWAYS),
        ({"brand": {"authorisation": "pending"}}, ALWAYS | {"DOC-3", "DOC-7"}),
        ({"products": [{"sku": "A", "sites": ["DE"]}]}, ALWAYS | {"DOC-3", "DOC-6"}),
        ({"products": [{"sku": "A", "sites": ["US"]}]}, ALWAYS | {"DOC-3"}),
    ],
)
def test_what_is_needed_depends_on_the_seller(profile: dict[str, Any], needed: set[str]) -> None:
    assert required_kinds(profile, book=the_book(), on=DAY) == needed


@pytest.mark.parametrize(
    ("expires_on", "ticks", "wanted", "state"),
    [
        (None, {}, ("a",), "received"),
        (None, {"a": True}, ("a", "b"), "received"),
        (None, {"a": True, "b": True}, ("a", "b"), "accepted"),
        (None, {"a": True, "b": False}, ("a", "b"), "not_accepted"),
        (None, {"former": False}, ("a",), "received"),
        (None, {}, (), "received"),
        ("2024-08-01", {}, (), "received"),
        ("2024-07-31", {"a": True}, ("a",), "expired"),
    ],
)
def test_how_a_paper_stands(
    expires_on: str | None, ticks: dict[str, bool], wanted: tuple[str, ...], state: str
) -> None:
    day = on(expires_on) if expires_on else None
    assert paper_state(expires_on=day, ticks=ticks, wanted=wanted, on=DAY) == state
