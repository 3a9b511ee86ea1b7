"""Who a buyer's order goes to: sealed before it is stored, changed until release, forgotten in time."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from django.db import IntegrityError, transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.orders.models import OrderRecipient
from bantuo.apps.orders.operations.history import record_events
from bantuo.apps.orders.operations.incoming import Refusal
from bantuo.apps.orders.queries import lock_orders
from bantuo.apps.sealing import SealedColumn
from bantuo.apps.sql import columns_of, fetch_rows, run_statement

RULE = "ORD-3"
FIELDS = (
    "name", "phone", "mobile", "phone_country", "country", "province", "city", "address", "address2", "zip",
    "tax_number", "email",
)  # fmt: skip
TEXT_MAX = 300
_FORGET_ROWS = 5_000


class Sealer(Protocol):
    """Seals a short secret under a master key that the database never sees."""

    def seal(self, plain: bytes, *, context: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class NewRecipient:
    """A recipient in clear, as the marketplace tells it; `told` has some of FIELDS. `row`: the caller's name.

    `oaid` is the marketplace's name for it; without one we make one.
    """

    row: str
    order_id: int
    told: Mapping[str, str]
    oaid: str = ""


@dataclass(frozen=True, slots=True)
class RecipientResult:
    """What became of a row: kept, changed, repeated or refused."""

    row: str
    outcome: str
    order_id: int
    oaid: str = ""
    refusal: Refusal | None = None


def recipient_context(seller_id: int, order_id: int) -> str:
    """What a sealed recipient belongs to: at another order or seller it does not open."""
    return f"recipient|{seller_id}|{order_id}"


SEALED = (
    SealedColumn(
        "order recipients", OrderRecipient, "sealed", lambda r: recipient_context(r.seller_id, r.order_id)
    ),
)


def mask_name(name: str) -> str:
    """As shown by default: 张**."""
    return f"{name[:1]}**" if name else ""


def mask_phone(phone: str) -> str:
    """As shown by default: 138****5678; of a short one nothing but its end."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) > 8 else f"****{phone[-2:]}" if phone else ""


def _tidied(told: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name in FIELDS if (text := " ".join(told.get(name, "").split()))}


def _refusal(row: NewRecipient, told: Mapping[str, str]) -> Refusal | None:
    """Names the field, never what stands in it."""
    for name in ("name", "country", "address"):
        if not told.get(name):
            return Refusal(row.row, name, "", RULE, "a recipient has a name, a country and an address")
    if any(len(text) > TEXT_MAX or "\x00" in text for text in (*told.values(), row.oaid)):
        return Refusal(row.row, "address", "…", RULE, "a text is too long or cannot be printed")
    if not (len(told["country"]) == 2 and told["country"].isalpha() and told["country"].isupper()):
        return Refusal(row.row, "country", told["country"][:10], RULE, "a country has two capital letters")
    return None


@dataclass(frozen=True, slots=True)
class _Head:
    """Part 0 of a buyer's order under lock, whether a part of it is released or sent, or waits still."""

    order_id: int
    seller_id: int
    destination: str
    is_released: bool
    is_open: bool
    oaid: str | None


_HEADS = """
    SELECT k.id, f.id, f.seller_id, f.destination,
           parts.released, parts.waiting, r.oaid
    FROM unnest(%s::bigint[]) AS k(id)
    JOIN orders_order o ON o.id = k.id
    JOIN orders_order f ON f.seller_id = o.seller_id AND f.marketplace = o.marketplace
        AND f.external_id = o.external_id AND f.part = 0
    JOIN LATERAL (
        SELECT bool_or(p.state NOT IN ('reserved', 'to_ship', 'cancelled')
                       OR EXISTS (SELECT 1 FROM orders_shipment h WHERE h.order_id = p.id)) AS released,
               bool_or(p.state IN ('reserved', 'to_ship')) AS waiting
        FROM orders_order p WHERE p.seller_id = f.seller_id AND p.marketplace = f.marketplace
            AND p.external_id = f.external_id) parts ON TRUE
    LEFT JOIN orders_orderrecipient r ON r.seller_id = f.seller_id AND r.order_id = f.id
    WHERE %s::bigint IS NULL OR o.seller_id = %s
"""


def _lock_heads(ids: Sequence[int], *, seller_id: int | None) -> dict[int, _Head]:
    """Part 0 of each of these orders, all parts locked by id."""
    every = fetch_rows(
        """
        SELECT p.id FROM orders_order o JOIN orders_order p ON p.seller_id = o.seller_id
            AND p.marketplace = o.marketplace AND p.external_id = o.external_id
        WHERE o.id = ANY(%s::bigint[])
        """,
        [sorted(set(ids))],
    )
    lock_orders(r[0] for r in every)
    rows = fetch_rows(_HEADS, [sorted(set(ids)), seller_id, seller_id])
    return {r[0]: _Head(*r[1:]) for r in rows}


