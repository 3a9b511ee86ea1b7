"""Staging a source: good rows kept, bad ones set aside by name, nothing written where a file is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.db import connection

from bantuo.apps.sql import fetch_rows
from bantuo.engine.books import load_book
from bantuo.engine.files import write_table
from bantuo.simulate.layout import Layout, LayoutProblems
from bantuo.simulate.models import Replay
from bantuo.simulate.replay import open_replay
from bantuo.simulate.staging import open_source, refuse_unmatched, stage_batch, staged_counts
from tests.simulate.sources import (
    BEGINS,
    ITEMS,
    ORDERS,
    PRODUCTS,
    SELLERS,
    Rows,
    changed,
    counts_of,
    layout_of,
    write_source,
)

pytestmark = pytest.mark.django_db
TABLES = ("sellers", "products", "orders", "items")
CURRENCY = ("columns.freight_fen", 'columns.currency = { column = "currency" }\ncolumns.freight_fen')


def staged(folder: Path, layout: Layout, *, limit: int | None = None) -> Replay:
    replay = Replay.objects.create(name=layout.name, fingerprint="-")
    tables = open_source(folder, layout, limit=limit)
    for name in TABLES:
        for offset in tables[name].batches():
            stage_batch(tables[name], offset, layout=layout, replay_id=replay.pk, begins=BEGINS)
    refuse_unmatched(replay.pk)
    return replay


def refusals(replay: Replay) -> list[tuple[Any, ...]]:
    return fetch_rows(
        'SELECT "table", row, key, field, value, rule, reason FROM simulate_refusedrow'
        ' WHERE replay_id = %s ORDER BY "table", row',
        [replay.pk],
    )


def refused(tmp_path: Path, **tables: Rows) -> list[tuple[Any, ...]]:
    return refusals(staged(write_source(tmp_path, **tables), layout_of(tmp_path)))


def rows_kept(replay: Replay) -> dict[str, list[tuple[Any, ...]]]:
    return {
        name: fetch_rows(
            f"SELECT * FROM simulate_staged{name} WHERE replay_id = %s ORDER BY row", [replay.pk]
        )
        for name in ("seller", "product", "order", "item")
    }


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json"])
def test_every_kind_of_file_gives_the_same_staged_rows(tmp_path: Path, ending: str) -> None:
    def without_ids(replay: Replay) -> dict[str, list[tuple[Any, ...]]]:
        return {name: [row[1:-1] for row in rows] for name, rows in rows_kept(replay).items()}

    parquet = staged(write_source(tmp_path / "a"), layout_of(tmp_path))
    rows = without_ids(parquet)
    parquet.delete()
    other = staged(write_source(tmp_path / "b", ending=ending), layout_of(tmp_path, ending=ending))
    assert without_ids(other) == rows
    assert refusals(other) == []
    assert staged_counts(other.pk) == {"sellers": 2, "products": 2, "orders": 2, "items": 3}


def test_a_good_source_is_kept_whole(tmp_path: Path) -> None:
    replay = staged(write_source(tmp_path), layout_of(tmp_path))
    assert fetch_rows(
        "SELECT product, category, weight_g, length_mm FROM simulate_stagedproduct ORDER BY row"
    ) == [
        ("007", "home-lamps", 500, 100),
        ("P-2", None, 1200, 300),
    ]
    items = fetch_rows('SELECT "order", line, goods_fen, freight_fen FROM simulate_stageditem ORDER BY row')
    assert items == [("O-1", 1, 1990, 0), ("O-1", 2, 500, 105), ("O-2", 1, 1990, 200)]
    assert refusals(replay) == []


BAD_CELLS: dict[str, tuple[str, Rows, tuple[str, str, str]]] = {
    "id lost": (
        "products",
        changed(PRODUCTS, 2, product="1.2E+15"),
        ("product", "1.2E+15", "scientific notation"),
    ),
    "NUL": ("sellers", changed(SELLERS, 2, seller="S\x00-2"), ("seller", "S\\0-2", "NUL")),
    "negative": ("products", changed(PRODUCTS, 2, height_mm="-80"), ("height_mm", "-80", "outside 1…10000")),
    "absurd": (
        "products",
        changed(PRODUCTS, 2, length_mm="99999"),
        ("length_mm", "99999", "outside 1…10000"),
    ),
    "weightless": ("products", changed(PRODUCTS, 2, weight_g="0"), ("weight_g", "0", "outside 1…1000000")),
    "no weight": ("products", changed(PRODUCTS, 2, weight_g=None), ("weight_g", "", "must not be empty")),
    "half cent": ("items", changed(ITEMS, 2, price="1.005"), ("price", "1.005", "finer than 1/100")),
    "early": (
        "orders",
        changed(ORDERS, 2, placed_at="2023-10-31 23:59:59"),
        ("placed_at", "2023-10-31 23:59:59", "before the programme"),
    ),
    "absurd year": (
        "orders",
        changed(ORDERS, 2, placed_at="9026-07-06"),
        ("placed_at", "9026-07-06", "more than ten years"),
    ),
    "status": ("orders", changed(ORDERS, 2, status="lost"), ("status", "lost", "one of delivered, shipped")),
    "long": ("sellers", changed(SELLERS, 2, city="x" * 5000), ("city", "x" * 200, "longer than 200")),
}


@pytest.mark.parametrize(("table", "rows", "told"), BAD_CELLS.values(), ids=BAD_CELLS)
def test_a_bad_cell_sets_its_row_aside(
    tmp_path: Path, table: str, rows: Rows, told: tuple[str, str, str]
) -> None:
    found = [r for r in refused(tmp_path, **{table: rows}) if r[0] == table and r[1] == 2]
    ((_, _, _, field, value, rule, reason),) = found
    assert (field, value, reason) == (*told[:2], "unusable value")
    assert told[2] in rule
    assert staged_counts(Replay.objects.get().pk)[table] == len(rows) - 1


def test_a_row_with_a_repeated_key_is_refused_and_the_first_kept(tmp_path: Path) -> None:
    twice = [*SELLERS, {"seller": "S-1", "city": "宁波"}]
    items = [*ITEMS, {**ITEMS[0], "price": "1.00"}]
    found = refused(tmp_path, sellers=twice, items=items)
    assert found == [
        ("items", 4, "O-1/1", "order", "O-1/1", "unique", "was there before"),
        ("sellers", 3, "S-1", "seller", "S-1", "unique", "was there before"),
    ]
    assert fetch_rows("SELECT ship_from FROM simulate_stagedseller WHERE seller = 'S-1'") == [("义乌",)]


@pytest.mark.parametrize(
    ("cells", "field", "value"),
    [
        ({"order": "O-9"}, "order", "O-9"),
        ({"seller": "S-9"}, "seller", "S-9"),
        ({"product": "P-9"}, "product", "P-9"),
    ],
)
def test_an_item_that_points_nowhere_is_refused(
    tmp_path: Path, cells: dict[str, str], field: str, value: str
) -> None:
    ((table, row, _, *told),) = refused(tmp_path, items=changed(ITEMS, 2, **cells))
    assert (table, row, told[0], told[1]) == ("items", 2, field, value)


def test_what_hangs_on_a_refused_row_is_refused_too(tmp_path: Path) -> None:
    found = refused(tmp_path, orders=changed(ORDERS, 1, status="lost"))
    assert [(r[0], r[1], r[3]) for r in found] == [
        ("items", 1, "order"),
        ("items", 2, "order"),
        ("orders", 1, "status"),
    ]


@pytest.mark.parametrize(
    "items", [ITEMS[:2], changed(ITEMS, 3, seller="S-9")], ids=["no items", "no usable seller"]
)
def test_an_order_without_usable_items_is_refused(tmp_path: Path, items: Rows) -> None:
    found = [r for r in refused(tmp_path, items=items) if r[0] == "orders"]
    assert [(r[1], r[2], r[3], r[4]) for r in found] == [(2, "O-2", "items", "0")]


def test_two_currencies_are_told_row_by_row(tmp_path: Path) -> None:
    items = [{**row, "currency": each} for row, each in zip(ITEMS, ("CNY", "USD", None), strict=True)]
    replay = staged(write_source(tmp_path, items=items), layout_of(tmp_path, CURRENCY))
    assert [r for r in refusals(replay) if r[0] == "items"] == [
        ("items", 2, "O-1/2", "currency", "USD", "one of CNY", "unusable value"),
        ("items", 3, "O-2/1", "currency", "", "must not be empty", "unusable value"),
    ]
    assert staged_counts(replay.pk)["items"] == 1


def test_a_limit_takes_the_first_orders_only(tmp_path: Path) -> None:
    replay = staged(write_source(tmp_path), layout_of(tmp_path), limit=1)
    assert staged_counts(replay.pk)["orders"] == 1
    assert [(r[0], r[1], r[3]) for r in refusals(replay)] == [("items", 3, "order")]


def _without_file(folder: Path) -> None:
    (folder / "items.parquet").unlink()


def _without_column(folder: Path) -> None:
    write_table(pl.DataFrame([{"seller": "S-1", "town": "义乌"}]), folder / "sellers.parquet")


def _not_what_it_says(folder: Path) -> None:
    (folder / "orders.parquet").write_bytes(b"order,status\n")


def _empty(folder: Path) -> None:
    (folder / "products.parquet").write_bytes(b"")


BROKEN = {
    "no file": (_without_file, "tables.items.file", "items.parquet", "no such file"),
    "no column": (_without_column, "tables.sellers.columns.ship_from", "city", "which has seller, town"),
    "no parquet": (_not_what_it_says, "tables.orders.file", "orders.parquet", "the content is"),
    "empty": (_empty, "tables.products.file", "products.parquet", "is empty"),
}


@pytest.mark.parametrize(("spoil", "field", "value", "rule"), BROKEN.values(), ids=BROKEN)
def test_a_source_that_lacks_something_is_refused_before_any_write(
    tmp_path: Path, spoil: Any, field: str, value: str, rule: str
) -> None:
    folder = write_source(tmp_path / "source")
    spoil(folder)
    before = counts_of(connection)
    with pytest.raises(LayoutProblems) as found:
        open_replay(folder, layout_of(tmp_path), load_book(), limit=None)
    ((problem),) = found.value.problems
    assert (problem["field"], rule in problem["rule"], value in problem["value"]) == (field, True, True)
    assert counts_of(connection) == before
