"""The three modes side by side, in the reader's words; what is only claimed is marked as a claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.core.compare import (
    CLAIM,
    COMPUTED,
    DERIVED,
    FULL,
    MODES,
    NOT_COMPUTABLE,
    NOT_STATED,
    OURS,
    OWN,
    RULE,
    SELF,
    SEMI,
    Books,
    Cell,
    OwnRates,
    Row,
    TypicalOrder,
    compare_costs,
    compare_freedoms,
    compare_terms,
)
from bantuo.core.policy import InForce, Source, Text
from bantuo.engine.books import load_book
from bantuo.interfaces.web.policy_words import code_word, value_words
from bantuo.interfaces.web.programme import Programme
from bantuo.interfaces.web.words import BAD, MUTE, OK, WARN

MODE_WORDS: Mapping[str, str | Promise] = {
    SEMI: gettext_lazy("Semi-managed"),
    FULL: gettext_lazy("Fully managed"),
    SELF: gettext_lazy("Self-operated"),
}
_ROWS: Mapping[str, tuple[str | Promise, str | Promise]] = {
    "cost": (
        gettext_lazy("Cost of the order"),
        gettext_lazy("fees, own expenses, or what is given up to the supply price"),
    ),
    "cost_share": (gettext_lazy("Share of the receipts"), ""),
    "left_over": (gettext_lazy("Left over per order"), gettext_lazy("receipts less cost and goods")),
    "return": (
        gettext_lazy("Return on outlay"),
        gettext_lazy("what is left over the goods and the shipping paid in advance"),
    ),
    "on_time": (gettext_lazy("Delivered on time"), ""),
    "delivery": (gettext_lazy("Mean time to delivery"), ""),
    "cash_days": (gettext_lazy("Money tied up after delivery"), ""),
    "deposit": (gettext_lazy("Deposit"), ""),
    "licence_age": (gettext_lazy("Age asked of the business licence"), ""),
    "price": (gettext_lazy("Set the price"), ""),
    "stock": (gettext_lazy("Manage the stock"), ""),
    "main_image": (gettext_lazy("Change the main image"), ""),
    "video": (gettext_lazy("Change the video"), ""),
    "promotion": (gettext_lazy("Run promotions"), ""),
}
_BASES: Mapping[str, str | Promise] = {
    RULE: "",
    CLAIM: gettext_lazy("claim"),
    DERIVED: gettext_lazy("claim, derived"),
    COMPUTED: gettext_lazy("by the rate card"),
    OWN: gettext_lazy("from your rates"),
    OURS: gettext_lazy("our reading"),
}
_FREEDOM_TONES = {"free": OK, "request": WARN, "refused": BAD}


@dataclass(frozen=True, slots=True)
class Citation:
    """A rule to open: one of the programme's book has a page, one of another book only its words."""

    rule_id: str
    label: Text
    said: str
    has_page: bool
    source: Source
    note: Text | None


@dataclass(frozen=True, slots=True)
class ShownCell:
    """One cell in words: the figure, its mark, the claims to read instead."""

    text: str
    tone: str
    mark: str
    is_claim: bool
    cites: Sequence[Citation]
    instead: Sequence[Citation]


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One question with its three answers, in the order of the modes."""

    label: str
    hint: str
    cells: Sequence[tuple[str, ShownCell]]


def compared_books(programme: Programme) -> Books:
    """The programme's book as it stands, and what ships about the other modes."""
    books = {SEMI: programme.book, FULL: load_book("full-managed"), SELF: load_book("self-operated")}
    return Books(books, programme.on)


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under one heading, and the rule that all of them come from, if there is one."""

    title: str
    rows: Sequence[ShownRow]
    rule: str = ""


def comparison(books: Books, *, order: TypicalOrder | None, own: OwnRates) -> list[Section]:
    """The three modes side by side: what one may do, the terms, and the cost as far as computable."""
    costs = compare_costs(books, order=order, own=own)
    if own == OwnRates():
        costs = costs[:1]  # without own rates the other rows say nothing
    freedoms = compare_freedoms(books)
    return [
        Section(_("Cost"), [_shown(row) for row in costs]),
        Section(_("Terms"), [_shown(row) for row in compare_terms(books, own=own)]),
        Section(_("What you may do"), [_shown(row) for row in freedoms], "CAP-1" if freedoms else ""),
    ]


def sample_remarks(books: Books) -> list[Citation]:
    """The claims that say of themselves how small their sample is."""
    wanted = ("CLM-8", "CLM-8.above_full", "CLM-7")
    found = [cited for rule in wanted if (cited := books.find(SEMI, rule)) is not None]
    return [_citation(cited) for cited in found if "note" in cited.rule.detail]


def _shown(row: Row) -> ShownRow:
    label, hint = _ROWS[row.code]
    cells = [(str(MODE_WORDS[mode]), _cell(row, row.cells[mode])) for mode in MODES]
    return ShownRow(str(label), str(hint), cells)


def _cell(row: Row, cell: Cell) -> ShownCell:
    """A figure with the rules behind it; where none can be computed, the claims to read instead."""
    cites = [_citation(cited) for cited in cell.cites] if row.unit != "freedom" else []
    is_unknown = cell.basis == NOT_COMPUTABLE
    return ShownCell(
        text=_text(row, cell),
        tone=_FREEDOM_TONES.get(str(cell.amount), MUTE) if row.unit == "freedom" else "",
        mark=str(_BASES.get(cell.basis, "")),
        is_claim=cell.basis in (CLAIM, DERIVED),
        cites=[] if is_unknown or cell.basis == COMPUTED else cites,
        instead=cites if is_unknown else [],
    )


def _text(row: Row, cell: Cell) -> str:
    if cell.basis == NOT_COMPUTABLE:
        return _("not computable")
    if cell.basis == NOT_STATED:
        return _("not stated in the article")
    return code_word(cell.amount) if row.unit == "freedom" else value_words(cell.amount, row.unit)


def _citation(cited: InForce) -> Citation:
    note = cited.rule.detail.get("note")
    return Citation(
        rule_id=cited.rule.id,
        label=cited.rule.label,
        said=value_words(cited.amount, cited.rule.unit),
        has_page=cited.book not in ("full-managed", "self-operated"),
        source=cited.value.source,
        note=Text(zh=note["zh"], en=note["en"]) if isinstance(note, Mapping) else note,
    )


__all__ = ["MODE_WORDS", "Citation", "Section", "ShownCell", "ShownRow", "compared_books", "comparison",
           "sample_remarks"]  # fmt: skip
