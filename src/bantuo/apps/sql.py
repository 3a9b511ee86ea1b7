"""Set-based SQL through Django's connection: the plain tools that every room's operations share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection


def fetch_rows(query: str, params: Mapping[str, Any] | Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Run one statement and return all its rows."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall())


def run_statement(query: str, params: Mapping[str, Any] | Sequence[Any] = ()) -> int:
    """Run one statement for its effect; returns the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return int(cursor.rowcount)


def columns_of(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows turned into `width` column lists, the shape that unnest takes."""
    columns: list[list[Any]] = [[] for _ in range(width)]
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    return columns


def int_array(values: Iterable[int]) -> str:
    """Whole numbers as the text of a PostgreSQL array, for `%s::bigint[]`: quicker than a list."""
    return f"{{{','.join(map(str, values))}}}"
