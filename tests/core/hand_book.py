"""A small book built by hand, so that gates can be tried without reading any policy text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from bantuo.core.policy import Book, Rule, Source, Text, Value

SOURCE = Source(id="test", title=Text(zh="测试", en="test"), published_on=None)
APPAREL = {"metric": "apparel", "equals": 1}
PROBED = {"metric": "probe_calls", "op": ">=", "rule": "ELG-12.calls"}

# id, unit, value, since, gate
ROWS: tuple[tuple[str, str, Any, date | None, Mapping[str, Any] | None], ...] = (
    ("ELG-1", "ppm", 650_000, None, {"kind": "ratio", "metric": "sell_through", "op": ">=", "unit": "ppm"}),
    ("ELG-2", "score_1e4", 47_800, None, {"kind": "score", "metric": "dsr", "op": ">="}),
    ("ELG-3", "count", 0, None, {"kind": "count", "metric": "serious_complaints", "op": "<="}),
    ("ELG-5", "days", 180, None, {"kind": "days", "metric": "licence_age_days", "op": ">="}),
    ("ELG-6", "flag", True, None, {"kind": "membership", "metric": "category_admitted", "op": "=="}),
    (
        "ELG-8",
        "ppm",
        50_000,
        None,
        {"kind": "ratio", "metric": "attributes_missing", "op": "<=", "applies_when": APPAREL},
    ),
    ("ELG-9", "ppm", 8_000, None, {"kind": "ratio", "metric": "disputes", "op": "<=", "unit": "ppm"}),
    ("ELG-10", "count", 5, None, {"kind": "count", "metric": "listed_times_max", "op": "<="}),
    ("ELG-11", "version", 30_002, None, {"kind": "version", "metric": "erp_api_version", "op": ">="}),
    (
        "ELG-12",
        "ms",
        3_000,
        None,
        {"kind": "count", "metric": "sync_p95_ms", "op": "<=", "evidenced_by": PROBED},
    ),
    ("ELG-12.calls", "count", 100, None, None),
    ("ELG-13", "text", "货物进出口", None, {"kind": "flag", "metric": "scope_contains", "op": "=="}),
    (
        "ELG-17",
        "count",
        0,
        date(2024, 7, 1),
        {"kind": "count", "metric": "epr_missing", "op": "<=", "unit": "count"},
    ),
)


def hand_rule(
    rule_id: str, *, unit: str, value: Any, since: date | None = None, detail: Mapping[str, Any] | None = None
) -> Rule:
    held = Value(since=since, until=None, date_status="stated", value=value, source=SOURCE, quote="原文")
    label = Text(zh=rule_id, en=rule_id)
    return Rule(
        id=rule_id,
        topic="eligibility",
        label=label,
        unit=unit,
        status="seed",
        readings=(),
        values=(held,),
        detail=detail or {},
    )


def hand_book() -> Book:
    rules = {
        row[0]: hand_rule(
            row[0], unit=row[1], value=row[2], since=row[3], detail={"gate": row[4]} if row[4] else {}
        )
        for row in ROWS
    }
    return Book(
        id="hand",
        version="0" * 12,
        title=Text(zh="手工", en="By hand"),
        currency="CNY",
        zone="Asia/Shanghai",
        rules=rules,
        cards={},
    )
