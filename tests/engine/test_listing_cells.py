"""Headings of tools and cells of rows: what is recognised, what is read, what is named."""

from __future__ import annotations

from typing import Any

import pytest

from bantuo.engine.listing_cells import read_row
from bantuo.engine.listing_columns import (
    COLUMNS,
    heading_unit,
    headings_key,
    is_known_heading,
    origin_of,
    our_heading,
    recognised_columns,
)

LINGXING = (
    "SKU", "品名", "主图", "SPU", "款名", "识别码", "单品规格长", "单品规格宽", "单品规格高", "单品规格单位",
    "单品净重", "单品净重单位", "单品毛重", "单品毛重单位", "包装规格长", "包装规格宽", "包装规格高",
    "包装规格单位", "中文报关名", "报关HSCODE", "采购成本(CNY)",
)  # fmt: skip


def test_an_export_of_lingxing_is_recognised_the_packed_size_and_gross_weight_first() -> None:
    assert origin_of(LINGXING) == "lingxing"
    found = recognised_columns(LINGXING)
    assert {
        name: found[name] for name in ("product_code", "title", "weight_g", "weight_unit", "length_mm")
    } == {
        "product_code": "SPU",
        "title": "品名",
        "weight_g": "单品毛重",
        "weight_unit": "单品毛重单位",
        "length_mm": "包装规格长",
    }
    assert (found["size_unit"], found["hs_code"]) == ("包装规格单位", "报关HSCODE")


def test_our_own_headings_are_found_whole() -> None:
    ours = [our_heading(column) for column in COLUMNS]
    assert origin_of(ours) == "bantuo"
    assert recognised_columns(ours) == {column.name: our_heading(column) for column in COLUMNS}


def test_marks_brackets_and_case_do_not_matter() -> None:
    assert is_known_heading("*SKU(必填)")
    assert is_known_heading("图片URL（必须以http://或https：//开头）")
    assert not is_known_heading("备注")
    assert (heading_unit("商品净重（g）"), heading_unit("Weight [KG]"), heading_unit("重量")) == (
        "g",
        "kg",
        "",
    )
    assert headings_key(["SKU", "售价"]) == headings_key(["售价", "*sku（必填）"])


def cell(name: str, text: str, *, heading: str = "x", **more: str) -> Any:
    """The value of one cell, or the reason against it."""
    columns = {name: heading, **{key: key for key in more}}
    row = read_row({heading: text, **more}, columns=columns, fixed={})
    if row.problems:
        return row.problems[0].reason
    return row.values.get("images" if name == "main_image" else name)


SHORTENED = "scientific notation has lost digits: format the cell as text"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("sku_code", "007", "007"),
        ("sku_code", "1234.0", "1234"),
        ("sku_code", "1.2E+15", SHORTENED),
        ("ordinary_fen", "¥1,234.50", 123450),
        ("ordinary_fen", "USD 5", "amounts are in CNY, not USD"),
        ("ordinary_fen", "1e5", SHORTENED),
        ("ordinary_fen", "1.005", "must be an amount in yuan with at most 2 decimals"),
        ("weight_g", "1200", 1200),
        ("weight_g", "850.25", 851),
        ("weight_g", "1.2kg", 1200),
        ("weight_g", "heavy", "must be a weight in g"),
        ("weight_g", "9" * 14, "is out of range"),
        ("length_mm", "30.5", 305),
        ("length_mm", "10.24", 103),
        ("semi_managed", "是", True),
        ("semi_managed", "maybe", "must be yes or no"),
        ("markets", "es、pl", ("ES", "PL")),
        ("markets", "Spain", "countries are two capital letters, as in DE, FR"),
        ("main_image", "https://img.example/a.jpg", ("https://img.example/a.jpg",)),
        ("size_chart", "{", "is no JSON"),
    ],
)
def test_a_cell_is_read_exactly_or_named(name: str, text: str, value: Any) -> None:
    assert cell(name, text) == value


def test_the_unit_is_that_of_the_heading_or_of_its_own_column() -> None:
    assert cell("weight_g", "1.2", heading="重量(kg)") == 1200
    assert cell("weight_g", "1.2", heading="单品毛重", weight_unit="kg") == 1200
    assert cell("length_mm", "300", heading="长(mm)") == 300


def test_an_empty_cell_is_what_the_seller_fixed() -> None:
    columns, fixed = (
        {"sku_code": "SKU", "category": "类目"},
        {"category": "home-lamps", "exclusive_fen": "90%"},
    )
    row = read_row({"SKU": "A", "类目": ""}, columns=columns, fixed=fixed)
    assert row.values == {"sku_code": "A", "category": "home-lamps"}
    assert [problem.reason for problem in row.problems] == ["a share needs an ordinary price in the same row"]
    priced = read_row({"SKU": "A", "价": "99.99"}, columns={"ordinary_fen": "价"}, fixed=fixed)
    assert priced.values["exclusive_fen"] == 8999
