"""What a caller does with stock: state it, move it, hold some back, count it, warn of what is missing."""

from bantuo.apps.stock.operations.moving import Move, close_shortages, move_stock, return_to_shortages
from bantuo.apps.stock.operations.robots import (
    NewRobot,
    RobotTold,
    RobotUnknown,
    add_robot,
    ask_test_message,
    remove_robot,
    send_robot_messages,
)
from bantuo.apps.stock.operations.sales import count_recent_sales, forget_old_calls, record_stock_call
from bantuo.apps.stock.operations.sheets import SheetRow, StockSheet, take_stock_sheet
from bantuo.apps.stock.operations.shelf import SellerRow, ShelfResult, adjust_on_hand, set_safety
from bantuo.apps.stock.operations.statements import (
    QUANTITY_MAX,
    SellerStatedTwice,
    StatedRow,
    StatementResult,
    StockStatement,
    declare_stock,
    open_balances,
    open_own_balances,
)
from bantuo.apps.stock.operations.stating import (
    BalanceRestated,
    BalanceUnknown,
    Stated,
    restate_balance,
    restate_missing,
    state_stock,
)
from bantuo.apps.stock.operations.warning import DayWarnings, warn_sellers

__all__ = [
    "QUANTITY_MAX",
    "BalanceRestated",
    "BalanceUnknown",
    "DayWarnings",
    "Move",
    "NewRobot",
    "RobotTold",
    "RobotUnknown",
    "SellerRow",
    "SellerStatedTwice",
    "SheetRow",
    "ShelfResult",
    "Stated",
    "StatedRow",
    "StatementResult",
    "StockSheet",
    "StockStatement",
    "add_robot",
    "adjust_on_hand",
    "ask_test_message",
    "close_shortages",
    "count_recent_sales",
    "declare_stock",
    "forget_old_calls",
    "move_stock",
    "open_balances",
    "open_own_balances",
    "record_stock_call",
    "remove_robot",
    "restate_balance",
    "restate_missing",
    "return_to_shortages",
    "send_robot_messages",
    "set_safety",
    "state_stock",
    "take_stock_sheet",
    "warn_sellers",
]
