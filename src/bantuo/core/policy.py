"""Rules as dated, sourced, bilingual data: what a policy book holds and how it is asked.

Reading and checking the YAML is `core.policy_text`; finding the files is `engine.books`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages of the project."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value was published."""

    id: str
    title: Text
    published_on: date | None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How an ambiguous sentence is read (A-numbers of the catalogue), and what else it could mean."""

    id: str
    question: Text
    chosen: Text


@dataclass(frozen=True, slots=True)
class Value:
    """A value in force over the half-open period `[since, until)`; `since=None` is "always"."""

    since: date | None
    until: date | None
    date_status: str  # stated | assumed
    value: Any  # per the unit: int, bool, str, tuple of str, or a table (tuple of mappings)
    source: Source
    quote: str | None

    def covers(self, on: date) -> bool:
        return (self.since is None or self.since <= on) and (self.until is None or on < self.until)


@dataclass(frozen=True, slots=True)
class Rule:
    """One number (or table) of the programme with its history."""

    id: str
    topic: str
    label: Text
    unit: str
    status: str  # seed | practice | law
    readings: tuple[Reading, ...]
    values: tuple[Value, ...]
    detail: Mapping[str, Any]  # what belongs to the topic: consequence, failure class, fix, test …


@dataclass(frozen=True, slots=True)
class InForce:
    """A rule as it stood on a day: what a decision cites."""

    rule: Rule
    value: Value
    book: str
    version: str

    @property
    def amount(self) -> Any:
        return self.value.value


class PolicyNotInForce(LookupError):
    """The book has the rule, but no value of it on that day (or has no such rule)."""


@dataclass(frozen=True, slots=True)
class Book:
    """A whole programme: rules, rate cards, and the version that its content hashes to."""

    id: str
    version: str  # first 12 hex digits of the SHA-256 of the canonical content
    title: Text
    currency: str
    zone: str
    rules: Mapping[str, Rule]
    cards: Mapping[str, Mapping[str, Any]]

    def find(self, rule_id: str, on: date) -> InForce | None:
        """The rule as in force on `on`, or None before its first or after its last value."""
        rule = self.rules.get(rule_id)
        for value in rule.values if rule else ():
            if rule and value.covers(on):
                return InForce(rule=rule, value=value, book=self.id, version=self.version)
        return None

    def in_force(self, rule_id: str, on: date) -> InForce:
        """As `find`; raises PolicyNotInForce naming the rule and the day."""
        found = self.find(rule_id, on)
        if found is None:
            raise PolicyNotInForce(f"{self.id}: no value of {rule_id} is in force on {on}")
        return found

    def amount(self, rule_id: str, on: date) -> Any:
        """The bare value in force on `on`."""
        return self.in_force(rule_id, on).amount
