"""Time the bare SQL of a stage, round by round, on the server where the replay ran."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from statistics import median
from time import perf_counter_ns
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from tools.bench.bare_sql import BARE, STAGED, Bare

_ROUNDS = 5
_COPY_BATCH = 20_000  # as the stage that it is the limit of
_STAGE_WORDS = "COPY of the staged rows, 20,000 a commit"

Connection = psycopg.Connection[dict[str, Any]]


def bare_stages(database: str) -> dict[str, tuple[str, int]]:
    """For each stage with a bare pattern: its words and its median nanoseconds."""
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as connection:
        connection.execute("SET synchronous_commit = off")  # as the replay has it
        measured = {"stage": (_STAGE_WORDS, _median(lambda: _copy_round(connection)))}
        for bare in BARE:
            batches = connection.execute(bare.batches.encode()).fetchall()
            measured[bare.stage] = (bare.words, _bare_median(connection, bare, batches))
    return measured


def _bare_median(connection: Connection, bare: Bare, batches: list[dict[str, Any]]) -> int:
    return _median(lambda: _bare_round(connection, bare, batches))


def _median(measured_round: Callable[[], int]) -> int:
    return int(median([measured_round() for _ in range(_ROUNDS + 1)][1:]))


def _bare_round(connection: Connection, bare: Bare, batches: list[dict[str, Any]]) -> int:
    for copy, table in bare.copies.items():
        _empty_copy(connection, copy, table)
    for statement in bare.before:
        connection.execute(statement.encode())
    for copy in bare.copies:
        connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(copy)))
    begun = perf_counter_ns()
    for batch in batches:
        with connection.transaction():
            for statement in bare.statements:
                connection.execute(statement.encode(), batch, prepare=False)
    return perf_counter_ns() - begun


def _copy_round(connection: Connection) -> int:
    taken = 0
    for table in STAGED:
        name, copy = sql.Identifier(table), sql.Identifier("bare_staged")
        with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(name)) as out:
            lines = iter([bytes(line) for line in out])
        _empty_copy(connection, "bare_staged", table)
        blocks = list(_blocks(lines))
        begun = perf_counter_ns()
        for block in blocks:
            with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(copy)) as into:
                into.write(block)
        taken += perf_counter_ns() - begun
    return taken


def _blocks(lines: Iterator[bytes]) -> Iterator[bytes]:
    while block := b"".join(islice(lines, _COPY_BATCH)):
        yield block


def _empty_copy(connection: Connection, copy: str, table: str) -> None:
    named = sql.Identifier(copy), sql.Identifier(table)
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(named[0]))
    connection.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(*named))
