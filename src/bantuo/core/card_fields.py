"""Take the fields of a rate card one by one: wrong ones become problems, `{rule: ID}` becomes its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bantuo.core.policy import InForce, Text

FEN_MAX = 100_000_000  # a million yuan for one fee
GRAMS_MAX = 1_000_000
RATE_MAX = 10_000


def no_rules(rule_id: str) -> InForce:
    """For literal cards, which name no rules."""
    raise KeyError(rule_id)


@dataclass
class Reading:
    """One pass over a card: how rules are found, what was wrong, and which rules were asked for."""

    resolve: Callable[[str], InForce]
    problems: list[str] = field(default_factory=list)
    cited: dict[str, InForce] = field(default_factory=dict)
    used: dict[str, None] = field(default_factory=dict)  # rules that gave integers since the last `take_used`

    def take_used(self) -> tuple[str, ...]:
        """The rules that gave integers to the part just read."""
        used, self.used = tuple(self.used), {}
        return used


@dataclass
class Fields:
    """The fields of one mapping, taken one by one; what is left at the end is unknown."""

    reading: Reading
    mapping: Any
    where: str

    def __post_init__(self) -> None:
        if not isinstance(self.mapping, Mapping):
            self.problem(f"must be a mapping, got {self.mapping!r}")
            self.mapping = {}
        self.mapping = dict(self.mapping)

    def problem(self, message: str) -> None:
        self.reading.problems.append(f"{self.where}: {message}")

    def take(self, name: str, *, default: Any = None) -> Any:
        return self.mapping.pop(name, default)

    def items(self, name: str) -> list[Any]:
        """A list that may be left out."""
        value = self.take(name, default=[])
        if isinstance(value, list | tuple):
            return list(value)
        self.problem(f"{name} must be a list, got {value!r}")
        return []

    def inner(self, value: Any, where: str) -> Fields:
        """The fields of a mapping inside this one."""
        return Fields(self.reading, value, f"{self.where} {where}")

    def text(self, name: str, *, default: str | None = None) -> str:
        value = self.take(name, default=default)
        if not isinstance(value, str) or not value:
            self.problem(f"{name} must be a text, got {value!r}")
        return str(value)

    def label(self) -> Text:
        inner = self.inner(self.take("label", default={}), "label")
        return Text(zh=inner.text("zh"), en=inner.text("en"))

    def choice(self, name: str, allowed: tuple[str, ...], *, default: str | None = None) -> str:
        value = self.take(name, default=default)
        if value not in allowed:
            self.problem(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
        return str(value)

    def integer(self, name: str, *, low: int, high: int, default: int | None = None) -> int:
        value = self._amount(self.take(name, default=default), name)
        if type(value) is not int or not low <= value <= high:
            self.problem(f"{name} must be an integer from {low} to {high}, got {value!r}")
            return low if low > 0 else 1
        return value

    def _amount(self, value: Any, name: str) -> Any:
        if not isinstance(value, Mapping):
            return value
        if set(value) != {"rule"}:
            return self.problem(f"{name} must be an integer or {{rule: ID}}, got {dict(value)!r}")
        try:
            found = self.reading.resolve(value["rule"])
        except KeyError:
            return self.problem(f"{name}: a literal card cannot name a rule, got {value['rule']}")
        self.reading.cited[value["rule"]] = found
        self.reading.used[value["rule"]] = None
        return found.amount

    def nothing_left(self) -> None:
        for name in self.mapping:
            self.problem(f"unknown field {name!r}")
