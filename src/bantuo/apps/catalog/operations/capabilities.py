"""What a seller may do by himself in the mode of a listing (CAP-1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bantuo.apps.catalog.models import Sku
from bantuo.core.policy import Book

SEMI, FULL, SELF = "semi", "full", "self"


def mode_of(sku: Sku) -> str:
    """The mode a SKU is sold in; its product must have been read with it."""
    return mode_named(fully_managed=sku.product.fully_managed, semi_managed=sku.semi_managed)


def mode_named(*, fully_managed: bool, semi_managed: bool) -> str:
    """Under a fully managed contract, semi-managed, or neither."""
    if fully_managed:
        return FULL
    return SEMI if semi_managed else SELF


def freedom(book: Book, *, on: date, mode: str, capability: str) -> str:
    """What CAP-1 says of a capability in a mode: free, request, refused; CAP-2 where it is silent."""
    table: Sequence[dict[str, str]] = book.amount("CAP-1", on)
    told = {row["mode"]: row["answer"] for row in table if row["capability"] == capability}
    answer = told.get(mode, "not_stated")
    return str(book.amount("CAP-2", on)) if answer == "not_stated" else answer
