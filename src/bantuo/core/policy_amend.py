"""Values that an operator publishes on top of a policy book: the future changes, the past never does.

A new value ends the one that would be in force on its first day and holds until that one would have
ended, so that a history stays without gap and overlap. The version of an amended book is the first
12 hex digits of the SHA-256 of the version it amends and of all that the amendment says; amending
twice is the same as amending once by both, in their order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from bantuo.core.policy import Book, Rule, Source, Text, Value
from bantuo.core.policy_rules import Known, rule_problems
from bantuo.core.policy_tree import Entry

_OPERATOR = "operator: "


@dataclass(frozen=True, slots=True)
class Amendment:
    """One value of one rule from a day on: who says so, in which words, and why."""

    rule: str
    since: date
    value: Any  # per the unit, as in `core.policy.Value`
    source: str
    reason: str
    published_on: date
    quote: str | None = None


class AmendmentRefused(ValueError):
    """A value that may not be laid upon the book; `field` names the part of the amendment at fault."""

    field = "value"


class RuleUnknown(AmendmentRefused):
    """The book has no such rule."""

    field = "rule"


class ValueUnfit(AmendmentRefused):
    """Not a value of the rule's unit, choices or table; `problems` holds everything found."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class LeavesGap(AmendmentRefused):
    """Nothing would be in force for a while before the new value."""

    field = "valid_from"


class NotInFuture(AmendmentRefused):
    """The day is over or has begun: what was decided by a rule stays decided by it."""

    field = "valid_from"


class ValueUnchanged(AmendmentRefused):
    """The rule has this value on that day already."""


class WordsMissing(AmendmentRefused):
    """Nobody can see later who said so (source), or why (reason)."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} is missing")
        self.field = field


def amend_book(book: Book, amendments: Iterable[Amendment]) -> Book:
    """The book with the amendments laid upon it in their order; none leaves it as it is.

    Raises RuleUnknown, ValueUnfit, LeavesGap.
    """
    for amendment in amendments:
        book = _amended(book, amendment)
    return book


def check_amendment(book: Book, amendment: Amendment, *, on: date) -> Book:
    """The amended book, if an operator may publish this amendment on `on`.

    Raises NotInFuture, WordsMissing, ValueUnchanged, and what `amend_book` raises.
    """
    if amendment.since <= on:
        raise NotInFuture(f"from {amendment.since}: the first day that can still change is after {on}")
    for field in ("source", "reason"):
        if not getattr(amendment, field).strip():
            raise WordsMissing(field)
    amended = amend_book(book, [amendment])
    held = book.find(amendment.rule, amendment.since)
    if held is not None and held.amount == amendment.value:
        raise ValueUnchanged(f"{amendment.rule} is {amendment.value!r} on {amendment.since} already")
    return amended


def is_operators(source: Source) -> bool:
    """Whether an operator of this installation published the value, not the book that ships."""
    return source.id.startswith(_OPERATOR)


def value_of(plain: Any, *, unit: str) -> Any:
    """A value as a rule of that unit holds it, from its JSON form (lists, days as ISO text).

    What cannot be read is left as it is, for the unit's own check to refuse.
    """
    if unit == "date" and isinstance(plain, str):
        try:
            return date.fromisoformat(plain)
        except ValueError:
            return plain
    return _frozen(plain)


def _frozen(plain: Any) -> Any:
    if isinstance(plain, Mapping):
        return {key: _frozen(part) for key, part in plain.items()}
    return tuple(_frozen(part) for part in plain) if isinstance(plain, list | tuple) else plain


def _amended(book: Book, amendment: Amendment) -> Book:
    rule = book.rules.get(amendment.rule)
    if rule is None:
        raise RuleUnknown(f"{book.id} has no rule {amendment.rule!r}")
    changed = replace(rule, values=_history(rule, _new_value(amendment)))
    _check_rule(changed, book=book)
    rules = {**book.rules, rule.id: changed}
    return replace(book, rules=rules, version=_version(book, amendment))


def _new_value(amendment: Amendment) -> Value:
    said = f"{_OPERATOR}{amendment.source}"
    return Value(
        since=amendment.since,
        until=None,
        date_status="stated",
        value=amendment.value,
        source=Source(
            id=said,
            title=Text(zh=f"运营方：{amendment.source}", en=f"Operator: {amendment.source}"),
            published_on=amendment.published_on,
        ),
        quote=amendment.quote or None,
    )


def _history(rule: Rule, new: Value) -> tuple[Value, ...]:
    """The values with the new one among them; one planned for the same day never comes into force."""
    assert new.since is not None
    earlier = [value for value in rule.values if value.since is None or value.since < new.since]
    later = [value for value in rule.values if value.since is not None and value.since > new.since]
    if earlier:
        last = earlier[-1]
        if last.until is not None and last.until < new.since:
            raise LeavesGap(f"{rule.id}: nothing is in force from {last.until} until {new.since}")
        earlier[-1] = replace(last, until=new.since)
    ends = later[0].since if later else _end_of(rule, new.since)
    return (*earlier, replace(new, until=ends), *later)


def _end_of(rule: Rule, since: date) -> date | None:
    """Where the last value ends, if it was still to come: a rule that lapses goes on lapsing then."""
    until = rule.values[-1].until
    return until if until is not None and until > since else None


def _check_rule(rule: Rule, *, book: Book) -> None:
    """The amended rule must be one that a file of the book could hold."""
    known = Known(
        sources={value.source.id for value in rule.values},
        readings={reading.id for reading in rule.readings},
        rules=book.rules,
    )
    problems = tuple(problem.message for problem in rule_problems(_entry_of(_as_written(rule)), known=known))
    if problems:
        raise ValueUnfit(problems)


def _as_written(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "label": {"zh": rule.label.zh, "en": rule.label.en},
        "unit": rule.unit,
        "status": rule.status,
        "readings": tuple(reading.id for reading in rule.readings),
        "values": tuple(_value_as_written(value) for value in rule.values),
        "detail": rule.detail,
    }


def _value_as_written(value: Value) -> dict[str, Any]:
    """An operator's value rests on its source, where one of the article must quote the words."""
    return {
        "from": value.since,
        "until": value.until,
        "date_status": value.date_status,
        "value": value.value,
        "source": value.source.id,
        "quote": value.quote or (value.source.title.zh if is_operators(value.source) else None),
    }


def _entry_of(plain: Any) -> Entry:
    fields = {k: _entry_of(part) for k, part in plain.items()} if isinstance(plain, Mapping) else {}
    items = tuple(_entry_of(part) for part in plain) if isinstance(plain, tuple) else ()
    return Entry(file="amendment", line=0, plain=plain, fields=fields, items=items)


def _version(book: Book, amendment: Amendment) -> str:
    content = {
        "amends": book.version,
        "rule": amendment.rule,
        "from": amendment.since,
        "value": amendment.value,
        "source": amendment.source,
        "quote": amendment.quote or None,
        "reason": amendment.reason,
        "published_on": amendment.published_on,
    }
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]
