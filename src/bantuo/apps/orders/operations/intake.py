"""Take orders in: each is kept once, reserved and routed with a reason, or refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.orders.operations.history import record_decisions, record_events
from bantuo.apps.orders.queries import IntakeSeller, intake_sellers, intake_skus, known_orders
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.apps.stock.operations import Move, move_stock
from bantuo.apps.stock.queries import lock_available
from bantuo.core.clock import OperatingDay
from bantuo.core.policy import Book
from bantuo.core.routing import Available, Choice, Demand, route_order

MONEY_FEN_MAX = 10**12
QUANTITY_MAX = 100_000


@dataclass(frozen=True, slots=True)
class NewLine:
    """One line of a new order; `row` is the caller's own name of its source row."""

    row: str
    line_no: int
    sku: str
    quantity: int
    goods_fen: int
    freight_fen: int


@dataclass(frozen=True, slots=True)
class NewOrder:
    """One seller's part of a buyer's order, money in fen."""

    marketplace: str
    seller: str
    external_id: str
    placed_at: datetime
    destination: str
    lines: Sequence[NewLine]
    merchant_coupon_fen: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        return self.seller, self.marketplace, self.external_id


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row was not taken: the field, its value and the rule."""

    row: str
    field: str
    value: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """What became of one order: `placed`, `repeated` (already here, nothing changed) or `refused`."""

    order: NewOrder
    outcome: str
    order_id: int | None = None
    route: str | None = None
    reason: str | None = None
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class _Resolved:
    order: NewOrder
    seller_id: int
    warehouse_id: int | None
    skus: tuple[tuple[int, bool], ...]  # (sku id, semi-managed) per line


@transaction.atomic
def place_orders(
    orders: Sequence[NewOrder], *, book: Book, day: OperatingDay, now: datetime, actor: str
) -> list[IntakeResult]:
    """Reserve and route each order once, in the order given; `now` is the server's receipt time.

    Idempotent by (seller, marketplace, external id): a repeated order answers with the stored one.
    A refused order leaves its row, field, value and rule behind and nothing else.
    """
    sellers = intake_sellers(orders[0].marketplace, {o.seller for o in orders}) if orders else {}
    ids = {code: seller.id for code, seller in sellers.items()}
    skus = intake_skus({(ids[o.seller], line.sku) for o in orders if o.seller in ids for line in o.lines})
    results: dict[tuple[str, str, str], IntakeResult] = {}
    resolved: list[_Resolved] = []
    seen: set[tuple[str, str, str]] = set()
    for order in orders:
        if order.key in seen:
            continue
        seen.add(order.key)
        refusals = _refusals_of(order, sellers, skus)
        if refusals:
            results[order.key] = IntakeResult(order, "refused", refusals=refusals)
            continue
        seller = sellers[order.seller]
        lines = tuple(skus[seller.id, line.sku] for line in order.lines)
        resolved.append(_Resolved(order, seller.id, seller.warehouse_id, lines))
    _keep_refusals(list(results.values()), now=now)
    fresh = _claim_keys(resolved)
    choices = _route(fresh, day=day, now=now)
    order_ids = _keep_orders(fresh, choices, day=day)
    _reserve(fresh, choices, order_ids, at=now)
    _tell(fresh, choices, order_ids, book=book, now=now, actor=actor)
    for item, choice, order_id in zip(fresh, choices, order_ids, strict=True):
        results[item.order.key] = IntakeResult(item.order, "placed", order_id, choice.route, choice.reason)
    return _answer(orders, results)


def _refusals_of(
    order: NewOrder, sellers: Mapping[str, IntakeSeller], skus: Mapping[tuple[int, str], tuple[int, bool]]
) -> tuple[Refusal, ...]:
    seller = sellers.get(order.seller)
    row = order.lines[0].row if order.lines else order.external_id
    if not order.lines:
        return (Refusal(row, "lines", "0", "RSP-1", "an order has at least one line"),)
    if seller is None:
        return (Refusal(row, "seller", order.seller, "STEP-1", "the seller is not known"),)
    if seller.state != "active":
        return tuple(
            Refusal(
                line.row, "seller", f"{order.seller} ({seller.state})", "STEP-4", "the seller is not active"
            )
            for line in order.lines
        )
    found = [r for line in order.lines for r in _line_refusals(line, seller.id, skus)]
    if not found:
        return ()
    bad = {r.row for r in found}
    rest = [
        Refusal(line.row, "order", order.external_id, found[0].rule, f"line {found[0].row} was refused")
        for line in order.lines
        if line.row not in bad
    ]
    return (*found, *rest)


def _line_refusals(
    line: NewLine, seller_id: int, skus: Mapping[tuple[int, str], tuple[int, bool]]
) -> list[Refusal]:
    if (seller_id, line.sku) not in skus:
        return [Refusal(line.row, "sku", line.sku, "STEP-5", "the SKU is not listed")]
    if not 0 < line.quantity <= QUANTITY_MAX:
        return [Refusal(line.row, "quantity", str(line.quantity), f"1…{QUANTITY_MAX}", "not a quantity")]
    for name, value in (("goods_fen", line.goods_fen), ("freight_fen", line.freight_fen)):
        if not 0 <= value <= MONEY_FEN_MAX:
            return [Refusal(line.row, name, str(value), f"0…{MONEY_FEN_MAX}", "not an amount of money")]
    return []


def _claim_keys(resolved: Sequence[_Resolved]) -> list[_Resolved]:
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
    fresh = []
    for item, key in zip(resolved, keys, strict=True):
        if key in claimed:
            claimed.discard(key)
            fresh.append(item)
    return fresh


def _route(fresh: Sequence[_Resolved], *, day: OperatingDay, now: datetime) -> list[Choice]:
    keys = [
        (r.seller_id, sku, r.warehouse_id) for r in fresh if r.warehouse_id is not None for sku, _ in r.skus
    ]
    balances: dict[tuple[int, int, int], int] = {}
    stock: dict[int, Available] = {}
    if keys:
        balances, stock = lock_available(keys, day=day)
    return [
        route_order(_demands(item, balances), stock, bound=item.warehouse_id is not None, cut=day.is_cut(now))
        for item in fresh
    ]


def _demands(item: _Resolved, balances: Mapping[tuple[int, int, int], int]) -> list[Demand]:
    return [
        Demand(
            line_no=line.line_no,
            balance=balances.get((item.seller_id, sku, item.warehouse_id or 0)),
            quantity=line.quantity,
            semi_managed=semi,
        )
        for line, (sku, semi) in zip(item.order.lines, item.skus, strict=True)
    ]


def _keep_orders(fresh: Sequence[_Resolved], choices: Sequence[Choice], *, day: OperatingDay) -> list[int]:
    if not fresh:
        return []
    rows = [
        (
            item.seller_id,
            item.order.marketplace,
            item.order.external_id,
            item.order.placed_at,
            item.order.destination,
            sum(line.goods_fen for line in item.order.lines),
            sum(line.freight_fen for line in item.order.lines),
            item.order.merchant_coupon_fen,
            choice.route,
            "reserved" if choice.route == "semi" else "to_ship",
            item.warehouse_id if choice.route == "semi" else None,
        )
        for item, choice in zip(fresh, choices, strict=True)
    ]
    made = {
        (r[0], r[1], r[2]): r[3]
        for r in fetch_rows(
            """
            INSERT INTO orders_order (seller_id, marketplace, external_id, part, placed_at, business_date,
                destination, goods_fen, freight_fen, merchant_coupon_fen, route, state, warehouse_id)
            SELECT seller_id, mkt, ext, 0, placed_at, %s, dest, goods, freight, coupon, route, state, wh
            FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::bigint[],
                        %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::bigint[]) WITH ORDINALITY
                AS i(seller_id, mkt, ext, placed_at, dest, goods, freight, coupon, route, state, wh, ord)
            ORDER BY ord RETURNING seller_id, marketplace, external_id, id
            """,
            [day.on, *columns_of(rows, 11)],
        )
    }
    ids = [made[item.seller_id, item.order.marketplace, item.order.external_id] for item in fresh]
    _keep_lines(fresh, choices, ids)
    return ids


def _keep_lines(fresh: Sequence[_Resolved], choices: Sequence[Choice], ids: Sequence[int]) -> None:
    rows = [
        (item.seller_id, order_id, line.line_no, sku, line.quantity, line.goods_fen, line.freight_fen, pool)
        for item, choice, order_id in zip(fresh, choices, ids, strict=True)
        for line, (sku, _), pool in zip(
            item.order.lines, item.skus, choice.pools or [None] * len(item.order.lines), strict=True
        )
    ]
    run_statement(
        """
        INSERT INTO orders_orderline
            (seller_id, order_id, line_no, sku_id, quantity, goods_fen, freight_fen, pool, reserved)
        SELECT seller_id, order_id, line_no, sku_id, quantity, goods, freight, pool, pool IS NOT NULL
        FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::bigint[], %s::int[], %s::bigint[],
                    %s::bigint[], %s::text[])
            AS i(seller_id, order_id, line_no, sku_id, quantity, goods, freight, pool)
        """,
        columns_of(rows, 8),
    )


def _reserve(
    fresh: Sequence[_Resolved], choices: Sequence[Choice], ids: Sequence[int], *, at: datetime
) -> None:
    keys = {
        (item.seller_id, sku, item.warehouse_id)
        for item, choice in zip(fresh, choices, strict=True)
        if choice.pools and item.warehouse_id is not None
        for sku, _ in item.skus
    }
    if not keys:
        return
    balances = {
        (r[0], r[1], r[2]): r[3]
        for r in fetch_rows(
            """
            SELECT seller_id, sku_id, warehouse_id, id FROM stock_balance
            JOIN unnest(%s::bigint[], %s::bigint[], %s::bigint[])
                AS k(seller_id, sku_id, warehouse_id) USING (seller_id, sku_id, warehouse_id)
            """,
            columns_of(sorted(keys), 3),
        )
    }
    move_stock(
        [
            Move(
                balances[item.seller_id, sku, item.warehouse_id],
                pool,
                "reserve",
                0,
                line.quantity,
                f"order:{order_id}",
            )
            for item, choice, order_id in zip(fresh, choices, ids, strict=True)
            if choice.pools and item.warehouse_id is not None
            for line, (sku, _), pool in zip(item.order.lines, item.skus, choice.pools, strict=True)
        ],
        at=at,
    )


def _tell(
    fresh: Sequence[_Resolved],
    choices: Sequence[Choice],
    ids: Sequence[int],
    *,
    book: Book,
    now: datetime,
    actor: str,
) -> None:
    made = list(zip(fresh, choices, ids, strict=True))
    record_decisions(
        [(i.seller_id, order_id, c.route, c.reason, c.rule, c.line_no) for i, c, order_id in made],
        version=book.version,
        at=now,
        actor=actor,
    )
    record_events(
        [
            (i.seller_id, order_id, "reserved" if c.route == "semi" else "to_ship", c.reason, now)
            for i, c, order_id in made
        ],
        actor=actor,
    )
    emit_events(
        "order.placed",
        [
            (i.seller_id, f"order:{order_id}", {"route": c.route, "reason": c.reason})
            for i, c, order_id in made
        ],
        at=now,
    )


def _keep_refusals(refused: Sequence[IntakeResult], *, now: datetime) -> None:
    rows = [
        (r.order.marketplace, r.order.seller, r.order.external_id, f.row, f.field, f.value, f.rule, f.reason)
        for r in refused
        for f in r.refusals
    ]
    if not rows:
        return
    added = fetch_rows(
        """
        INSERT INTO orders_intakerefusal
            (marketplace, seller_code, external_id, row, field, value, rule, reason, refused_at)
        SELECT i.*, %s FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                                   %s::text[], %s::text[]) AS i(a, b, c, d, e, f, g, h)
        ON CONFLICT DO NOTHING RETURNING marketplace, external_id, row, rule
        """,
        [now, *columns_of(rows, 8)],
    )
    emit_events(
        "order.refused",
        [(None, f"refused:{mkt}:{ext}", {"row": row, "rule": rule}) for mkt, ext, row, rule in added],
        at=now,
    )


def _answer(
    orders: Sequence[NewOrder], results: Mapping[tuple[str, str, str], IntakeResult]
) -> list[IntakeResult]:
    """One result per order given; orders that were here before answer with what is stored."""
    missing = [o for o in orders if o.key not in results]
    stored = known_orders({o.key for o in missing})
    answers: list[IntakeResult] = []
    told: set[tuple[str, str, str]] = set()
    for order in orders:
        result = results.get(order.key)
        if result is not None and order.key not in told:
            answers.append(result)
        elif result is not None:
            answers.append(IntakeResult(order, "repeated", result.order_id, result.route, result.reason))
        else:
            order_id, route, reason = stored[order.key]
            answers.append(IntakeResult(order, "repeated", order_id, route, reason))
        told.add(order.key)
    return answers
