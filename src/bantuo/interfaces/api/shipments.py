"""Shipments of sellers to the warehouses (发货单)."""

from __future__ import annotations

from typing import Any

from ninja import Path, Router

from bantuo.apps.integrations.scopes import Scope
from bantuo.apps.warehouse.queries import InboundShipment, shipments_of
from bantuo.interfaces.api.application import CallerRequest, NeedsScope
from bantuo.interfaces.api.cursors import page_of
from bantuo.interfaces.api.order_schemas import InboundOut, InboundPage
from bantuo.interfaces.api.problems import not_found
from bantuo.interfaces.api.schemas import Cursor, Id, Limit

router = Router(tags=["shipments"])
_READS = NeedsScope(Scope.SHIPMENTS_READ)


@router.get("/shipments", response=InboundPage, auth=_READS, operation_id="listShipments")
def list_shipments(
    request: CallerRequest, open_only: bool = False, cursor: Cursor | None = None, limit: Limit = 100
) -> Any:
    """What is announced to warehouses and what of it has arrived; only what is on the way, if asked."""
    seller = request.auth.seller

    def read(after: int, most: int) -> list[InboundShipment]:
        return shipments_of(seller, after_id=after, limit=most, open_only=open_only)

    return page_of(read, cursor=cursor, limit=limit, of="shipments", key=lambda row: row.id)


@router.get("/shipments/{shipment}", response=InboundOut, auth=_READS, operation_id="getShipment")
def show_shipment(request: CallerRequest, shipment: Path[Id]) -> Any:
    """One shipment."""
    found = shipments_of(request.auth.seller, after_id=shipment - 1, limit=1)
    if not found or found[0].id != shipment:
        raise not_found(f"shipment {shipment}")
    return found[0]
