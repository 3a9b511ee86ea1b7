"""Many sellers in one flat file: which rows can be screened, and what is wrong with the others.

One row per seller: `code` and a whole-number column per metric of `core.metric_sheet`. An empty
cell, or no such column, means that the metric is not known. A bad row never stops the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import polars as pl

from bantuo.core.metric_sheet import METRICS, Metric
from bantuo.core.policy import Text

ROW, BAD = "__row", "__bad"
_TEXT_COLUMNS = ("code", "name")
_SCIENTIFIC = r"^[+-]?\d+(\.\d*)?[eE][+-]?\d+$"
_WHOLE = r"^[+-]?\d{1,18}(\.0+)?$"  # a spreadsheet writes 5 as 5.0


class SellersUnreadable(ValueError):
    """The columns are not those of a file of sellers: nothing of it can be screened."""

    def __init__(self, problems: Sequence[dict[str, str]]) -> None:
        super().__init__("; ".join(f"{p['field']}: {p['rule']}" for p in problems))
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class SellerRows:
    """Rows ready to be screened, rows set aside, and every problem: row (from 1), field, value, rule."""

    sound: pl.DataFrame
    set_aside: pl.DataFrame
    problems: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Check:
    """A condition that makes a row bad, and how it is reported."""

    field: str
    bad: pl.Expr
    rule: str


def sort_seller_rows(frame: pl.LazyFrame) -> SellerRows:
    """Part the sound rows from the bad; raises SellersUnreadable for missing, unknown or double columns."""
    schema = frame.collect_schema()
    problems = list(_column_problems(schema))
    if problems:
        raise SellersUnreadable(problems)
    checks = list(_checks(schema))
    wrong = pl.any_horizontal(check.bad.fill_null(False) for check in checks)
    rows = frame.with_row_index(ROW, offset=1).with_columns(wrong.alias(BAD)).collect()
    bad = rows.filter(pl.col(BAD))
    sound = rows.lazy().filter(~pl.col(BAD)).drop(ROW, BAD).with_columns(_readings(schema)).collect()
    return SellerRows(sound=sound, set_aside=bad.drop(ROW, BAD), problems=_named(bad, checks))


def _column_problems(schema: pl.Schema) -> Iterator[dict[str, str]]:
    if "code" not in schema:
        yield {"field": "code", "value": "", "rule": "the column is missing"}
    known = (*_TEXT_COLUMNS, *METRICS)
    for name in schema.names():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else "; see `bantuo schema sellers`"
            yield {"field": name, "value": "", "rule": f"unknown column{hint}"}
    for name, dtype in schema.items():
        if name in METRICS and not (dtype.is_numeric() or dtype in (pl.String, pl.Boolean, pl.Null)):
            yield {"field": name, "value": str(dtype), "rule": "must hold whole numbers"}


def _readings(schema: pl.Schema) -> Iterator[pl.Expr]:
    yield pl.col("code").cast(pl.String).str.strip_chars()
    yield from (_whole(name, schema).alias(name) for name in schema.names() if name in METRICS)


def _whole(name: str, schema: pl.Schema) -> pl.Expr:
    """The column as Int64, null where it is empty or no whole number."""
    dtype, column = schema[name], pl.col(name)
    if dtype == pl.String:
        text = column.str.strip_chars()
        whole = text.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
        return pl.when(text.str.contains(_WHOLE)).then(whole)
    if dtype.is_float() or dtype.is_decimal():
        whole = column.cast(pl.Int64, strict=False)
        return pl.when(column == whole).then(whole)
    return column.cast(pl.Int64, strict=False)


def _checks(schema: pl.Schema) -> Iterator[_Check]:
    yield from _code_checks(schema)
    for name in schema.names():
        if name in METRICS:
            yield from _metric_checks(METRICS[name], schema)


def _code_checks(schema: pl.Schema) -> Iterator[_Check]:
    code = pl.col("code").cast(pl.String).str.strip_chars()
    given = code.is_not_null() & (code != "")
    yield _Check("code", ~given, "must not be empty")
    if schema["code"].is_float():
        yield _Check("code", given, "is a decimal number: digits may be lost, format the column as text")
    scientific = "is in scientific notation: digits may be lost, format the column as text"
    yield _Check("code", code.str.contains(_SCIENTIFIC), scientific)
    yield _Check("code", given & code.is_duplicated(), "stands in more than one row")


def _metric_checks(metric: Metric, schema: pl.Schema) -> Iterator[_Check]:
    column, whole = pl.col(metric.name), _whole(metric.name, schema)
    given = column.is_not_null()
    if schema[metric.name] == pl.String:
        given = given & (column.str.strip_chars() != "")
    yield _Check(metric.name, given & whole.is_null(), f"must be a whole number ({metric.unit})")
    low, high = metric.low, metric.high
    yield _Check(metric.name, (whole < low) | (whole > high), f"must lie in {low}..{high} {metric.unit}")
    if metric.share_of is not None and metric.share_of in schema:
        above = whole > _whole(metric.share_of, schema)
        yield _Check(metric.name, above, f"is more than {metric.share_of}")


def _named(bad: pl.DataFrame, checks: Sequence[_Check]) -> pl.DataFrame:
    """Every problem of the bad rows, in the order of the file."""
    found = [
        bad.filter(check.bad.fill_null(False)).select(
            pl.col(ROW).cast(pl.Int64).alias("row"),
            pl.lit(check.field).alias("field"),
            pl.col(check.field).cast(pl.String).alias("value"),
            pl.lit(check.rule).alias("rule"),
        )
        for check in checks
    ]
    return pl.concat(found).sort("row", maintain_order=True)


def column_sheet() -> list[dict[str, object]]:
    """What a file of sellers may hold, one entry per column."""
    code = {"column": "code", "dtype": "String", "unit": "text", "meaning": _both(_CODE), "required": True}
    return [code, *(_column(metric) for metric in METRICS.values())]


_CODE = Text(zh="商家编码,每行唯一", en="The seller's code, one row each")


def _column(metric: Metric) -> dict[str, object]:
    return {
        "column": metric.name,
        "dtype": "Int64",
        "unit": metric.unit,
        "low": metric.low,
        "high": metric.high,
        "meaning": _both(metric.meaning),
        "required": False,
    }


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
