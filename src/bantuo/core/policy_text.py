"""From the YAML text of a policy book to the book, refusing anything that is not complete.

Everything wrong is collected, each with file and line, before the book is refused: a rule change
is reviewed once. A file holds one of: `book`, `sources`, `readings`, `cards`, or `topic` and `rules`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bantuo.core.policy import Book, Reading, Rule, Source, Text, Value
from bantuo.core.policy_cards import card_problems
from bantuo.core.policy_checks import keys_problems, language_problems, text_problems, word_problems
from bantuo.core.policy_rules import Known, rule_problems
from bantuo.core.policy_tree import Entry, PolicyProblems, Problem, read_tree

_FILE_KINDS = ("book", "sources", "readings", "cards", "rules")


def parse_book(files: Mapping[str, str], *, book_id: str | None = None) -> Book:
    """The book that the files (name → YAML text) make up, at the version its content hashes to.

    `book_id` refuses files that declare another book. Raises PolicyProblems with everything wrong.
    """
    sheet = _Sheet()
    for name in sorted(files):
        tree = read_tree(files[name], file=name, problems=sheet.problems)
        if tree is not None:
            sheet.sort_in(tree)
    book = sheet.make_book(book_id)
    if sheet.problems or book is None:
        raise PolicyProblems(sheet.problems)
    return book


@dataclass
class _Sheet:
    """The entries of all files by kind, and the problems found so far."""

    problems: list[Problem] = field(default_factory=list)
    headers: list[Entry] = field(default_factory=list)
    sources: dict[str, Entry] = field(default_factory=dict)
    readings: dict[str, Entry] = field(default_factory=dict)
    rules: dict[str, tuple[str, Entry]] = field(default_factory=dict)
    cards: dict[str, Entry] = field(default_factory=dict)

    def sort_in(self, tree: Entry) -> None:
        """Put the entries of one file where they belong."""
        self.problems += language_problems(tree)
        kinds = [kind for kind in _FILE_KINDS if kind in tree.fields]
        if not kinds:
            self.problems.append(tree.problem(f"a file holds one of {', '.join(_FILE_KINDS)}"))
            return
        required = ("topic", "rules") if kinds[0] == "rules" else (kinds[0],)
        self.problems += keys_problems(tree, required=required)
        self.problems += word_problems(tree, "topic")
        match kinds[0]:
            case "book":
                self.headers.append(tree.fields["book"])
            case "sources":
                self._keep(tree.fields["sources"], self.sources)
            case "readings":
                self._keep(tree.fields["readings"], self.readings)
            case "cards":
                self._keep(tree.fields["cards"], self.cards)
            case "rules":
                self._keep_rules(tree)

    def _keep(self, entries: Entry, place: dict[str, Entry]) -> None:
        for entry in self._identified(entries):
            self._first(entry, place.get(entry.get("id")))
            place.setdefault(entry.get("id"), entry)

    def _keep_rules(self, tree: Entry) -> None:
        for entry in self._identified(tree.fields["rules"]):
            earlier = self.rules.get(entry.get("id"))
            self._first(entry, earlier[1] if earlier else None)
            self.rules.setdefault(entry.get("id"), (str(tree.get("topic")), entry))

    def _identified(self, entries: Entry) -> Iterator[Entry]:
        if not entries.items:
            self.problems.append(entries.problem("expected a list that is not empty"))
        for entry in entries.items:
            if isinstance(entry.get("id"), str):
                yield entry
            else:
                self.problems.append(entry.problem("an entry without an id"))

    def _first(self, entry: Entry, earlier: Entry | None) -> None:
        if earlier is not None:
            where = f"{earlier.file}:{earlier.line}"
            self.problems.append(entry.problem(f"duplicate id {entry.get('id')!r}, first in {where}"))

    def make_book(self, book_id: str | None) -> Book | None:
        """Check every entry against the others; the book, unless something is wrong."""
        self._check_header(book_id)
        for source in self.sources.values():
            self._check_source(source)
        for reading in self.readings.values():
            self.problems += keys_problems(reading, required=("id", "question", "chosen"))
            self._check_texts(reading, "question", "chosen")
        known = Known(sources=self.sources, readings=self.readings, rules=self.rules)
        for _, rule in self.rules.values():
            self.problems += rule_problems(rule, known=known)
        units = {rule_id: rule.get("unit") for rule_id, (_, rule) in self.rules.items()}
        for card in self.cards.values():
            self.problems += card_problems(card, units=units)
        return None if self.problems else self._book()

    def _check_header(self, book_id: str | None) -> None:
        if len(self.headers) != 1:
            where = self.headers[1] if self.headers else None
            file, line = (where.file, where.line) if where else ("book.yaml", 1)
            self.problems.append(Problem(file, line, "a book has exactly one `book:` header"))
        for header in self.headers:
            self.problems += keys_problems(header, required=("id", "title", "currency", "zone"))
            self.problems += word_problems(header, "id", "currency", "zone")
            if book_id is not None and header.get("id") != book_id:
                self.problems.append(header.problem(f"this is book {header.get('id')!r}, not {book_id!r}"))
            self._check_texts(header, "title")

    def _check_source(self, source: Entry) -> None:
        self.problems += keys_problems(source, required=("id", "title"), optional=("published_on", "url"))
        self._check_texts(source, "title")
        self.problems += word_problems(source, "url")
        if not isinstance(source.get("published_on"), date | None):
            self.problems.append(source.problem("published_on is not a day"))

    def _check_texts(self, entry: Entry, *keys: str) -> None:
        for key in keys:
            if key in entry.fields:
                self.problems += text_problems(entry.fields[key])

    def _book(self) -> Book:
        header = self.headers[0]
        return Book(
            id=header.get("id"),
            version=self._version(),
            title=Text(**header.get("title")),
            currency=header.get("currency"),
            zone=header.get("zone"),
            rules={rule_id: self._rule(topic, entry) for rule_id, (topic, entry) in self.rules.items()},
            cards={card_id: _listed(card.plain) for card_id, card in self.cards.items()},
        )

    def _rule(self, topic: str, entry: Entry) -> Rule:
        values = (self._value(value) for value in entry.fields["values"].items)
        return Rule(
            id=entry.get("id"),
            topic=topic,
            label=Text(**entry.get("label")),
            unit=entry.get("unit"),
            status=entry.get("status"),
            readings=tuple(self._reading(name) for name in entry.get("readings")),
            values=tuple(sorted(values, key=lambda value: value.since or date.min)),
            detail=entry.get("detail") or {},
        )

    def _reading(self, name: str) -> Reading:
        entry = self.readings[name]
        return Reading(id=name, question=Text(**entry.get("question")), chosen=Text(**entry.get("chosen")))

    def _value(self, entry: Entry) -> Value:
        source = self.sources[entry.get("source")]
        return Value(
            since=entry.get("from"),
            until=entry.get("until"),
            date_status=entry.get("date_status"),
            value=entry.get("value"),
            source=Source(
                id=source.get("id"),
                title=Text(**source.get("title")),
                published_on=source.get("published_on"),
                url=source.get("url"),
            ),
            quote=entry.get("quote"),
        )

    def _version(self) -> str:
        """A hash of what the files say; comments, order of files and of entries do not matter."""
        content = {
            "book": self.headers[0].plain,
            "sources": {name: entry.plain for name, entry in self.sources.items()},
            "readings": {name: entry.plain for name, entry in self.readings.items()},
            "rules": {name: [topic, entry.plain] for name, (topic, entry) in self.rules.items()},
            "cards": {name: entry.plain for name, entry in self.cards.items()},
        }
        canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def _listed(plain: Any) -> Any:
    """A card is a plain mapping as any YAML reader gives it: its sequences are lists."""
    if isinstance(plain, dict):
        return {key: _listed(part) for key, part in plain.items()}
    return [_listed(part) for part in plain] if isinstance(plain, tuple) else plain
