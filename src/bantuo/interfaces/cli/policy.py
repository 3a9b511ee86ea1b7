"""`bantuo policy`: which rules there are, what one says on a day, what changed, and if files are sound."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from bantuo.core.policy import Book, Rule, Value
from bantuo.core.policy_tree import PolicyProblems, Problem
from bantuo.core.policy_units import shown
from bantuo.engine.books import BookUnknown, book_ids, find_book, load_book_from, load_cases, load_cases_from
from bantuo.interfaces.cli.terminal import (
    EXIT_FINDINGS,
    JsonFlag,
    out,
    print_json,
    print_table,
    stop_bad_input,
)

BookName = Annotated[str, typer.Option("--book", help="A book that ships, or the folder of one.")]
AtDay = Annotated[str | None, typer.Option("--at", help="Business date, YYYY-MM-DD; today if left out.")]
Topic = Annotated[str | None, typer.Option("--topic", help="Only rules of this topic, such as fees.")]
DEFAULT_BOOK = "aliexpress-semi"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def list_rules(
    at: AtDay = None, book: BookName = DEFAULT_BOOK, topic: Topic = None, as_json: JsonFlag = False
) -> None:
    """Every rule of the book and its value on a day."""
    rules, on = _book_and_day(book, at, as_json=as_json)
    topics = sorted({rule.topic for rule in rules.rules.values()})
    if topic is not None and topic not in topics:
        stop_bad_input(f"topic: {topic!r} is not one of {', '.join(topics)}", as_json=as_json)
    chosen = [rule for rule in rules.rules.values() if topic in (None, rule.topic)]
    if as_json:
        print_json({**_stamp(rules), "at": on, "rules": [_told(rules, rule, on) for rule in chosen]})
        return
    columns = ("rule", "规则", "label", "unit", "value", "from", "status", "date")
    print_table(_title(rules, on), columns, (_row(rules, rule, on) for rule in chosen))


def show_rule(
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="A rule, such as FEE-2 or FEE-2.first_fee.")],
    at: AtDay = None,
    book: BookName = DEFAULT_BOOK,
    as_json: JsonFlag = False,
) -> None:
    """One rule with its parts: value on the day, history, source, quote and reading.

    Exit 1 when the book has the rule but no value of it is in force on that day.
    """
    rules, on = _book_and_day(book, at, as_json=as_json)
    wanted = _with_parts(rules, rule_id)
    if not wanted:
        near = difflib.get_close_matches(rule_id.upper(), rules.rules, n=5)
        hint = f"; near it: {', '.join(near)}" if near else ""
        stop_bad_input(f"ID: {rules.id} has no rule {rule_id!r}{hint}", as_json=as_json)
    told = [{**_told(rules, rule, on), **_depth(rule)} for rule in wanted]
    if as_json:
        print_json({**_stamp(rules), "at": on, **told[0], "parts": told[1:]})
    else:
        out.print(escape(_title(rules, on)))
        for rule in wanted:
            _print_rule(rules, rule, on)
    if not any(rules.find(rule.id, on) for rule in wanted):
        raise typer.Exit(EXIT_FINDINGS)


def check_books(
    path: Annotated[
        Path | None, typer.Argument(help="The folder of a book; all that ship if left out.")
    ] = None,
    book: Annotated[str | None, typer.Option("--book", help="Only this book that ships.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Read books and their worked cases and name every problem with file and line; exit 2 if there is one."""
    names = [str(path)] if path else [book] if book else list(book_ids())
    read: list[Mapping[str, Any]] = []
    problems: list[tuple[str, Problem]] = []
    for name in names:
        try:
            read.append(_read(name, path))
        except PolicyProblems as refused:
            problems += [(name, problem) for problem in refused.problems]
        except BookUnknown as unknown:
            stop_bad_input(f"--book: {unknown}", as_json=as_json)
    if problems:
        rows = [{"book": n, "file": p.file, "line": p.line, "problem": p.message} for n, p in problems]
        stop_bad_input(f"{len(rows)} problems in policy files", as_json=as_json, problems=rows)
    if as_json:
        print_json({"books": read, "problems": []})
        return
    columns = ("book", "version", "rules", "cards", "cases")
    print_table("Policy books, all sound", columns, ([entry[c] for c in columns] for entry in read))


def diff_days(
    first: Annotated[str, typer.Argument(metavar="DATE1")],
    second: Annotated[str, typer.Argument(metavar="DATE2")],
    book: BookName = DEFAULT_BOOK,
    as_json: JsonFlag = False,
) -> None:
    """What is in force on the second day otherwise than on the first."""
    rules = _book(book, as_json=as_json)
    days = (_day(first, "DATE1", rules, as_json=as_json), _day(second, "DATE2", rules, as_json=as_json))
    changes = list(_changes(rules, *days))
    if as_json:
        print_json({**_stamp(rules), "from": days[0], "to": days[1], "changes": changes})
        return
    title = f"{rules.id} {rules.version}: {days[0]} → {days[1]}, {len(changes)} changes"
    columns = ("rule", "规则", "label", str(days[0]), str(days[1]))
    print_table(title, columns, (_change_row(change) for change in changes))


def add_commands(app: typer.Typer) -> None:
    """Register the four commands under `app` (`bantuo policy`)."""
    app.command("list")(list_rules)
    app.command("show")(show_rule)
    app.command("check")(check_books)
    app.command("diff")(diff_days)


