"""Plan what the outside world does with each order: buyers, benches, the port and carriers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from bantuo.apps.sql import fetch_rows
from bantuo.simulate.layout import Layout

BATCH = 2_000
_COLUMNS = (
    "replay_id", '"order"', "seller", "placed_at", "stop", "carrier_at", "delivered_at", '"case"', "case_at",
    "case_responsible", "case_reason", "pack_hours", "pack_seconds", "wrong_scans", "mis_shipped",
    "extra_permille", "margin_mm", "clear_hours", "deliver_days", "next_step",
)  # fmt: skip


def plan_orders(first_row: int, *, layout: Layout, replay_id: int) -> int:
    """Plan every seller's part of the staged orders in rows `[first_row, first_row + BATCH)`."""
    parts = fetch_rows(
        """
        SELECT DISTINCT o."order", i.seller, o.status, o.placed_at, o.carrier_at, o.delivered_at
        FROM simulate_stagedorder o
        JOIN simulate_stageditem i ON i.replay_id = o.replay_id AND i."order" = o."order"
        JOIN simulate_stagedseller s ON s.replay_id = o.replay_id AND s.seller = i.seller
        WHERE o.replay_id = %s AND o.row >= %s AND o.row < %s ORDER BY o."order", i.seller
        """,
        [replay_id, first_row, first_row + BATCH],
    )
    draw = _draws(layout)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY simulate_plannedorder ({', '.join(_COLUMNS)}) FROM STDIN") as copy,
    ):
        for order, seller, status, placed_at, carrier_at, delivered_at in parts:
            part = _Part((order, seller), layout.raw["status"][status], placed_at, carrier_at, delivered_at)
            copy.write_row((replay_id, order, seller, placed_at, *_world(part, draw), ""))
    return len(parts)


def _draws(layout: Layout) -> Mapping[str, Callable[..., int]]:
    numbers = ("pack_hours", "pack_seconds", "wrong_scan", "mis_shipped", "clear_hours", "deliver_days",
               "cancel_hours", "return_days")  # fmt: skip
    drawn: dict[str, Callable[..., int]] = {name: layout.facts.number(name) for name in numbers}
    for name in ("extra_permille", "margin_mm"):
        choose = layout.facts.choice(name)
        drawn[name] = lambda *keys, choose=choose: int(choose(*keys))
    return drawn


@dataclass(frozen=True, slots=True)
class _Part:
    """One seller's part of a source order; `keys` draw its facts."""

    keys: tuple[str, str]
    fate: str
    placed_at: datetime
    carrier_at: datetime | None
    delivered_at: datetime | None


def _world(part: _Part, draw: Mapping[str, Callable[..., int]]) -> tuple[Any, ...]:
    keys = part.keys
    stop, case = _fate(part, draw)
    return (
        stop,
        part.carrier_at,
        part.delivered_at,
        *case,
        draw["pack_hours"](*keys),
        draw["pack_seconds"](*keys),
        draw["wrong_scan"](*keys),
        bool(draw["mis_shipped"](*keys)),
        draw["extra_permille"](*keys),
        draw["margin_mm"](*keys),
        draw["clear_hours"](*keys),
        draw["deliver_days"](*keys),
    )


def _fate(
    part: _Part, draw: Mapping[str, Callable[..., int]]
) -> tuple[str, tuple[str, datetime | None, str, str]]:
    """How far the order goes, and the after-sales case it meets on the way."""
    if not part.fate.startswith("cancelled"):
        return part.fate, ("", None, "", "")
    by_seller = part.fate == "cancelled_by_seller"
    responsible = "seller" if by_seller else "buyer"
    if part.carrier_at is None:
        at = part.placed_at + timedelta(hours=draw["cancel_hours"](*part.keys))
        reason = "seller out of stock" if by_seller else "buyer cancelled"
        return "packed", ("cancel", at, responsible, reason)
    at = (part.delivered_at or part.carrier_at) + timedelta(days=draw["return_days"](*part.keys))
    stop = "delivered" if part.delivered_at else "departed"
    return stop, ("return", at, responsible, "buyer cancelled after shipping")
