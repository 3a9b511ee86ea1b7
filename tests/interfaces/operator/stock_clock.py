"""The clock of the pages, set for a test."""

from __future__ import annotations

from tests.interfaces.seller.stock_shop import it_is

__all__ = ["it_is"]
