"""EPR numbers: which are kept, which go to a person, which are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bantuo.apps.catalog.models import EprRegistration
from bantuo.apps.catalog.operations import EprResult, NewEpr, register_epr
from bantuo.apps.parties.operations import SellerUnknown
from tests.apps import factories as make
from tests.apps.floor import assert_changes_nothing

pytestmark = pytest.mark.django_db

LUCID = "DE1234567890123"


@pytest.fixture
def row() -> NewEpr:
    (seller,) = make.make_active_sellers("S1")
    make.make_skus(seller, "A-1")
    return NewEpr(1, seller, "P-A-1", "DE", "packaging", LUCID)


def _register(*rows: NewEpr) -> EprResult:
    return register_epr(rows, now=make.NOW, actor=make.ACTOR)


def _kept() -> list[tuple[object, ...]]:
    return list(
        EprRegistration.objects.order_by("market", "stream").values_list(
            "market", "stream", "number", "needs_review", "valid_until"
        )
    )


def test_a_sound_number_is_kept_in_its_normal_form_and_replaced_by_a_new_one(row: NewEpr) -> None:
    spaced = replace(row, number="de 12345 67890123")
    assert _register(spaced) == EprResult(kept=1, changed=1)
    assert _kept() == [("DE", "packaging", LUCID, False, None)]
    assert assert_changes_nothing(lambda: _register(row, spaced)) == EprResult(kept=2)
    newer = replace(row, number="DE1234567890124", valid_until=date(2026, 12, 31))
    assert _register(newer).changed == 1
    assert _kept() == [("DE", "packaging", "DE1234567890124", False, date(2026, 12, 31))]
    assert [p["number"] for _, p in make.outbox("catalog.epr_registered")] == [LUCID, "DE1234567890124"]


def test_a_shape_that_no_source_settles_goes_to_a_person(row: NewEpr) -> None:
    rows = [
        replace(row, market="FR", number="FR123456_78ABCD"),
        replace(row, market="FR", stream="weee", number="FR-77"),
        replace(row, market="ES", number="ENV/1"),
    ]
    assert _register(*rows) == EprResult(kept=3, changed=3, to_review=2)
    assert [(m, s, review) for m, s, _, review, _ in _kept()] == [
        ("ES", "packaging", True), ("FR", "packaging", False), ("FR", "weee", True),
    ]  # fmt: skip


def test_a_bad_row_is_refused_with_field_value_and_rule_and_the_others_are_kept(row: NewEpr) -> None:
    result = _register(
        replace(row, number="DE123"),
        replace(row, row=2, number=" "),
        replace(row, row=3, number="1\x00", market="FR"),
        replace(row, row=4, product_code="X"),
        replace(row, row=5, market="de"),
        replace(row, row=6, stream=""),
        replace(row, row=7),
    )
    assert (result.kept, result.changed) == (1, 1)
    assert [(r.row, r.field, r.value, r.rule) for r in result.refused] == [
        (1, "number", "DE123", "ELG-17"), (2, "number", " ", "ELG-17"), (3, "number", "1\\0", "ELG-17"),
        (4, "product_code", "X", "ELG-17"), (5, "market", "de", "ELG-17"), (6, "stream", "", "ELG-17"),
    ]  # fmt: skip
    with pytest.raises(SellerUnknown):
        _register(replace(row, seller_id=0))
