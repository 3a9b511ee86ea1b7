"""Published tables and worked examples, priced to the fen."""

from __future__ import annotations

from typing import Any

import pytest

from bantuo.core.card_inputs import InputsRefused, complete_inputs
from bantuo.core.card_text import CardProblems, card_from_mapping
from bantuo.core.fee_words import describe_line
from bantuo.core.fees import OVER_CARD, charge_rule
from bantuo.core.vocabulary import Ints
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


def charge(card_id: str, **given: int) -> dict[str, int]:
    card = card_named(card_id)
    complete = complete_inputs(card, given)
    return dict(charge_rule(card)(Ints(), complete.__getitem__))


def total(card_id: str, **given: int) -> int:
    return charge(card_id, **given)["total_fen"]


def words(card_id: str, **given: int) -> dict[str, tuple[str, str]]:
    card = card_named(card_id)
    complete, amounts = complete_inputs(card, given), charge(card_id, **given)
    said = {x.code: describe_line(x, card=card, inputs=complete, amounts=amounts) for x in card.lines}
    return {code: (text.zh, text.en) for code, text in said.items()}


def test_golden_order() -> None:
    assert charge("semi_a", **GOLDEN) == {
        "base": 420,
        "fulfilment": 1_100,
        "transfer": 240,
        "packing": 0,
        "label": 200,
        "photo_qc": 0,
        "total_fen": 1_960,
    }


def test_golden_order_at_a_granted_rate() -> None:
    assert charge("semi_a", **GOLDEN, granted_rate_bp=220)["base"] == 264
    assert total("semi_a", **GOLDEN, granted_rate_bp=220) == 1_804


def test_golden_order_with_transfer_on_other_weights() -> None:
    given = {name: GOLDEN[name] for name in GOLDEN if name != "carton_pieces"}
    assert total("semi_transfer_chargeable", **given) == 1_920
    assert total("semi_transfer_actual", **given) == 1_816


SENSITIVITY = [
    # sides in cm, grams, fees A B C D, transfer on billed, chargeable and actual weight: in fen
    ((20, 15, 10), 300, (500, 500, 250, 500), (80, 40, 24)),
    ((30, 25, 20), 1_200, (1_100, 950, 850, 1_700), (240, 200, 96)),
    ((40, 30, 20), 2_300, (1_400, 1_400, 1_300, 2_600), (320, 320, 184)),
    ((40, 30, 25), 5_000, (1_700, 1_700, 1_600, 3_200), (400, 400, 400)),
    ((10, 10, 6), 1_001, (800, 500, 550, 1_100), (160, 80, 80)),
]


@pytest.mark.parametrize(("sides", "grams", "fees", "transfers"), SENSITIVITY)
def test_sensitivity_of_the_first_weight(
    sides: tuple[int, int, int], grams: int, fees: tuple[int, ...], transfers: tuple[int, ...]
) -> None:
    length, width, height = (10 * side for side in sides)
    parcel = {"weight_g": grams, "length_mm": length, "width_mm": width, "height_mm": height}
    money = {"receipts_fen": 0, "distance_m": 200_001}
    cards = ("semi_a", "semi_b", "semi_c", "semi_d")
    assert tuple(charge(c, **parcel, **money)["fulfilment"] for c in cards) == fees
    bases = ("semi_a", "semi_transfer_chargeable", "semi_transfer_actual")
    assert tuple(charge(c, **parcel, **money)["transfer"] for c in bases) == transfers


PARCEL_POST = [
    (1_000, 800, 600),
    (1_010, 1_100, 750),
    (2_500, 1_400, 900),
    (10_000, 3_500, 1_950),
    (10_001, 3_800, 2_600),
    (10_200, 3_800, 2_600),
    (20_500, 8_800, 6_600),
]


@pytest.mark.parametrize(("grams", "to_guangdong", "to_shanghai"), PARCEL_POST)
def test_china_post_parcel_by_weight_and_by_size(grams: int, to_guangdong: int, to_shanghai: int) -> None:
    for card_id, fen in (("china_post_zj_gd", to_guangdong), ("china_post_zj_sh", to_shanghai)):
        assert total(card_id, weight_g=grams, volume_mm3=1) == fen
        assert total(card_id, weight_g=1, volume_mm3=grams * 6_000) == fen
        assert total(card_id, weight_g=grams, volume_mm3=grams * 6_000) == fen


