"""Stage the source's tables in the database, batch by batch: each row is kept or refused by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from django.db import connection

from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.engine.files import FileUnusable, scan_table
from bantuo.simulate.cells import CellRefused, read_cell
from bantuo.simulate.columns import COLUMNS, known_columns
from bantuo.simulate.layout import Layout, LayoutProblems

BATCH = 20_000
KEYS = {"sellers": ("seller",), "products": ("product",), "orders": ("order",), "items": ("order", "line")}
_SHOWN_MAX = 200
_TABLES = {"sellers": "seller", "products": "product", "orders": "order", "items": "item"}


@dataclass(frozen=True, slots=True)
class SourceTable:
    """One table of the source, ready to be read in slices."""

    name: str
    frame: pl.LazyFrame
    rows: int

    def batches(self) -> Iterator[int]:
        """Offsets of the slices."""
        return iter(range(0, self.rows, BATCH))


def open_source(folder: Path, layout: Layout, *, limit: int | None) -> dict[str, SourceTable]:
    """Open every table before anything is written; raises LayoutProblems for a missing file or column."""
    tables, problems = {}, []
    for name, spec in layout.raw["tables"].items():
        path = folder / spec["file"]
        try:
            if not path.is_file():
                raise FileUnusable(path, "no such file")
            frame = scan_table(path)
        except FileUnusable as error:
            problems.append({"field": f"tables.{name}.file", "value": str(path), "rule": error.reason})
            continue
        present = frame.collect_schema().names()
        for column, cell in spec["columns"].items():
            if cell["column"] not in present:
                rule = f"a column of {spec['file']}, which has {', '.join(present)}"
                problems.append(
                    {"field": f"tables.{name}.columns.{column}", "value": cell["column"], "rule": rule}
                )
        if name == "orders" and limit is not None:
            frame = frame.head(limit)
        if not problems:
            tables[name] = SourceTable(name, frame, frame.select(pl.len()).collect().item())
    if problems:
        raise LayoutProblems(problems)
    return tables


def stage_batch(table: SourceTable, offset: int, *, layout: Layout, replay_id: int, begins: Any) -> int:
    """Stage one slice: good rows by COPY, bad and repeated ones as refusals. Returns the rows read."""
    specs = layout.raw["tables"][table.name]["columns"]
    wanted = [spec["column"] for spec in specs.values()]
    rows = table.frame.slice(offset, BATCH).select(wanted).collect().rows()
    good: list[tuple[Any, ...]] = []
    bad: list[tuple[Any, ...]] = []
    for number, cells in enumerate(rows, start=offset + 1):
        read, problem = _read_row(
            table.name, dict(zip(specs, cells, strict=True)), layout=layout, begins=begins
        )
        if problem is None:
            good.append((replay_id, number, *(read[column] for column in COLUMNS[table.name])))
        else:
            bad.append((replay_id, number, table.name, *problem))
    repeated = _copy_rows(table.name, good)
    bad += [
        (replay_id, row, table.name, key, KEYS[table.name][0], key, "unique", "was there before")
        for row, key in repeated
    ]
    refuse_rows(bad)
    return len(rows)


def _read_row(
    table: str, cells: dict[str, Any], *, layout: Layout, begins: Any
) -> tuple[dict[str, Any], tuple[str, ...] | None]:
    specs, read = layout.raw["tables"][table]["columns"], {}
    kinds = known_columns(table)
    for column, spec in specs.items():
        try:
            kind, cell = kinds[column], cells[column]
            read[column] = read_cell(cell, kind=kind, spec=spec, layout=layout, begins=begins)
        except CellRefused as error:
            key = "/".join(_shown(cells[part]) for part in KEYS[table])
            return read, (key, spec["column"], _shown(cells[column]), str(error), "unusable value")
    return read, None


def _shown(cell: Any) -> str:
    """A cell as a refusal quotes it: as the source has it, but printable and of bounded length."""
    return "" if cell is None else str(cell).replace("\x00", "\\0")[:_SHOWN_MAX]


def _copy_rows(table: str, rows: Sequence[tuple[Any, ...]]) -> list[tuple[int, str]]:
    """Add rows by COPY; returns (row, key) of those whose key was there already."""
    name = f"simulate_staged{_TABLES[table]}"
    columns = ", ".join(("replay_id", "row", *(f'"{c}"' for c in COLUMNS[table])))
    key = " || '/' || ".join(f'"{part}"::text' for part in KEYS[table])
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE arriving ON COMMIT DROP AS SELECT {columns} FROM {name} LIMIT 0")
        with cursor.copy(f"COPY arriving ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            f"""
            WITH added AS (
                INSERT INTO {name} ({columns}) SELECT {columns} FROM arriving ORDER BY row
                ON CONFLICT DO NOTHING RETURNING row
            )
            SELECT row, {key} FROM arriving WHERE row NOT IN (SELECT row FROM added) ORDER BY row
            """
        )
        repeated = [(int(r[0]), str(r[1])) for r in cursor.fetchall()]
        cursor.execute("DROP TABLE arriving")
    return repeated


def refuse_rows(rows: Sequence[tuple[Any, ...]]) -> int:
    """Keep refusals (replay, row, table, key, field, value, rule, reason); the first of a row stays."""
    if not rows:
        return 0
    return run_statement(
        """
        INSERT INTO simulate_refusedrow (replay_id, row, "table", key, field, value, rule, reason)
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[],
                             %s::text[], %s::text[])
        ON CONFLICT DO NOTHING
        """,
        columns_of(rows, 8),
    )


def refuse_unmatched(replay_id: int) -> int:
    """Refuse rows that point nowhere: items of unknown orders, sellers or products, orders without items."""
    return sum(
        run_statement(
            f"""
            INSERT INTO simulate_refusedrow (replay_id, row, "table", key, field, value, rule, reason)
            SELECT i.replay_id, i.row, '{table}', {key}, '{field}', {value}, '{rule}', '{reason}'
            FROM simulate_staged{staged} i
            WHERE i.replay_id = %s AND NOT EXISTS (
                SELECT 1 FROM simulate_staged{other} o WHERE o.replay_id = i.replay_id AND {match})
            ON CONFLICT DO NOTHING
            """,
            [replay_id],
        )
        for table, staged, key, field, value, other, match, rule, reason in _POINTERS
    )


_HAS_ITEM = """o."order" = i."order" AND EXISTS (
    SELECT 1 FROM simulate_stagedseller s WHERE s.replay_id = o.replay_id AND s.seller = o.seller)"""
_ITEM = "i.\"order\" || '/' || i.line"
_POINTERS = (
    ("items", "item", _ITEM, "order", 'i."order"', "order", 'o."order" = i."order"',
     "a usable row of the orders table", "the order is not in the orders table"),
    ("items", "item", _ITEM, "seller", "i.seller", "seller", "o.seller = i.seller",
     "a usable row of the sellers table", "the seller is not in the sellers table"),
    ("items", "item", _ITEM, "product", "i.product", "product", "o.product = i.product",
     "a usable row of the products table", "the product was refused or is not in the products table"),
    ("orders", "order", 'i."order"', "items", "'0'", "item", _HAS_ITEM,
     "at least one item row of a usable seller", "an order without usable items cannot be fulfilled"),
)  # fmt: skip


def staged_counts(replay_id: int) -> dict[str, int]:
    """Rows staged per table."""
    return {
        table: int(
            fetch_rows(f"SELECT count(*) FROM simulate_staged{name} WHERE replay_id = %s", [replay_id])[0][0]
        )
        for table, name in _TABLES.items()
    }
