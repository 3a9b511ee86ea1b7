"""Stock-up (备货): what sellers send to the shelf before anybody has bought it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.operations import lock_sellers
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.apps.stock.operations import QUANTITY_MAX
from bantuo.apps.warehouse.operations.labels import sscc_of

CODE_MAX = 100


@dataclass(frozen=True, slots=True)
class StockUp:
    """A seller's notice: its own code, and for each carton the pieces of each SKU code.

    `row` is the caller's own name for it.
    """

    row: int
    seller_id: int
    code: str
    warehouse: str
    cartons: Sequence[Mapping[str, int]]


class RefusedNotice(NamedTuple):
    """One reason why a notice was not taken."""

    row: int
    field: str
    value: str
    rule: str


@dataclass(slots=True)
class StockUpResult:
    """What became of a batch: (seller, code) → shipment, new or known already, and what was refused."""

    shipments: dict[tuple[int, str], int] = field(default_factory=dict)
    refused: list[RefusedNotice] = field(default_factory=list)


@transaction.atomic
def notify_stock_up(
    notices: Sequence[StockUp], *, due_at: datetime, now: datetime, actor: str
) -> StockUpResult:
    """Announce goods for the shelf, each carton with its own label; expected by `due_at`.

    A notice whose (seller, code) is known stays as it is. Refused as a whole: a code that is empty or
    looks like one of ours, no carton, pieces outside 1…10,000,000, a SKU not listed or without a
    balance at the warehouse. Raises SellerUnknown.
    """
    lock_sellers(sorted({n.seller_id for n in notices}))
    result = StockUpResult(shipments=_known(notices))
    ids = _goods(notices)
    fresh: dict[tuple[int, str], StockUp] = {}
    for notice in notices:
        key = (notice.seller_id, notice.code)
        problems = [] if key in result.shipments or key in fresh else list(_problems(notice, ids))
        result.refused.extend(problems)
        if not problems and key not in result.shipments:
            fresh.setdefault(key, notice)
    made = _open_shipments([fresh[key] for key in sorted(fresh)], due_at=due_at, now=now)
    _fill_cartons([(made[key], fresh[key]) for key in sorted(made)], ids)
    emit_events(
        "warehouse.shipment_notified",
        [
            (seller, f"shipment:{made[seller, code]}", {"code": code, "kind": "stock_up", "by": actor})
            for seller, code in sorted(made)
        ],
        at=now,
    )
    result.shipments.update(made)
    return result


def _readable(notices: Iterable[StockUp]) -> list[tuple[int, str]]:
    return [(n.seller_id, n.code) for n in notices if "\x00" not in n.code]


def _known(notices: Sequence[StockUp]) -> dict[tuple[int, str], int]:
    """Stock-up notices of these codes that are here already."""
    return {
        (r[0], r[1]): r[2]
        for r in fetch_rows(
            """
            SELECT s.seller_id, s.code, s.id FROM warehouse_shipment s
            JOIN unnest(%s::bigint[], %s::text[]) AS i(seller_id, code) USING (seller_id, code)
            WHERE s.kind = 'stock_up'
            """,
            columns_of(_readable(notices), 2),
        )
    }


def _goods(notices: Sequence[StockUp]) -> dict[tuple[int, str, str], tuple[int, int]]:
    """(seller, warehouse code, SKU code) → warehouse and SKU, where it is listed and has a balance."""
    return {
        (r[0], r[1], r[2]): (r[3], r[4])
        for r in fetch_rows(
            """
            SELECT b.seller_id, w.code, k.code, w.id, k.id
            FROM stock_balance b JOIN parties_warehouse w ON w.id = b.warehouse_id
            JOIN catalog_sku k ON k.id = b.sku_id AND k.delisted_at IS NULL
            WHERE b.seller_id = ANY(%s::bigint[])
            """,
            [sorted({n.seller_id for n in notices})],
        )
    }


def _problems(
    notice: StockUp, ids: Mapping[tuple[int, str, str], tuple[int, int]]
) -> Iterator[RefusedNotice]:
    code = notice.code
    if not code.strip() or "\x00" in code or len(code) > CODE_MAX:
        shown = code.replace("\x00", "\\0")[:80]
        yield RefusedNotice(notice.row, "code", shown, f"1…{CODE_MAX} characters, no NUL")
    elif code.startswith("JIT-"):
        yield RefusedNotice(notice.row, "code", code, "JIT- begins the codes of our own notices")
    if not notice.cartons or not all(notice.cartons):
        yield RefusedNotice(notice.row, "cartons", "", "every notice and carton holds something")
    for carton in notice.cartons:
        for sku, pieces in sorted(carton.items()):
            if (notice.seller_id, notice.warehouse, sku) not in ids:
                yield RefusedNotice(notice.row, "sku", f"{sku} × {notice.warehouse}", "listed and bound")
            if not 1 <= pieces <= QUANTITY_MAX:
                yield RefusedNotice(notice.row, "pieces", str(pieces), f"1…{QUANTITY_MAX}")


def _open_shipments(
    notices: Sequence[StockUp], *, due_at: datetime, now: datetime
) -> dict[tuple[int, str], int]:
    made = fetch_rows(
        """
        INSERT INTO warehouse_shipment (seller_id, warehouse_id, code, kind, notified_at, due_at)
        SELECT i.seller_id, w.id, i.code, 'stock_up', %s, %s
        FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS i(seller_id, code, warehouse)
        JOIN parties_warehouse w ON w.code = i.warehouse ORDER BY i.seller_id, i.code
        RETURNING seller_id, code, id
        """,
        [now, due_at, *columns_of([(n.seller_id, n.code, n.warehouse) for n in notices], 3)],
    )
    return {(r[0], r[1]): r[2] for r in made}


def _fill_cartons(
    notices: Sequence[tuple[int, StockUp]], ids: Mapping[tuple[int, str, str], tuple[int, int]]
) -> None:
    """One labelled carton per stated carton, numbered by itself; JIT labels begin with another digit."""
    packed = [(shipment, notice, carton) for shipment, notice in notices for carton in notice.cartons]
    numbers = [
        r[0]
        for r in fetch_rows(
            "SELECT nextval(pg_get_serial_sequence('warehouse_carton', 'id')) FROM generate_series(1, %s)",
            [len(packed)],
        )
    ]
    numbered = list(zip(numbers, packed, strict=True))
    run_statement(
        """
        INSERT INTO warehouse_carton (id, seller_id, shipment_id, sscc, pieces)
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::int[])
        """,
        columns_of(
            [
                (number, n.seller_id, shipment, sscc_of(number, extension=1), sum(carton.values()))
                for number, (shipment, n, carton) in numbered
            ],
            5,
        ),
    )
    run_statement(
        """
        INSERT INTO warehouse_cartonline (seller_id, carton_id, kind, sku_id, expected)
        SELECT i.seller_id, i.carton_id, 'stock_up', i.sku_id, i.expected
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[])
            AS i(seller_id, carton_id, sku_id, expected)
        """,
        columns_of(
            [
                (n.seller_id, number, ids[n.seller_id, n.warehouse, sku][1], pieces)
                for number, (_, n, carton) in numbered
                for sku, pieces in sorted(carton.items())
            ],
            4,
        ),
    )
