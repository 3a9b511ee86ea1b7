"""A rule of the policy book as pages show it: its values in words, their history, what it means, its kin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.core.findings import as_text
from bantuo.core.policy import Book, Rule, Source, Text, Value
from bantuo.core.policy_amend import is_operators
from bantuo.interfaces.web.policy_words import cell_words, column_rank, column_word, topic_word, value_words

_SIGNS = {">=": "≥ ", "<=": "≤ ", ">": "> ", "<": "< "}
_MEANING = (
    ("consequence", gettext_lazy("Consequence")),
    ("evidence", gettext_lazy("What proves it")),
    ("fix", gettext_lazy("What to do")),
    ("note", gettext_lazy("Remark")),
)


@dataclass(frozen=True, slots=True)
class ValueView:
    """One dated value."""

    words: str
    parts: tuple[str, ...]  # rule ids, for a rule that is the sum of its parts
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    since: date | None
    until: date | None
    state: str  # past | current | planned
    date_status: str
    source: Source
    quote: str | None
    by_operator: bool


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule on a day, in a book or in the version of it that a decision cited."""

    rule: Rule
    on: date
    current: ValueView | None
    history: tuple[ValueView, ...]  # newest first
    meaning: tuple[tuple[str | Promise, Text], ...]
    related: tuple[RuleLine, ...]

    @property
    def id(self) -> str:
        return self.rule.id

    @property
    def topic(self) -> str:
        return topic_word(self.rule.topic)

    @property
    def is_claim(self) -> bool:
        return self.rule.detail.get("kind") == "claim"

    @property
    def is_gate(self) -> bool:
        return "gate" in self.rule.detail and "profile" not in self.rule.detail["gate"]

    @property
    def failure_class(self) -> str:
        return str(self.rule.detail.get("failure_class") or "")

    @property
    def fixable_now(self) -> bool:
        return bool(self.rule.detail.get("fixable_now"))

    @property
    def status(self) -> str:
        """Where the value comes from: the book's own status, unless an operator published it."""
        return "operator" if self.current and self.current.by_operator else self.rule.status

    @property
    def planned(self) -> tuple[ValueView, ...]:
        return tuple(value for value in reversed(self.history) if value.state == "planned")


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in a list."""

    id: str
    label: Text
    topic: str
    words: str
    status: str
    since: date | None
    next_since: date | None
    next_words: str
    in_force: bool
    is_claim: bool


def value_view(rule: Rule, value: Value, *, on: date) -> ValueView:
    """A value in words, as it stands on a day."""
    columns, rows = table_view(value.value) if rule.unit == "table" else ((), ())
    return ValueView(
        words=amount_words(rule, value.value),
        parts=tuple(value.value) if rule.unit == "rules" else (),
        columns=columns,
        rows=rows,
        since=value.since,
        until=value.until,
        state=_state(value, on),
        date_status=value.date_status,
        source=value.source,
        quote=value.quote,
        by_operator=is_operators(value.source),
    )


def table_view(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The headings and cells of a table in words."""
    columns = sorted(rows[0], key=column_rank) if rows else ()
    cells = tuple(tuple(cell_words(row[column], column) for column in columns) for row in rows)
    return tuple(column_word(column) for column in columns), cells


def amount_words(rule: Rule, amount: Any) -> str:
    """The value with the sign that a gate or a service goal compares it by: `≥ 65%`."""
    compared = rule.detail.get("gate") or rule.detail.get("measure") or {}
    is_number = isinstance(amount, int) and not isinstance(amount, bool)
    sign = _SIGNS.get(str(compared.get("op")), "") if is_number else ""
    return f"{sign}{value_words(amount, rule.unit)}"


def _state(value: Value, on: date) -> str:
    if value.covers(on):
        return "current"
    return "planned" if value.since is not None and value.since > on else "past"


def rule_view(book: Book, rule: Rule, *, on: date) -> RuleView:
    """Everything of one rule for its page; `rule` may be an older version of the book's own."""
    history = tuple(value_view(rule, value, on=on) for value in reversed(rule.values))
    return RuleView(
        rule=rule,
        on=on,
        current=next((value for value in history if value.state == "current"), None),
        history=history,
        meaning=tuple(_meaning(rule)),
        related=tuple(rule_line(book.rules[name], on=on) for name in _kin(book, rule)),
    )


def _meaning(rule: Rule) -> Iterator[tuple[str | Promise, Text]]:
    for key, heading in _MEANING:
        told = as_text(rule.detail.get(key))
        if told is not None:
            yield heading, told


def _kin(book: Book, rule: Rule) -> Iterator[str]:
    """The rule that it is a part of, and the other parts."""
    stem = rule.id.partition(".")[0]
    for name in book.rules:
        if name != rule.id and (name == stem or name.startswith(f"{stem}.")):
            yield name


def rule_line(rule: Rule, *, on: date) -> RuleLine:
    """A rule with its value of the day and the next change."""
    held = next((value for value in rule.values if value.covers(on)), None)
    later = next((value for value in rule.values if value.since is not None and value.since > on), None)
    return RuleLine(
        id=rule.id,
        label=rule.label,
        topic=rule.topic,
        words=amount_words(rule, held.value) if held else _("not in force"),
        status="operator" if held and is_operators(held.source) else rule.status,
        since=held.since if held else None,
        next_since=later.since if later else None,
        next_words=amount_words(rule, later.value) if later else "",
        in_force=held is not None,
        is_claim=rule.detail.get("kind") == "claim",
    )


def rule_lines(book: Book, *, on: date, wanted: str = "", topic: str = "") -> list[RuleLine]:
    """The rules that match, in the book's order; `wanted` looks into the id, both labels and the value."""
    lines = (rule_line(rule, on=on) for rule in book.rules.values() if topic in ("", rule.topic))
    return [line for line in lines if _matches(line, wanted.strip().casefold())]


def _matches(line: RuleLine, wanted: str) -> bool:
    told = (line.id, line.label.zh, line.label.en, line.words)
    return all(any(word in part.casefold() for part in told) for word in wanted.split())


def by_topic(lines: Sequence[RuleLine], topics: Sequence[str]) -> list[tuple[str, str, list[RuleLine]]]:
    """The lines under their topics, in the order of `topics`; what is in none of them comes last."""
    known = [*topics, *(line.topic for line in lines if line.topic not in topics)]
    grouped = ((t, topic_word(t), [line for line in lines if line.topic == t]) for t in dict.fromkeys(known))
    return [(topic, word, own) for topic, word, own in grouped if own]


__all__ = [
    "RuleLine", "RuleView", "ValueView", "amount_words", "by_topic", "rule_line", "rule_lines", "rule_view",
    "table_view", "value_view",
]  # fmt: skip
