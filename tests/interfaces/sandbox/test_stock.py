"""Rows of a stock call, each answered for itself."""

from __future__ import annotations

from typing import Any

import pytest

from bantuo.interfaces.sandbox.stock import answer_rows


def row(**changed: Any) -> dict[str, Any]:
    return {"sku": "A-1", "warehouse": "YIWU", "quantity": 7, **changed}


def refusal(answer: dict[str, Any]) -> tuple[str, str]:
    return answer["field"], answer["value"]


@pytest.mark.parametrize("quantity", [0, 1, 1_000_000_000])
def test_a_whole_number_within_bounds_is_taken(quantity: int) -> None:
    assert answer_rows([row(quantity=quantity)]) == [{"row": 1, "sku": "A-1", "status": "accepted"}]


@pytest.mark.parametrize("quantity", [-1, 10**18, True, None, "7", "7.5", [7], {}])
def test_anything_else_is_no_quantity(quantity: Any) -> None:
    assert answer_rows([row(quantity=quantity)]) == [
        {"row": 1, "sku": "A-1", "status": "refused", "field": "quantity", "value": ascii(quantity),
         "rule": "a whole number from 0 to 1000000000"}
    ]  # fmt: skip


@pytest.mark.parametrize("field", ["sku", "warehouse"])
@pytest.mark.parametrize("value", [None, "", " A-1", "a" * 65, "A\x00", "A\n", 7, "\ud800"])
def test_a_code_is_printable_text(field: str, value: Any) -> None:
    (answer,) = answer_rows([row(**{field: value})])

    assert refusal(answer) == (field, ascii(value)[:100])


@pytest.mark.parametrize("value", [None, 1, "A-1", ["A-1", 7]])
def test_a_row_is_an_object(value: Any) -> None:
    (answer,) = answer_rows([value])

    assert (answer["sku"], *refusal(answer)) == (None, "row", ascii(value))


def test_a_second_row_for_the_same_sku_and_warehouse_is_refused() -> None:
    rows = [row(), row(warehouse="NINGBO"), row(quantity=8)]

    assert [answer["status"] for answer in answer_rows(rows)] == ["accepted", "accepted", "refused"]


def test_a_refused_row_does_not_stand_in_the_way_of_its_correction() -> None:
    assert [answer["status"] for answer in answer_rows([row(quantity=-1), row()])] == ["refused", "accepted"]
