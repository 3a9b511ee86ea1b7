"""State what can be sold: whichever method says it, it is one statement of the rows given."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bantuo.apps.open_platform.queries import ListedProduct, ListedSku, listed_skus_of
from bantuo.apps.parties.queries import current_binding
from bantuo.apps.stock.operations import QUANTITY_MAX, StatedRow, record_stock_call, state_stock
from bantuo.core.clock import operating_day
from bantuo.core.open_platform_faults import Fault
from bantuo.interfaces.gateway.arguments import objects_of, refuse, shown, text_of, whole
from bantuo.interfaces.gateway.calls import Call
from bantuo.interfaces.gateway.products import own_product

PRODUCTS_MAX, SKUS_MAX = 20, 200
_CHANNEL = "gateway"
_NO_PROPERTIES = "<none>"
_REFUSED = "isv.product-update-refused"


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken: whose, and what is wrong with it."""

    sku: str
    warehouse: str
    field: str
    value: str
    rule: str

    def told(self) -> dict[str, str]:
        """As an answer lists it; the protocol has no such list, so clients pass it over."""
        return {
            "sku": self.sku,
            "warehouse_code": self.warehouse,
            "field": self.field,
            "value": self.value,
            "rule": self.rule,
        }

    def words(self) -> str:
        return f"{self.sku}: {self.field}: {self.value}: {self.rule}"


