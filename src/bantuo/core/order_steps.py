"""Who has to act next on an order, and on what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NextStep:
    """Who acts (a code), what on (a code), and what its time is counted by: a rule, or nothing."""

    who: str
    what: str
    rule: str = ""


CLOSED = ("completed", "cancelled", "returned")
_STEPS: Mapping[str, NextStep] = {
    "reserved": NextStep("seller", "state_stock", "OPS-1"),
    "released": NextStep("seller", "send_to_warehouse"),
    "picking": NextStep("warehouse", "pack"),
    "packed": NextStep("warehouse", "hand_over"),
    "handed_over": NextStep("customs", "clear_export"),
    "export_cleared": NextStep("carrier", "depart"),
    "departed": NextStep("carrier", "deliver"),
    "delivered": NextStep("platform", "settle", "SET-1"),
    "to_ship": NextStep("seller", "ship", "ORD-1"),
    "shipped": NextStep("carrier", "deliver"),
}


def next_step(state: str, *, cancel_asked: bool, is_on_hand: bool, is_stated: bool) -> NextStep | None:
    """What an order waits for; None for one that is closed.

    An open cancel request comes before everything; an order served wholly from stock on hand, or whose
    stock the seller has stated for the day (`is_stated`), waits for no statement.
    """
    if state in CLOSED:
        return None
    if cancel_asked:
        return NextStep("seller", "answer_cancel", "ORD-2")
    if state == "reserved" and (is_on_hand or is_stated):
        return NextStep("platform", "release")
    if state == "released" and is_on_hand:
        return NextStep("warehouse", "pack")
    return _STEPS[state]
