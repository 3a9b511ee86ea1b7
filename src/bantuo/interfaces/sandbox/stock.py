"""Rows of a stock call: each is answered for itself, and nothing of them is kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bantuo.interfaces.sandbox.problems import Problem

ROWS_MAX = 1000
QUANTITY_MAX = 1_000_000_000
_TEXT_LENGTH_MAX = 64


def read_rows(body: bytes) -> list[Any]:
    """The rows of `{"rows": [...]}`. Raises Problem body-unreadable, saying where it breaks."""
    try:
        told = json.loads(body.decode("utf-8-sig"), parse_float=str, parse_constant=str)
    except json.JSONDecodeError as problem:
        raise _unreadable(f"line {problem.lineno}, column {problem.colno}: {problem.msg}") from problem
    except (ValueError, RecursionError) as problem:  # no UTF-8, thousands of digits, or nested too deeply
        raise _unreadable(f"not JSON in UTF-8 that can be taken: {type(problem).__name__}") from problem
    rows = told.get("rows") if isinstance(told, dict) else None
    if not isinstance(rows, list) or not rows:
        raise _unreadable('an object with a list "rows" of at least one row is expected')
    if len(rows) > ROWS_MAX:
        raise _unreadable(f"{len(rows)} rows; at most {ROWS_MAX} go into one call")
    return rows


def answer_rows(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Accepted or refused, row by row; a refusal names field, value and rule."""
    seen: set[tuple[Any, Any]] = set()
    return [_answer(number, row, seen) for number, row in enumerate(rows, start=1)]


def _answer(number: int, row: Any, seen: set[tuple[Any, Any]]) -> dict[str, Any]:
    if not isinstance(row, dict):
        return _refused(number, None, "row", row, "an object with sku, warehouse and quantity")
    sku, warehouse, quantity = row.get("sku"), row.get("warehouse"), row.get("quantity")
    for field, value in (("sku", sku), ("warehouse", warehouse)):
        if not _is_code(value):
            return _refused(
                number, sku, field, value, f"text of 1 to {_TEXT_LENGTH_MAX} printable characters"
            )
    if type(quantity) is not int or not 0 <= quantity <= QUANTITY_MAX:
        return _refused(number, sku, "quantity", quantity, f"a whole number from 0 to {QUANTITY_MAX}")
    if (sku, warehouse) in seen:
        return _refused(number, sku, "sku", sku, "one row per sku and warehouse in a call")
    seen.add((sku, warehouse))
    return {"row": number, "sku": sku, "status": "accepted"}


def _is_code(value: Any) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= _TEXT_LENGTH_MAX
        and value.isprintable()
        and value.strip() == value
    )


def _refused(number: int, sku: Any, field: str, value: Any, rule: str) -> dict[str, Any]:
    told = sku if _is_code(sku) else None
    return {
        "row": number,
        "sku": told,
        "status": "refused",
        "field": field,
        "value": ascii(value)[:100],
        "rule": rule,
    }


def _unreadable(detail: str) -> Problem:
    return Problem("body-unreadable", 400, detail)
