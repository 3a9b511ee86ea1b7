"""A flat file of sellers: bad rows are named and set aside, the rest goes on."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from bantuo.engine.seller_rows import SellersUnreadable, column_sheet, sort_seller_rows


def problems(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    return sort_seller_rows(frame.lazy()).problems.rows()


def test_sound_text_rows_become_whole_numbers() -> None:
    rows = sort_seller_rows(
        pl.LazyFrame({"code": ["a ", "b"], "dsr": [" 47800", "47900.0"], "apparel": ["", "1"]})
    )
    assert rows.sound.rows() == [("a", 47_800, None), ("b", 47_900, 1)]
    assert rows.problems.is_empty()


def test_bad_rows_are_set_aside_with_every_reason() -> None:
    frame = pl.DataFrame(
        {
            "code": ["a", "b", "", "1.2E+15", "e", "e"],
            "dsr": ["47800", "high", "1", "1", "60000", "1"],
            "disputes_num": ["1", "1", "1", "1", "1", "9"],
            "disputes_den": ["5", "5", "5", "5", "5", "5"],
        }
    )
    rows = sort_seller_rows(frame.lazy())
    assert rows.sound["code"].to_list() == ["a"]
    assert len(rows.set_aside) == 5
    assert [(row, field, value) for row, field, value, _ in rows.problems.iter_rows()] == [
        (2, "dsr", "high"), (3, "code", ""), (4, "code", "1.2E+15"), (5, "code", "e"), (5, "dsr", "60000"),
        (6, "code", "e"), (6, "disputes_num", "9"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "dtype", "rule"),
    [
        (47_800.5, pl.Float64, "must be a whole number"),
        (float("nan"), pl.Float64, "must be a whole number"),
        (-1, pl.Int64, "must lie in 0..50000"),
        (2**63, pl.UInt64, "must be a whole number"),
    ],
)
def test_number_that_does_not_fit(value: Any, dtype: Any, rule: str) -> None:
    found = problems(pl.DataFrame({"code": ["a"], "dsr": pl.Series([value], dtype=dtype)}))
    assert len(found) == 1
    assert found[0][3].startswith(rule)


def test_code_that_a_spreadsheet_made_a_decimal_is_refused() -> None:
    assert "format the column as text" in problems(pl.DataFrame({"code": [1.2e15]}))[0][3]


@pytest.mark.parametrize(
    ("columns", "field", "rule"),
    [
        ({"dsr": [1]}, "code", "the column is missing"),
        ({"code": ["a"], "dsrr": [1]}, "dsrr", "unknown column; did you mean dsr?"),
        ({"code": ["a"], "qqqqqq": [1]}, "qqqqqq", "unknown column; see `bantuo schema sellers`"),
        ({"code": ["a"], "dsr": [[1]]}, "dsr", "must hold whole numbers"),
    ],
)
def test_file_with_other_columns_is_refused(columns: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(SellersUnreadable) as caught:
        sort_seller_rows(pl.LazyFrame(columns))
    assert (caught.value.problems[0]["field"], caught.value.problems[0]["rule"]) == (field, rule)


def test_column_sheet_names_the_code_first() -> None:
    sheet = column_sheet()
    assert (sheet[0]["column"], sheet[0]["required"]) == ("code", True)
    assert {entry["dtype"] for entry in sheet[1:]} == {"Int64"}
