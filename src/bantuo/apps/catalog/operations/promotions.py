"""Promotions of a seller's own: free under semi-managed service, each price judged by PRC-1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from bantuo.apps.catalog.models import Promotion, PromotionPrice, Sku
from bantuo.apps.catalog.operations.capabilities import freedom, mode_of
from bantuo.apps.catalog.operations.checks import PRICE_FEN_MAX, RefusedRow, shown
from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.operations import lock_sellers
from bantuo.core.listing import exclusive_fen_max, is_price_alert
from bantuo.core.policy import Book

NAME_MAX = 100


class PromotionUnusable(ValueError):
    """A promotion that cannot be: the field and why."""

    def __init__(self, field_name: str, reason: str) -> None:
        super().__init__(f"{field_name}: {reason}")
        self.field, self.reason = field_name, reason


class PromotionUnknown(LookupError):
    """The seller has no such promotion."""


@dataclass(frozen=True, slots=True)
class NewPromotionPrice:
    """What a SKU is to cost; `row` is the caller's own name for it."""

    row: int
    sku_code: str
    price_fen: int


@dataclass(slots=True)
class PromotionResult:
    """What became of the prices. `alerts`: those above the share of PRC-1, which are kept all the same."""

    kept: int = 0
    alerts: int = 0
    refused: list[RefusedRow] = field(default_factory=list)


@transaction.atomic
def open_promotion(
    seller_id: int, *, name: str, first_on: date, last_on: date, on: date, now: datetime, actor: str
) -> Promotion:
    """Begin a promotion over days, the last included. Raises PromotionUnusable, SellerUnknown.

    The same name and days again is the first promotion.
    """
    lock_sellers([seller_id])
    name = name.strip()
    held = Promotion.objects.filter(seller_id=seller_id, name=name).first()
    if held is not None and (held.first_on, held.last_on) == (first_on, last_on):
        return held
    _check(name, first_on, last_on, on=on, is_taken=held is not None)
    made = Promotion.objects.create(
        seller_id=seller_id, name=name, first_on=first_on, last_on=last_on, created_at=now, created_by=actor
    )
    told = {"name": name, "first_on": str(first_on), "last_on": str(last_on), "by": actor}
    emit_events("catalog.promotion_opened", [(seller_id, f"promotion:{made.pk}", told)], at=now)
    return made


def _check(name: str, first_on: date, last_on: date, *, on: date, is_taken: bool) -> None:
    if not name or len(name) > NAME_MAX or "\x00" in name:
        raise PromotionUnusable("name", "length")
    if is_taken:
        raise PromotionUnusable("name", "taken")
    if last_on < first_on:
        raise PromotionUnusable("last_on", "order")
    if last_on < on:
        raise PromotionUnusable("last_on", "past")


@transaction.atomic
def price_promotion(
    promotion_id: int,
    rows: Sequence[NewPromotionPrice],
    *,
    seller_id: int,
    book: Book,
    on: date,
    now: datetime,
    actor: str,
) -> PromotionResult:
    """Set what SKUs cost in a promotion; an alert of PRC-1 does not stop it unless the book blocks.

    Refused per row: an unknown or delisted SKU, a price out of range, a mode that may not promote
    (CAP-1). The same rows again change nothing. Raises PromotionUnknown.
    """
    lock_sellers([seller_id])
    promotion = promotion_named(promotion_id, seller_id=seller_id)
    skus = {
        sku.code: sku
        for sku in Sku.objects.select_related("product").filter(
            seller_id=seller_id, code__in=[row.sku_code for row in rows], delisted_at__isnull=True
        )
    }
    threshold, blocks = int(book.amount("PRC-1", on)), book.amount("PRC-1.mode", on) == "block"
    result, wanted = PromotionResult(), dict[int, PromotionPrice]()
    for row in rows:
        problems = list(_problems(row, skus, book=book, on=on, threshold_bp=threshold if blocks else 0))
        result.refused.extend(problems)
        if not problems:
            sku = skus[row.sku_code]
            wanted[sku.pk] = _price(promotion, sku, row.price_fen, threshold_bp=threshold)
    PromotionPrice.objects.bulk_create(
        wanted.values(),
        update_conflicts=True,
        unique_fields=["seller", "promotion", "sku"],
        update_fields=["price_fen", "ordinary_fen", "price_fen_max"],
    )
    result.kept = len(wanted)
    result.alerts = sum(price.price_fen > price.price_fen_max for price in wanted.values())
    told = {"kept": result.kept, "alerts": result.alerts, "by": actor}
    emit_events("catalog.promotion_priced", [(seller_id, f"promotion:{promotion.pk}", told)], at=now)
    return result


