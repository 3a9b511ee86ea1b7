"""The shipped table of divisions: keyed by code, with places where they are known."""

from __future__ import annotations

import pytest

from bantuo.apps.parties.divisions import division_label, division_place, divisions, find_divisions
from bantuo.core.distance import Place


def test_the_table_holds_prefectures_and_counties_once() -> None:
    table = divisions()
    assert len(table) == 3_393
    assert all(
        code == division.code and len(code) == 6 and code.isdigit() for code, division in table.items()
    )
    assert sum(code.endswith("00") for code in table) == 345


@pytest.mark.parametrize(
    ("code", "label", "place"),
    [
        ("330782", "浙江省金华市义乌市", Place(29_306_775, 120_075_106)),
        ("441900", "广东省东莞市", Place(23_020_673, 113_751_799)),
        ("110101", "北京市东城区", Place(39_928_341, 116_416_490)),
        ("419001", "河南省济源市", Place(35_067_199, 112_602_256)),
    ],
)
def test_a_division_has_its_whole_name_and_its_place(code: str, label: str, place: Place) -> None:
    assert (division_label(code), division_place(code)) == (label, place)


def test_a_county_without_coordinates_lies_where_its_prefecture_lies() -> None:
    assert divisions()["330213"].place is None
    assert division_place("330213") == divisions()["330200"].place is not None


@pytest.mark.parametrize("code", [None, "", "000000", "133100"])
def test_an_unknown_place_stays_unknown(code: str | None) -> None:
    assert division_place(code) is None


def test_names_that_repeat_are_told_apart_by_province() -> None:
    found = find_divisions("鼓楼区", limit=20)
    assert {d.city for d in found} == {"南京市", "徐州市", "福州市", "开封市"}
    assert [d.code for d in find_divisions("福州 鼓楼区", limit=20)] == ["350102"]


@pytest.mark.parametrize(("text", "codes"), [("330782", ["330782"]), ("  ", []), ("Atlantis", [])])
def test_a_place_is_found_by_its_code_and_nothing_by_nothing(text: str, codes: list[str]) -> None:
    assert [d.code for d in find_divisions(text, limit=5)] == codes


def test_a_name_of_its_own_stands_before_what_lies_within() -> None:
    assert find_divisions("义乌", limit=1)[0].code == "330782"
    assert len(find_divisions("市", limit=7)) == 7
