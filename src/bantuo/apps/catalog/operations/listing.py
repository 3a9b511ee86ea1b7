"""List SKUs: every row is listed, left as it was, or refused with field, value and rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from bantuo.apps.catalog.models import ListingRefusal, Sku
from bantuo.apps.catalog.operations.capabilities import freedom, mode_of
from bantuo.apps.catalog.operations.checks import (
    ListingTerms,
    NewSku,
    RefusedRow,
    listing_problems,
    listing_terms,
    shown,
)
from bantuo.apps.catalog.operations.contents import Contents, counted
from bantuo.apps.catalog.operations.listing_rows import BATCH, Key, write_products, write_skus
from bantuo.apps.catalog.operations.prices import Priced, judge_alerts, record_changes
from bantuo.apps.catalog.queries import admitted_categories
from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.models import ProgrammeState, Seller
from bantuo.apps.parties.operations import lock_sellers
from bantuo.core.policy import Book
from bantuo.engine.terms import load_schema


@dataclass(slots=True)
class ListingResult:
    """What became of a batch. `listed`: rows that stand in the catalogue now, changed or not."""

    listed: int = 0
    changed: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    alerts: int = 0


@transaction.atomic
def list_skus(rows: Sequence[NewSku], *, book: Book, on: date, now: datetime, actor: str) -> ListingResult:
    """Put SKUs on sale with both prices (step ⑤); bad rows are refused, the others are listed.

    First prices and changes are kept, PRC-1 is judged, refusals are stored. The same rows again
    change nothing. Raises SellerUnknown, PolicyNotInForce.
    """
    sellers = lock_sellers(sorted({row.seller_id for row in rows}))
    judged = judge_rows(rows, book=book, on=on, sellers=sellers)
    good, held = judged.good, judged.held
    products = write_products(good, contents=judged.contents, now=now, actor=actor)
    priced = write_skus(good, products, held=held, now=now, actor=actor)
    record_changes(priced, now=now, actor=actor)
    _record_refusals(judged.refused, now=now, actor=actor)
    result = ListingResult(refused=[problem for _, problem in judged.refused])
    result.listed, result.changed = len(good), len(priced)
    result.alerts = judge_alerts(_to_judge(priced, held), terms=judged.terms, now=now)
    return result


@dataclass(frozen=True, slots=True)
class JudgedRows:
    """Rows before they are written: the good ones, the refused ones with their reasons, what is held."""

    good: list[NewSku]
    refused: list[tuple[NewSku, RefusedRow]]
    held: dict[Key, Sku]
    terms: ListingTerms
    contents: Contents


def judge_rows(rows: Sequence[NewSku], *, book: Book, on: date, sellers: Mapping[int, Seller]) -> JudgedRows:
    """What `list_skus` would take and refuse; writes nothing, so it serves for a preview as well."""
    held = held_skus(rows)
    admitted = admitted_categories(on) or frozenset()
    terms = listing_terms(book, on=on, categories=admitted, size_chart_schema=load_schema("size_chart"))
    judged = JudgedRows([], [], held, terms, Contents(book, on))
    seen: set[Key] = set()
    for row in map(counted, rows):
        problems = list(_problems(row, judged=judged, sellers=sellers, seen=seen))
        judged.refused.extend((row, problem) for problem in problems)
        if not problems:
            judged.good.append(row)
        seen.add((row.seller_id, row.sku_code))
    return judged


def held_skus(rows: Sequence[NewSku]) -> dict[Key, Sku]:
    """The SKUs that rows are about, on sale or not, with their products."""
    found = Sku.objects.select_related("product").filter(
        seller_id__in={row.seller_id for row in rows}, code__in={shown(row.sku_code) for row in rows}
    )
    return {(sku.seller_id, sku.code): sku for sku in found}


def _problems(
    row: NewSku, *, judged: JudgedRows, sellers: Mapping[int, Seller], seen: set[Key]
) -> Iterable[RefusedRow]:
    """The row's own problems, and those it has with what is known already."""
    yield from listing_problems(row, terms=judged.terms)
    key = (row.seller_id, row.sku_code)
    if key in seen:
        yield RefusedRow(row.row, "sku_code", row.sku_code, "STEP-5", "stands twice in this batch")
    if row.semi_managed and sellers[row.seller_id].programme_state != ProgrammeState.ACTIVE:
        reason = "the seller is not active in the programme"
        yield RefusedRow(row.row, "semi_managed", "yes", "STEP-4", reason)
    sku = judged.held.get(key)
    if sku is not None:
        yield from _problems_with_held(row, sku, judged.contents)


def _problems_with_held(row: NewSku, sku: Sku, contents: Contents) -> Iterable[RefusedRow]:
    """What a SKU that is known already may not become, and what its mode leaves to others (CAP-1)."""
    if sku.product.code != row.product_code:
        reason = f"the SKU belongs to product {sku.product.code}"
        yield RefusedRow(row.row, "product_code", row.product_code, "STEP-5", reason)
        return
    mode = mode_of(sku)
    answer = freedom(contents.book, on=contents.on, mode=mode, capability="price")
    for name in ("ordinary_fen", "exclusive_fen"):
        if answer != "free" and getattr(row, name) != getattr(sku, name):
            reason = f"changing the price is: {answer}"
            yield RefusedRow(row.row, name, str(getattr(row, name)), "CAP-1", reason)
    yield from contents.problems(row, sku.product, mode=mode)


def _to_judge(priced: Iterable[Priced], held: Mapping[Key, Sku]) -> list[Priced]:
    """A new SKU, a price that changed, or a semi-managed flag that did: else the old answer stands."""
    flags = {sku.pk: sku.semi_managed for sku in held.values() if sku.delisted_at is None}
    return [
        p
        for p in priced
        if flags.get(p.sku_id) != p.semi_managed
        or (p.ordinary_fen, p.exclusive_fen) != (p.old_ordinary_fen, p.old_exclusive_fen)
    ]


def _record_refusals(refused: Sequence[tuple[NewSku, RefusedRow]], *, now: datetime, actor: str) -> None:
    """Store what was refused, once per SKU, field and rule; tell the outbox of what is new."""
    wanted = {(row.seller_id, shown(row.sku_code), p.field, p.rule): (row, p) for row, p in reversed(refused)}
    held = set(
        ListingRefusal.objects.filter(
            seller_id__in={key[0] for key in wanted}, code__in={key[1] for key in wanted}
        ).values_list("seller_id", "code", "field", "rule")
    )
    fresh = sorted((key, p) for key, (_, p) in wanted.items() if key not in held)
    ListingRefusal.objects.bulk_create(
        [
            ListingRefusal(
                seller_id=seller,
                code=code,
                field=p.field,
                value=p.value,
                rule=p.rule,
                reason=p.reason,
                refused_at=now,
            )
            for (seller, code, _, _), p in fresh
        ],
        batch_size=BATCH,
    )
    emit_events(
        "catalog.sku_refused",
        [
            (seller, f"sku_code:{code}", {"field": p.field, "value": p.value, "rule": p.rule, "by": actor})
            for (seller, code, _, _), p in fresh
        ],
        at=now,
    )
