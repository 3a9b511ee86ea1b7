"""Change prices, keep their history, and raise or clear the alert of PRC-1 at each change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from bantuo.apps.catalog.models import Sku
from bantuo.apps.catalog.operations.capabilities import freedom, mode_of
from bantuo.apps.catalog.operations.checks import ListingTerms, RefusedRow, listing_terms, price_problems
from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.operations import lock_sellers
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.core.listing import exclusive_fen_max, is_price_alert
from bantuo.core.policy import Book


@dataclass(frozen=True, slots=True)
class NewPrices:
    """New prices of one SKU; None leaves that price as it is. `row` is the caller's own name for it."""

    row: int
    seller_id: int
    sku_code: str
    ordinary_fen: int | None
    exclusive_fen: int | None


@dataclass(slots=True)
class PriceResult:
    """What became of a batch of price changes; unchanged rows count nowhere."""

    changed: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    alerts: int = 0


class Priced(NamedTuple):
    """A SKU with the prices it has now and had before (None: it had none)."""

    seller_id: int
    sku_id: int
    ordinary_fen: int
    exclusive_fen: int | None
    old_ordinary_fen: int | None
    old_exclusive_fen: int | None
    semi_managed: bool


@transaction.atomic
def change_prices(
    rows: Sequence[NewPrices], *, book: Book, on: date, now: datetime, actor: str
) -> PriceResult:
    """Set prices of listed SKUs; each change is kept, and the alert of PRC-1 judged again.

    Refused per row: an unknown or delisted SKU, a price out of range, a mode whose seller may not
    set prices (CAP-1), and an exclusive price above its share where PRC-1.mode blocks.
    """
    result = PriceResult()
    lock_sellers(sorted({row.seller_id for row in rows}))
    skus = _skus_of(rows)
    terms = listing_terms(book, on=on, categories=(), size_chart_schema={})
    changed: dict[int, Priced] = {}
    for row in rows:
        sku = skus.get((row.seller_id, row.sku_code))
        problems = list(_problems(row, sku, book=book, on=on, terms=terms))
        result.refused.extend(problems)
        if sku is not None and not problems:
            _apply(row, sku, changed)
    _write(changed.values(), now=now)
    record_changes(changed.values(), now=now, actor=actor)
    result.changed = len(changed)
    result.alerts = judge_alerts(changed.values(), terms=terms, now=now)
    return result


def _skus_of(rows: Sequence[NewPrices]) -> dict[tuple[int, str], Sku]:
    sellers = {row.seller_id for row in rows}
    found = Sku.objects.select_related("product").filter(
        seller_id__in=sellers, code__in={row.sku_code for row in rows}, delisted_at__isnull=True
    )
    return {(sku.seller_id, sku.code): sku for sku in found}


def _problems(
    row: NewPrices, sku: Sku | None, *, book: Book, on: date, terms: ListingTerms
) -> Iterable[RefusedRow]:
    if sku is None:
        return [RefusedRow(row.row, "sku_code", row.sku_code, "STEP-5", "is not listed")]
    answer = freedom(book, on=on, mode=mode_of(sku), capability="price")
    if answer != "free":
        return [RefusedRow(row.row, "sku_code", row.sku_code, "CAP-1", f"changing the price is: {answer}")]
    ordinary, exclusive = _wanted(row, sku)
    return price_problems(row.row, ordinary, exclusive, semi_managed=sku.semi_managed, terms=terms)


def _wanted(row: NewPrices, sku: Sku) -> tuple[int, int | None]:
    ordinary = sku.ordinary_fen if row.ordinary_fen is None else row.ordinary_fen
    return ordinary, sku.exclusive_fen if row.exclusive_fen is None else row.exclusive_fen


def _apply(row: NewPrices, sku: Sku, changed: dict[int, Priced]) -> None:
    ordinary, exclusive = _wanted(row, sku)
    if (ordinary, exclusive) == (sku.ordinary_fen, sku.exclusive_fen):
        return
    first = changed.get(sku.pk)
    before = (
        (first.old_ordinary_fen, first.old_exclusive_fen) if first else (sku.ordinary_fen, sku.exclusive_fen)
    )
    changed[sku.pk] = Priced(sku.seller_id, sku.pk, ordinary, exclusive, *before, sku.semi_managed)
    sku.ordinary_fen, sku.exclusive_fen = ordinary, exclusive


