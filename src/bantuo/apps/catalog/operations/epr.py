"""Keep the producer-responsibility numbers of products, market by market."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from bantuo.apps.catalog.models import EprRegistration, Product
from bantuo.apps.catalog.operations.checks import RefusedRow, shown
from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.operations import lock_sellers
from bantuo.core.identifiers import Checked, check_epr_number

_MARKET = re.compile(r"[A-Z]{2}")
STREAM_MAX = 40
NUMBER_MAX = 60
RULE = "ELG-17"


@dataclass(frozen=True, slots=True)
class NewEpr:
    """A number as the seller states it; `row` is the caller's own name for it."""

    row: int
    seller_id: int
    product_code: str
    market: str
    stream: str
    number: str
    valid_until: date | None = None


@dataclass(slots=True)
class EprResult:
    """What became of a batch. `kept`: rows that stand now, changed or not; `to_review` are among them."""

    kept: int = 0
    changed: int = 0
    to_review: int = 0
    refused: list[RefusedRow] = field(default_factory=list)


@transaction.atomic
def register_epr(rows: Sequence[NewEpr], *, now: datetime, actor: str) -> EprResult:
    """Keep the EPR number of each product × market × stream (ELG-17); a new one replaces the old.

    A number of the wrong shape is refused; one whose shape no source settles (France, other markets)
    is kept for a person to look at. The last row of a key speaks for it; the same rows again change
    nothing. Raises SellerUnknown.
    """
    sellers = sorted({row.seller_id for row in rows})
    lock_sellers(sellers)
    products = {(p.seller_id, p.code): p.pk for p in Product.objects.filter(seller_id__in=sellers)}
    result = EprResult()
    wanted: dict[tuple[int, str, str], tuple[NewEpr, Checked]] = {}
    for row in rows:
        checked = check_epr_number(row.number, site=row.market, stream=row.stream)
        problems = list(_problems(row, checked, products))
        result.refused.extend(problems)
        if not problems:
            result.kept += 1
            result.to_review += checked.verdict == "review"
            wanted[products[row.seller_id, row.product_code], row.market, row.stream] = row, checked
    result.changed = _keep(wanted, now=now, actor=actor)
    return result


def _problems(row: NewEpr, checked: Checked, products: Mapping[tuple[int, str], int]) -> Iterator[RefusedRow]:
    if (row.seller_id, row.product_code) not in products:
        yield RefusedRow(row.row, "product_code", shown(row.product_code), RULE, "is not known")
    if not _MARKET.fullmatch(row.market):
        yield RefusedRow(row.row, "market", shown(row.market), RULE, "two capital letters, such as DE")
    if not row.stream.strip() or "\x00" in row.stream or len(row.stream) > STREAM_MAX:
        yield RefusedRow(row.row, "stream", shown(row.stream), RULE, f"1…{STREAM_MAX} characters, no NUL")
    if "\x00" in row.number or len(row.number) > NUMBER_MAX:
        yield RefusedRow(row.row, "number", shown(row.number), RULE, f"1…{NUMBER_MAX} characters, no NUL")
    elif checked.verdict == "rejected":
        yield RefusedRow(row.row, "number", shown(row.number), RULE, checked.reason)


def _keep(wanted: Mapping[tuple[int, str, str], tuple[NewEpr, Checked]], *, now: datetime, actor: str) -> int:
    held = {
        (e.product_id, e.market, e.stream): (e.number, e.needs_review, e.valid_until)
        for e in EprRegistration.objects.filter(product_id__in={product for product, _, _ in wanted})
    }
    fresh = [
        EprRegistration(
            seller_id=row.seller_id,
            product_id=key[0],
            market=row.market,
            stream=row.stream,
            number=checked.number,
            needs_review=checked.verdict == "review",
            valid_until=row.valid_until,
        )
        for key, (row, checked) in sorted(wanted.items(), key=lambda item: item[0])
        if held.get(key) != (checked.number, checked.verdict == "review", row.valid_until)
    ]
    EprRegistration.objects.bulk_create(
        fresh,
        update_conflicts=True,
        unique_fields=["seller", "product", "market", "stream"],
        update_fields=["number", "needs_review", "valid_until"],
    )
    emit_events(
        "catalog.epr_registered",
        [
            (
                e.seller_id,
                f"product:{e.product_id}",
                {
                    "market": e.market,
                    "stream": e.stream,
                    "number": e.number,
                    "needs_review": e.needs_review,
                    "reason": wanted[e.product_id, e.market, e.stream][1].reason,
                    "by": actor,
                },
            )
            for e in fresh
        ],
        at=now,
    )
    return len(fresh)
