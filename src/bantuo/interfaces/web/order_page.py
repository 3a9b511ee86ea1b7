"""One order on a page: what happened, why it took its route, its money, who acts next and by when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bantuo.apps.aftersales.models import AfterSale
from bantuo.apps.orders.order_rows import ListedOrder, OrderDetail
from bantuo.apps.settlement.models import Charge
from bantuo.core.clock import business_date, operating_day
from bantuo.core.order_steps import NextStep, next_step
from bantuo.core.review_time import review_time
from bantuo.core.routing import Reason
from bantuo.interfaces.web.order_words import reason_text
from bantuo.interfaces.web.programme import Programme
from bantuo.interfaces.web.templatetags.ui import actor
from bantuo.interfaces.web.words import word_of


@dataclass(frozen=True, slots=True)
class Next:
    """Who acts next, on what, and by when: a day, or an instant; `tone` warns."""

    step: NextStep
    by_day: date | None = None
    by: datetime | None = None
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """An order of a list with what it waits for."""

    order: ListedOrder
    next: Next | None
    reason: str


def rows_of(orders: list[ListedOrder], programme: Programme) -> list[Row]:
    """Orders as a list shows them."""
    return [Row(order, next_of(order, programme), reason_text(order.reason)) for order in orders]


def next_of(order: ListedOrder, programme: Programme) -> Next | None:
    """What an order waits for today; None when it is closed."""
    pools = {line.pool for line in order.lines if line.reserved or line.pool}
    step = next_step(
        order.state,
        cancel_asked=order.cancel_id is not None,
        is_on_hand=bool(pools) and pools == {"on_hand"},
        is_stated=order.state == "reserved" and _is_stated(order, programme),
    )
    if step is None:
        return None
    if step.what == "answer_cancel":
        late = order.cancel_by is not None and order.cancel_by < programme.now
        return Next(step, by=order.cancel_by, tone="bad" if late else "warn")
    if step.what == "ship":
        return _ship_by(step, order, programme)
    if step.what == "state_stock":
        day = operating_day(programme.book, programme.on)
        if day.is_cut(programme.now):  # what waits after a cut-off waits for the next one
            day = operating_day(programme.book, programme.on + timedelta(days=1))
        return Next(step, by=day.cutoff_at, tone="warn")
    return Next(step)


def _is_stated(order: ListedOrder, programme: Programme) -> bool:
    """Whether the next release takes it: the day is open and its stock has been stated for it."""
    on = programme.on.isoformat()
    day = operating_day(programme.book, programme.on)
    return not day.is_cut(programme.now) and all(
        line.stated_on == on for line in order.lines if line.pool == "declared"
    )


def _ship_by(step: NextStep, order: ListedOrder, programme: Programme) -> Next:
    book, on = programme.book, programme.on
    since = business_date(order.to_ship_since or order.placed_at, zone=book.zone)
    time = review_time(
        since, on=on, days=int(book.amount("ORD-1", on)), warn=int(book.amount("ORD-1.warn", on))
    )
    return Next(step, by_day=time.due_on, tone={"late": "bad", "soon": "warn"}.get(time.state, ""))


def order_context(detail: OrderDetail, programme: Programme) -> dict[str, Any]:
    """Everything that both consoles show of an order."""
    order = detail.order
    cases = list(AfterSale.objects.filter(order_id=order.id).order_by("id"))
    charges = list(Charge.objects.filter(seller_id=order.seller_id, order_id=order.id).order_by("id"))
    return {
        "order": order,
        "next": next_of(order, programme),
        "reason": reason_text(order.reason),
        "timeline": _timeline(detail),
        "decisions": [(one, reason_text(one.reason)) for one in reversed(detail.decisions)],
        "cancels": list(reversed(detail.cancels)),
        "open_cancel": next((one for one in detail.cancels if not one.answer), None),
        "parts": [part for part in detail.parts if part.id != order.id],
        "standing": [shipment for shipment in order.shipments if shipment.replaced_at is None],
        "replaced": [shipment for shipment in order.shipments if shipment.replaced_at is not None],
        "cases": cases,
        "charges": charges,
        "may_change_address": order.state in ("reserved", "to_ship") and not order.is_shipped_in_part,
        "may_cancel": order.cancel_id is None
        and order.state in ("reserved", "released", "picking", "packed", "to_ship"),
        "was_turned": order.state == "to_ship"
        and order.reason in (Reason.CUTOFF_FALLBACK, Reason.CUTOFF_FALLBACK_WIDE, Reason.AFTER_CUTOFF),
    }


def _timeline(detail: OrderDetail) -> list[dict[str, Any]]:
    """Newest first."""
    return [
        {
            "at": event.at,
            "title": word_of("order_state", event.state).label,
            "text": "" if not event.reason else reason_text(event.reason),
            "actor": event.by if actor(event.by) else "",
            "tone": word_of("order_state", event.state).tone,
        }
        for event in reversed(detail.events)
    ]
