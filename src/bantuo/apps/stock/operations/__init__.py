"""What a caller does with stock: state it, move it, hold some back, count it."""

from bantuo.apps.stock.operations.shelf import SellerRow, ShelfResult, adjust_on_hand, set_safety
from bantuo.apps.stock.operations.statements import (
    QUANTITY_MAX,
    Move,
    SellerStatedTwice,
    StatedRow,
    StatementResult,
    StockStatement,
    close_shortages,
    declare_stock,
    move_stock,
    open_balances,
    return_to_shortages,
)

__all__ = [
    "QUANTITY_MAX",
    "Move",
    "SellerRow",
    "SellerStatedTwice",
    "ShelfResult",
    "StatedRow",
    "StatementResult",
    "StockStatement",
    "adjust_on_hand",
    "close_shortages",
    "declare_stock",
    "move_stock",
    "open_balances",
    "return_to_shortages",
    "set_safety",
]
