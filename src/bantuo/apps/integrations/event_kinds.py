"""What endpoints are told: the kinds of events, from which outbox topics they come, and what they carry.

A message carries ids and figures; whoever wants more asks the API with its key. Names, addresses and
what people wrote stay here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

TEST_KIND = "webhook.test"
GROUPS = ("order", "stock", "price_alert", "application", "cut_over")
# Topics that are told under another name; whatever begins with `order.` or `stock.` keeps its own.
_RENAMED = {
    "catalog.price_alert_raised": "price_alert.raised",
    "catalog.price_alert_cleared": "price_alert.cleared",
    "stock.day_late": "cut_over.day_late",
    "orders.cut_over": "cut_over.done",
}
_STEPS = "admission.step"
_KEPT = ("order.", "stock.")
TOPICS_LIKE = ("order.%", "stock.%", *sorted(_RENAMED), _STEPS)
# Fields of a payload that may leave: figures and codes.
_FIELDS = frozenset({
    "business_date", "changed", "day", "exclusive_fen", "external_id", "fen", "late", "line_no", "lines",
    "marketplace", "missing", "on", "ordinary_fen", "outcome", "pool", "quantity", "quantity_short", "route",
    "rows", "rule", "safety", "sequence", "sku", "state", "stated", "step", "warehouse",
})  # fmt: skip
_TEXT_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True)
class HookEvent:
    """An outbox event as endpoints may hear of it."""

    id: int
    topic: str
    seller_id: int | None
    key: str
    payload: Mapping[str, Any]
    occurred_at: datetime

    @property
    def message_id(self) -> str:
        """The same at every endpoint and at every try."""
        return f"evt_{self.id}"

    @property
    def kind(self) -> str:
        """The `type` of the message; empty: nobody is told."""
        if self.topic == _STEPS:
            step = str(self.payload.get("step") or "").replace(":", "_")
            return f"application.{step}" if step else ""
        renamed = _RENAMED.get(self.topic)
        return renamed or (self.topic if self.topic.startswith(_KEPT) else "")

    @property
    def content(self) -> dict[str, Any]:
        """The `data` of the message: the thing's id under its own name, and the figures told of it."""
        thing, _, number = self.key.rpartition(":")
        named = {thing: int(number) if number.isdecimal() else number} if thing else {}
        told = {name: value for name, value in self.payload.items() if name in _FIELDS and _is_plain(value)}
        return {**told, **named}


def is_wanted(kind: str, kinds: Iterable[str]) -> bool:
    """Whether an endpoint that asked for these kinds is told of this one; `order.*` asks for a group."""
    group = kind.partition(".")[0]
    return any(wanted in (kind, f"{group}.*", "*") for wanted in kinds)


def is_kind(text: str) -> bool:
    """Whether an endpoint may ask for it: a group, or one kind of a group."""
    group, _, name = text.partition(".")
    return group in GROUPS and (name == "*" or name.replace("_", "").isalnum())


def _is_plain(value: object) -> bool:
    return isinstance(value, bool | int) or (isinstance(value, str) and len(value) <= _TEXT_LENGTH_MAX)
