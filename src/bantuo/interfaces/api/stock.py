"""Stock: what stands where, and how far the day has come. Stating it is a plain view of its own."""

from __future__ import annotations

from typing import Any

from ninja import Query, Router

from bantuo.apps.integrations.scopes import Scope
from bantuo.apps.stock.queries import StockPosition, stock_of, sync_state
from bantuo.core.clock import operating_day
from bantuo.interfaces.api.application import CallerRequest, NeedsScope
from bantuo.interfaces.api.cursors import page_of
from bantuo.interfaces.api.schemas import Code, Cursor, Limit, StockPage, SyncStateOut
from bantuo.interfaces.web.programme import programme_now

router = Router(tags=["stock"])


@router.get("/stock", response=StockPage, auth=NeedsScope(Scope.STOCK_READ), operation_id="listStock")
def list_stock(
    request: CallerRequest,
    *,
    sku: Query[list[Code] | None] = None,
    cursor: Cursor | None = None,
    limit: Limit = 100,
) -> Any:
    """Stock by SKU and warehouse; of some SKUs only, where they are named."""
    seller = request.auth.seller

    def read(after: int, most: int) -> list[StockPosition]:
        return stock_of(seller, after_id=after, limit=most, skus=sku)

    return page_of(read, cursor=cursor, limit=limit, of="stock", key=lambda row: row.id)


@router.get(
    "/stock/day", response=SyncStateOut, auth=NeedsScope(Scope.STOCK_READ), operation_id="getStockDay"
)
def show_day(request: CallerRequest) -> Any:
    """How many SKUs are stated today, how many are missing, and until when they are in time."""
    seller, programme = request.auth.seller, programme_now()
    day = operating_day(programme.book, programme.on)
    state = sync_state(seller, day, now=programme.now, syncs=0)
    return {
        "day": day.on,
        "cut_at": day.cutoff_at,
        "listed": state.listed,
        "stated": state.stated,
        "missing": state.missing,
        "in_time": state.in_time,
    }