@transaction.atomic
def keep_recipients(
    rows: Sequence[NewRecipient], *, seller_id: int | None, vault: Sealer, now: datetime, actor: str
) -> list[RecipientResult]:
    """Keep who each order goes to, sealed; an order whose recipient is known is `repeated`, unchanged.

    Kept at part 0, for all parts. `seller_id` None: the marketplace tells it for any seller.
    """
    heads = _lock_heads([row.order_id for row in rows], seller_id=seller_id)
    known = {head.order_id: head.oaid for head in heads.values() if head.oaid}
    results, fresh = [], []
    for row in rows:
        head, told = heads.get(row.order_id), _tidied(row.told)
        refusal = _refusal(row, told)
        if head is None:
            refusal = Refusal(row.row, "order", str(row.order_id), RULE, "the order is not known")
        if head is not None and head.order_id in known:
            results.append(RecipientResult(row.row, "repeated", row.order_id, str(known[head.order_id])))
        elif refusal is not None or head is None:
            results.append(RecipientResult(row.row, "refused", row.order_id, refusal=refusal))
        else:
            oaid = row.oaid or secrets.token_urlsafe(24)
            known[head.order_id] = oaid
            fresh.append((head.seller_id, head.order_id, oaid, *_shown(told), _sealed(told, head, vault)))
            results.append(RecipientResult(row.row, "kept", row.order_id, oaid))
    made = fetch_rows(
        """
        INSERT INTO orders_orderrecipient
            (seller_id, order_id, oaid, country, region, name_masked, phone_masked, sealed, kept_at)
        SELECT i.*, %s FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],
                                   %s::text[], %s::bytea[]) AS i
        ON CONFLICT DO NOTHING RETURNING order_id
        """,
        [now, *columns_of(fresh, 8)],
    )
    kept = {r[0] for r in made}
    return [
        _oaid_taken(r.row, r.order_id, r.oaid)
        if r.outcome == "kept" and heads[r.order_id].order_id not in kept
        else r
        for r in results
    ]


def _oaid_taken(row: str, order_id: int, oaid: str) -> RecipientResult:
    """The marketplace's name of an address belongs to one order of a seller."""
    refusal = Refusal(row, "oaid", oaid[:TEXT_MAX], RULE, "it is the name of another order's address")
    return RecipientResult(row, "refused", order_id, refusal=refusal)


def _shown(told: Mapping[str, str]) -> tuple[str, str, str, str]:
    """Country, region, masked name and masked phone."""
    phone = told.get("mobile") or told.get("phone", "")
    return told["country"], told.get("province", ""), mask_name(told["name"]), mask_phone(phone)


def _sealed(told: Mapping[str, str], head: _Head, vault: Sealer) -> bytes:
    secret = json.dumps(told, ensure_ascii=False).encode()
    return vault.seal(secret, context=recipient_context(head.seller_id, head.order_id))


@transaction.atomic
def change_address(
    rows: Sequence[NewRecipient], *, seller_id: int | None, vault: Sealer, now: datetime, actor: str
) -> list[RecipientResult]:
    """Send orders elsewhere, as long as no part of them is released; the old address is forgotten.

    Refused per row: a part that is released or sent, an order that is cancelled, another country (it
    decides customs and price), an oaid of another order.
    """
    heads = _lock_heads([row.order_id for row in rows], seller_id=seller_id)
    results = []
    for row in rows:
        head, told = heads.get(row.order_id), _tidied(row.told)
        refusal = _refusal(row, told) or _change_refusal(row, head, told)
        if refusal is not None or head is None:
            results.append(RecipientResult(row.row, "refused", row.order_id, refusal=refusal))
            continue
        oaid = row.oaid or head.oaid or secrets.token_urlsafe(24)
        if not _put(head, oaid, told, vault=vault, now=now):
            results.append(_oaid_taken(row.row, row.order_id, oaid))
            continue
        record_events([(head.seller_id, row.order_id, "address_changed", "", now)], actor=actor)
        told_of = (head.seller_id, f"order:{row.order_id}", {"oaid": oaid, "by": actor})
        emit_events("order.address_changed", [told_of], at=now)
        results.append(RecipientResult(row.row, "changed", row.order_id, oaid))
    return results


def _put(head: _Head, oaid: str, told: Mapping[str, str], *, vault: Sealer, now: datetime) -> bool:
    """In place of what is kept; False where another order of the seller has this oaid."""
    try:
        with transaction.atomic():
            run_statement(
                """
                INSERT INTO orders_orderrecipient
                    (seller_id, order_id, oaid, country, region, name_masked, phone_masked, sealed, kept_at)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
                ON CONFLICT (seller_id, order_id) DO UPDATE SET oaid = excluded.oaid,
                    country = excluded.country, region = excluded.region,
                    name_masked = excluded.name_masked, phone_masked = excluded.phone_masked,
                    sealed = excluded.sealed, changed_at = excluded.kept_at
                """,
                [head.seller_id, head.order_id, oaid, *_shown(told), _sealed(told, head, vault), now],
            )
    except IntegrityError:
        return False
    return True


def _change_refusal(row: NewRecipient, head: _Head | None, told: Mapping[str, Any]) -> Refusal | None:
    if head is None:
        return Refusal(row.row, "order", str(row.order_id), RULE, "the order is not known")
    if head.is_released:
        return Refusal(row.row, "order", str(row.order_id), RULE, "the order is released or sent")
    if not head.is_open:
        return Refusal(row.row, "order", str(row.order_id), RULE, "the order is cancelled")
    if told["country"] != head.destination:
        return Refusal(row.row, "country", told["country"], RULE, "the country of an order stays")
    return None


@transaction.atomic
def forget_recipients(*, days: int, on: date, now: datetime) -> int:
    """Destroy recipients of orders that closed more than `days` ago (ORD-3); what is masked stays."""
    return run_statement(
        """
        UPDATE orders_orderrecipient r SET sealed = NULL WHERE r.id IN (
            SELECT r.id FROM orders_orderrecipient r JOIN orders_order o ON o.id = r.order_id
            WHERE r.sealed IS NOT NULL AND o.closed_at < %s AND NOT EXISTS (
                SELECT 1 FROM orders_order p WHERE p.seller_id = o.seller_id AND p.marketplace = o.marketplace
                    AND p.external_id = o.external_id AND (p.closed_at IS NULL OR p.closed_at >= %s))
            ORDER BY r.id LIMIT %s FOR NO KEY UPDATE OF r)
        """,
        [now - timedelta(days=days), now - timedelta(days=days), _FORGET_ROWS],
    )
