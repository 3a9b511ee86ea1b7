"""Take orders in: each is kept once, reserved and routed with a reason, or refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from bantuo.apps.orders.operations.incoming import (
    IntakeResult,
    NewLine,
    NewOrder,
    OrderId,
    Refusal,
    keep_refusals,
    refusals_of,
    unreadable_text,
)
from bantuo.apps.orders.operations.placing import BalanceKey, ResolvedOrder, RoutedOrder, keep_orders
from bantuo.apps.orders.queries import IntakeSeller, intake_sellers, intake_skus, is_day_cut, known_orders
from bantuo.apps.sql import columns_of, fetch_rows
from bantuo.apps.stock.queries import hold_day_open, lock_available
from bantuo.core.clock import OperatingDay
from bantuo.core.policy import Book
from bantuo.core.routing import Available, Demand, route_order

__all__ = ["IntakeResult", "NewLine", "NewOrder", "Refusal", "place_orders"]


@transaction.atomic
def place_orders(
    orders: Sequence[NewOrder], *, book: Book, day: OperatingDay, now: datetime, actor: str
) -> list[IntakeResult]:
    """Reserve and route each order once, in the order given; `now` is the server's receipt time.

    Idempotent by (seller, marketplace, external id): a repeated order answers with the stored one,
    also when it could no longer be taken. A refused order leaves its row, field, value and rule
    behind and nothing else.
    """
    hold_day_open(day)
    first = {order.key: order for order in reversed(orders)}
    unique = [first[key] for key in dict.fromkeys(order.key for order in orders)]
    refused, resolved = _resolve(unique)
    keep_refusals(refused, now=now)
    routed = _route(_claim_keys(resolved), day=day, now=now)
    ids = keep_orders(routed, book=book, day=day, now=now, actor=actor)
    results = {r.order.key: r for r in refused}
    for item, order_id in zip(routed, ids, strict=True):
        order, choice = item.resolved.order, item.choice
        results[order.key] = IntakeResult(order, "placed", order_id, choice.route, choice.reason)
    return _answer(orders, results)


def _resolve(orders: Sequence[NewOrder]) -> tuple[list[IntakeResult], list[ResolvedOrder]]:
    """Orders that cannot be taken, with the reasons, and the others with what they name."""
    refusals = {order.key: unreadable_text(order) for order in orders}
    readable = [order for order in orders if not refusals[order.key]]
    sellers = _sellers_of(readable)
    skus = intake_skus(
        {(seller.id, line.sku) for o in readable if (seller := _seller(o, sellers)) for line in o.lines}
    )
    for order in readable:
        refusals[order.key] = refusals_of(order, _seller(order, sellers), skus)
    known = known_orders({order.key for order in readable if refusals[order.key]})
    refused = [
        IntakeResult(order, "refused", refusals=refusals[order.key])
        for order in orders
        if refusals[order.key] and order.key not in known
    ]
    resolved = [
        ResolvedOrder(o, seller.id, seller.warehouse_id, tuple(skus[seller.id, line.sku] for line in o.lines))
        for o in readable
        if not refusals[o.key] and (seller := _seller(o, sellers))
    ]
    return refused, resolved


Sellers = Mapping[tuple[str, str], IntakeSeller]


def _sellers_of(orders: Sequence[NewOrder]) -> Sellers:
    """The sellers named, by (marketplace, code): two marketplaces may use the same code."""
    named: dict[str, set[str]] = {}
    for order in orders:
        named.setdefault(order.marketplace, set()).add(order.seller)
    return {
        (marketplace, code): seller
        for marketplace, codes in named.items()
        for code, seller in intake_sellers(marketplace, codes).items()
    }


def _seller(order: NewOrder, sellers: Sellers) -> IntakeSeller | None:
    return sellers.get((order.marketplace, order.seller))


def _claim_keys(resolved: Sequence[ResolvedOrder]) -> list[ResolvedOrder]:
    """Those orders whose key this transaction was the first to write."""
    if not resolved:
        return []
    keys = [(r.seller_id, r.order.marketplace, r.order.external_id) for r in resolved]
    claimed = set(
        fetch_rows(
            """
            INSERT INTO orders_orderkey (seller_id, marketplace, external_id)
            SELECT DISTINCT * FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS k(seller_id, mkt, ext)
            ORDER BY 1, 2, 3
            ON CONFLICT DO NOTHING RETURNING seller_id, marketplace, external_id
            """,
            columns_of(keys, 3),
        )
    )
    return [item for item, key in zip(resolved, keys, strict=True) if key in claimed]


def _route(fresh: Sequence[ResolvedOrder], *, day: OperatingDay, now: datetime) -> list[RoutedOrder]:
    """Choose for each order in turn, the stock it takes being gone for the next."""
    keys = [key for item in fresh for key in item.balance_keys]
    balances: dict[BalanceKey, int] = {}
    stock: dict[int, Available] = {}
    if keys:
        balances, stock = lock_available(keys, day=day)
    cut = day.is_cut(now) or is_day_cut(day)
    routed = []
    for item in fresh:
        found = tuple(balances.get(key) for key in item.balance_keys) or (None,) * len(item.skus)
        demands = [
            Demand(line_no=line.line_no, balance=balance, quantity=line.quantity, semi_managed=semi)
            for line, (_, semi), balance in zip(item.order.lines, item.skus, found, strict=True)
        ]
        choice = route_order(demands, stock, bound=item.warehouse_id is not None, cut=cut)
        routed.append(RoutedOrder(item, choice, found))
    return routed


def _answer(orders: Sequence[NewOrder], results: Mapping[OrderId, IntakeResult]) -> list[IntakeResult]:
    """One result per order given; orders that were here before answer with what is stored."""
    stored = known_orders({o.key for o in orders if o.key not in results})
    answers: list[IntakeResult] = []
    told: set[OrderId] = set()
    for order in orders:
        result = results.get(order.key)
        if result is not None and (order.key not in told or result.outcome == "refused"):
            answers.append(result)
        elif result is not None:
            answers.append(IntakeResult(order, "repeated", result.order_id, result.route, result.reason))
        else:
            order_id, route, reason = stored[order.key]
            answers.append(IntakeResult(order, "repeated", order_id, route, reason))
        told.add(order.key)
    return answers