@pytest.mark.parametrize("card_id", ["china_post_zj_gd", "china_post_zj_sh"])
def test_china_post_dearer_postage_is_the_postage_of_the_heavier_weight(card_id: str) -> None:
    for actual in (900, 9_999, 10_000, 10_001, 19_500, 20_001):
        for by_size in (900, 9_999, 10_000, 10_001, 19_500, 20_001):
            both = total(card_id, weight_g=actual, volume_mm3=by_size * 6_000)
            alone = [total(card_id, weight_g=g, volume_mm3=1) for g in (actual, by_size)]
            assert both == max(alone)


PUBLISHED: list[tuple[str, dict[str, int], int]] = [
    ("russia_e_packet_tehui", {"weight_g": 1_235}, 8_250),
    ("russia_e_packet_tehui", {"weight_g": 500}, 5_250),
    ("russia_srm", {"weight_g": 500}, 6_385),
    ("russia_e_packet", {"weight_g": 1_235}, 8_610),
    ("russia_e_express", {"weight_g": 1_235, "length_mm": 399, "width_mm": 399, "height_mm": 399}, 16_320),
    # a side of 40 cm brings the size in: 40×30×30/6000 = 6 kg → 102 + 119 × 2.55
    ("russia_e_express", {"weight_g": 1_235, "length_mm": 300, "width_mm": 400, "height_mm": 300}, 40_545),
    ("throw_greater_of", {"weight_g": 5_010, "volume_mm3": 1}, 600 + 501),
    ("throw_greater_of", {"weight_g": 21_100, "volume_mm3": 1}, 2_200 + 2_110),
    ("throw_greater_of", {"weight_g": 5_000, "volume_mm3": 64_000_000}, 1_100 + 1_067),
    ("throw_half_throw", {"weight_g": 5_000, "volume_mm3": 64_000_000}, 800 + 783),
    ("throw_actual", {"weight_g": 5_000}, 500 + 500),
    ("throw_greater_of", {"weight_g": 15_000, "volume_mm3": 216_000_000}, 3_600 + 3_600),
    ("throw_free_20", {"weight_g": 15_000, "volume_mm3": 216_000_000}, 2_550),
    ("throw_free_20", {"weight_g": 16_000, "volume_mm3": 216_000_000}, 1_600),
    ("ceil_side", {"weight_g": 1, "length_mm": 300, "width_mm": 300, "height_mm": 400}, 600),
    ("ceil_side", {"weight_g": 1, "length_mm": 164, "width_mm": 600, "height_mm": 600}, 1_020),
    ("quote_markup", {"weight_g": 5_000}, 2_988),
    ("eu_duty_fr", {"hs6_lines": 2}, 720),
    ("ae_standard_us", {"weight_g": 500, "volume_mm3": 1}, 12_353),
    ("ae_standard_us", {"weight_g": 2_000, "volume_mm3": 1}, 43_802),
    ("ae_standard_us", {"weight_g": 2_001, "volume_mm3": 1}, 109_714),
    ("ae_standard_us", {"weight_g": 2_500, "volume_mm3": 1}, 109_714),
    ("ae_standard_us", {"weight_g": 2_501, "volume_mm3": 1}, 126_797),
]


@pytest.mark.parametrize(("card_id", "given", "fen"), PUBLISHED)
def test_published_examples(card_id: str, given: dict[str, int], fen: int) -> None:
    assert total(card_id, **given) == fen


def test_published_express_with_fuel_on_top() -> None:
    assert charge("jtd", weight_g=5_000) == {"freight": 42_000, "fuel": 3_780, "total_fen": 45_780}


def test_published_markup_and_duty_lines() -> None:
    assert charge("quote_markup", weight_g=5_000) == {
        "freight": 3_120,
        "markup": 200,
        "discount": -332,
        "total_fen": 2_988,
    }
    assert charge("eu_duty_fr", hs6_lines=2) == {"duty": 600, "vat": 120, "total_fen": 720}


