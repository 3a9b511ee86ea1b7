"""Small sources written by hand, and the demonstration's layout bent to read them."""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from bantuo.core.policy import Book
from bantuo.engine.files import write_table
from bantuo.simulate.layout import Layout, LayoutProblems, load_layout
from bantuo.simulate.models import Replay
from bantuo.simulate.replay import ReplayPlan, begin_replay, open_replay, run_replay
from bantuo.simulate.steps import Steps

ROOT = Path(__file__).parents[2]
OLIST = ROOT / ".." / "shared" / "data" / "olist"
OLIST_LAYOUT = ROOT / "examples" / "olist.toml"
WITHOUT_OLIST = "the Olist tables are not here (../shared/data/olist): they are not shipped with Bantuo"
BEGINS = datetime(2023, 10, 31, 16, tzinfo=UTC)

FAULTLESS = ("none = 78,", "none = 99999999,")  # every seller passes

Rows = list[dict[str, Any]]
SELLERS: Rows = [{"seller": "S-1", "city": "义乌"}, {"seller": "S-2", "city": "东莞"}]
PRODUCTS: Rows = [
    {"product": "007", "category": "home-lamps", "weight_g": "500", "length_mm": "100", "width_mm": "90",
     "height_mm": "80"},
    {"product": "P-2", "category": None, "weight_g": "1200", "length_mm": "300", "width_mm": "250",
     "height_mm": "200"},
]  # fmt: skip
ITEMS: Rows = [
    {"order": "O-1", "line": "1", "product": "007", "seller": "S-1", "price": "19.90", "freight": "0"},
    {"order": "O-1", "line": "2", "product": "P-2", "seller": "S-2", "price": "5", "freight": "1.05"},
    {"order": "O-2", "line": "1", "product": "007", "seller": "S-1", "price": "19.90", "freight": "2.00"},
]
ORDERS: Rows = [
    {"order": "O-1", "status": "delivered", "placed_at": "2026-07-06 10:00:00",
     "carrier_at": "2026-07-08 10:00:00", "delivered_at": "2026-07-20 10:00:00"},
    {"order": "O-2", "status": "shipped", "placed_at": "2026-07-06T17:00:00", "carrier_at": None,
     "delivered_at": None},
]  # fmt: skip
SOURCE: Mapping[str, Rows] = {"sellers": SELLERS, "products": PRODUCTS, "items": ITEMS, "orders": ORDERS}


def changed(rows: Rows, number: int, **cells: Any) -> Rows:
    """The rows with some cells of row `number` (from 1) replaced."""
    return [{**row, **cells} if n == number else row for n, row in enumerate(rows, start=1)]


def write_source(folder: Path, *, ending: str = "parquet", **tables: Rows) -> Path:
    """Every table as a file of this kind; `tables` replace the good ones."""
    folder.mkdir(exist_ok=True)
    for name, rows in {**SOURCE, **tables}.items():
        frame = pl.DataFrame(rows, schema={column: pl.String for row in rows for column in row})
        write_table(frame, folder / f"{name}.{ending}")
    return folder


def layout_text() -> str:
    """The demonstration's layout, to be bent by text replacement."""
    return (importlib.resources.files("bantuo.simulate") / "demo.toml").read_text("utf-8")


def bent(text: str, *replacements: tuple[str, str]) -> str:
    """The text with each first occurrence replaced; every one of them must be there."""
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def layout_file(folder: Path, *replacements: tuple[str, str], ending: str = "parquet") -> Path:
    """A layout file for `write_source` in the same folder."""
    path = folder / "layout.toml"
    path.write_text(bent(layout_text().replace(".parquet", f".{ending}"), *replacements), "utf-8")
    return path


def layout_of(folder: Path, *replacements: tuple[str, str], ending: str = "parquet") -> Layout:
    return load_layout(layout_file(folder, *replacements, ending=ending))


def problems_of(folder: Path, *replacements: tuple[str, str]) -> list[dict[str, str]]:
    """What is wrong with a layout bent this way; none when it loads."""
    try:
        layout_of(folder, *replacements)
    except LayoutProblems as found:
        return found.problems
    return []


def slice_of_olist(folder: Path, *, since: str, until: str, orders: int) -> Path:
    """The first real orders placed in `[since, until)` by id, with everything that belongs to them."""
    names = ("sellers", "products", "order_items", "orders_sample")
    tables = {name: pl.read_parquet(OLIST / f"{name}.parquet") for name in names}
    placed = pl.col("order_purchase_timestamp").cast(pl.String)
    taken = tables["orders_sample"].filter((placed >= since) & (placed < until)).sort("order_id").head(orders)
    items = tables["order_items"].filter(pl.col("order_id").is_in(taken["order_id"].to_list()))
    tables |= {"orders_sample": taken, "order_items": items}
    for name, key in (("sellers", "seller_id"), ("products", "product_id")):
        tables[name] = tables[name].filter(pl.col(key).is_in(items[key].to_list()))
    folder.mkdir()
    for name, frame in tables.items():
        frame.write_parquet(folder / f"{name}.parquet")
    return folder


def silent_steps(replay: Replay) -> Steps:
    return Steps(replay, on_stage=lambda _stage: None, on_rows=lambda _stage, _rows: None)


def replayed(
    source: Path, layout: Layout, book: Book, *, limit: int | None = None, resume: bool = False
) -> tuple[ReplayPlan, Replay]:
    """Run a replay in this process, to its end."""
    made = open_replay(source, layout, book, limit=limit)
    replay = begin_replay(made, resume=resume)
    run_replay(made, replay, steps=silent_steps(replay))
    return made, replay


def counts_of(connection: Any) -> dict[str, int]:
    """Rows of every table of the database."""
    with connection.cursor() as cursor:
        names: Sequence[str] = connection.introspection.table_names(cursor)
        counts = {}
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            counts[name] = int(cursor.fetchone()[0])
    return counts
