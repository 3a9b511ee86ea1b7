"""What stock there is, what of it can be promised, and how a seller's day stands."""

from bantuo.apps.stock.queries.days import (
    CallTimes,
    DaySums,
    LateDays,
    SyncState,
    call_times,
    day_sums,
    last_syncs,
    late_days,
    missing_rows,
    refused_rows,
    sync_state,
)
from bantuo.apps.stock.queries.positions import StockPosition, stock_of
from bantuo.apps.stock.queries.promises import (
    close_day,
    has_unopened_skus,
    hold_day_open,
    lock_available,
    lock_declared,
    lock_sellers,
    lock_shortages,
    movement_differences,
    oversold_balances,
)

__all__ = [
    "CallTimes",
    "DaySums",
    "LateDays",
    "StockPosition",
    "SyncState",
    "call_times",
    "close_day",
    "day_sums",
    "has_unopened_skus",
    "hold_day_open",
    "last_syncs",
    "late_days",
    "lock_available",
    "lock_declared",
    "lock_sellers",
    "lock_shortages",
    "missing_rows",
    "movement_differences",
    "oversold_balances",
    "refused_rows",
    "stock_of",
    "sync_state",
]
