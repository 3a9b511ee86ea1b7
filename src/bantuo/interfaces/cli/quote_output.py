"""What `bantuo quote` shows: each line with formula, rules and source; of a file, what was refused."""

from __future__ import annotations

from datetime import date
from typing import Any

from bantuo.core.money import format_fen
from bantuo.core.policy import InForce
from bantuo.engine.quote_files import PricedFile
from bantuo.engine.quotes import Quote, QuoteLine
from bantuo.interfaces.cli.terminal import err, out, print_table

SHOWN_PROBLEMS = 20


def quote_json(made: Quote, on: date) -> dict[str, Any]:
    """A quote in minor units; each line with its first rule and source, and all of them in `cites`."""
    return {
        "total_fen": made.total_fen,
        "currency": made.currency,
        "lines": [_line_json(line) for line in made.lines],
        "inputs": dict(made.inputs),
        "policy": {"book": made.book, "version": made.version, "card": made.card, "at": on.isoformat()},
    }


def print_quote(made: Quote, on: date) -> None:
    """A quote as two tables: the lines with their formulas, then the rules they rest on."""
    lines = [
        (line.code, format_fen(line.fen), f"{line.formula.zh}\n{line.formula.en}") for line in made.lines
    ]
    total = ("total", format_fen(made.total_fen), "")
    print_table(
        f"{made.currency} {format_fen(made.total_fen)}", ("line", made.currency, "formula"), [*lines, total]
    )
    cites = {cited.rule.id: cited for line in made.lines for cited in line.citations}
    title = f"Rules of {made.book} {made.version} on {on}"
    print_table(title, ("rule", "value", "quote", "reading"), map(_rule_row, cites.values()))
    sources = dict.fromkeys(cited.value.source.title.en for cited in cites.values())
    out.print(f"Sources: {'; '.join(sources)}", markup=False, highlight=False)


def file_json(made: PricedFile, policy: str) -> dict[str, Any]:
    """What became of a file, with its first problems."""
    return {
        "rows": made.rows,
        "priced": made.priced,
        "refused": made.refused,
        "total_fen": made.total_fen,
        "policy": policy,
        "out": made.out and str(made.out),
        "problems_out": made.problems_out and str(made.problems_out),
        "problems_total": made.problems.height,
        "problems": made.problems.head(SHOWN_PROBLEMS).to_dicts(),
    }


def print_file(made: PricedFile, currency: str) -> None:
    """What became of a file as a table; its first problems on stderr."""
    columns = ("rows", "priced", "refused", f"total {currency}", "written to")
    total = format_fen(made.total_fen)
    print_table("Priced", columns, [(made.rows, made.priced, made.refused, total, made.out or "nothing")])
    for problem in made.problems.head(SHOWN_PROBLEMS).iter_rows(named=True):
        said = f"row {problem['row']}, {problem['field']} = {problem['value']!r}: {problem['rule']}"
        err.print(said, markup=False, highlight=False)
    if made.problems_out:
        err.print(f"All {made.problems.height} problems: {made.problems_out}", markup=False, highlight=False)


def _line_json(line: QuoteLine) -> dict[str, Any]:
    return {
        "code": line.code,
        "label": line.label.en,
        "label_zh": line.label.zh,
        "fen": line.fen,
        "formula": line.formula.en,
        "formula_zh": line.formula.zh,
        "rule": line.rules[0] if line.rules else "",
        "source": line.citations[0].value.source.title.en if line.citations else "",
        "cites": [_citation_json(cited) for cited in line.citations],
    }


def _citation_json(cited: InForce) -> dict[str, Any]:
    value = cited.value
    return {
        "rule": cited.rule.id,
        "value": value.value,
        "unit": cited.rule.unit,
        "status": cited.rule.status,
        "date_status": value.date_status,
        "since": value.since,
        "until": value.until,
        "source": {"zh": value.source.title.zh, "en": value.source.title.en},
        "published_on": value.source.published_on,
        "quote": value.quote,
        "readings": [
            {"id": reading.id, "chosen": {"zh": reading.chosen.zh, "en": reading.chosen.en}}
            for reading in cited.rule.readings
        ],
    }


def _rule_row(cited: InForce) -> tuple[object, ...]:
    amount = cited.amount
    shown = ", ".join(map(str, amount)) if isinstance(amount, tuple | list) else amount
    readings = ", ".join(reading.id for reading in cited.rule.readings)
    return cited.rule.id, f"{shown} {cited.rule.unit}", cited.value.quote, readings