def _write(changed: Iterable[Priced], *, now: datetime) -> None:
    run_statement(
        """
        UPDATE catalog_sku s SET ordinary_fen = i.ordinary, exclusive_fen = i.exclusive, changed_at = %s
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS i(id, ordinary, exclusive)
        WHERE s.id = i.id
        """,
        [now, *columns_of([(p.sku_id, p.ordinary_fen, p.exclusive_fen) for p in changed], 3)],
    )


def record_changes(priced: Iterable[Priced], *, now: datetime, actor: str) -> int:
    """Keep every price that differs from the one before, a first one as well.

    The outbox hears of changes; a first price belongs to the SKU's own event.
    """
    changes = [
        (p.seller_id, p.sku_id, kind, old, new)
        for p in priced
        for kind, old, new in (
            ("ordinary", p.old_ordinary_fen, p.ordinary_fen),
            ("exclusive", p.old_exclusive_fen, p.exclusive_fen),
        )
        if new is not None and new != old
    ]
    run_statement(
        """
        INSERT INTO catalog_pricechange (seller_id, sku_id, kind, old_fen, new_fen, changed_at, actor)
        SELECT i.*, %s, %s
        FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[])
            AS i(seller_id, sku_id, kind, old_fen, new_fen)
        """,
        [now, actor, *columns_of(changes, 5)],
    )
    emit_events(
        "catalog.price_changed",
        [
            (seller, f"sku:{sku}", {"kind": kind, "fen": new, "by": actor})
            for seller, sku, kind, old, new in changes
            if old is not None
        ],
        at=now,
    )
    return len(changes)


def judge_alerts(priced: Iterable[Priced], *, terms: ListingTerms, now: datetime) -> int:
    """Clear the open alerts of these SKUs and raise one for each that is too dear (PRC-1, A-27).

    Returns how many were raised. A SKU that stays too dear after a change gets a new alert.
    """
    judged = list(priced)
    cleared = fetch_rows(
        """
        UPDATE catalog_pricealert SET cleared_at = %s
        WHERE cleared_at IS NULL AND sku_id = ANY(%s) RETURNING seller_id, sku_id
        """,
        [now, [p.sku_id for p in judged]],
    )
    emit_events("catalog.price_alert_cleared", [(s, f"sku:{i}", {}) for s, i in sorted(cleared)], at=now)
    raised = []
    for p in judged:
        fen_max = alert_fen_max(p.ordinary_fen, p.exclusive_fen, semi_managed=p.semi_managed, terms=terms)
        if fen_max is not None:
            raised.append((p.seller_id, p.sku_id, p.ordinary_fen, p.exclusive_fen, fen_max))
    run_statement(
        """
        INSERT INTO catalog_pricealert
            (seller_id, sku_id, ordinary_fen, exclusive_fen, exclusive_fen_max, rule, reason, raised_at)
        SELECT i.*, 'PRC-1', 'exclusive price above ' || %s || ' bp of the ordinary price', %s
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) AS i
        """,
        [str(terms.price_bp), now, *columns_of(raised, 5)],
    )
    emit_events(
        "catalog.price_alert_raised",
        [
            (seller, f"sku:{sku}", {"ordinary_fen": ordinary, "exclusive_fen": exclusive, "rule": "PRC-1"})
            for seller, sku, ordinary, exclusive, _ in raised
        ],
        at=now,
    )
    return len(raised)


def alert_fen_max(
    ordinary_fen: int, exclusive_fen: int | None, *, semi_managed: bool, terms: ListingTerms
) -> int | None:
    """The highest exclusive price that raises no alert (PRC-1), where this one does; None: it raises none."""
    if not semi_managed or exclusive_fen is None:
        return None
    if not is_price_alert(ordinary_fen, exclusive_fen=exclusive_fen, threshold_bp=terms.price_bp):
        return None
    return exclusive_fen_max(ordinary_fen, threshold_bp=terms.price_bp)
