"""Refunds of charged orders: negative rows of their own, which the next run settles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from bantuo.apps.orders.queries import lock_orders
from bantuo.apps.settlement.operations.charging import NewCharge, keep_charges
from bantuo.apps.settlement.rating import FEE_COLUMNS, reversed_share
from bantuo.apps.sql import fetch_rows
from bantuo.core.clock import business_date
from bantuo.core.policy import Book


class RefundExceedsReceipts(ValueError):
    """More would be given back than the order brought."""


class RefundDiffers(ValueError):
    """This after-sale case of the order has already been charged with another refund."""


@dataclass(frozen=True, slots=True)
class _Charged:
    """An order's charge and what has been refunded on it since."""

    charge_id: int
    seller_id: int
    order_id: int
    receipts_fen: int
    base_service_fen: int
    rated_on: date
    inputs: Mapping[str, Any]
    refunded_fen: int
    same_cause_fen: int | None


@transaction.atomic
def refund_orders(
    refunds: Sequence[tuple[int, int]],
    *,
    book: Book,
    policy_version_id: int,
    now: datetime,
    actor: str,
    cause: str = "return",
) -> int:
    """Take each (order id, refund in fen) back from its seller; returns how many rows were added.

    The base service fee goes back in proportion, exactly all of it with the whole receipts; freight
    work stays charged. The order's own row is never touched. An order without a charge is left: the
    refund lowers its receipts once it is charged. Once per order and `cause` (the after-sale kind).
    Raises RefundExceedsReceipts, RefundDiffers.
    """
    lock_orders(order for order, _ in refunds)
    wanted = {order: fen for order, fen in refunds if fen}
    rows = [
        _refund_row(charged, refund_fen=wanted[charged.order_id], cause=cause, book=book, now=now)
        for charged in _charged_orders(list(wanted), cause=cause)
        if _is_new(charged, refund_fen=wanted[charged.order_id])
    ]
    return keep_charges(rows, policy_version_id=policy_version_id, now=now, actor=actor)


def _charged_orders(order_ids: Sequence[int], *, cause: str) -> list[_Charged]:
    rows = fetch_rows(
        """
        SELECT c.id, c.seller_id, c.order_id, c.receipts_fen, c.base_service_fen, c.rated_on, c.inputs::text,
               COALESCE(-sum(r.receipts_fen), 0)::bigint,
               -max(r.receipts_fen) FILTER (WHERE r.cause = %s)
        FROM settlement_charge c
        LEFT JOIN settlement_charge r ON r.order_id = c.order_id AND r.kind = 'refund'
        WHERE c.order_id = ANY(%s) AND c.kind = 'order' GROUP BY c.id ORDER BY c.order_id
        """,
        [cause, list(order_ids)],
    )
    return [_Charged(*row) for row in rows]


def _is_new(charged: _Charged, *, refund_fen: int) -> bool:
    if charged.same_cause_fen is None:
        if not 0 < charged.refunded_fen + refund_fen <= charged.receipts_fen:
            raise RefundExceedsReceipts(
                f"order {charged.order_id}: {refund_fen} fen on top of {charged.refunded_fen} fen refunded, "
                f"of {charged.receipts_fen} fen received"
            )
        return True
    if charged.same_cause_fen != refund_fen:
        raise RefundDiffers(f"order {charged.order_id}: {charged.same_cause_fen} fen was refunded already")
    return False


def _refund_row(charged: _Charged, *, refund_fen: int, cause: str, book: Book, now: datetime) -> NewCharge:
    after = charged.refunded_fen + refund_fen
    back = _base_back(charged, part=after) - _base_back(charged, part=charged.refunded_fen)
    return NewCharge(
        seller_id=charged.seller_id,
        order_id=charged.order_id,
        kind="refund",
        cause=cause,
        receipts_fen=-refund_fen,
        fees=dict.fromkeys(FEE_COLUMNS, 0) | {"base_service_fen": -back},
        inputs={
            "charge_id": charged.charge_id,
            "charged_receipts_fen": charged.receipts_fen,
            "charged_base_service_fen": charged.base_service_fen,
            "refunded_before_fen": charged.refunded_fen,
            "refund_fen": refund_fen,
        },
        rated_on=charged.rated_on,
        reason=f"{cause} after charging: base service fee goes back in proportion",
        payable_on=business_date(now, zone=book.zone),
    )


def _base_back(charged: _Charged, *, part: int) -> int:
    """The base fee that goes back once `part` of the receipts has been refunded in all."""
    return reversed_share(charged.base_service_fen, part=part, whole=charged.receipts_fen)
