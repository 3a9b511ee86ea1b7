"""What is kept beside the balances for the pages: recent sales, and how long calls took."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from bantuo.apps.sql import run_statement
from bantuo.apps.stock.models import StockCall

KEPT = timedelta(days=30)


@transaction.atomic
def count_recent_sales(*, days: int, now: datetime) -> int:
    """Count anew what buyers ordered of each SKU × warehouse in the last days, from the reservations.

    Whole days of 24 hours back from `now`. Returns how many SKU × warehouse sold anything.
    """
    run_statement("SELECT pg_advisory_xact_lock(hashtext('bantuo.recent_sales'))")
    counted = run_statement(
        """
        INSERT INTO stock_recentsales (seller_id, balance_id, units, days, counted_at)
        SELECT seller_id, balance_id, sum(reserved_delta), %s, %s
        FROM stock_movement WHERE code = 'reserve' AND moved_at > %s AND moved_at <= %s
        GROUP BY seller_id, balance_id ORDER BY balance_id
        ON CONFLICT (balance_id) DO UPDATE
            SET units = excluded.units, days = excluded.days, counted_at = excluded.counted_at
        """,
        [days, now, now - timedelta(days=days), now],
    )
    run_statement("DELETE FROM stock_recentsales WHERE counted_at <> %s", [now])
    return counted


def record_stock_call(
    seller_id: int, *, channel: str, rows: int, took_ms: int, succeeded: bool, at: datetime
) -> None:
    """Keep how long a call of the stock interface took, once it was answered."""
    StockCall.objects.create(
        seller_id=seller_id, channel=channel, rows=rows, took_ms=took_ms, succeeded=succeeded, called_at=at
    )


def forget_old_calls(*, now: datetime) -> int:
    """Let go of calls that no percentile looks at any more."""
    deleted, _ = StockCall.objects.filter(called_at__lt=now - KEPT).delete()
    return deleted
