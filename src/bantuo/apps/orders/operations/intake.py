"""Take orders in: each is kept once, reserved and routed with a reason, or refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from bantuo.apps.orders.operations.placing import ResolvedOrder, RoutedOrder, keep_orders
from bantuo.apps.orders.queries import intake_names, known_orders
from bantuo.apps.sql import ask_rows, columns_of, sent_together
from bantuo.apps.stock.queries import BalanceKey, ask_available, hold_day_open
from bantuo.core.clock import OperatingDay
from bantuo.core.policy import Book
from bantuo.core.routing import Available, Demand, route_order

__all__ = ["IntakeResult", "NewLine", "NewOrder", "Refusal", "place_orders"]


@transaction.atomic(savepoint=False)
def place_orders(
    orders: Sequence[NewOrder], *, book: Book, day: OperatingDay, now: datetime, actor: str
) -> list[IntakeResult]:
    """Reserve and route each order once, in the order given; `now` is the server's receipt time.

    Idempotent by (seller, marketplace, external id): a repeated order answers with the stored one,
    also when it could no longer be taken. A refused order leaves its row, field, value and rule
    behind and nothing else.
    """
    with sent_together():
        hold_day_open(day)
        first = {order.key: order for order in reversed(orders)}
        unique = [first[key] for key in dict.fromkeys(order.key for order in orders)]
        refused, resolved = _resolve(unique)
        keep_refusals(refused, now=now)
        claim = _claim(resolved, day=day)
        routed = _route(claim, is_cut=claim.is_cut or day.is_cut(now))
        keep_orders(routed, claim.ids, book=book, day=day, now=now, actor=actor)
        results = {r.order.key: r for r in refused}
        for item, order_id in zip(routed, claim.ids, strict=True):
            order, choice = item.resolved.order, item.choice
            results[order.key] = IntakeResult(order, "placed", order_id, choice.route, choice.reason)
        return _answer(orders, results)


def _resolve(orders: Sequence[NewOrder]) -> tuple[list[IntakeResult], list[ResolvedOrder]]:
    """Orders that cannot be taken, with the reasons, and the others with what they name."""
    refusals = {order.key: unreadable_text(order) for order in orders}
    readable = [order for order in orders if not refusals[order.key]]
    names = intake_names((o.marketplace, o.seller, line.sku) for o in readable for line in o.lines)
    resolved = []
    for order in readable:
        seller = names.sellers.get((order.marketplace, order.seller))
        refusals[order.key] = refusals_of(order, seller, names.skus)
        if seller is not None and not refusals[order.key]:
            skus = tuple(names.skus[seller.id, line.sku] for line in order.lines)
            resolved.append(ResolvedOrder(order, seller.id, seller.warehouse_id, skus))
    known = known_orders({order.key for order in readable if refusals[order.key]})
    refused = [
        IntakeResult(order, "refused", refusals=refusals[order.key])
        for order in orders
        if refusals[order.key] and order.key not in known
    ]
    return refused, resolved


@dataclass(frozen=True, slots=True)
class _Claim:
    """The orders whose key this transaction was the first to write, an id for each, in turn; the stock
    that is locked for them; and whether the day has been cut.
    """

    fresh: Sequence[ResolvedOrder] = ()
    ids: Sequence[int] = ()
    is_cut: bool = False
    balances: Mapping[BalanceKey, int] = field(default_factory=dict)
    stock: dict[int, Available] = field(default_factory=dict)


def _claim(resolved: Sequence[ResolvedOrder], *, day: OperatingDay) -> _Claim:
    """Write the keys, then lock the stock, also of orders that turn out to be known: that asks once.

    The day is held open by then: what is said of it here stays so until the transaction ends.
    """
    if not resolved:
        return _Claim()
    keys = [(r.seller_id, r.order.marketplace, r.order.external_id) for r in resolved]
    written = ask_rows(
        """
        INSERT INTO orders_orderkey (seller_id, marketplace, external_id)
        SELECT DISTINCT * FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS k(seller_id, mkt, ext)
        ORDER BY 1, 2, 3
        ON CONFLICT DO NOTHING RETURNING seller_id, marketplace, external_id,
            nextval(pg_get_serial_sequence('orders_order', 'id')),
            EXISTS (SELECT 1 FROM orders_cutover WHERE business_date = %s)
        """,
        [*columns_of(keys, 3), day.on],
    )
    promises = ask_available([key for item in resolved for key in item.balance_keys], day=day)
    claimed = {(seller, mkt, ext): (id_, is_cut) for seller, mkt, ext, id_, is_cut in written()}
    balances, stock = promises()
    fresh = [item for item, key in zip(resolved, keys, strict=True) if key in claimed]
    ids = sorted(id_ for id_, _ in claimed.values())
    return _Claim(fresh, ids, any(is_cut for _, is_cut in claimed.values()), balances, stock)


def _route(claim: _Claim, *, is_cut: bool) -> list[RoutedOrder]:
    """Choose for each order in turn, the stock it takes being gone for the next."""
    routed = []
    for item in claim.fresh:
        found = tuple(claim.balances.get(key) for key in item.balance_keys) or (None,) * len(item.skus)
        demands = [
            Demand(line_no=line.line_no, balance=balance, quantity=line.quantity, semi_managed=semi)
            for line, (_, semi), balance in zip(item.order.lines, item.skus, found, strict=True)
        ]
        choice = route_order(demands, claim.stock, bound=item.warehouse_id is not None, cut=is_cut)
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
