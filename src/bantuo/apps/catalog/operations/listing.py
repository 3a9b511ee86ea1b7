"""List SKUs: every row is listed, left as it was, or refused with field, value and rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from bantuo.apps.catalog.models import ListingRefusal, Product, Sku
from bantuo.apps.catalog.operations.checks import (
    ListingTerms,
    NewSku,
    RefusedRow,
    listing_problems,
    listing_terms,
    shown,
)
from bantuo.apps.catalog.operations.prices import Priced, judge_alerts, record_changes
from bantuo.apps.catalog.queries import admitted_categories
from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.models import ProgrammeState, Seller
from bantuo.apps.parties.operations import lock_sellers
from bantuo.core.policy import Book
from bantuo.engine.terms import load_schema

Key = tuple[int, str]  # seller id and code

_PRODUCT_FIELDS = (
    "category",
    "title",
    "apparel",
    "size_chart",
    "attributes_required",
    "attributes_missing",
)
_SKU_FIELDS = (
    "semi_managed",
    "ordinary_fen",
    "exclusive_fen",
    "weight_g",
    "length_mm",
    "width_mm",
    "height_mm",
    "hs_code",
    "customs_name",
    "markets",
    "label",
    "photo_qc",
)
_BATCH = 2_000


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
    held = _held_skus(rows)
    schema = load_schema("size_chart")
    admitted = admitted_categories(on) or frozenset()
    terms = listing_terms(book, on=on, categories=admitted, size_chart_schema=schema)
    result, good = ListingResult(), list[NewSku]()
    refused: list[tuple[NewSku, RefusedRow]] = []
    seen: set[Key] = set()
    for row in rows:
        problems = list(_problems(row, terms=terms, sellers=sellers, held=held, seen=seen))
        refused.extend((row, problem) for problem in problems)
        if not problems:
            good.append(row)
        seen.add((row.seller_id, row.sku_code))
    priced = _write_skus(good, _write_products(good, now=now), held=held, now=now, actor=actor)
    record_changes(priced, now=now, actor=actor)
    _record_refusals(refused, now=now, actor=actor)
    result.refused = [problem for _, problem in refused]
    result.listed, result.changed = len(good), len(priced)
    result.alerts = judge_alerts(_to_judge(priced, held), terms=terms, now=now)
    return result


def _held_skus(rows: Sequence[NewSku]) -> dict[Key, Sku]:
    found = Sku.objects.select_related("product").filter(
        seller_id__in={row.seller_id for row in rows}, code__in={shown(row.sku_code) for row in rows}
    )
    return {(sku.seller_id, sku.code): sku for sku in found}


def _problems(
    row: NewSku,
    *,
    terms: ListingTerms,
    sellers: Mapping[int, Seller],
    held: Mapping[Key, Sku],
    seen: set[Key],
) -> Iterable[RefusedRow]:
    """The row's own problems, and those it has with what is known already."""
    yield from listing_problems(row, terms=terms)
    key = (row.seller_id, row.sku_code)
    if key in seen:
        yield RefusedRow(row.row, "sku_code", row.sku_code, "STEP-5", "stands twice in this batch")
    if key in held and held[key].product.code != row.product_code:
        reason = f"the SKU belongs to product {held[key].product.code}"
        yield RefusedRow(row.row, "product_code", row.product_code, "STEP-5", reason)
    if row.semi_managed and sellers[row.seller_id].programme_state != ProgrammeState.ACTIVE:
        reason = "the seller is not active in the programme"
        yield RefusedRow(row.row, "semi_managed", "yes", "STEP-4", reason)


def _write_products(rows: Sequence[NewSku], *, now: datetime) -> dict[Key, int]:
    """New and changed products written; the id of each. The last row of a product speaks for it."""
    wanted = {(row.seller_id, row.product_code): row for row in rows}
    held = {
        (product.seller_id, product.code): product
        for product in Product.objects.filter(
            seller_id__in={seller for seller, _ in wanted}, code__in={code for _, code in wanted}
        )
    }
    fresh = [
        Product(
            seller_id=key[0],
            code=key[1],
            created_at=now,
            **{name: getattr(row, name) for name in _PRODUCT_FIELDS},
        )
        for key, row in sorted(wanted.items())
        if key not in held or _differs(row, held[key], _PRODUCT_FIELDS)
    ]
    Product.objects.bulk_create(
        fresh,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["seller", "code"],
        update_fields=_PRODUCT_FIELDS,
    )
    return {key: product.pk for key, product in held.items()} | {
        (product.seller_id, product.code): product.pk for product in fresh
    }


def _write_skus(
    rows: Sequence[NewSku],
    products: Mapping[Key, int],
    *,
    held: Mapping[Key, Sku],
    now: datetime,
    actor: str,
) -> list[Priced]:
    """New and changed SKUs written; each with its prices now and before."""
    fresh = [
        Sku(
            seller_id=row.seller_id,
            product_id=products[row.seller_id, row.product_code],
            code=row.sku_code,
            listed_at=now,
            delisted_at=None,
            **{name: _sku_value(row, name) for name in _SKU_FIELDS},
        )
        for row in sorted(rows, key=lambda row: (row.seller_id, row.sku_code))
        if _is_new_or_changed(row, held)
    ]
    Sku.objects.bulk_create(
        fresh,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["seller", "code"],
        update_fields=(*_SKU_FIELDS, "delisted_at"),
    )
    emit_events(
        "catalog.sku_listed",
        [(sku.seller_id, f"sku:{sku.pk}", {"code": sku.code, "by": actor}) for sku in fresh],
        at=now,
    )
    return [_priced(sku, held.get((sku.seller_id, sku.code))) for sku in fresh]


def _is_new_or_changed(row: NewSku, held: Mapping[Key, Sku]) -> bool:
    sku = held.get((row.seller_id, row.sku_code))
    return sku is None or sku.delisted_at is not None or _differs(row, sku, _SKU_FIELDS)


def _differs(row: NewSku, held: Product | Sku, names: Sequence[str]) -> bool:
    return any(_sku_value(row, name) != getattr(held, name) for name in names)


def _sku_value(row: NewSku, name: str) -> object:
    return list(row.markets) if name == "markets" else getattr(row, name)


def _priced(sku: Sku, before: Sku | None) -> Priced:
    return Priced(
        seller_id=sku.seller_id,
        sku_id=sku.pk,
        ordinary_fen=sku.ordinary_fen,
        exclusive_fen=sku.exclusive_fen,
        old_ordinary_fen=before.ordinary_fen if before else None,
        old_exclusive_fen=before.exclusive_fen if before else None,
        semi_managed=sku.semi_managed,
    )


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
        batch_size=_BATCH,
    )
    emit_events(
        "catalog.sku_refused",
        [
            (seller, f"sku_code:{code}", {"field": p.field, "value": p.value, "rule": p.rule, "by": actor})
            for (seller, code, _, _), p in fresh
        ],
        at=now,
    )
