"""YAML text as a tree that remembers its lines, so that every refusal can name file and line.

Only the plain part of YAML is admitted: text, whole numbers, true/false, null, dates, lists and
mappings. A float, an alias, a repeated key or an unknown tag is a problem, not a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import yaml

_DEEPEST = 20
_LONGEST_NUMBER = 18
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong with a policy file, and where."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class PolicyProblems(ValueError):
    """The files do not make a book; `problems` holds everything found, in file and line order."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A node of a policy file: its plain value, its line, and its parts."""

    file: str
    line: int
    plain: Any
    fields: Mapping[str, Entry] = field(default_factory=dict)
    items: tuple[Entry, ...] = ()

    def problem(self, message: str) -> Problem:
        return Problem(file=self.file, line=self.line, message=message)

    def get(self, key: str) -> Any:
        """The plain value of a field, None when it is absent."""
        return self.fields[key].plain if key in self.fields else None

    def list(self, key: str) -> tuple[Entry, ...]:
        """The entries of a list field, none when it is absent or not a list."""
        return self.fields[key].items if key in self.fields else ()

    def walk(self) -> Iterator[Entry]:
        """This entry and everything below it."""
        yield self
        for part in (*self.fields.values(), *self.items):
            yield from part.walk()


class _PlainLoader(yaml.CSafeLoader):
    """YAML without the surprises: `16:00`, `no` and `1_000` stay text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _name, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"~|null|", ["~", "n", ""]),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|nan)", "-+.0123456789"),
    ("timestamp", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "0123456789"),
):
    _PlainLoader.add_implicit_resolver(_TAG + _name, re.compile(f"^(?:{_pattern})$"), list(_first))


def read_tree(text: str, *, file: str, problems: list[Problem]) -> Entry | None:
    """The tree of one file, or None; what is wrong with its form is added to `problems`."""
    try:
        deep = _line_too_deep(text)
        node = None if deep else yaml.compose(text, Loader=_PlainLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error).splitlines()[0]
        problems.append(Problem(file, mark.line + 1 if mark else 1, f"not YAML: {said}"))
        return None
    if node is None:
        problems.append(Problem(file, deep or 1, "nested too deep" if deep else "the file is empty"))
        return None
    return _Reader(file=file, problems=problems).entry(node)


def _line_too_deep(text: str) -> int | None:
    """Where a nesting begins that no policy file needs; composing it would recurse in C."""
    depth = 0
    for event in yaml.parse(text, Loader=_PlainLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            return _line(event)
    return None


@dataclass
class _Reader:
    """Turns the nodes of one file into entries."""

    file: str
    problems: list[Problem]
    seen: set[int] = field(default_factory=set)

    def entry(self, node: yaml.Node) -> Entry:
        if id(node) in self.seen:
            return self._refused(node, "an alias: write the value out")
        self.seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node)
        if isinstance(node, yaml.SequenceNode):
            items = tuple(self.entry(item) for item in node.value)
            return Entry(self.file, _line(node), tuple(i.plain for i in items), items=items)
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode) -> Entry:
        fields: dict[str, Entry] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is None or key in fields:
                said = f"repeated or unreadable key: {key}"
                self.problems.append(Problem(self.file, _line(key_node), said))
                continue
            fields[key] = self.entry(value_node)
        return Entry(self.file, _line(node), {k: e.plain for k, e in fields.items()}, fields=fields)

    def _scalar(self, node: yaml.Node) -> Entry:
        kind, text = node.tag.removeprefix(_TAG), node.value
        match kind:
            case "str":
                return self._entry(node, text)
            case "int":
                return self._number(node, text)
            case "bool":
                return self._entry(node, text == "true")
            case "null":
                return self._entry(node, None)
            case "timestamp":
                return self._date(node, text)
            case "float":
                return self._refused(node, f"a float ({text}): write a whole number of the unit")
        return self._refused(node, f"a tag that policy files do not use: {node.tag}")

    def _number(self, node: yaml.Node, text: str) -> Entry:
        if len(text) > _LONGEST_NUMBER:
            return self._refused(node, f"a number of {len(text)} digits")
        return self._entry(node, int(text))

    def _date(self, node: yaml.Node, text: str) -> Entry:
        try:
            return self._entry(node, date.fromisoformat(text))
        except ValueError:
            return self._refused(node, f"no such day: {text}")

    def _entry(self, node: yaml.Node, plain: Any) -> Entry:
        return Entry(self.file, _line(node), plain)

    def _refused(self, node: yaml.Node, message: str) -> Entry:
        self.problems.append(Problem(self.file, _line(node), message))
        return self._entry(node, None)


def _line(node: yaml.Node | yaml.Event) -> int:
    return int(node.start_mark.line) + 1 if node.start_mark else 1
