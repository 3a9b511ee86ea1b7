"""Mend price alerts: the exclusive price down to the highest that raises none (PRC-1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from bantuo.apps.catalog.models import PriceAlert
from bantuo.apps.catalog.operations.prices import NewPrices, PriceResult, change_prices
from bantuo.apps.parties.operations import lock_sellers
from bantuo.core.listing import exclusive_fen_max
from bantuo.core.policy import Book


@transaction.atomic
def repair_prices(
    seller_id: int,
    *,
    alerts: Sequence[int] | None,
    book: Book,
    on: date,
    now: datetime,
    actor: str,
) -> PriceResult:
    """Lower the exclusive price of each SKU with an open alert to the highest allowed now.

    `alerts` None: of all of the seller's. One that is cleared or another's is passed over, so that a
    second call changes nothing. Refused per row: what `change_prices` refuses, and an ordinary price
    so low that no whole fen is allowed. Raises SellerUnknown.
    """
    lock_sellers([seller_id])
    found = PriceAlert.objects.filter(seller_id=seller_id, cleared_at__isnull=True).select_related("sku")
    if alerts is not None:
        found = found.filter(pk__in=list(alerts))
    threshold = int(book.amount("PRC-1", on))
    rows = [
        NewPrices(
            row=at,
            seller_id=seller_id,
            sku_code=alert.sku.code,
            ordinary_fen=None,
            exclusive_fen=exclusive_fen_max(alert.sku.ordinary_fen, threshold_bp=threshold),
        )
        for at, alert in enumerate(found.order_by("id"), start=1)
    ]
    return change_prices(rows, book=book, on=on, now=now, actor=actor)
