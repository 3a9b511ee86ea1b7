"""The columns that a source's tables must have, and the units they may come in."""

from __future__ import annotations

from collections.abc import Mapping

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "sellers": {"seller": "seller", "ship_from": "text"},
    "products": {
        "product": "id", "category": "category?", "weight_g": "weight", "length_mm": "length",
        "width_mm": "length", "height_mm": "length",
    },
    "items": {
        "order": "id", "line": "count", "product": "id", "seller": "id", "goods_fen": "money",
        "freight_fen": "money",
    },
    "orders": {
        "order": "id", "status": "status", "placed_at": "placed", "carrier_at": "time?",
        "delivered_at": "time?",
    },
}  # fmt: skip
# Columns that a layout may name besides: they are compared, row by row, and not kept.
CHECKED: Mapping[str, Mapping[str, str]] = {"items": {"currency": "currency"}}
UNITS: Mapping[str, Mapping[str, int]] = {
    "weight": {"g": 1, "kg": 1000},
    "length": {"mm": 1, "cm": 10, "m": 1000},
}


def known_columns(table: str) -> Mapping[str, str]:
    """Every column a layout may name for a table, with its kind."""
    return {**COLUMNS[table], **CHECKED.get(table, {})}