@pytest.mark.parametrize(("volume", "fen"), [(30_000_000, 1_700), (30_000_001, 2_000), (29_999_999, 1_700)])
def test_weight_is_not_rounded_before_it_is_stepped(volume: int, fen: int) -> None:
    given = GOLDEN | {"weight_g": 1, "volume_mm3": volume}
    for side in ("length_mm", "width_mm", "height_mm"):
        del given[side]
    assert charge("semi_a", **given)["fulfilment"] == fen


@pytest.mark.parametrize(("metres", "fen"), [(200_000, 0), (200_001, 240)])
def test_transfer_starts_strictly_beyond_the_distance(metres: int, fen: int) -> None:
    assert charge("semi_a", **GOLDEN | {"distance_m": metres})["transfer"] == fen


@pytest.mark.parametrize(("pieces", "fen"), [(11, 155), (12, 140), (13, 140)])
def test_full_cartons_earn_the_packing_discount(pieces: int, fen: int) -> None:
    parcel = {"weight_g": 900, "length_mm": 101, "width_mm": 99, "height_mm": 50, "receipts_fen": 0}
    assert charge("packing_fee", **parcel, carton_pieces=pieces)["packing"] == fen  # 139.5 → 140


def test_packing_discount_without_a_packing_fee_is_said_and_not_given_on_freight() -> None:
    assert words("semi_a", **GOLDEN)["packing"][1].endswith("discount earned, no packing fee in card")
    assert words("semi_a", **GOLDEN | {"carton_pieces": 11})["packing"][1] == "no packing fee in card"
    assert (
        charge("semi_a", **GOLDEN)["fulfilment"]
        == charge("semi_a", **GOLDEN | {"carton_pieces": 1})["fulfilment"]
    )


def test_a_parcel_beyond_the_card_is_marked() -> None:
    assert charge("china_post_zj_gd", weight_g=50_000, volume_mm3=1)[OVER_CARD] == 0
    assert charge("china_post_zj_gd", weight_g=50_000, volume_mm3=50_000 * 6_000 + 1)[OVER_CARD] == 1


@pytest.mark.parametrize("receipts", [1, 14, 15, 43, 12_000, 12_345, 999_999_999_999])
@pytest.mark.parametrize("granted", [0, 220, 333])
def test_a_refund_is_the_charge_with_its_sign_turned(receipts: int, granted: int) -> None:
    bases = [
        charge("semi_a", **GOLDEN | {"receipts_fen": sign * receipts, "granted_rate_bp": granted})["base"]
        for sign in (1, -1)
    ]
    assert bases[0] == -bases[1]


@pytest.mark.parametrize("card_id", CARD_IDS)
def test_cards_equal_the_fraction_oracle_on_the_golden_parcel(card_id: str) -> None:
    given = GOLDEN | {"items": 3, "hs6_lines": 2}
    made = charge(card_id, **given)
    assert made.pop(OVER_CARD, 0) == 0
    assert made == price(card_yaml(card_id), given)


def test_formulas_carry_the_numbers() -> None:
    said = words("semi_a", **GOLDEN)
    assert said["base"] == ("订单实收 120.00 元 × 3.5% = 4.20 元", "receipts ¥120.00 × 3.5% = ¥4.20")
    assert said["fulfilment"] == (
        "计费重 2.5 kg（实重 1.2 kg，体积重 30 × 25 × 20 cm ÷ 6000 = 2.5 kg，取较大值）；"
        "首重 1 kg 5.00 元 + 续重 2 × 1 kg × 3.00 元 = 11.00 元",
        "chargeable weight 2.5 kg (actual 1.2 kg, dimensional 30 × 25 × 20 cm ÷ 6000 = 2.5 kg, the greater); "
        "first 1 kg ¥5.00 + 2 × 1 kg further at ¥3.00 = ¥11.00",
    )
    assert said["photo_qc"] == ("未勾选拍照质检，不收取", "photo quality check was not chosen: not charged")
    near = words("semi_a", **GOLDEN | {"distance_m": 200_000})
    assert near["transfer"] == (
        "距离 200 km 未超过 200 km，不收取",
        "distance 200 km is not above 200 km: not charged",
    )
    granted = words("semi_a", **GOLDEN, granted_rate_bp=220)
    assert granted["base"][1] == "receipts ¥120.00 × 2.2% (granted rate) = ¥2.64"


