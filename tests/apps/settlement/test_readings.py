"""Other readings: the published sensitivity table, and a period of charges recomputed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bantuo.apps.settlement.queries.readings import reading_report
from bantuo.apps.settlement.readings import OTHER_READINGS
from bantuo.core.fees import resolve_card
from bantuo.engine.quotes import Quoter
from tests.apps.factories import DAY, the_book
from tests.apps.settlement.delivered import make_shop

BY_CODE = {other.code: other for other in OTHER_READINGS}
# programme.md, sensitivity of: size in mm, grams, then fen under B, C, D and transfer
# on chargeable and on actual weight.
TABLE = [
    ((200, 150, 100), 300, 500, 250, 500, 40, 24),
    ((300, 250, 200), 1200, 950, 850, 1700, 200, 96),
    ((400, 300, 200), 2300, 1400, 1300, 2600, 320, 184),
    ((400, 300, 250), 5000, 1700, 1600, 3200, 400, 400),
    ((100, 100, 60), 1001, 500, 550, 1100, 80, 80),
]


@pytest.mark.parametrize("row", TABLE)
def test_sensitivity_table(row: tuple[tuple[int, int, int], int, int, int, int, int, int]) -> None:
    (length, width, height), weight_g, *expected = row
    asked = {"receipts_fen": 0, "weight_g": weight_g, "distance_m": 250_000}
    asked |= {"length_mm": length, "width_mm": width, "height_mm": height}
    base = resolve_card(the_book(), "semi", on=DAY)

    def amount(code: str, line: str) -> int:
        return Quoter(BY_CODE[code].card(base)).amounts(asked)[line]

    fulfilment = [
        amount(code, "fulfilment") for code in ("continuous", "half_kilogram", "half_kilogram_full")
    ]
    assert [*fulfilment, amount("chargeable", "transfer"), amount("actual", "transfer")] == expected


@pytest.mark.django_db
def test_a_period_is_recomputed_under_every_reading() -> None:
    shop = make_shop()
    order = shop.order("G-1", goods_fen=10_000, freight_fen=2_000, quantity=2, sides=(301, 250, 200))
    shop.charge(order)

    found = {row.code: row for row in reading_report(DAY, until=DAY + timedelta(days=1), book=the_book())}

    # billed 3 kg: 4.20 + 11.00 + 2.40 + 2.00 = 19.60
    assert {row.charged_fen for row in found.values()} == {1960}
    assert {code: row.difference_fen for code, row in found.items()} == {
        "goods_only": -70,
        "before_refunds": 0,
        "before_coupons": 0,
        "continuous": -147,  # 2.508333 kg: 5.00 + 1.508333 × 3.00 = 9.525
        "half_kilogram": -100,
        "half_kilogram_full": 900,
        "centimetre": 0,
        "per_item": 200,
        "chargeable": -39,  # 2.508333 × 0.80 = 2.0067
        "actual": -144,
        "off_fulfilment": -110,
        "off_base": -42,
    }
    assert found["continuous"].charges == 1


@pytest.mark.django_db
def test_an_empty_period_has_nothing_charged() -> None:
    rows = reading_report(date(2024, 1, 1), until=date(2024, 1, 2), book=the_book())

    assert {(row.charges, row.charged_fen, row.total_fen) for row in rows} == {(0, 0, 0)}
