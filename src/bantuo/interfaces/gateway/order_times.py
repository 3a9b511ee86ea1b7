"""How long a seller still has to ship an order that it fulfils itself."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bantuo.apps.orders.order_rows import ListedOrder
from bantuo.core.clock import business_date
from bantuo.core.review_time import review_time
from bantuo.interfaces.gateway.calls import Call


def seconds_to_ship(call: Call, order: ListedOrder) -> int:
    """Seconds until the end of the last working day of ORD-1; 0 where nothing waits, or time is up."""
    if order.state != "to_ship":
        return 0
    book, on = call.programme.book, call.programme.on
    since = business_date(order.to_ship_since or order.placed_at, zone=book.zone)
    days, warn = int(book.amount("ORD-1", on)), int(book.amount("ORD-1.warn", on))
    due_on = review_time(since, on=on, days=days, warn=warn).due_on
    if due_on is None:
        return 0
    ends_at = datetime.combine(due_on + timedelta(days=1), time(), ZoneInfo(book.zone))
    return max(0, int((ends_at - call.programme.now).total_seconds()))
