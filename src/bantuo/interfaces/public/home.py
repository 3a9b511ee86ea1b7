"""The first page: what semi-managed means, who does what, what it costs, how the modes differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from bantuo.core.compare import OwnRates, TypicalOrder
from bantuo.core.policy import Book, InForce, Text
from bantuo.engine.quotes import quoter_for
from bantuo.interfaces.public.compare import MODE_WORDS, compared_books, comparison, sample_remarks
from bantuo.interfaces.web.access import public
from bantuo.interfaces.web.programme import Programme, programme_now

CARD = "semi"
# An order like any other, to show what the rate card makes of it.
EXAMPLE: Mapping[str, int] = {
    "receipts_fen": 12_000,
    "length_mm": 300,
    "width_mm": 250,
    "height_mm": 200,
    "weight_g": 1_200,
    "distance_m": 250_000,
    "label": 1,
}
DUTIES: Mapping[str, tuple[str | Promise, str]] = {
    "pricing": (_("Prices"), "coin-yuan"),
    "stock": (_("Stock"), "clipboard-list"),
    "content": (_("Images and video"), "palette"),
    "promotion": (_("Promotions"), "plus"),
    "storage": (_("Storage"), "building-warehouse"),
    "sorting": (_("Sorting"), "filter"),
    "packing": (_("Packing"), "clipboard-check"),
    "domestic_haulage": (_("Domestic haulage"), "refresh"),
    "export_customs": (_("Export customs"), "file-text"),
    "first_leg": (_("First leg abroad"), "download"),
    "after_sales_part": (_("Part of after-sales"), "help-circle"),
    "last_mile": (_("Last mile"), "circle"),
    "quality_check": (_("Quality check"), "circle"),
    "returns": (_("Returns"), "circle"),
    "customer_duties": (_("Duties abroad"), "circle"),
    "leg_to_warehouse_cost": (_("Cost of the way to the warehouse"), "circle"),
}


@dataclass(frozen=True, slots=True)
class Duty:
    """One part of the work."""

    label: str | Promise
    icon: str


@dataclass(frozen=True, slots=True)
class Phase:
    """One of the three phases with its steps, each the rule that describes it."""

    label: Text
    steps: list[InForce]


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Everything one has to know first, each figure with the rule behind it."""
    programme = programme_now()
    books = compared_books(programme)
    quote = quoter_for(programme.book, CARD, on=programme.on).quote(EXAMPLE)
    order = TypicalOrder(receipts_fen=EXAMPLE["receipts_fen"], semi_fee_fen=quote.total_fen)
    context = {
        "duties": duties_by_party(programme.book, programme),
        "quote": quote,
        "example": EXAMPLE,
        "phases": list(_phases(programme)),
        "modes": list(MODE_WORDS.values()),
        "comparison": comparison(books, order=order, own=OwnRates()),
        "remarks": sample_remarks(books),
        "deposit": programme.book.in_force("DEP-1", programme.on),
        "settlement": programme.book.in_force("SET-1", programme.on),
        "is_demo": settings.DEMO,
    }
    return render(request, "public/home.html", context)


def duties_by_party(book: Book, programme: Programme) -> dict[str, list[Duty]]:
    """The parts of the work under who does them (RSP-1), in the order of the book."""
    made: dict[str, list[Duty]] = {}
    for row in book.amount("RSP-1", programme.on):
        label, icon = DUTIES.get(row["duty"], (row["duty"], "circle"))
        made.setdefault(row["party"], []).append(Duty(label, icon))
    return made


def _phases(programme: Programme) -> Any:
    for rule in ("PHASE-1", "PHASE-2", "PHASE-3"):
        phase = programme.book.in_force(rule, programme.on)
        steps = [programme.book.in_force(step, programme.on) for step in phase.amount]
        yield Phase(phase.rule.label, steps)
