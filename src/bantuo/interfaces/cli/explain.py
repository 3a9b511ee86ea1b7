"""`bantuo explain` and `bantuo statement`: from a payout to its charges, from a fen to its source."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import typer

from bantuo.apps.orders.queries import order_history, orders_named
from bantuo.apps.parties.queries import sellers_named
from bantuo.apps.settlement.queries import explain_charge, statement_lines, statements_of_seller
from bantuo.apps.settlement.queries.explanations import ChargeExplanation
from bantuo.core.money import format_fen
from bantuo.core.policy import Book, InForce
from bantuo.core.routing import REASON_WORDS, Reason
from bantuo.engine.books import load_book
from bantuo.interfaces.cli.terminal import out, print_json, print_table, stop_bad_input


def explain_order(*, order: str, seller: str | None, as_json: bool) -> None:
    """Everything stored of one order: exit 2 when no order, or more than one, has that name."""
    found = orders_named(order, seller=seller)
    if len(found) != 1:
        names = [{"order": f.external_id, "part": f.part, "seller": f.seller} for f in found[:20]]
        said = "no order has that id" if not found else "more than one order has that name: add --seller"
        stop_bad_input(f"{order}: {said}", as_json=as_json, problems=names)
    (one,) = found
    history = order_history(one.id)
    book = load_book()
    charges = explain_charge(one.id, book=book)
    if as_json:
        print_json(
            {
                "order": one.external_id, "part": one.part, "seller": one.seller, "state": one.state,
                "route": one.route, "decisions": history.decisions, "events": history.events,
                "charges": [_charge_json(c) for c in charges],
            }
        )  # fmt: skip
        return
    out.print(f"[bold]{one.external_id}[/] · {one.seller} · {one.route} / {one.state}", highlight=False)
    decisions = [_decision_row(d, book) for d in history.decisions]
    print_table(f"decisions ({book.zone})", ("when", "route", "why", "rule", "policy", "by"), decisions)
    events = [(_clock(e["at"], book), e["state"], e["reason"], e["by"]) for e in history.events]
    print_table(f"what happened ({book.zone})", ("when", "state", "why", "by"), events)
    for charge in charges:
        _print_charge(charge)
    if not charges:
        out.print("no charge yet: an order is charged when it is delivered", highlight=False)


def _clock(at: datetime, book: Book) -> str:
    return f"{at.astimezone(ZoneInfo(book.zone)):%Y-%m-%d %H:%M:%S}"


def _decision_row(decision: dict[str, Any], book: Book) -> tuple[object, ...]:
    words = REASON_WORDS[Reason(decision["reason"])]
    why = f"{words.zh}\n{words.en}"
    return (
        _clock(decision["at"], book),
        decision["route"],
        why,
        decision["rule"],
        decision["policy"],
        decision["by"],
    )


def _print_charge(charge: ChargeExplanation) -> None:
    rows = [
        (
            c.label.zh + "\n" + c.label.en,
            format_fen(c.fen),
            c.formula.zh + "\n" + c.formula.en,
            "\n".join(dict.fromkeys(cited.rule.id for cited in c.citations)),
        )
        for c in charge.columns
    ]
    rows.append(("合计\ntotal", format_fen(charge.total_fen), "", ""))
    title = f"{charge.kind}: receipts {format_fen(charge.receipts_fen)} − fees {format_fen(charge.total_fen)}"
    print_table(
        f"{title} = {format_fen(charge.net_fen)} · {charge.reason}", ("fee", "¥", "formula", "rules"), rows
    )
    cites = {cited.rule.id: cited for c in charge.columns for cited in c.citations}
    print_table(f"rules of {charge.book} {charge.version} on {charge.rated_on}",
                ("rule", "value", "quote", "reading", "source"), map(_cite_row, cites.values()))  # fmt: skip
    where = f"run {charge.run}, statement {charge.statement_id}, ledger entries {list(charge.entry_ids)}"
    paid = where if charge.run else f"payable on {charge.payable_on}, not settled yet"
    same = "the frozen inputs give the same amounts again" if charge.is_reproduced else "NOT REPRODUCED"
    out.print(f"{paid}; {same}\n", highlight=False)


def _cite_row(cited: InForce) -> tuple[object, ...]:
    value = cited.value
    readings = ", ".join(r.id for r in cited.rule.readings)
    return (
        cited.rule.id,
        f"{value.value} {cited.rule.unit}",
        value.quote or "",
        readings,
        value.source.title.zh,
    )


def _charge_json(charge: ChargeExplanation) -> dict[str, Any]:
    return {
        "kind": charge.kind, "receipts_fen": charge.receipts_fen, "total_fen": charge.total_fen,
        "net_fen": charge.net_fen, "reason": charge.reason, "rated_on": charge.rated_on,
        "payable_on": charge.payable_on, "run": charge.run, "statement": charge.statement_id,
        "entries": list(charge.entry_ids), "reproduced": charge.is_reproduced, "inputs": charge.inputs,
        "policy": {"book": charge.book, "version": charge.version},
        "columns": [
            {
                "column": c.column, "fen": c.fen, "label": c.label.en, "label_zh": c.label.zh,
                "formula": c.formula.en, "formula_zh": c.formula.zh,
                "cites": [
                    {
                        "rule": cited.rule.id, "value": cited.value.value, "unit": cited.rule.unit,
                        "since": cited.value.since, "date_status": cited.value.date_status,
                        "source": cited.value.source.title.zh, "quote": cited.value.quote,
                        "readings": [r.id for r in cited.rule.readings],
                    }
                    for cited in c.citations
                ],
            }
            for c in charge.columns
        ],
    }  # fmt: skip


_NOT_SHOWN = ("charge_id", "order_id", "marketplace", "cause", "fees", "part")


def show_statement(*, seller: str, run: str | None, as_json: bool) -> None:
    """A seller's statements, or every charge of one of them."""
    found = sellers_named(seller)
    if len(found) != 1:
        said = "no seller has that code" if not found else "sellers of several marketplaces have that code"
        stop_bad_input(f"{seller}: {said}", as_json=as_json)
    (seller_id,) = found
    rows = statements_of_seller(seller_id) if run is None else statement_lines(seller_id, run_code=run)
    plain = [json.loads(json.dumps(_as_dict(row), default=str)) for row in rows]
    if as_json:
        print_json(plain)
        return
    if not plain:
        out.print("nothing has been settled for this seller yet", highlight=False)
        raise typer.Exit
    columns = [name for name in plain[0] if name not in _NOT_SHOWN]
    print_table(
        f"{seller} {run or ''} (¥)",
        [name.removesuffix("_fen") for name in columns],
        [[format_fen(row[c]) if c.endswith("_fen") else row[c] for c in columns] for row in plain],
    )


def _as_dict(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}
