"""Any fen of a charge opens to its formula, inputs, rule and source, and to the books it went into."""

from __future__ import annotations

import pytest

from bantuo.apps.ledger.models import Entry
from bantuo.apps.settlement.models import Charge, Statement
from bantuo.apps.settlement.operations.runs import FEE_ACCOUNTS, PAYABLE_RULE, RECEIPTS_RULE
from bantuo.apps.settlement.queries import explain_charge
from tests.apps.factories import DAY, the_book
from tests.apps.settlement.delivered import LATER, Shop, make_shop

pytestmark = pytest.mark.django_db


def settled_golden_order() -> tuple[Shop, int]:
    shop = make_shop()
    order = shop.order("G-1", weight_g=3001)
    shop.charge(order)
    shop.settle()
    return shop, order


def test_every_column_is_explained_and_sums_to_the_total() -> None:
    _, order = settled_golden_order()

    (found,) = explain_charge(order, book=the_book())

    assert [(c.column, c.fen) for c in found.columns] == [
        ("base_service_fen", 420),
        ("fulfilment_fen", 1100),
        ("transfer_fen", 240),
        ("packing_fen", 0),
        ("labelling_fen", 200),
        ("photo_qc_fen", 0),
        ("measured_difference_fen", 380),
    ]
    assert sum(c.fen for c in found.columns) == found.total_fen == 2340
    assert all(c.formula.zh and c.formula.en and c.citations for c in found.columns)
    assert found.is_reproduced


def test_a_column_names_rule_version_source_quote_and_reading() -> None:
    _, order = settled_golden_order()

    (found,) = explain_charge(order, book=the_book())

    fulfilment = found.columns[1]
    cite = {c.rule.id: c for c in fulfilment.citations}["FEE-2.first_fee"]
    assert (cite.amount, cite.value.quote, cite.version) == (500, "首重5元/kg", the_book().version)
    assert [reading.id for reading in cite.rule.readings] == ["A-21"]
    assert fulfilment.inputs["volume_mm3"] == 15_000_000
    assert "11.00" in fulfilment.formula.en
    assert found.inputs["distance"]["evidence"] == "road quote"


def test_the_measured_difference_shows_both_sides() -> None:
    _, order = settled_golden_order()

    (found,) = explain_charge(order, book=the_book())

    difference = found.columns[-1]
    assert difference.inputs["estimated"]["weight_g"] == 1200
    assert difference.inputs["measured"]["weight_g"] == 3001
    assert "14.00" in difference.formula.en
    assert "11.00" in difference.formula.en


def test_the_way_into_the_books_is_shown() -> None:
    _, order = settled_golden_order()

    (found,) = explain_charge(order, book=the_book())

    assert (found.run, found.statement_id) == ("R1", Statement.objects.get().pk)
    assert list(found.entry_ids) == sorted(Entry.objects.values_list("id", flat=True))
    assert len(found.entry_ids) == 3


def test_an_unsettled_charge_is_in_no_books_yet() -> None:
    shop = make_shop()
    order = shop.order("G-1")
    shop.charge(order)

    (found,) = explain_charge(order, book=the_book())

    assert (found.run, found.statement_id, found.entry_ids) == (None, None, ())
    assert explain_charge(order + 1, book=the_book()) == []


def test_a_refund_is_explained_by_the_charge_it_reverses() -> None:
    shop, order = settled_golden_order()
    shop.refund((order, 6_000), now=LATER)

    _, refund = explain_charge(order, book=the_book())

    assert (refund.kind, refund.cause, refund.net_fen) == ("refund", "return", -5_790)
    (base,) = refund.columns
    assert (base.column, base.fen) == ("base_service_fen", -210)
    assert "4.20 × refund 60.00 ÷ receipts 120.00" in base.formula.en
    assert refund.inputs["charge_id"] == Charge.objects.get(kind="order").pk
    assert "FEE-1.rate" in {c.rule.id for c in base.citations}


def test_every_rule_on_a_posting_is_in_the_book() -> None:
    rules = {rule for _, _, rule in FEE_ACCOUNTS} | {RECEIPTS_RULE, PAYABLE_RULE}

    assert [rule for rule in sorted(rules) if the_book().find(rule, DAY) is None] == []