def _price(promotion: Promotion, sku: Sku, fen: int, *, threshold_bp: int) -> PromotionPrice:
    return PromotionPrice(
        seller_id=sku.seller_id,
        promotion=promotion,
        sku=sku,
        price_fen=fen,
        ordinary_fen=sku.ordinary_fen,
        price_fen_max=exclusive_fen_max(sku.ordinary_fen, threshold_bp=threshold_bp),
    )


def _problems(
    row: NewPromotionPrice, skus: Mapping[str, Sku], *, book: Book, on: date, threshold_bp: int
) -> Iterator[RefusedRow]:
    sku = skus.get(row.sku_code)
    if sku is None:
        yield RefusedRow(row.row, "sku_code", shown(row.sku_code), "STEP-5", "is not listed")
        return
    answer = freedom(book, on=on, mode=mode_of(sku), capability="promotion")
    if answer != "free":
        yield RefusedRow(row.row, "sku_code", row.sku_code, "CAP-1", f"a promotion of one's own is: {answer}")
    if not 1 <= row.price_fen <= PRICE_FEN_MAX:
        yield RefusedRow(
            row.row, "price_fen", str(row.price_fen), "STEP-5", f"must be from 1 to {PRICE_FEN_MAX}"
        )
    elif threshold_bp and is_price_alert(
        sku.ordinary_fen, exclusive_fen=row.price_fen, threshold_bp=threshold_bp
    ):
        reason = f"is above {threshold_bp} bp of the ordinary price {sku.ordinary_fen}"
        yield RefusedRow(row.row, "price_fen", str(row.price_fen), "PRC-1", reason)


@transaction.atomic
def drop_promotion_price(promotion_id: int, sku_id: int, *, seller_id: int) -> bool:
    """Take a SKU out of a promotion; False when it was not in it. Raises PromotionUnknown."""
    lock_sellers([seller_id])
    promotion = promotion_named(promotion_id, seller_id=seller_id)
    dropped, _ = promotion.prices.filter(sku_id=sku_id).delete()
    return dropped > 0


@transaction.atomic
def end_promotion(promotion_id: int, *, seller_id: int, now: datetime, actor: str) -> Promotion:
    """Call a promotion off for good; a second call changes nothing. Raises PromotionUnknown."""
    lock_sellers([seller_id])
    promotion = promotion_named(promotion_id, seller_id=seller_id)
    if promotion.ended_at is None:
        promotion.ended_at = now
        promotion.save(update_fields=["ended_at"])
        emit_events(
            "catalog.promotion_ended", [(seller_id, f"promotion:{promotion.pk}", {"by": actor})], at=now
        )
    return promotion


def promotion_named(promotion_id: int, *, seller_id: int) -> Promotion:
    """A seller's own promotion; raises PromotionUnknown."""
    found = Promotion.objects.filter(pk=promotion_id, seller_id=seller_id).first()
    if found is None:
        raise PromotionUnknown(f"promotion {promotion_id}")
    return found


def promotion_state(promotion: Promotion, *, on: date) -> str:
    """planned, running, over or ended on a day."""
    if promotion.ended_at is not None:
        return "ended"
    if on < promotion.first_on:
        return "planned"
    return "running" if on <= promotion.last_on else "over"
