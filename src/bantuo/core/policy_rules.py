"""What one rule of a policy file must fulfil: its unit, its dated values, what it refers to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from bantuo.core.policy_checks import (
    choice_problems,
    gate_problems,
    keys_problems,
    list_problems,
    period_problems,
    text_problems,
    word_problems,
)
from bantuo.core.policy_coverage import coverage_problems
from bantuo.core.policy_tree import Entry, Problem
from bantuo.core.policy_units import UNITS, misfit

STATUSES = ("seed", "practice", "law")
DATE_STATUSES = ("stated", "assumed")
RULE_KEYS = ("id", "label", "unit", "status", "readings", "values")
VALUE_KEYS = ("from", "until", "date_status", "value", "source", "quote")
DETAIL_KEYS = (
    "gate", "failure_class", "class_origin", "consequence", "evidence", "fix", "fixable_now", "mend",
    "note", "kind", "covers", "choices", "document", "measure",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """The ids that the entries of a book may refer to."""

    sources: Collection[str]
    readings: Collection[str]
    rules: Collection[str]


def rule_problems(rule: Entry, *, known: Known) -> Iterator[Problem]:
    """Everything wrong with one rule, its values and its detail."""
    malformed = [*word_problems(rule, "id", "unit", "status"), *list_problems(rule, "readings", "values")]
    yield from keys_problems(rule, required=RULE_KEYS, optional=("detail",))
    yield from malformed
    if malformed:
        return
    yield from choice_problems(rule, key="status", choices=STATUSES)
    if "label" in rule.fields:
        yield from text_problems(rule.fields["label"])
    if "unit" in rule.fields and rule.get("unit") not in UNITS:
        yield rule.fields["unit"].problem(f"unknown unit {rule.get('unit')!r}")
    for reading in rule.list("readings"):
        if reading.plain not in known.readings:
            yield reading.problem(f"unknown reading {reading.plain!r}")
    yield from _values_problems(rule, known)
    if "detail" in rule.fields:
        yield from _detail_problems(rule, rule.fields["detail"], known)


def _values_problems(rule: Entry, known: Known) -> Iterator[Problem]:
    values = rule.list("values")
    if "values" in rule.fields and not values:
        yield rule.problem("a rule without a value")
    for value in values:
        yield from _value_problems(rule, value, known)
    yield from period_problems(values)


def _value_problems(rule: Entry, value: Entry, known: Known) -> Iterator[Problem]:
    yield from keys_problems(value, required=VALUE_KEYS)
    yield from choice_problems(value, key="date_status", choices=DATE_STATUSES)
    yield from _period_problems(value)
    yield from _source_problems(value, known)
    if value.get("quote") is not None:
        yield from word_problems(value, "quote")
    elif rule.get("status") == "seed":
        yield value.problem("a seed value without the words it rests on (quote)")
    if "value" in value.fields and rule.get("unit") in UNITS:
        yield from _amount_problems(rule, value.fields["value"], known)


def _period_problems(value: Entry) -> Iterator[Problem]:
    for key in ("from", "until"):
        if not isinstance(value.get(key), date | None):
            yield value.problem(f"{key} is not a day: {value.get(key)!r}")


def _source_problems(value: Entry, known: Known) -> Iterator[Problem]:
    source = value.get("source")
    if "source" in value.fields and source is None:
        yield value.problem("missing source")
    elif source is not None and (not isinstance(source, str) or source not in known.sources):
        yield value.problem(f"unknown source {source!r}")


def _amount_problems(rule: Entry, amount: Entry, known: Known) -> Iterator[Problem]:
    unit = rule.get("unit")
    wrong = misfit(amount.plain, unit)
    if wrong:
        yield amount.problem(f"{rule.get('id')}: {wrong}")
    elif unit == "table":
        yield from coverage_problems(rule, amount)
    elif unit == "rules":
        unknown = [name for name in amount.plain if name not in known.rules]
        yield from (amount.problem(f"unknown rule {name!r}") for name in unknown)
    elif unit in ("code", "set"):
        yield from _choice_problems(rule, amount)


def _choice_problems(rule: Entry, amount: Entry) -> Iterator[Problem]:
    """A code or a set of codes is one of `detail.choices`; a code must name its choices."""
    detail = rule.fields.get("detail")
    choices = [choice.plain for choice in detail.list("choices")] if detail else []
    if not choices and rule.get("unit") == "code":
        yield rule.problem("a code without `detail.choices`: what else could it be?")
    for name in (amount.plain,) if isinstance(amount.plain, str) else amount.plain:
        if choices and name not in choices:
            yield amount.problem(f"{name!r} is not one of {', '.join(map(str, choices))}")


def _detail_problems(rule: Entry, detail: Entry, known: Known) -> Iterator[Problem]:
    yield from keys_problems(detail, optional=DETAIL_KEYS)
    yield from list_problems(detail, "choices")
    if "gate" in detail.fields:
        yield from gate_problems(detail, unit=rule.get("unit"))
    failure_class = detail.get("failure_class")
    if failure_class is not None and not _is_known(failure_class, known):
        yield detail.fields["failure_class"].problem(f"unknown failure class {failure_class!r}")
    for part in detail.walk():
        if "rule" in part.fields and not _is_known(part.get("rule"), known):
            yield part.problem(f"unknown rule {part.get('rule')!r}")


def _is_known(name: object, known: Known) -> bool:
    return isinstance(name, str) and name in known.rules
