"""Set-based SQL through Django's connection: the plain tools that every room's operations share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import psycopg
from django.db import connection
from psycopg.abc import Buffer, DumperKey
from psycopg.adapt import PyFormat
from psycopg.types.array import BaseListDumper, ListDumper


class Column(list[Any]):
    """Values of one column on their way into `unnest(%s::type[])`.

    They are written as the text of an array in one go: three times as quick as psycopg's own writing of
    a list, which asks anew for every value how it is to be written.
    """


class _ColumnDumper(ListDumper):
    """Writes whole numbers, texts, truths and moments; psycopg writes what else there may be."""

    def get_key(self, obj: list[Any], format: PyFormat) -> DumperKey:
        return self.cls

    def upgrade(self, obj: list[Any], format: PyFormat) -> BaseListDumper:
        return self

    def dump(self, obj: list[Any]) -> Buffer | None:
        kinds = set(map(type, obj)) - {type(None)}
        if kinds <= {int}:
            written = ["NULL" if value is None else str(value) for value in obj]
        elif kinds <= {bool}:
            written = ["NULL" if value is None else "tf"[not value] for value in obj]
        elif kinds <= {str, datetime, date}:
            written = ["NULL" if value is None else _quoted(str(value)) for value in obj]
        else:
            return super().dump(obj)
        text = f"{{{','.join(written)}}}"
        if "\x00" in text:
            raise psycopg.DataError("a text has no NUL character")  # the server would read to there only
        return text.encode()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


psycopg.adapters.register_dumper(Column, _ColumnDumper)


def fetch_rows(query: str, params: Mapping[str, Any] | Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Run one statement and return all its rows."""
    return ask_rows(query, params)()


def ask_rows(
    query: str, params: Mapping[str, Any] | Sequence[Any] = ()
) -> Callable[[], list[tuple[Any, ...]]]:
    """Run one statement; what is returned reads its rows, once. In `sent_together`, only that waits."""
    cursor = connection.cursor()
    cursor.execute(query, params)

    def rows() -> list[tuple[Any, ...]]:
        with cursor:
            return list(cursor.fetchall())

    return rows


def run_statement(query: str, params: Mapping[str, Any] | Sequence[Any] = ()) -> int:
    """Run one statement for its effect; returns the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return int(cursor.rowcount)


def columns_of(rows: Iterable[Sequence[Any]], width: int) -> list[Column]:
    """Rows turned into `width` columns, the shape that unnest takes."""
    columns = [Column(values) for values in zip(*rows, strict=True)] or [Column() for _ in range(width)]
    if len(columns) != width:
        raise ValueError(f"rows of {len(columns)} values where {width} belong")
    return columns


@contextmanager
def sent_together() -> Iterator[None]:
    """Statements in this block go to the server together until somebody reads the result of one.

    Only reading rows waits; the count of `run_statement` means nothing here. What fails raises at the next
    wait, at the block's end at the latest. Inside a transaction.
    """
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield
