"""Which attributes a category asks for, and which of them a listing leaves open (ELG-8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

TEXT, CHOICE, NUMBER = "text", "choice", "number"
VALUE_MAX = 200


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a sheet. `scope` is a category code in which `*` stands for anything."""

    scope: str
    name: str
    label_zh: str
    label_en: str
    kind: str
    is_required: bool
    choices: tuple[str, ...] = ()

    @property
    def label(self) -> Mapping[str, str]:
        """The label in both languages."""
        return {"zh": self.label_zh, "en": self.label_en}


def attributes_of(sheet: Iterable[Attribute], *, category: str) -> tuple[Attribute, ...]:
    """What a category asks for, in the order of the sheet; of two of one name the later one counts."""
    found = {a.name: a for a in sheet if fnmatchcase(category, a.scope)}
    return tuple(found.values())


def attribute_counts(asked: Sequence[Attribute], *, given: Mapping[str, str]) -> tuple[int, int]:
    """How many attributes are required, and how many of these are missing (ELG-8)."""
    required = [a.name for a in asked if a.is_required]
    return len(required), sum(not given.get(name, "").strip() for name in required)


def attribute_problems(asked: Iterable[Attribute], *, given: Mapping[str, str]) -> dict[str, str]:
    """By name, why a value is not one of the attribute: no number, none of the choices, too long."""
    problems = {}
    for attribute in asked:
        value = given.get(attribute.name, "").strip()
        if not value:
            continue
        if "\x00" in value or len(value) > VALUE_MAX:
            problems[attribute.name] = f"at most {VALUE_MAX} characters, no NUL"
        elif attribute.kind == CHOICE and value not in attribute.choices:
            problems[attribute.name] = f"must be one of {', '.join(attribute.choices)}"
        elif attribute.kind == NUMBER and not _is_number(value):
            problems[attribute.name] = "must be a number"
    return problems


def _is_number(value: str) -> bool:
    whole, point, fraction = value.partition(".")
    return whole.isdecimal() and (not point or fraction.isdecimal())
