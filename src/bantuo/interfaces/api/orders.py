"""Orders: read, shipped, cancelled; taking them in is a plain view of its own."""

from __future__ import annotations

from typing import Any

from ninja import Path, Query, Router

from bantuo.apps.integrations.scopes import Scope
from bantuo.apps.orders.operations.shipping import NewShipment, ShipResult, ship_orders
from bantuo.apps.orders.order_lists import orders_of
from bantuo.apps.orders.order_rows import ListedOrder, order_detail
from bantuo.interfaces.api.application import CallerRequest, NeedsScope
from bantuo.interfaces.api.cursors import page_of
from bantuo.interfaces.api.order_schemas import (
    OrderDetailOut,
    OrderPage,
    RouteIn,
    RowsOut,
    StateIn,
    TrackingsIn,
)
from bantuo.interfaces.api.problems import FieldError, not_found, shown
from bantuo.interfaces.api.schemas import Cursor, Id, Instant, Limit
from bantuo.interfaces.web.programme import programme_now

router = Router(tags=["orders"])
_READS = NeedsScope(Scope.ORDERS_READ)
_WRITES = NeedsScope(Scope.ORDERS_WRITE)


@router.get("/orders", response=OrderPage, auth=_READS, operation_id="listOrders")
def list_orders(
    request: CallerRequest,
    *,
    state: Query[list[StateIn] | None] = None,
    route: RouteIn | None = None,
    placed_from: Instant | None = None,
    placed_until: Instant | None = None,
    changed_since: Instant | None = None,
    cursor: Cursor | None = None,
    limit: Limit = 100,
) -> Any:
    """Orders with lines and shipments, oldest first. `placed_until` is not included."""
    seller = request.auth.seller

    def read(after: int, most: int) -> list[ListedOrder]:
        return orders_of(
            seller, after_id=after, limit=most, states=[one.value for one in state or ()],
            route=route.value if route else None, placed_from=placed_from, placed_until=placed_until,
            changed_since=changed_since,
        )  # fmt: skip

    return page_of(read, cursor=cursor, limit=limit, of="orders", key=lambda row: row.id)


@router.get("/orders/{order}", response=OrderDetailOut, auth=_READS, operation_id="getOrder")
def show_order(request: CallerRequest, order: Path[Id]) -> Any:
    """One order, why it takes its route, and what happened to it."""
    found = order_detail(request.auth.seller, order)
    if found is None:
        raise not_found(f"order {order}")
    return found


@router.post("/trackings", response=RowsOut, auth=_WRITES, operation_id="shipOrders")
def ship(request: CallerRequest, body: TrackingsIn) -> Any:
    """Tell what was sent of self-fulfilled orders; the same carrier and number again changes nothing."""
    caller, programme = request.auth, programme_now()
    rows = [
        NewShipment(str(at), row.order, row.carrier, row.number, row.url, row.lines)
        for at, row in enumerate(body.rows)
    ]
    results = ship_orders(rows, seller_id=caller.seller, now=programme.now, actor=caller.actor)
    return {"rows": [_told(result) for result in results]}


def _told(result: ShipResult) -> dict[str, Any]:
    refusal = result.refusal
    told = refusal and FieldError(
        refusal.field, shown(refusal.value), refusal.rule, refusal.reason, int(result.row)
    )
    return {"row": int(result.row), "outcome": result.outcome, "order": result.order_id, "refusal": told}
