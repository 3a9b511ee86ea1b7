"""A shop with stock: active, bound, with listed SKUs, on whatever day the clock of the pages shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.utils import timezone

from bantuo.apps.parties.models import Seller
from bantuo.apps.stock.models import Balance
from bantuo.apps.stock.operations import open_balances
from bantuo.core.clock import OperatingDay, operating_day
from bantuo.interfaces.web.programme import programme_now
from tests.apps import factories as make

DAY = "2026-03-10"


@contextmanager
def it_is(clock: str, settings: object, folder: Path) -> Iterator[datetime]:
    """The pages' clock shows this time of DAY in Shanghai, and runs on from it."""
    at = datetime.fromisoformat(f"{DAY}T{clock}+08:00").astimezone(UTC)
    path = folder / "clock"
    shift = int((at - timezone.now()).total_seconds()) + 1
    path.write_text(str(shift), encoding="ascii")
    before = settings.DEMO_CLOCK  # type: ignore[attr-defined]
    settings.DEMO_CLOCK = str(path)  # type: ignore[attr-defined]
    try:
        yield at
    finally:
        settings.DEMO_CLOCK = before  # type: ignore[attr-defined]


def stocked(code: str = "S1", *skus: str) -> Seller:
    """An active seller with a balance of each SKU at its warehouse."""
    (seller_id,) = make.make_active_sellers(code)
    make.make_skus(seller_id, *(skus or ("A-1", "A-2", "A-3")))
    open_balances([seller_id], now=make.NOW)
    return Seller.objects.get(pk=seller_id)


def balance(seller: Seller, sku: str) -> Balance:
    return Balance.objects.select_related("sku", "warehouse").get(seller=seller, sku__code=sku)


def the_day() -> OperatingDay:
    """The business day that the pages are on."""
    programme = programme_now()
    return operating_day(programme.book, programme.on)
