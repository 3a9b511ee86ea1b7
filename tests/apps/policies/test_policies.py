"""Published books can be opened for ever; a tier quote is granted on evidence and never overlaps."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import Error as DatabaseError

from bantuo.apps.parties.operations import SellerUnknown
from bantuo.apps.policies.models import GrantedRate, PolicyVersion
from bantuo.apps.policies.operations import (
    MonthNotEvidenced,
    RateAboveStandard,
    RateBelowFloor,
    RateOverlaps,
    RatePeriodEmpty,
    TooFewOrders,
    book_document,
    complete_months,
    grant_rate,
    publish_book,
)
from bantuo.apps.policies.queries import granted_rates, published_rule
from bantuo.core.policy import PolicyNotInForce
from bantuo.engine.books import book_ids, load_book
from tests.apps import factories as make

pytestmark = pytest.mark.django_db

MONTHS = {date(2024, 5, 1): 4_000, date(2024, 6, 1): 5_000, date(2024, 7, 1): 6_000}
FROM, UNTIL = date(2024, 8, 1), date(2024, 11, 1)


def _grant(seller: int, **changed: Any) -> GrantedRate:
    terms: dict[str, Any] = {
        "rate_bp": 220,
        "valid_from": FROM,
        "valid_until": UNTIL,
        "monthly_orders": MONTHS,
        "on": make.DAY,
        "book": make.the_book(),
        "policy_version_id": make.policy_version(),
        "now": make.NOW,
        "actor": make.ACTOR,
    }
    return grant_rate(seller, **(terms | changed))


@pytest.fixture
def seller() -> int:
    (seller,) = make.make_sellers("S1")
    return seller


def test_a_book_is_published_once() -> None:
    first = make.policy_version()
    later = make.NOW + timedelta(days=1)
    assert publish_book(make.the_book(), now=later, actor="other").pk == first
    assert PolicyVersion.objects.get().published_at == make.NOW
    assert len(make.outbox("policy.published")) == 1
    changed = replace(make.the_book(), version="0" * 12)
    assert publish_book(changed, now=later, actor="other").pk != first


@pytest.mark.parametrize("book_id", book_ids())
def test_every_book_that_ships_comes_back_as_it_was(book_id: str) -> None:
    book = load_book(book_id)
    published = publish_book(book, now=make.NOW, actor=make.ACTOR)
    stored = PolicyVersion.objects.get(pk=published.pk)
    assert stored.document == book_document(book)
    assert stored.document["rules"].keys() == book.rules.keys()
    assert stored.document["cards"].keys() == book.cards.keys()


def test_a_figure_opens_to_its_source_and_reading() -> None:
    rule = published_rule("FEE-1.rate", policy_version_id=make.policy_version())
    (value,) = rule["values"]
    assert (value["value"], value["from"], value["until"], value["date_status"]) == (
        350,
        "2023-11-01",
        None,
        "assumed",
    )
    assert value["quote"] == "基础服务费=订单实收金额×3.5%(固定)"
    assert value["source"]["id"] == "article"
    assert [reading["id"] for reading in rule["readings"]] == ["A-40"]
    assert (rule["unit"], rule["status"]) == ("bp", "seed")


def test_a_published_book_is_append_only() -> None:
    make.policy_version()
    for statement in (
        "UPDATE policies_policyversion SET version = 'x'",
        "DELETE FROM policies_policyversion",
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            connection.cursor().execute(statement)


def test_a_rate_is_granted_on_evidence(seller: int) -> None:
    granted = _grant(seller)
    assert granted.evidence == "2024-05: 4000, 2024-06: 5000, 2024-07: 6000"  # a mean of 5 000 exactly
    assert (granted.approved_by, granted.granted_at) == (make.ACTOR, make.NOW)
    days = [FROM + timedelta(days=n) for n in (-1, 0, 91, 92)]
    rates = granted_rates((seller, on) for on in days)
    held = [rates.get((seller, on)) for on in days]
    assert held == [None, 220, 220, None]
    assert make.outbox("policy.rate_granted") == [
        (
            f"granted_rate:{granted.pk}",
            {"rate_bp": 220, "from": "2024-08-01", "until": "2024-11-01", "rule": "FEE-7"},
        )
    ]


def test_the_same_grant_again_is_the_first_one(seller: int) -> None:
    assert _grant(seller).pk == _grant(seller, now=make.NOW + timedelta(days=1)).pk
    assert GrantedRate.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "refusal", "told"),
    [
        ({"rate_bp": 219}, RateBelowFloor, r"2\.19% is below FEE-7\.rate_min 2\.2%"),
        ({"rate_bp": 350}, RateAboveStandard, r"3\.5% is not below FEE-1\.rate 3\.5%"),
        ({"monthly_orders": {**MONTHS, date(2024, 7, 1): 5_999}}, TooFewOrders, "14999 in all, 15000 needed"),
        ({"monthly_orders": {date(2024, 6, 1): 99_999}}, MonthNotEvidenced, "2024-05"),
        ({"on": date(2024, 7, 31)}, MonthNotEvidenced, "2024-04"),
        ({"valid_until": FROM}, RatePeriodEmpty, "from 2024-08-01 until 2024-08-01"),
        ({"on": date(2023, 10, 31)}, PolicyNotInForce, "FEE-7"),
    ],
)
def test_a_grant_is_refused_by_name(
    seller: int, changed: dict[str, Any], refusal: type[Exception], told: str
) -> None:
    with pytest.raises(refusal, match=told):
        _grant(seller, **changed)
    assert GrantedRate.objects.count() == 0


@pytest.mark.parametrize("changed", [{"rate_bp": 220}, {"rate_bp": 349}])
def test_both_ends_of_what_may_be_granted(seller: int, changed: dict[str, Any]) -> None:
    assert _grant(seller, **changed).rate_bp == changed["rate_bp"]


def test_periods_may_touch_but_not_overlap(seller: int) -> None:
    _grant(seller)
    with pytest.raises(RateOverlaps, match="from 2024-08-01 until 2024-11-01"):
        _grant(seller, rate_bp=230, valid_from=date(2024, 10, 31), valid_until=date(2024, 12, 1))
    with pytest.raises(RateOverlaps):
        _grant(seller, rate_bp=230)
    _grant(seller, rate_bp=230, valid_from=UNTIL, valid_until=date(2024, 12, 1))
    assert granted_rates([(seller, UNTIL)]) == {(seller, UNTIL): 230}


def test_the_database_refuses_an_overlap_of_one_seller_only(seller: int) -> None:
    held = _grant(seller)
    (other,) = make.make_sellers("S2")
    _grant(other)
    held.pk, held.valid_from = None, date(2024, 10, 31)
    held.valid_until = date(2024, 12, 1)
    with pytest.raises(IntegrityError, match="granted_rate_no_overlap"), transaction.atomic():
        held.save(force_insert=True)


def test_a_seller_who_is_not_there_gets_no_rate() -> None:
    with pytest.raises(SellerUnknown, match="4711"):
        _grant(4711)


def test_complete_months_end_before_the_day() -> None:
    assert complete_months(date(2024, 2, 29), count=3) == [
        date(2023, 11, 1),
        date(2023, 12, 1),
        date(2024, 1, 1),
    ]
    assert complete_months(date(2024, 3, 1), count=1) == [date(2024, 2, 1)]
