"""What the book, the starter list and the schemas say before a seller's profile can be measured."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from bantuo.core.documents import DocumentRule
from bantuo.core.metrics import EprStream, Terms
from bantuo.core.policy import Book
from bantuo.engine.books import starter_categories


class SchemaUnknown(LookupError):
    """No schema of that name ships."""


def schema_names() -> tuple[str, ...]:
    """The JSON Schemas that ship: `seller`, `size_chart`."""
    ends = ".schema.json"
    found = (entry.name for entry in _schema_folder().iterdir())
    return tuple(sorted(name.removesuffix(ends) for name in found if name.endswith(ends)))


@cache
def load_schema(name: str) -> Mapping[str, Any]:
    """A JSON Schema by its short name; raises SchemaUnknown naming those that exist."""
    if name not in schema_names():
        raise SchemaUnknown(f"no schema {name!r}; there are {', '.join(schema_names())}")
    text = _schema_folder().joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
    schema: Mapping[str, Any] = json.loads(text)
    return schema


def _schema_folder() -> Traversable:
    return files("bantuo").joinpath("policybook").joinpath("schemas")


@cache
def admission_list() -> frozenset[str]:
    """The starter list of admitted categories: ours, until an operator imports the real one (A-03)."""
    return frozenset(row["code"] for row in csv.DictReader(io.StringIO(starter_categories())))


def terms_in_force(book: Book, on: date, *, categories: Collection[str] | None = None) -> Terms:
    """The terms of a day; without `categories` the starter list is the admission list."""
    streams = _amount(book, "ELG-17.streams", on, ())
    sites = _amount(book, "ELG-17.sites", on, ())
    return Terms(
        categories=frozenset(admission_list() if categories is None else categories),
        scope_phrase=str(_amount(book, "ELG-13", on, "")),
        attribute_scope=str(_amount(book, "ELG-8.scope", on, "apparel")),
        turnover_months=int(_amount(book, "ELG-14.months", on, 0)),
        epr_streams=tuple(
            EprStream(row["site"], row["stream"], row["applies_to"])
            for row in streams
            if row["site"] in sites
        ),
        documents=tuple(_document_rules(book, on, sites)),
        size_chart_schema=load_schema("size_chart"),
    )


def _amount(book: Book, rule_id: str, on: date, otherwise: Any) -> Any:
    found = book.find(rule_id, on)
    return otherwise if found is None else found.amount


def _document_rules(book: Book, on: date, sites: Iterable[str]) -> Iterator[DocumentRule]:
    """The papers of step ①; one that a gate of its own checks (the size chart) is not asked for twice."""
    for rule_id, rule in book.rules.items():
        told: Mapping[str, Any] = rule.detail.get("document", {})
        found = book.find(rule_id, on) if told.get("step") == 1 and "gate" not in told else None
        if found is not None:
            instead = tuple(told.get("instead", ()))
            yield DocumentRule(rule_id, tuple(found.amount), instead, str(told["when"]), frozenset(sites))
