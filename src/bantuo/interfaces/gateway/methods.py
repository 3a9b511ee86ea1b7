"""What is served, by name and by path; what each needs the seller's leave for, and which change things."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bantuo.apps.open_platform.models import Scope
from bantuo.interfaces.gateway import edits, order_details, orders, prices, products, shipments, stock, tokens
from bantuo.interfaces.gateway.calls import Call


@dataclass(frozen=True, slots=True)
class Method:
    """One thing that can be asked. `scope`: which leave of the seller it needs; `writes`: done once."""

    serve: Callable[[Call], Mapping[str, Any]]
    scope: str = ""
    writes: bool = False
    needs_seller: bool = True


PATHS: Mapping[str, Method] = {
    "/auth/token/create": Method(tokens.create, needs_seller=False),
    "/auth/token/refresh": Method(tokens.refresh, needs_seller=False),
    "/auth/token/security/create": Method(tokens.create_security, needs_seller=False),
    "/auth/token/security/refresh": Method(tokens.refresh_security, needs_seller=False),
}
METHODS: Mapping[str, Method] = {
    "taobao.top.auth.token.create": Method(tokens.create_classic, needs_seller=False),
    "taobao.top.auth.token.refresh": Method(tokens.refresh_classic, needs_seller=False),
    "global.seller.relation.query": Method(products.seller_relation),
    "aliexpress.pop.choice.info.query": Method(products.choice_info),
    "aliexpress.pop.choice.products.list": Method(products.products, Scope.LISTINGS),
    "aliexpress.pop.choice.product.query": Method(products.product, Scope.LISTINGS),
    "aliexpress.pop.choice.product.edit": Method(edits.edit_product, Scope.LISTINGS, writes=True),
    "aliexpress.pop.choice.product.stocks.update": Method(stock.choice_stocks, Scope.STOCK, writes=True),
    "aliexpress.solution.batch.product.inventory.update": Method(
        stock.batch_inventory, Scope.STOCK, writes=True
    ),
    "aliexpress.postproduct.redefining.editsingleskustock": Method(
        stock.single_stock, Scope.STOCK, writes=True
    ),
    "aliexpress.solution.batch.product.price.update": Method(
        prices.batch_prices, Scope.LISTINGS, writes=True
    ),
    "aliexpress.trade.seller.orderlist.get": Method(orders.seller_orders, Scope.ORDERS),
    "aliexpress.solution.order.get": Method(orders.solution_orders, Scope.ORDERS),
    "aliexpress.solution.order.info.get": Method(order_details.order_info, Scope.ORDERS),
    "aliexpress.trade.new.redefining.findorderbyid": Method(order_details.find_order, Scope.ORDERS),
    "aliexpress.solution.order.receiptinfo.get": Method(order_details.receipt_info, Scope.RECIPIENTS),
    "aliexpress.trade.seller.order.decrypt": Method(order_details.decrypt, Scope.RECIPIENTS),
    "aliexpress.solution.order.fulfill": Method(shipments.fulfil, Scope.ORDERS, writes=True),
    "aliexpress.logistics.sellershipmentfortop": Method(shipments.seller_shipment, Scope.ORDERS, writes=True),
    "aliexpress.logistics.order.shipment": Method(shipments.shipment_by_line, Scope.ORDERS, writes=True),
    "aliexpress.trade.seller.order.acceptcancel": Method(shipments.accept, Scope.ORDERS, writes=True),
    "aliexpress.trade.seller.order.refusecancel": Method(shipments.refuse_request, Scope.ORDERS, writes=True),
}
