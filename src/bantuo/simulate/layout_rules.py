"""What a well-formed layout must still get right: names that meet, units, zones, dates and ranges."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bantuo.simulate.columns import COLUMNS, UNITS, known_columns

Problem = dict[str, str]
# How the programme asks for each fact: the keys it gives, and whether it wants a number or a choice.
_SELLER, _SKU, _PARCEL = ["seller"], ["seller", "product"], ["order", "seller"]
_STATEMENT, _LEVEL = ["seller", "product", "date"], ["seller", "product", "month"]
_SHIPMENT = ["seller", "date"]
_LEVEL = ["seller", "product", "month"]
_NUMBERS = {
    "distance_km": _SELLER, "semi_managed": _SKU, "label": _SKU, "photo_qc": _SKU,
    "late_day": _SHIPMENT, "stock": _LEVEL, "short_day": _STATEMENT, "inbound_hours": _SHIPMENT,
    "inbound_delay": _SHIPMENT, "pack_hours": _PARCEL, "pack_seconds": _PARCEL, "wrong_scan": _PARCEL,
    "mis_shipped": _PARCEL, "clear_hours": _PARCEL, "deliver_days": _PARCEL, "cancel_hours": _PARCEL,
    "return_days": _PARCEL,
}  # fmt: skip
_CHOICES = {
    "seller_fault": _SELLER, "warehouse": _SELLER, "discount": _SKU, "extra_permille": _PARCEL,
    "margin_mm": _PARCEL,
}  # fmt: skip
_WHOLE_MAX = {"discount": 9_999, "extra_permille": 10_000, "margin_mm": 10_000}
_FACT_MAX = 100_000


def meaning_problems(raw: Mapping[str, Any]) -> list[Problem]:
    """Every problem of a layout that fits its schema: field, value and the rule it breaks."""
    return [
        *_zone_and_rate(raw),
        *_column_problems(raw),
        *_date_problems(raw),
        *_fault_problems(raw),
        *_fact_problems(raw["facts"]),
        *_choice_problems(raw),
    ]


def _problem(field: str, value: object, rule: str) -> Problem:
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return {"field": field, "value": said[:120], "rule": rule}


def _zone_and_rate(raw: Mapping[str, Any]) -> Iterator[Problem]:
    try:
        ZoneInfo(raw["time"]["zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield _problem("time.zone", raw["time"]["zone"], "a known time zone")
    if abs(raw["time"]["shift_days"]) > _FACT_MAX:
        yield _problem("time.shift_days", raw["time"]["shift_days"], f"at most {_FACT_MAX} days either way")
    if not int(raw["money"]["rate_to_cny"].replace(".", "")):
        yield _problem("money.rate_to_cny", raw["money"]["rate_to_cny"], "more than zero")


def _column_problems(raw: Mapping[str, Any]) -> Iterator[Problem]:
    for table, wanted in COLUMNS.items():
        named, known = raw["tables"][table]["columns"], known_columns(table)
        for column in sorted(set(wanted) - set(named)):
            yield _problem(f"tables.{table}.columns", column, "missing column")
        for column in sorted(set(named) - set(known)):
            rule = f"unknown column; known are {', '.join(known)}"
            yield _problem(f"tables.{table}.columns", column, rule)
        for column, spec in named.items():
            allowed = _units(known.get(column, "text"), raw["money"]["currency"])
            if allowed and spec.get("unit") not in allowed:
                field, rule = f"tables.{table}.columns.{column}.unit", f"one of {', '.join(allowed)}"
                yield _problem(field, spec.get("unit", "(none)"), rule)


def _units(kind: str, currency: str) -> tuple[str, ...]:
    match kind:
        case "money":
            return (currency,)
        case "time?" | "placed":
            return ("time",)
        case _:
            return tuple(UNITS.get(kind, ()))


def _date_problems(raw: Mapping[str, Any]) -> Iterator[Problem]:
    places = (("categories", "valid_from"), ("admission", "apply_on"), ("admission", "active_on"))
    bad = [(f"{a}.{b}", raw[a][b]) for a, b in places if not _is_day(raw[a][b])]
    yield from (_problem(field, value, "a date, as in 2024-07-01") for field, value in bad)
    first, active = raw["admission"]["apply_on"], raw["admission"]["active_on"]
    if not bad and str(active) < str(first):
        yield _problem("admission.active_on", active, "no earlier than admission.apply_on")


def _is_day(value: object) -> bool:
    if isinstance(value, date):
        return not isinstance(value, datetime)
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _fault_problems(raw: Mapping[str, Any]) -> Iterator[Problem]:
    """A fault replaces values that the profile has: a misspelt path would change nothing."""
    for name, values in raw["admission"]["faults"].items():
        for path in values:
            place: Any = raw["admission"]["profile"]
            for part in path.split("."):
                place = place.get(part) if isinstance(place, Mapping) else None
            if place is None:
                yield _problem(f"admission.faults.{name}", path, "a path of admission.profile")


def _fact_problems(facts: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    for name in sorted(set(facts) - set(_NUMBERS) - set(_CHOICES)):
        yield _problem("facts", name, "unknown fact; nothing asks for it")
    for name, keys in {**_NUMBERS, **_CHOICES}.items():
        spec = facts[name]
        if spec["keys"] != keys:
            yield _problem(f"facts.{name}.keys", spec["keys"], f"must be {json.dumps(keys)}")
        if (name in _CHOICES) != ("pick" in spec):
            kinds = "pick" if name in _CHOICES else "share_bp or range"
            given = sorted(set(spec) - {"keys", "words"})
            yield _problem(f"facts.{name}", given, f"must be given as {kinds}")
        elif "range" in spec:
            low, high, step = spec["range"]
            if not (0 <= low <= high <= _FACT_MAX and step >= 1):
                rule = f"low, high and step with 0 ≤ low ≤ high ≤ {_FACT_MAX} and step ≥ 1"
                yield _problem(f"facts.{name}.range", spec["range"], rule)


def _choice_problems(raw: Mapping[str, Any]) -> Iterator[Problem]:
    facts = raw["facts"]
    for choice in facts["seller_fault"].get("pick", {}):
        if choice not in raw["admission"]["faults"]:
            yield _problem("facts.seller_fault", choice, "a name of admission.faults")
    for choice in facts["warehouse"].get("pick", {}):
        if choice not in raw["warehouses"] or choice == "words":
            yield _problem("facts.warehouse", choice, "a name of warehouses")
    for name, most in _WHOLE_MAX.items():
        for choice in facts[name].get("pick", {}):
            if not (choice.isascii() and choice.isdigit() and int(choice) <= most):
                yield _problem(f"facts.{name}", choice, f"a whole number from 0 to {most}")
