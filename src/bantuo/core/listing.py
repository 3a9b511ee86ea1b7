"""What a listing must look like: the exclusive price, the size chart, complete attributes, no duplicates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema import Draft202012Validator

from bantuo.core.vocabulary import Reader, Rule, Vocabulary

WHOLE_BP = 10_000


def price_alert(*, threshold_bp: int) -> Rule:
    """The rule that flags an exclusive price above its share of the ordinary one (PRC-1, A-27).

    In: `ordinary_fen`, `exclusive_fen`. Out: `alert` 1 or 0, and `exclusive_fen_max`, the highest
    price without an alert. The comparison is exact: exclusive × 10 000 ≤ ordinary × threshold.
    """

    def rule(k: Vocabulary, r: Reader) -> Mapping[str, Any]:
        allowed = r("ordinary_fen") * threshold_bp
        too_dear = r("exclusive_fen") * WHOLE_BP > allowed
        return {
            "alert": k.where(too_dear, k.lit(1), k.lit(0)),
            "exclusive_fen_max": k.idiv(allowed, k.lit(WHOLE_BP)),
        }

    return rule


def is_price_alert(ordinary_fen: int, *, exclusive_fen: int, threshold_bp: int) -> bool:
    """Whether this pair of prices raises the alert."""
    return exclusive_fen * WHOLE_BP > ordinary_fen * threshold_bp


def exclusive_fen_max(ordinary_fen: int, *, threshold_bp: int) -> int:
    """The highest exclusive price that raises no alert, rounded down to a whole fen."""
    return ordinary_fen * threshold_bp // WHOLE_BP


def size_chart_problems(chart: object, *, schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Why a size chart does not count as structured (ELG-7): none when it is sound.

    Each problem names the place in the chart and the rule; so does a row whose number of values
    differs from the number of columns, and a size that stands twice.
    """
    if chart is None:
        return ("size_chart: missing",)
    found = sorted(Draft202012Validator(schema).iter_errors(chart), key=lambda e: e.json_path)
    problems = tuple(f"{error.json_path.replace('$', 'size_chart', 1)}: {error.message}" for error in found)
    return problems or tuple(_chart_faults(chart))


def _chart_faults(chart: Any) -> Iterable[str]:
    columns = len(chart["columns"])
    for index, row in enumerate(chart["rows"]):
        if len(row["values"]) != columns:
            yield f"size_chart.rows[{index}].values: {len(row['values'])} values for {columns} columns"
    for size, count in Counter(row["size"] for row in chart["rows"]).items():
        if count > 1:
            yield f"size_chart.rows: size {size} stands {count} times"


def attributes_missing(required: Iterable[str], *, given: Mapping[str, Any]) -> tuple[str, ...]:
    """The required attributes that a listing leaves empty."""
    return tuple(name for name in required if given.get(name) in (None, "", [], {}))


def listed_too_often(skus: Iterable[str], *, times_max: int) -> dict[str, int]:
    """SKUs listed more often than allowed, a sign of brushing (ELG-10), with their count."""
    return {sku: times for sku, times in Counter(skus).items() if times > times_max}