@pytest.mark.parametrize("card_id", CARD_IDS)
def test_every_card_can_say_every_line_in_both_languages(card_id: str) -> None:
    for zh, en in words(card_id, **GOLDEN, items=3, hs6_lines=2).values():
        assert zh
        assert en.isascii() or set(en) - {c for c in en if c.isascii()} <= set("×÷−≈≥¥³")


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"granted_rate_bp": 219}, "granted_rate_bp", "FEE-7.rate_min: a granted rate is from 2.2% to 3.5%"),
    ({"granted_rate_bp": 351}, "granted_rate_bp", "FEE-7.rate_min: a granted rate is from 2.2% to 3.5%"),
    ({"weight_g": 0}, "weight_g", "must be an integer from 1 to 1000000"),
    ({"weight_g": None}, "weight_g", "is missing"),
    ({"weight_g": 1.2}, "weight_g", "must be an integer"),
    ({"length_mm": -300}, "length_mm", "must be an integer from 1 to 10000"),
    ({"volume_mm3": 7}, "volume_mm3", "the sides give 15000000"),
    ({"label": 2}, "label", "must be an integer from 0 to 1"),
]


@pytest.mark.parametrize(("change", "field", "rule"), REFUSED)
def test_what_cannot_be_priced_is_refused_by_name(change: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(InputsRefused) as refused:
        complete_inputs(card_named("semi_a"), GOLDEN | change)
    found = {p.field: p.rule for p in refused.value.problems}
    assert found[field] == rule


def test_all_problems_are_reported_together() -> None:
    with pytest.raises(InputsRefused) as refused:
        complete_inputs(card_named("semi_a"), {"wieght_g": 5, "photo_qc": 3})
    assert {p.field for p in refused.value.problems} == {
        "wieght_g",
        "photo_qc",
        "receipts_fen",
        "weight_g",
        "volume_mm3",
        "distance_m",
    }


LINE = {"code": "x", "label": {"zh": "甲", "en": "A"}, "kind": "flat", "fee_fen": 1}


def refusal_of(**changes: Any) -> tuple[str, ...]:
    card = {"id": "c", "label": {"zh": "卡", "en": "card"}, "lines": [LINE]} | changes
    with pytest.raises(CardProblems) as refused:
        card_from_mapping(card)
    return refused.value.problems


def test_faulty_cards_are_refused_with_their_place() -> None:
    assert refusal_of(lines=[]) == ("card: has no lines",)
    assert refusal_of(colour="red") == ("card: unknown field 'colour'",)
    assert refusal_of(lines=[LINE, LINE]) == ("card: two lines have the same code",)
    assert refusal_of(lines=[LINE | {"fee_fen": 1.5}]) == (
        "line x: fee_fen must be an integer from -100000000 to 100000000, got 1.5",
    )
    assert refusal_of(lines=[LINE | {"fee_fen": {"rule": "FEE-1"}}])[0] == (
        "line x: fee_fen: a literal card cannot name a rule, got FEE-1"
    )
    assert refusal_of(weight={"mode": "greater_of"}) == ("weight: mode greater_of needs a divisor",)
    share = {"code": "y", "label": LINE["label"], "kind": "percent_of", "rate_bp": 100}
    assert refusal_of(lines=[share | {"lines": ["z"]}]) == (
        "line y: lines must name earlier lines, got ['z']",
    )
    bands = {"code": "y", "label": LINE["label"], "kind": "weight_bands"}
    one = {"up_to_g": 500, "step_g": 1, "step_fen": 1}
    assert refusal_of(lines=[bands | {"bands": [one]}]) == (
        "line y: the last band ends at 500 g: set weight.maximum_g or add a band",
    )