def _book(name: str, *, as_json: bool) -> Book:
    try:
        return find_book(name)
    except BookUnknown as unknown:
        stop_bad_input(f"--book: {unknown}", as_json=as_json)
    except PolicyProblems as refused:
        rows = [{"file": p.file, "line": p.line, "problem": p.message} for p in refused.problems]
        stop_bad_input(f"--book: {name} is not a sound book", as_json=as_json, problems=rows)


def _book_and_day(name: str, at: str | None, *, as_json: bool) -> tuple[Book, date]:
    rules = _book(name, as_json=as_json)
    return rules, _day(at, "--at", rules, as_json=as_json)


def _day(text: str | None, field: str, book: Book, *, as_json: bool) -> date:
    if text is None:
        return datetime.now(ZoneInfo(book.zone)).date()
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    stop_bad_input(f"{field}: {text!r} is not a day (YYYY-MM-DD)", as_json=as_json)


def _read(name: str, path: Path | None) -> Mapping[str, Any]:
    book = load_book_from(path) if path else find_book(name)
    cases = load_cases_from(path, book=book) if path else load_cases(book.id)
    return {
        "book": book.id,
        "version": book.version,
        "rules": len(book.rules),
        "cards": len(book.cards),
        "cases": len(cases),
    }


def _with_parts(book: Book, rule_id: str) -> list[Rule]:
    own = [book.rules[rule_id]] if rule_id in book.rules else []
    return own + [rule for name, rule in book.rules.items() if name.startswith(f"{rule_id}.")]


def _stamp(book: Book) -> dict[str, Any]:
    return {"book": book.id, "version": book.version}


def _title(book: Book, on: date) -> str:
    return f"{book.title.zh} / {book.title.en} · {book.id} {book.version} · {on}"


def _told(book: Book, rule: Rule, on: date) -> dict[str, Any]:
    found = book.find(rule.id, on)
    return {
        "rule": rule.id,
        "topic": rule.topic,
        "label": {"zh": rule.label.zh, "en": rule.label.en},
        "unit": rule.unit,
        "status": rule.status,
        "in_force": _value(rule, found.value) if found else None,
    }


def _value(rule: Rule, value: Value) -> dict[str, Any]:
    return {
        "value": value.value,
        "shown": shown(value.value, rule.unit),
        "from": value.since,
        "until": value.until,
        "date_status": value.date_status,
        "quote": value.quote,
        "source": {
            "id": value.source.id,
            "title": {"zh": value.source.title.zh, "en": value.source.title.en},
            "published_on": value.source.published_on,
        },
    }


def _depth(rule: Rule) -> dict[str, Any]:
    return {
        "readings": [
            {"id": reading.id, "question": reading.question.en, "chosen": reading.chosen.en,
             "question_zh": reading.question.zh, "chosen_zh": reading.chosen.zh}
            for reading in rule.readings
        ],
        "history": [_value(rule, value) for value in rule.values],
        "detail": rule.detail,
    }  # fmt: skip


def _row(book: Book, rule: Rule, on: date) -> list[object]:
    found = book.find(rule.id, on)
    value = found.value if found else None
    said = escape(shown(value.value, rule.unit)) if value else "—"
    since = value.since if value else None
    label = (escape(rule.label.zh), escape(rule.label.en))
    return [rule.id, *label, rule.unit, said, since, rule.status, value.date_status if value else None]


def _print_rule(book: Book, rule: Rule, on: date) -> None:
    lines = "\n".join(f"  {name}: {said}" for name, said in _lines(book, rule, on) if said)
    out.print(f"[bold]{rule.id}[/] {escape(rule.label.zh)} / {escape(rule.label.en)}\n{escape(lines)}")


def _lines(book: Book, rule: Rule, on: date) -> Iterator[tuple[str, str | None]]:
    found = book.find(rule.id, on)
    if found is None:
        first = rule.values[0].since
        yield "value", f"not in force on {on}" + (f" (from {first})" if first else "")
    else:
        value = found.value
        said = shown(value.value, rule.unit)
        yield "value", f"{said}  ({rule.unit}, from {value.since or '—'} until {value.until or '—'})"
        yield from _table_lines(rule, value)
        yield "date", f"{value.date_status}; status {rule.status}"
        yield "source", f"{value.source.title.zh} / {value.source.title.en}"
        yield "quote", value.quote
    for reading in rule.readings:
        yield reading.id, f"{reading.chosen.zh} / {reading.chosen.en}"


def _table_lines(rule: Rule, value: Value) -> Iterator[tuple[str, str]]:
    for number, row in enumerate(value.value if rule.unit == "table" else (), start=1):
        yield f"row {number}", ", ".join(f"{column} {_cell(cell)}" for column, cell in row.items())


def _cell(cell: object) -> object:
    return f"{cell['zh']} / {cell['en']}" if isinstance(cell, dict) else cell


def _changes(book: Book, first: date, second: date) -> Iterator[dict[str, Any]]:
    for rule in book.rules.values():
        before, after = book.find(rule.id, first), book.find(rule.id, second)
        if (before and before.value) != (after and after.value):
            yield {
                "rule": rule.id,
                "label": {"zh": rule.label.zh, "en": rule.label.en},
                "unit": rule.unit,
                "before": _value(rule, before.value) if before else None,
                "after": _value(rule, after.value) if after else None,
            }


def _change_row(change: Mapping[str, Any]) -> list[str]:
    values = [change[side]["shown"] if change[side] else "—" for side in ("before", "after")]
    return [escape(text) for text in (change["rule"], change["label"]["zh"], change["label"]["en"], *values)]
