"""Price a whole file: every bad row named, every good row priced, five million rows as lightly as five."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from bantuo.core.money import SCIENTIFIC_REFUSED
from bantuo.core.rate_card import INPUT_RANGES, SIDES, Card
from bantuo.engine.amount_columns import is_blank, is_scientific, text_rule
from bantuo.engine.files import FileUnusable, RaggedRow, check_writable, scan_table, sink_table
from bantuo.engine.quote_columns import FORMS, IDENTITIES, columns_of, limit_sentence
from bantuo.engine.quotes import limit_holds, over_card_problem, price_columns

_ROW, _RAW, _RULE = "__row", "__raw_", "__rule_"


@dataclass(frozen=True, slots=True)
class PricedFile:
    """What became of a file: rows = priced + refused, and where both are written."""

    rows: int
    priced: int
    refused: int
    total_fen: int
    problems: pl.DataFrame  # row (1 is the first below the header), field, value, rule
    out: Path | None
    problems_out: Path | None


def price_file(source: Path, *, out: Path, card: Card, policy: str) -> PricedFile:
    """Write the priced rows to `out` and the refused cells to `<out>.problems`; `policy` stamps each row.

    Nothing is written to `out` if no row could be priced. Raises FileUnusable or ColumnsUnusable.
    """
    check_writable(out)
    if out.resolve() == source.resolve():
        raise FileUnusable(out, "is the file that is read; choose another name")
    ragged = list[RaggedRow]()
    frame = scan_table(source, ragged=ragged)
    schema = frame.collect_schema()
    columns = columns_of(card, schema.names())
    _check_types(source, schema)
    judged = _judged(frame, columns, card)
    totals, bad = pl.collect_all([_totals(judged), judged.filter(~_good())], engine="streaming")
    rows, priced, total_fen = totals.row(0)
    problems = _with_ragged(_problems(bad, columns, card), ragged)
    rows += len(ragged)
    problems_out = _write_problems(problems, out)
    if priced:
        sink_table(_priced_rows(judged, columns, card, policy), out)
    return PricedFile(rows, priced, rows - priced, total_fen, problems, out if priced else None, problems_out)


def _check_types(source: Path, schema: pl.Schema) -> None:
    for column, dtype in schema.items():
        if dtype.is_nested() or dtype in (pl.Binary, pl.Object):
            raise FileUnusable(source, f"column {column!r} holds {dtype}, not text or numbers")


def _judged(frame: pl.LazyFrame, columns: Mapping[str, str], card: Card) -> pl.LazyFrame:
    """Raw columns, inputs, amounts, and for each column the sentence that refuses its cell, if any."""
    schema = frame.collect_schema()
    frame = frame.with_row_index(_ROW, offset=1).filter(~pl.all_horizontal(pl.col(*columns).is_null()))
    frame = frame.rename({column: _RAW + column for column in columns})
    inputs = {column: stands for column, stands in columns.items() if stands in FORMS}
    frame = frame.with_columns(
        _input(c, form, schema[c]).alias(FORMS[form].input) for c, form in inputs.items()
    )
    rules = [_input_rule(c, form, schema[c], card).alias(_RULE + c) for c, form in inputs.items()]
    rules += [_carried_rule(c, s, card).alias(_RULE + c) for c, s in columns.items() if s not in FORMS]
    return price_columns(_with_volume_rule(frame.with_columns(rules), inputs), card)


def _input(column: str, form: str, dtype: pl.DataType) -> pl.Expr:
    raw = pl.col(_RAW + column)
    if _is_ready(form, dtype):
        return raw.cast(pl.Int64, strict=False)
    return FORMS[form].parse(raw.cast(pl.String))


def _is_ready(form: str, dtype: pl.DataType) -> bool:
    """A column of integers under the name of an input needs no reading."""
    return dtype.is_integer() and FORMS[form].input == form


def _input_rule(column: str, form: str, dtype: pl.DataType, card: Card) -> pl.Expr:
    name, raw = FORMS[form].input, pl.col(_RAW + column)
    inside = limit_holds(name, card) if name in card.inputs else pl.col(name).is_between(*INPUT_RANGES[name])
    outside = pl.when(~inside).then(pl.lit(limit_sentence(card, form)))
    if _is_ready(form, dtype):
        return pl.when(raw.is_null()).then(pl.lit("is missing")).otherwise(outside)
    text = raw.cast(pl.String)
    return pl.coalesce(text_rule(text, pl.col(name), what=FORMS[form].what), outside)


def _carried_rule(column: str, stands: str, card: Card) -> pl.Expr:
    text = pl.col(_RAW + column).cast(pl.String)
    broken = pl.when(text.str.contains("\0", literal=True)).then(pl.lit("contains a NUL character"))
    if stands == "currency":
        other = is_blank(text) | (text.str.strip_chars().str.to_uppercase() != card.currency)
        return pl.coalesce(broken, pl.when(other).then(pl.lit(f"amounts are in {card.currency} only")))
    if stands in IDENTITIES:
        return pl.coalesce(broken, pl.when(is_scientific(text)).then(pl.lit(SCIENTIFIC_REFUSED)))
    return broken


def _with_volume_rule(frame: pl.LazyFrame, inputs: Mapping[str, str]) -> pl.LazyFrame:
    """Where sides and volume are both given they must agree."""
    given = {FORMS[form].input: column for column, form in inputs.items()}
    if "volume_mm3" not in given or not given.keys() >= set(SIDES):
        return frame
    rule, product = _RULE + given["volume_mm3"], pl.col(SIDES[0]) * pl.col(SIDES[1]) * pl.col(SIDES[2])
    differs = pl.when(pl.col("volume_mm3") != product).then(pl.lit("must be the product of the sides"))
    return frame.with_columns(pl.coalesce(rule, differs))


def _good() -> pl.Expr:
    return pl.all_horizontal(pl.col(f"^{_RULE}.*$").is_null()) & pl.col("total_fen").is_not_null()


def _totals(judged: pl.LazyFrame) -> pl.LazyFrame:
    good = _good()
    return judged.select(pl.len(), good.sum().alias("priced"), pl.col("total_fen").filter(good).sum())


def _problems(bad: pl.DataFrame, columns: Mapping[str, str], card: Card) -> pl.DataFrame:
    """One row per refused cell, in the order of the file."""
    parts = [_refused_cells(bad, column, pl.col(_RULE + column)) for column in columns]
    unexplained = bad.filter(pl.all_horizontal(pl.col(f"^{_RULE}.*$").is_null()))
    if unexplained.height:
        weighed = next(c for c, stands in columns.items() if stands in ("weight_g", "weight_kg"))
        over = pl.lit(over_card_problem(card, 0).rule)
        parts.append(_refused_cells(unexplained, weighed, over))
    return pl.concat(parts).sort("row", maintain_order=True)


def _with_ragged(problems: pl.DataFrame, ragged: Sequence[RaggedRow]) -> pl.DataFrame:
    """The refused cells and the refused lines, in the order of the file."""
    if not ragged:
        return problems
    lines = [(line.row, "(line)", str(line.cells), line.rule) for line in ragged]
    return pl.concat([problems, pl.DataFrame(lines, schema=problems.schema, orient="row")]).sort(
        "row", maintain_order=True
    )


def _refused_cells(bad: pl.DataFrame, column: str, rule: pl.Expr) -> pl.DataFrame:
    value = pl.col(_RAW + column).cast(pl.String)
    named = [pl.col(_ROW).cast(pl.Int64).alias("row"), pl.lit(column).alias("field"), value.alias("value")]
    return bad.select(*named, rule.alias("rule")).filter(pl.col("rule").is_not_null())


def _write_problems(problems: pl.DataFrame, out: Path) -> Path | None:
    beside = out.with_name(f"{out.stem}.problems{out.suffix}")
    if problems.is_empty():
        beside.unlink(missing_ok=True)
        return None
    sink_table(problems.lazy(), beside)
    return beside


def _priced_rows(
    judged: pl.LazyFrame, columns: Sequence[str] | Mapping[str, str], card: Card, policy: str
) -> pl.LazyFrame:
    originals = [pl.col(_RAW + column).alias(column) for column in columns]
    amounts = [pl.col(f"{line.code}_fen") for line in card.lines] + [pl.col("total_fen")]
    row = pl.col(_ROW).cast(pl.Int64).alias("row")
    return judged.filter(_good()).select(row, *originals, *amounts, pl.lit(policy).alias("policy"))
