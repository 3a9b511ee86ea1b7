"""Charge orders: one wide row per order, every input frozen on it, so that it can be rated again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.orders.queries import lock_orders
from bantuo.apps.policies.queries import granted_rates
from bantuo.apps.settlement.queries.chargeable import OrderFacts, chargeable_orders
from bantuo.apps.settlement.rating import CARD, FEE_COLUMNS, fee_columns, receipts_of
from bantuo.apps.sql import columns_of, fetch_rows
from bantuo.core.card_inputs import InputProblem, InputsRefused
from bantuo.core.clock import business_date
from bantuo.core.policy import Book
from bantuo.engine.quotes import quoter_for

_COLUMNS = ", ".join(
    (
        *("seller_id", "order_id", "kind", "cause", "rated_on", "reason", "payable_on", "receipts_fen"),
        *("total_fen", "net_fen", *FEE_COLUMNS),
    )
)


class SettlementEventUnsupported(LookupError):
    """The policy counts the settlement period from an event that orders do not record."""


@dataclass(frozen=True, slots=True)
class NewCharge:
    """A charge ready to be kept. `cause` is empty for an order, the after-sale kind for a refund."""

    seller_id: int
    order_id: int
    kind: str
    cause: str
    receipts_fen: int
    fees: Mapping[str, int]  # fee column → fen
    inputs: Mapping[str, Any]
    rated_on: date
    reason: str
    payable_on: date

    @property
    def total_fen(self) -> int:
        return sum(self.fees.values())


@dataclass(frozen=True, slots=True)
class _Refused:
    facts: OrderFacts
    problems: tuple[InputProblem, ...]


@transaction.atomic
def charge_orders(
    order_ids: Sequence[int], *, book: Book, policy_version_id: int, now: datetime, actor: str
) -> int:
    """Charge the delivered orders among these that have no charge yet; returns how many were charged.

    Rated by the policy of the order's own day (A-40). An order that cannot be priced stays uncharged
    and leaves a refusal with field, value and rule. Orders are locked by id.
    """
    return _charge(
        order_ids,
        states=("delivered", "completed"),
        book=book,
        policy_version_id=policy_version_id,
        now=now,
        actor=actor,
    )


@transaction.atomic
def charge_returned_orders(
    order_ids: Sequence[int], *, book: Book, policy_version_id: int, now: datetime, actor: str
) -> int:
    """Charge orders that came back before they were charged: the freight work was done all the same.

    Their receipts are what the refund left over: nothing, after a full refund.
    """
    return _charge(
        order_ids, states=("returned",), book=book, policy_version_id=policy_version_id, now=now, actor=actor
    )


def _charge(
    order_ids: Sequence[int],
    *,
    states: Sequence[str],
    book: Book,
    policy_version_id: int,
    now: datetime,
    actor: str,
) -> int:
    if not order_ids:
        return 0
    lock_orders(order_ids)
    due = [facts for facts in chargeable_orders(order_ids, states=states) if facts.handed_over_at]
    charges: list[NewCharge] = []
    refused: list[_Refused] = []
    rates = granted_rates((facts.seller_id, facts.rated_on) for facts in due)
    for facts in due:
        try:
            granted = rates.get((facts.seller_id, facts.rated_on), 0)
            charges.append(_rated(facts, book=book, granted_rate_bp=granted))
        except InputsRefused as error:
            refused.append(_Refused(facts, error.problems))
    _keep_refusals(refused, now=now)
    return keep_charges(charges, policy_version_id=policy_version_id, now=now, actor=actor)


def _rated(facts: OrderFacts, *, book: Book, granted_rate_bp: int) -> NewCharge:
    receipts = receipts_of(facts.receipts, book=book, on=facts.rated_on)
    inputs = _frozen_inputs(facts, base_fen=receipts.base_fen, granted_rate_bp=granted_rate_bp)
    inputs["base"] = {"counted": list(receipts.counted), "taken_off": list(receipts.taken_off)}
    event, at = _settlement_event(facts, book=book)
    inputs["event"] = {"name": event, "at": at.isoformat()}
    return NewCharge(
        seller_id=facts.seller_id,
        order_id=facts.order_id,
        kind="order",
        cause="",
        receipts_fen=receipts.received_fen,
        fees=fee_columns(inputs, quoter=quoter_for(book, CARD, on=facts.rated_on)),
        inputs=inputs,
        rated_on=facts.rated_on,
        reason=_reason(facts),
        payable_on=business_date(at, zone=book.zone) + timedelta(days=book.amount("SET-1", facts.rated_on)),
    )


def _frozen_inputs(facts: OrderFacts, *, base_fen: int, granted_rate_bp: int) -> dict[str, Any]:
    """Every input of every line; raises InputsRefused when a fact is missing."""
    missing = [
        InputProblem(name, None, rule)
        for name, fact, rule in (
            ("lines", facts.estimated, "FEE-3: the order has no lines to estimate from"),
            ("parcel", facts.measured, "FEE-3: the packing station measured no parcel"),
            ("binding", facts.binding, "FEE-5.distance_basis: no recorded distance to the warehouse"),
        )
        if fact is None
    ]
    if missing or facts.binding is None:
        raise InputsRefused(tuple(missing))
    return {
        "receipts": dict(facts.receipts),
        "services": {
            "receipts_fen": base_fen,
            "distance_m": facts.binding["distance_m"],
            **facts.services,
            "carton_pieces": facts.carton_pieces,
            "granted_rate_bp": granted_rate_bp,
        },
        "estimated": facts.estimated,
        "measured": facts.measured,
        "distance": {k: facts.binding[k] for k in ("binding_id", "evidence")},
    }


def _settlement_event(facts: OrderFacts, *, book: Book) -> tuple[str, datetime]:
    """The event that the settlement period counts from (A-29), and its instant."""
    named = str(book.amount("SET-1.event", facts.rated_on))
    recorded = {"delivered": facts.delivered_at, "picked_up": facts.handed_over_at}
    if named not in recorded:
        raise SettlementEventUnsupported(f"SET-1.event is {named!r}, which orders do not record")
    at = recorded[named]
    if at is not None:
        return named, at
    if facts.closed_at is None:
        raise SettlementEventUnsupported(f"order {facts.order_id} was neither {named} nor returned")
    return "returned", facts.closed_at


def _reason(facts: OrderFacts) -> str:
    if facts.state != "returned":
        return "delivered"
    return "returned after delivery" if facts.delivered_at else "returned before delivery, freight work done"


def keep_charges(charges: Sequence[NewCharge], *, policy_version_id: int, now: datetime, actor: str) -> int:
    """Write the charges that are not there yet, each with its outbox row; returns how many."""
    if not charges:
        return 0
    rows = [
        (
            c.seller_id, c.order_id, c.kind, c.cause, c.rated_on, c.reason, c.payable_on, c.receipts_fen,
            c.total_fen, c.receipts_fen - c.total_fen, *(c.fees[name] for name in FEE_COLUMNS),
        )
        for c in charges
    ]  # fmt: skip
    added = fetch_rows(
        f"""
        INSERT INTO settlement_charge ({_COLUMNS}, inputs, card, policy_version_id, charged_at)
        SELECT i.*, %s, %s, %s
        FROM ROWS FROM (
            unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::date[], %s::text[], %s::date[],
                   {", ".join(["%s::bigint[]"] * (3 + len(FEE_COLUMNS)))}),
            jsonb_array_elements(%s::jsonb)
        ) AS i({_COLUMNS}, inputs)
        ON CONFLICT (seller_id, order_id, kind, cause) DO NOTHING
        RETURNING seller_id, order_id, kind, net_fen
        """,
        [
            *(CARD, policy_version_id, now),
            *columns_of(rows, 10 + len(FEE_COLUMNS)),
            json.dumps([c.inputs for c in charges]),
        ],
    )
    emit_events(
        "settlement.charged",
        [
            (seller, f"order:{order}", {"kind": kind, "net_fen": net, "actor": actor})
            for seller, order, kind, net in added
        ],
        at=now,
    )
    return len(added)


def _keep_refusals(refused: Sequence[_Refused], *, now: datetime) -> None:
    rows = [
        (r.facts.seller_id, r.facts.order_id, p.field, str(p.value), p.rule)
        for r in refused
        for p in r.problems
    ]
    added = fetch_rows(
        """
        INSERT INTO settlement_chargerefusal (seller_id, order_id, field, value, rule, refused_at)
        SELECT i.*, %s FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[])
            AS i(seller, ord, field, value, rule)
        ON CONFLICT DO NOTHING RETURNING seller_id, order_id, field, rule
        """,
        [now, *columns_of(rows, 5)],
    )
    emit_events(
        "settlement.charge_refused",
        [(seller, f"order:{order}", {"field": field, "rule": rule}) for seller, order, field, rule in added],
        at=now,
    )
