"""`bantuo diagnose`: may this seller join, and what must it mend? `bantuo schema`: what a profile holds."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo

import polars as pl
import typer

from bantuo.core.findings import PASS, Finding
from bantuo.core.policy import Book, PolicyNotInForce
from bantuo.core.policy_tree import PolicyProblems
from bantuo.engine.books import BookUnknown, load_book, load_book_from
from bantuo.engine.diagnosis import Assessment, Evaluator
from bantuo.engine.files import FileUnusable, check_writable, scan_table, write_table
from bantuo.engine.profiles import ProfileUnreadable, parse_profile, profile_problems
from bantuo.engine.report import assessment_report
from bantuo.engine.seller_rows import SellerRows, SellersUnreadable, column_sheet, sort_seller_rows
from bantuo.engine.terms import SchemaUnknown, load_schema, schema_names
from bantuo.interfaces.cli.terminal import (
    EXIT_DONE,
    EXIT_FINDINGS,
    JsonFlag,
    err,
    out,
    print_json,
    print_table,
    stop_bad_input,
)  # fmt: skip

PROBLEMS_SHOWN = 20
COLUMNS = "sellers"

SourceFile = Annotated[Path, typer.Argument(help="A seller profile (.json), or a file of many sellers.")]
AtDay = Annotated[str | None, typer.Option("--at", help="Business date of the rules, YYYY-MM-DD (today).")]
OutputFile = Annotated[Path | None, typer.Option("-o", "--out", help="Where the result of a screening goes.")]
BookName = Annotated[str, typer.Option("--book", help="A policy book that ships, or the folder of one.")]
CategoryFile = Annotated[
    Path | None, typer.Option("--categories", help="Admission list: CSV with a column `code`.")
]
SchemaName = Annotated[str, typer.Argument(help="seller, size_chart, or sellers (columns of a file).")]


def diagnose(
    source: SourceFile,
    *,
    at: AtDay = None,
    output: OutputFile = None,
    book: BookName = "aliexpress-semi",
    categories: CategoryFile = None,
    as_json: JsonFlag = False,
) -> None:
    """Assess one seller, or screen a file of many with -o. Exit 0 passed, 1 findings, 2 bad input."""
    rules = _book(book, as_json=as_json)
    day = _day(at, rules, as_json=as_json)
    try:
        evaluator = Evaluator(rules, day, categories=_codes(categories, as_json=as_json))
    except PolicyNotInForce as problem:
        stop_bad_input(f"--at {day}: {problem}", as_json=as_json)
    if output is not None:
        _screen(evaluator, source, output, as_json=as_json)
    if source.suffix.lower() != ".json":
        stop_bad_input(f"{source}: to screen a file of many sellers, say -o OUT", as_json=as_json)
    _assess(evaluator, source, as_json=as_json)


def schema(name: SchemaName, *, as_json: JsonFlag = False) -> None:
    """Print a JSON Schema (seller, size_chart), or the columns of a file of sellers."""
    try:
        print_json(column_sheet() if name == COLUMNS else load_schema(name))
    except SchemaUnknown:
        known = ", ".join((*schema_names(), COLUMNS))
        stop_bad_input(f"no schema {name!r}; there are {known}", as_json=as_json)


def _book(name: str, *, as_json: bool) -> Book:
    try:
        return load_book_from(name) if Path(name).is_dir() else load_book(name)
    except (PolicyProblems, BookUnknown) as problem:
        stop_bad_input(str(problem), as_json=as_json)


def _day(text: str | None, book: Book, *, as_json: bool) -> date:
    if text is None:
        return datetime.now(ZoneInfo(book.zone)).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        stop_bad_input(f"--at {text!r}: must be a day, YYYY-MM-DD", as_json=as_json)


def _codes(path: Path | None, *, as_json: bool) -> frozenset[str] | None:
    if path is None:
        return None
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return frozenset(row["code"] for row in csv.DictReader(file))
    except (OSError, UnicodeDecodeError, KeyError) as problem:
        stop_bad_input(f"{path}: no list of categories with a column code ({problem})", as_json=as_json)


def _assess(evaluator: Evaluator, source: Path, *, as_json: bool) -> NoReturn:
    profile = _profile(source, as_json=as_json)
    assessment = evaluator.assess(profile)
    if as_json:
        print_json({"seller": profile["code"], **assessment_report(assessment)})
    else:
        _show(profile["code"], assessment)
    raise typer.Exit(EXIT_DONE if assessment.passed else EXIT_FINDINGS)


def _profile(source: Path, *, as_json: bool) -> dict[str, Any]:
    try:
        profile = parse_profile(source.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, ProfileUnreadable) as problem:
        stop_bad_input(f"{source}: {problem}", as_json=as_json)
    problems = profile_problems(profile)
    if problems:
        stop_bad_input(f"{source}: not a seller profile", as_json=as_json, problems=problems)
    return profile


def _show(code: str, assessment: Assessment) -> None:
    verdict = "[bold green]passed[/]" if assessment.passed else "[bold red]not passed[/]"
    stamp = f"{assessment.book} {assessment.version}, {assessment.at}"
    out.print(f"{code}: {verdict} ({stamp})", highlight=False)
    for finding in assessment.open_findings:
        _show_finding("✗", finding)
    for finding in assessment.warnings:
        _show_finding("!", finding)
    for fit in assessment.fit:
        short = ", ".join(part.rule for part in fit.parts if part.status != PASS)
        _line(f"{fit.profile} {fit.label.zh} / {fit.label.en}: {fit.status}{f' ({short})' if short else ''}")


def _show_finding(mark: str, finding: Finding) -> None:
    group = f" [{finding.failure_class}]" if finding.failure_class else ""
    _line(f"{mark} {finding.rule}{group} {finding.label.zh} / {finding.label.en}: {finding.status}")
    _line(f"    observed {finding.observed or '–'}, required {finding.required}")
    if finding.fix:
        _line(f"    → {finding.fix.zh}\n      {finding.fix.en}")
    _line(f"    evidence: {'; '.join(finding.evidence)}")
    _line(f"    source: {finding.source.title.zh} / {finding.source.title.en}")


def _line(text: str) -> None:
    out.print(text, markup=False, highlight=False, soft_wrap=True)


def _screen(evaluator: Evaluator, source: Path, output: Path, *, as_json: bool) -> NoReturn:
    try:
        check_writable(output)
        rows = sort_seller_rows(scan_table(source))
    except FileUnusable as problem:
        stop_bad_input(str(problem), as_json=as_json)
    except SellersUnreadable as problem:
        stop_bad_input(f"{source}: not a file of sellers", as_json=as_json, problems=problem.problems)
    if rows.sound.is_empty():
        problems = rows.problems.head(PROBLEMS_SHOWN).to_dicts()
        stop_bad_input(f"{source}: no row can be screened", as_json=as_json, problems=problems)
    kept = [name for name in ("code", "name") if name in rows.sound.columns]
    screened = evaluator.screen(rows.sound.lazy()).select(*kept, pl.exclude(*kept)).collect()
    write_table(screened, output)
    _tell(_summary(evaluator, screened, rows, output), rows, as_json=as_json)
    clean = bool(screened["passed"].all()) and rows.problems.is_empty()
    raise typer.Exit(EXIT_DONE if clean else EXIT_FINDINGS)


def _summary(evaluator: Evaluator, screened: pl.DataFrame, rows: SellerRows, output: Path) -> dict[str, Any]:
    passed = int(screened["passed"].sum())
    return {
        "rows": len(screened) + len(rows.set_aside),
        "screened": len(screened),
        "passed": passed,
        "not_passed": len(screened) - passed,
        "set_aside": len(rows.set_aside),
        "at": evaluator.on.isoformat(),
        "book": evaluator.book.id,
        "version": evaluator.book.version,
        "output": str(output),
        "gates": [gate.rule_id for gate in evaluator.gates.gates],
    }


def _tell(summary: dict[str, Any], rows: SellerRows, *, as_json: bool) -> None:
    if as_json:
        print_json({**summary, "problems": rows.problems.to_dicts()})
        return
    print_table("Screening", ("what", "value"), ((k, v) for k, v in summary.items() if k != "gates"))
    for problem in rows.problems.head(PROBLEMS_SHOWN).iter_rows(named=True):
        line = "row {row}, {field}: {value}: {rule}".format(**problem)
        err.print(line, markup=False, highlight=False)
    more = len(rows.problems) - PROBLEMS_SHOWN
    if more > 0:
        err.print(f"… and {more} more (--json lists all)", highlight=False)
