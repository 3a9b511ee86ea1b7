"""One card, four readings of it: plain ints, compiled, checked, columns; all equal exact fractions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bantuo.core.card_inputs import InputsRefused, complete_inputs
from bantuo.core.card_text import CardProblems, resolve_card
from bantuo.core.fees import INPUT_RANGES, OVER_CARD, charge_rule
from bantuo.core.policy import Book, PolicyNotInForce, Rule, Source, Text, Value
from bantuo.core.rate_card import DEFAULTS, SIDES
from bantuo.core.vocabulary import Ints
from bantuo.engine.quotes import ColumnMissing, Quoter, price_columns, quoter_for
from bantuo.engine.trace import compile_rule
from tests.core.card_files import CARD_IDS, card_named
from tests.core.fraction_oracle import card_yaml, price

GOLDEN = {
    "receipts_fen": 12_000,
    "weight_g": 1_200,
    "length_mm": 300,
    "width_mm": 250,
    "height_mm": 200,
    "distance_m": 250_000,
    "label": 1,
    "carton_pieces": 14,
}
NEAR = {
    "receipts_fen": (0, 1, 14, 15, 100, 143, 14_286, 12_000),
    "weight_g": (1, 499, 500, 501, 999, 1_000, 1_001, 2_000, 2_001, 10_000, 10_001, 20_000, 50_000, 50_001),
    "length_mm": (1, 100, 300, 399, 400, 401, 600, 1_199, 1_200),
    "width_mm": (1, 100, 101, 250, 300, 600),
    "height_mm": (1, 60, 200, 249, 250, 251, 600),
    "distance_m": (0, 199_999, 200_000, 200_001),
    "carton_pieces": (0, 11, 12, 13),
}


def _value(name: str) -> st.SearchStrategy[int]:
    low, high = INPUT_RANGES[name]
    if name == "granted_rate_bp":
        return st.sampled_from((0, 220, 221, 349, 350))
    plain = st.integers(low, high)
    return plain | st.sampled_from(NEAR[name]) if name in NEAR else plain


PARCEL = st.fixed_dictionaries({name: _value(name) for name in INPUT_RANGES if name != "volume_mm3"})


def oracle(card_id: str, parcel: Mapping[str, int]) -> dict[str, int] | None:
    return price(card_yaml(card_id), parcel)


def plain(card_id: str, parcel: Mapping[str, int]) -> dict[str, int] | None:
    card = card_named(card_id)
    made = dict(charge_rule(card)(Ints(), complete_inputs(card, parcel).__getitem__))
    return None if made.pop(OVER_CARD, 0) else made


@cache
def quoter_named(card_id: str) -> Quoter:
    return Quoter(card_named(card_id))


@cache
def compiled_rule(card_id: str) -> tuple[Callable[..., tuple[int, ...]], tuple[str, ...]]:
    card = card_named(card_id)
    return compile_rule(charge_rule(card), card.inputs)


def compiled(card_id: str, parcel: Mapping[str, int]) -> dict[str, int] | None:
    card = card_named(card_id)
    call, names = compiled_rule(card_id)
    complete = complete_inputs(card, parcel)
    made = dict(zip(names, call(*(complete[name] for name in card.inputs)), strict=True))
    return None if made.pop(OVER_CARD, 0) else made


def checked(quoter: Quoter, parcel: Mapping[str, int]) -> dict[str, int] | None:
    try:
        return quoter.amounts(parcel)
    except InputsRefused as refused:
        only_the_end = [p.rule.split(" ends")[0] for p in refused.problems] == [f"card {quoter.card.id}"]
        return None if only_the_end else {}


def columns(card_id: str, parcels: list[dict[str, int]]) -> list[dict[str, int] | None]:
    card = card_named(card_id)
    frame = pl.LazyFrame(parcels, schema={name: pl.Int64 for name in INPUT_RANGES if name != "volume_mm3"})
    made = price_columns(frame, card).select(pl.col("^.*_fen$").exclude("receipts_fen")).collect()
    rows = made.rename({f"{line.code}_fen": line.code for line in card.lines}).to_dicts()
    return [None if row["total_fen"] is None else row for row in rows]


@pytest.mark.parametrize("card_id", CARD_IDS)
@settings(max_examples=25, deadline=None)
@given(parcels=st.lists(PARCEL, min_size=1, max_size=12))
def test_every_interpreter_equals_the_fraction_oracle(card_id: str, parcels: list[dict[str, int]]) -> None:
    expected = [oracle(card_id, parcel) for parcel in parcels]
    assert [plain(card_id, parcel) for parcel in parcels] == expected
    assert [compiled(card_id, parcel) for parcel in parcels] == expected
    quoter = quoter_named(card_id)
    assert [checked(quoter, parcel) for parcel in parcels] == expected
    assert columns(card_id, parcels) == expected


@pytest.mark.parametrize("card_id", CARD_IDS)
def test_edges_of_every_range_equal_the_oracle(card_id: str) -> None:
    names = [name for name in INPUT_RANGES if name not in ("volume_mm3", "granted_rate_bp")]
    base = GOLDEN | DEFAULTS | {"hs6_lines": 1}
    parcels = [base | {name: edge} for name in names for edge in INPUT_RANGES[name]]
    parcels += [base | dict.fromkeys(SIDES, edge) for edge in (1, 10_000)]
    expected = [oracle(card_id, parcel) for parcel in parcels]
    assert columns(card_id, parcels) == expected
    quoter = quoter_named(card_id)
    assert [checked(quoter, parcel) for parcel in parcels] == expected


@settings(max_examples=60, deadline=None)
@given(PARCEL)
def test_a_negated_receipts_negates_the_base_fee_and_nothing_else(parcel: dict[str, int]) -> None:
    quoter = quoter_named("semi_a")
    there = quoter.amounts(parcel)
    back = quoter.amounts(parcel | {"receipts_fen": -parcel["receipts_fen"]})
    assert back["base"] == -there["base"]
    unchanged = ("fulfilment", "transfer", "packing", "label", "photo_qc")
    assert [back[code] for code in unchanged] == [there[code] for code in unchanged]


@settings(max_examples=40, deadline=None)
@given(PARCEL, st.sampled_from(CARD_IDS))
def test_lines_add_up_to_the_total(parcel: dict[str, int], card_id: str) -> None:
    made = checked(quoter_named(card_id), parcel)
    if made is not None:
        assert made.pop("total_fen") == sum(made.values())


@settings(max_examples=20, deadline=None)
@given(st.lists(PARCEL, min_size=2, max_size=20), st.randoms())
def test_row_order_does_not_matter(parcels: list[dict[str, int]], random: Any) -> None:
    order = list(range(len(parcels)))
    random.shuffle(order)
    straight = columns("semi_a", parcels)
    assert columns("semi_a", [parcels[n] for n in order]) == [straight[n] for n in order]


def test_the_volume_may_stand_for_the_sides() -> None:
    quoter = quoter_named("semi_a")
    by_volume = {name: value for name, value in GOLDEN.items() if name not in SIDES}
    assert quoter.amounts(by_volume | {"volume_mm3": 15_000_000}) == quoter.amounts(GOLDEN)
    assert quoter.amounts(GOLDEN | {"volume_mm3": 15_000_000})["total_fen"] == 1_960
    with pytest.raises(InputsRefused, match="the sides give 15000000"):
        quoter.amounts(GOLDEN | {"volume_mm3": 15_000_001})


@pytest.mark.parametrize("name", [*GOLDEN, "photo_qc", "granted_rate_bp"])
@pytest.mark.parametrize("value", [None, 1.0, "1", -(10**13), 10**13])
def test_nothing_unusual_slips_through_the_fast_path(name: str, value: Any) -> None:
    with pytest.raises(InputsRefused) as refused:
        quoter_named("semi_a").amounts(GOLDEN | {name: value})
    assert name in {p.field for p in refused.value.problems}


def test_a_tick_may_be_true_or_false() -> None:
    quoter = quoter_named("semi_a")
    assert quoter.amounts(GOLDEN | {"label": True})["label"] == 200
    assert quoter.amounts(GOLDEN | {"label": False})["label"] == 0


def test_bad_rows_of_columns_are_null_and_never_wrong() -> None:
    rows = [GOLDEN | change for change in ({}, {"weight_g": 0}, {"weight_g": None}, {"length_mm": 10**10})]
    frame = pl.LazyFrame(rows, schema=dict.fromkeys(GOLDEN, pl.Int64))
    made = price_columns(frame, card_named("semi_a")).collect()
    assert made["total_fen"].to_list() == [1_960, None, None, None]
    assert made["label"].to_list() == [1, 1, 1, 1]
    assert "volume_mm3" not in made.columns


def test_narrow_columns_are_widened_before_they_are_multiplied() -> None:
    large = GOLDEN | dict.fromkeys(SIDES, 2_000)
    frame = pl.LazyFrame([large], schema=dict.fromkeys(GOLDEN, pl.Int32))
    assert price_columns(frame, card_named("semi_a")).collect()["fulfilment_fen"].to_list() == [
        500 + 1_333 * 300
    ]


def test_a_missing_column_is_named() -> None:
    frame = pl.LazyFrame([{name: 1 for name in GOLDEN if name != "distance_m"}])
    with pytest.raises(ColumnMissing, match="distance_m"):
        price_columns(frame, card_named("semi_a"))


ARTICLE = Source("article", Text("文章", "The article"), None)


def number(rule_id: str, *values: tuple[date | None, date | None, int]) -> Rule:
    made = tuple(Value(since, until, "assumed", amount, ARTICLE, "原话") for since, until, amount in values)
    return Rule(rule_id, "fees", Text("费率", "Rate"), "bp", "seed", (), made, {})


NEW_YEAR = date(2025, 1, 1)
CARD = {
    "label": {"zh": "卡", "en": "card"},
    "weight": {"divisor": {"rule": "DIV"}, "mode": "greater_of"},
    "lines": [
        {
            "code": "base",
            "label": {"zh": "服务费", "en": "fee"},
            "kind": "ad_valorem",
            "rate_bp": {"rule": "RATE"},
            "granted": {"input": "granted_rate_bp", "floor_bp": {"rule": "FLOOR"}},
            "cites": ["RATE"],
        },
        {
            "code": "freight",
            "label": {"zh": "运费", "en": "freight"},
            "kind": "weight_linear",
            "fen": 1,
            "per_g": 1,
        },
    ],
}
BOOK = Book(
    id="two-years",
    version="0123456789ab",
    title=Text("两年", "Two years"),
    currency="CNY",
    zone="Asia/Shanghai",
    rules={
        "RATE": number("RATE", (date(2024, 1, 1), NEW_YEAR, 350), (NEW_YEAR, None, 300)),
        "FLOOR": number("FLOOR", (None, None, 220)),
        "DIV": number("DIV", (None, None, 6_000)),
    },
    cards={"semi": CARD},
)
PARCEL_OF_BOOK = {"receipts_fen": 10_000, "weight_g": 7, "volume_mm3": 6_000}


def test_a_quote_changes_on_the_day_its_rule_changes() -> None:
    before, after = (quoter_for(BOOK, "semi", on=day) for day in (date(2024, 12, 31), NEW_YEAR))
    assert before.amounts(PARCEL_OF_BOOK)["base"] == 350
    assert after.amounts(PARCEL_OF_BOOK)["base"] == 300


def test_quoters_are_compiled_once_for_the_values_in_force() -> None:
    assert quoter_for(BOOK, "semi", on=NEW_YEAR) is quoter_for(BOOK, "semi", on=date(2026, 5, 5))


def test_every_line_opens_to_its_rules() -> None:
    made = quoter_for(BOOK, "semi", on=NEW_YEAR).quote(PARCEL_OF_BOOK)
    assert (made.book, made.version, made.currency) == ("two-years", "0123456789ab", "CNY")
    assert made.inputs == PARCEL_OF_BOOK | {"granted_rate_bp": 0}
    base, freight = made.lines
    assert (base.fen, base.rules) == (300, ("RATE", "FLOOR"))
    assert [cited.amount for cited in base.citations] == [300, 220]
    assert base.citations[0].value.source == ARTICLE
    assert base.citations[0].value.quote == "原话"
    assert freight.rules == ("DIV",)
    assert base.formula == Text("订单实收 100.00 元 × 3% = 3.00 元", "receipts ¥100.00 × 3% = ¥3.00")


def test_the_floor_of_a_granted_rate_is_named() -> None:
    with pytest.raises(InputsRefused, match=r"FLOOR: a granted rate is from 2\.2% to 3%"):
        quoter_for(BOOK, "semi", on=NEW_YEAR).amounts(PARCEL_OF_BOOK | {"granted_rate_bp": 219})


def test_no_quote_before_the_programme() -> None:
    with pytest.raises(PolicyNotInForce, match="no value of RATE is in force on 2023-12-31"):
        quoter_for(BOOK, "semi", on=date(2023, 12, 31))


def test_an_unknown_card_is_named() -> None:
    with pytest.raises(CardProblems, match="two-years has no such card, only semi"):
        resolve_card(BOOK, "full", on=NEW_YEAR)
