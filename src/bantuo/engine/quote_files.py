"""Price a whole file: every bad row named, every good row priced, five million rows as lightly as five."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from bantuo.core.fees import OVER_CARD
from bantuo.core.rate_card import INPUT_RANGES, SIDES, Card
from bantuo.engine.amount_columns import cell_rule, is_scientific
from bantuo.engine.files import FileUnusable, check_writable, scan_table, sink_table
from bantuo.engine.quote_columns import FORMS, IDENTITIES, columns_of, limit_sentence
from bantuo.engine.quotes import Quoter, limit_holds, over_card_problem, price_columns

PROBLEM_COLUMNS = ("row", "field", "value", "rule")
_RULE = "__rule_"
_INPUT = "__in_"
_ROW = "__row"


@dataclass(frozen=True, slots=True)
class PricedFile:
    """What became of a file: rows = priced + refused, and where both are."""

    rows: int
    priced: int
    refused: int
    total_fen: int
    problems: pl.DataFrame  # row (1 is the first below the header), field, value, rule
    out: Path | None
    problems_out: Path | None


def price_file(source: Path, *, out: Path, quoter: Quoter, policy: str) -> PricedFile:
    """Write the priced rows to `out` and the refused ones to `<out>.problems`; `policy` is stamped on rows.

    Neither file is written if nothing could be priced. Raises FileUnusable or ColumnsUnusable.
    """
    check_writable(out)
    if out.resolve() == source.resolve():
        raise FileUnusable(out, "is the file that is read; choose another name")
    frame, columns = _with_rules(scan_table(source), quoter.card)
    problems = _problems(frame, columns)
    refused = problems["row"].n_unique()
    rows = frame.select(pl.len()).collect(engine="streaming").item()
    if rows == refused:
        return PricedFile(rows, 0, refused, 0, problems, None, None)
    sink_table(_good_rows(frame, columns, quoter.card, policy), out)
    problems_out = out.with_name(f"{out.stem}.problems{out.suffix}")
    if refused:
        sink_table(problems.lazy(), problems_out)
    else:
        problems_out.unlink(missing_ok=True)
    total = _total_fen(out)
    return PricedFile(rows, rows - refused, refused, total, problems, out, problems_out if refused else None)


def _with_rules(frame: pl.LazyFrame, card: Card) -> tuple[pl.LazyFrame, Mapping[str, str]]:
    """The frame with its inputs read, priced, and for each column the rule that refuses its cell."""
    columns = columns_of(card, frame.collect_schema().names())
    frame = _without_blank_rows(frame.with_row_index(_ROW, offset=1), columns)
    inputs = {c: FORMS[stands].input for c, stands in columns.items() if stands in FORMS}
    texts = {column: pl.col(column).cast(pl.String) for column in columns}
    frame = frame.with_columns(
        FORMS[columns[column]].parse(texts[column]).alias(_INPUT + name) for column, name in inputs.items()
    )
    frame = _priced(frame, inputs.values(), card)
    return frame, columns


def _placeholder() -> None: ...
