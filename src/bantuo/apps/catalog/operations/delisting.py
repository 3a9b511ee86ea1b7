"""Take SKUs off sale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from bantuo.apps.catalog.operations.checks import RefusedRow, shown
from bantuo.apps.catalog.queries import listed_skus
from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.operations import lock_sellers
from bantuo.apps.sql import fetch_rows


@dataclass(frozen=True, slots=True)
class SkuToDelist:
    """A SKU that is not to be sold any more; `row` is the caller's own name for it."""

    row: int
    seller_id: int
    sku_code: str


@dataclass(slots=True)
class DelistingResult:
    """What became of a batch; a SKU delisted before counts as refused."""

    delisted: int = 0
    refused: list[RefusedRow] = field(default_factory=list)


@transaction.atomic
def delist_skus(rows: Sequence[SkuToDelist], *, reason: str, now: datetime, actor: str) -> DelistingResult:
    """Stop selling SKUs (下架): no order is taken for them; open ones go on, their stock stays.

    An open price alert is cleared. Listing the SKU again puts it back on sale. Refused per row: a SKU
    that is not listed, so a repeated call changes nothing. Raises SellerUnknown.
    """
    sellers = sorted({row.seller_id for row in rows})
    lock_sellers(sellers)
    listed = listed_skus(sellers)
    result = DelistingResult()
    leaving: dict[int, int] = {}
    for row in rows:
        sku = listed.get((row.seller_id, row.sku_code))
        if sku is None:
            result.refused.append(
                RefusedRow(row.row, "sku_code", shown(row.sku_code), "STEP-5", "is not listed")
            )
        else:
            leaving[sku] = row.seller_id
    result.delisted = len(leaving)
    _take_off_sale(leaving, reason=reason, now=now, actor=actor)
    return result


def _take_off_sale(leaving: dict[int, int], *, reason: str, now: datetime, actor: str) -> None:
    codes = dict(
        fetch_rows(
            """
            UPDATE catalog_sku SET delisted_at = %s, changed_at = %s
            WHERE id = ANY(%s::bigint[]) RETURNING id, code
            """,
            [now, now, sorted(leaving)],
        )
    )
    cleared = fetch_rows(
        """
        UPDATE catalog_pricealert SET cleared_at = %s
        WHERE cleared_at IS NULL AND sku_id = ANY(%s::bigint[]) RETURNING seller_id, sku_id
        """,
        [now, sorted(leaving)],
    )
    emit_events(
        "catalog.sku_delisted",
        [
            (leaving[sku], f"sku:{sku}", {"code": codes[sku], "reason": reason, "by": actor})
            for sku in sorted(leaving)
        ],
        at=now,
    )
    emit_events("catalog.price_alert_cleared", [(s, f"sku:{i}", {}) for s, i in sorted(cleared)], at=now)
