"""`bantuo quote`: one parcel from options, or a whole file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bantuo.core import money
from bantuo.core.card_inputs import InputProblem, InputsRefused
from bantuo.core.card_text import CardProblems
from bantuo.core.money import AmountUnreadable
from bantuo.core.policy import PolicyNotInForce
from bantuo.core.policy_tree import PolicyProblems
from bantuo.core.rate_card import SIDES
from bantuo.engine.books import DEFAULT_BOOK, BookUnknown, load_book
from bantuo.engine.files import FileUnusable
from bantuo.engine.quote_columns import ColumnsUnusable
from bantuo.engine.quote_files import price_file
from bantuo.engine.quotes import Quoter, quoter_for
from bantuo.interfaces.cli.quote_output import file_json, print_file, print_quote, quote_json
from bantuo.interfaces.cli.terminal import (
    EXIT_BAD_INPUT,
    EXIT_FINDINGS,
    JsonFlag,
    print_json,
    stop_bad_input,
)

_READERS: Mapping[str, tuple[str, Callable[..., int]]] = {
    "--receipts": ("receipts_fen", money.parse_fen),
    "--weight": ("weight_g", money.parse_grams),
    "--distance": ("distance_m", money.parse_metres),
    "--carton-pieces": ("carton_pieces", money.parse_whole),
    "--granted-rate": ("granted_rate_bp", money.parse_basis_points),
}
_OPTIONS = {name: option for option, (name, _) in _READERS.items()} | {"volume_mm3": "--size"}

FileArgument = Annotated[
    Path | None, typer.Argument(help="CSV, XLSX, Parquet or JSON with one parcel per row.")
]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", help="Where the priced rows go.")]
ReceiptsOption = Annotated[str | None, typer.Option(help="Order receipts in yuan, as in 120.00.")]
SizeOption = Annotated[str | None, typer.Option(help="Length x width x height in cm, as in 30x25x20.")]
WeightOption = Annotated[str | None, typer.Option(help="Actual weight in kg.")]
DistanceOption = Annotated[str | None, typer.Option(help="Road distance to the warehouse in km.")]
LabelOption = Annotated[bool, typer.Option("--label", help="Labelling is chosen.")]
PhotoOption = Annotated[bool, typer.Option("--photo-qc", help="Photo quality check is chosen.")]
PiecesOption = Annotated[str | None, typer.Option(help="Pieces per inbound carton.")]
GrantedOption = Annotated[str | None, typer.Option(help="Granted service fee rate, as in 2.2%.")]
DayOption = Annotated[datetime | None, typer.Option("--at", formats=["%Y-%m-%d"], help="Policy day; today.")]
BookOption = Annotated[str, typer.Option("--book", help="Policy book.")]
CardOption = Annotated[str, typer.Option("--card", help="Rate card of the book.")]


def quote(
    *,
    file: FileArgument = None,
    out: OutOption = None,
    receipts: ReceiptsOption = None,
    size: SizeOption = None,
    weight: WeightOption = None,
    distance: DistanceOption = None,
    label: LabelOption = False,
    photo_qc: PhotoOption = False,
    carton_pieces: PiecesOption = None,
    granted_rate: GrantedOption = None,
    at: DayOption = None,
    book: BookOption = DEFAULT_BOOK,
    card: CardOption = "semi",
    as_json: JsonFlag = False,
) -> None:
    """Price one parcel, or every row of a file, with the formula, rule and source of each line."""
    options = {
        "--receipts": receipts,
        "--size": size,
        "--weight": weight,
        "--distance": distance,
        "--carton-pieces": carton_pieces,
        "--granted-rate": granted_rate,
    }
    texts = {option: text for option, text in options.items() if text is not None}
    quoter, on = _open_card(book, card, at, as_json=as_json)
    if file is not None:
        ticked = [option for option, on_it in (("--label", label), ("--photo-qc", photo_qc)) if on_it]
        _refuse_beside_file([*texts, *ticked], as_json=as_json)
        _quote_file(file, out, quoter, f"{quoter.policy} {on}", as_json=as_json)
        return
    if out is not None:
        stop_bad_input("--out goes with a file to price", as_json=as_json)
    _quote_parcel(quoter, texts, {"label": label, "photo_qc": photo_qc}, on, as_json=as_json)


def _open_card(book: str, card: str, at: datetime | None, *, as_json: bool) -> tuple[Quoter, date]:
    try:
        found = load_book(book)
        on = at.date() if at else datetime.now(ZoneInfo(found.zone)).date()
        return quoter_for(found, card, on=on), on
    except (BookUnknown, CardProblems, PolicyNotInForce, PolicyProblems) as fault:
        stop_bad_input(str(fault), as_json=as_json)


def _refuse_beside_file(options: list[str], *, as_json: bool) -> None:
    if options:
        stop_bad_input(f"a file and {', '.join(options)} cannot be given together", as_json=as_json)


def _quote_parcel(
    quoter: Quoter, texts: Mapping[str, str], ticks: Mapping[str, bool], on: date, *, as_json: bool
) -> None:
    try:
        made = quoter.quote({**_read_parcel(texts), **ticks})
    except AmountUnreadable as fault:
        problems = [{"field": fault.field, "value": fault.value, "rule": fault.rule}]
        stop_bad_input("the parcel cannot be priced", as_json=as_json, problems=problems)
    except InputsRefused as refused:
        problems = [_problem(problem, texts) for problem in refused.problems]
        stop_bad_input("the parcel cannot be priced", as_json=as_json, problems=problems)
    if as_json:
        print_json(quote_json(made, on))
    else:
        print_quote(made, on)


def _read_parcel(texts: Mapping[str, str]) -> dict[str, int]:
    """The options as inputs; an option that was not given stays out, for the card to judge."""
    given = {option: reader for option, reader in _READERS.items() if option in texts}
    inputs = {name: read(texts[option], field=option) for option, (name, read) in given.items()}
    if "--size" in texts:
        inputs |= dict(zip(SIDES, money.parse_size(texts["--size"], field="--size"), strict=True))
    return inputs


def _problem(problem: InputProblem, texts: Mapping[str, str]) -> dict[str, object]:
    """The refusal in terms of the option that was typed."""
    option = "--size" if problem.field in SIDES else _OPTIONS.get(problem.field, problem.field)
    typed = texts.get(option)
    said = f"{problem.field} {problem.rule}" if typed and problem.rule.startswith("must") else problem.rule
    return {"field": option, "value": typed or problem.value, "rule": said}


def _quote_file(file: Path, out: Path | None, quoter: Quoter, policy: str, *, as_json: bool) -> None:
    if out is None:
        stop_bad_input("say where the priced rows go: --out FILE", as_json=as_json)
    try:
        made = price_file(file, out=out, card=quoter.card, policy=policy)
    except (FileUnusable, ColumnsUnusable) as fault:
        stop_bad_input(str(fault), as_json=as_json)
    if as_json:
        print_json(file_json(made, policy))
    else:
        print_file(made, quoter.card.currency)
    if made.refused:
        raise typer.Exit(EXIT_FINDINGS if made.priced else EXIT_BAD_INPUT)