def state_rows(call: Call, rows: Sequence[StatedRow]) -> list[Refused]:
    """State these rows, net of open orders; what was not taken. Rows not given stay as they are.

    What a seller calls sellable on such a platform has its open orders taken off already.
    """
    programme, began_ns = call.programme, time.monotonic_ns()
    stated = state_stock(
        call.seller_id,
        rows,
        basis="net",
        channel=_CHANNEL,
        day=operating_day(programme.book, programme.on),
        now=programme.now,
        actor=call.actor,
    )
    record_stock_call(
        call.seller_id,
        channel=_CHANNEL,
        rows=len(rows),
        took_ms=-(-(time.monotonic_ns() - began_ns) // 1_000_000),
        succeeded=not stated.result.refused,
        at=programme.now,
    )
    return [
        Refused(row.sku, row.warehouse, field, value, rule)
        for row, field, value, rule in stated.result.refused
    ]


def choice_stocks(call: Call) -> Mapping[str, Any]:
    """`aliexpress.pop.choice.product.stocks.update`: SKUs of one product, warehouse by warehouse."""
    product = own_product(call, whole(call.params, "product_id", least=1))
    given = objects_of(call.params, "pop_choice_sku_stock_list", most=SKUS_MAX)
    rows = list(stock_rows(product, given))
    if not rows:
        refuse("pop_choice_sku_stock_list", "", "no quantity is stated in it")
    return {"result": stock_result(product.product_id, state_rows(call, rows))}


def stock_rows(product: ListedProduct, given: Sequence[Mapping[str, Any]]) -> Iterator[StatedRow]:
    """The quantities that SKUs of a product are given, by warehouse. Raises Fault."""
    for told in given:
        if not told.get("pop_choice_sku_warehouse_stock_list"):
            continue
        sku = sku_named(product, text_of(told, "sku_id"))
        for stock in objects_of(told, "pop_choice_sku_warehouse_stock_list", most=SKUS_MAX):
            quantity = whole(stock, "sellable_quantity", most=QUANTITY_MAX)
            yield StatedRow(sku.sku_id, sku.code, text_of(stock, "warehouse_code", most=100), quantity)


def stock_result(product_id: int, refused: Sequence[Refused]) -> dict[str, Any]:
    """Whether all was taken; otherwise which rows were not."""
    if not refused:
        return {"product_id": product_id, "success": True}
    return {
        "product_id": product_id,
        "success": False,
        "error_code": "isv.stock-row-refused",
        "error_message": "; ".join(row.words() for row in refused)[:1000],
        "refused_list": [row.told() for row in refused],
    }


def sku_named(product: ListedProduct, name: str) -> ListedSku:
    """A SKU of a product by our id, by its code, or `<none>` where there is only one. Raises Fault."""
    by_name = {sku.code: sku for sku in product.skus} | {str(sku.sku_id): sku for sku in product.skus}
    found = by_name.get(name)
    if found is None and name == _NO_PROPERTIES and len(product.skus) == 1:
        found = product.skus[0]
    if found is None:
        told = f"sku_id: {shown(name)}: is no semi-managed SKU of product {product.product_id}"
        raise Fault("business", told, sub_code="isv.sku-not-found")
    return found


def single_stock(call: Call) -> Mapping[str, Any]:
    """`aliexpress.postproduct.redefining.editsingleskustock`: one SKU at the warehouse it is bound to."""
    product = own_product(call, whole(call.params, "product_id", least=1))
    sku = sku_named(product, text_of(call.params, "sku_id"))
    quantity = whole(call.params, "ipm_sku_stock", most=QUANTITY_MAX)
    refused = state_rows(call, [StatedRow(sku.sku_id, sku.code, bound_warehouse(call), quantity)])
    if refused:
        error = {"success": False, "modify_count": 0, "error_code": 15, "error_message": refused[0].words()}
        return {"result": {"product_id": product.product_id, **error}}
    return {"result": {"product_id": product.product_id, "success": True, "modify_count": 1}}


def batch_inventory(call: Call) -> Mapping[str, Any]:
    """`aliexpress.solution.batch.product.inventory.update`: up to 20 products with 200 SKUs each."""
    asked = products_asked(call)
    warehouse = bound_warehouse(call)
    known = skus_by_product(call, asked)
    rows: list[StatedRow] = []
    failed: dict[int, str] = {}
    for product_id, updates in asked:
        for update in updates:
            code, quantity = (
                text_of(update, "sku_code", most=500),
                whole(update, "inventory", most=QUANTITY_MAX),
            )
            if code in known.get(product_id, {}):
                rows.append(StatedRow(product_id, code, warehouse, quantity))
            else:
                failed.setdefault(product_id, f"sku_code: {shown(code)}: is no SKU of this product")
    for row in state_rows(call, rows) if rows else ():
        at = next(r.row for r in rows if r.sku == row.sku)
        failed.setdefault(at, row.words())
    return batch_result([product_id for product_id, _ in asked], failed)


def products_asked(call: Call) -> list[tuple[int, list[Mapping[str, Any]]]]:
    """The products of a batch with the updates of their SKUs. Raises Fault."""
    given = objects_of(call.params, "mutiple_product_update_list", most=PRODUCTS_MAX)
    asked = [
        (whole(one, "product_id", least=1), objects_of(one, "multiple_sku_update_list", most=SKUS_MAX))
        for one in given
    ]
    if len({product_id for product_id, _ in asked}) < len(asked):
        refuse("mutiple_product_update_list", len(asked), "each product stands once in a call")
    return asked


def skus_by_product(
    call: Call, asked: Sequence[tuple[int, list[Mapping[str, Any]]]]
) -> dict[int, dict[str, ListedSku]]:
    """The SKUs on sale of the products asked for, so far as they are the seller's, by code."""
    known: dict[int, dict[str, ListedSku]] = {}
    for sku in listed_skus_of(call.seller_id, [product_id for product_id, _ in asked]):
        known.setdefault(sku.product_id, {})[sku.code] = sku
    return known


def batch_result(asked: Sequence[int], failed: Mapping[int, str]) -> dict[str, Any]:
    """Which products were changed and which were not; success is told only where all were."""
    told: dict[str, Any] = {
        "update_success": not failed,
        "update_successful_list": [{"product_id": one} for one in asked if one not in failed],
        "update_failed_list": [
            {
                "product_id": one,
                "error_code": "isv.product-update-refused",
                "error_message": failed[one][:500],
            }
            for one in asked
            if one in failed
        ],
    }
    if failed:
        first = next(one for one in asked if one in failed)
        told["update_error_code"] = _REFUSED
        told["update_error_message"] = f"product {first}: {failed[first]}"[:500]
    return told


def bound_warehouse(call: Call) -> str:
    """The warehouse that a statement without one is about. Raises Fault where the seller has none."""
    binding = current_binding(call.seller_id)
    if binding is None:
        raise Fault("business", "the seller is bound to no warehouse", sub_code="isv.warehouse-not-bound")
    return binding.warehouse.code
