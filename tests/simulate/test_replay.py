"""A whole replay in this process: it adds up, a second run changes nothing, another one is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.db import connection, transaction

from bantuo.engine.books import load_book
from bantuo.simulate.layout import Layout, load_layout
from bantuo.simulate.marketplace import Extent, make_marketplace
from bantuo.simulate.models import Replay
from bantuo.simulate.outputs import write_outputs
from bantuo.simulate.replay import (
    DaysAlreadyPassed,
    ReplayDiffers,
    ReplayUnfinished,
    begin_replay,
    open_replay,
    run_replay,
)
from bantuo.simulate.steps import ReplayMovedOn
from tests.simulate.sources import (
    FAULTLESS,
    ITEMS,
    ORDERS,
    PRODUCTS,
    SELLERS,
    SOURCE,
    changed,
    counts_of,
    layout_file,
    layout_of,
    replayed,
    silent_steps,
    write_source,
)

pytestmark = pytest.mark.django_db
SMALL = Extent(sellers=8, products_each=4, orders=60, days=10)
# Two years before: the same weekdays, when the rules were in force too.
EARLIER = (
    ("shift_days = 0", "shift_days = -728"),
    ("valid_from = 2024-07-01", "valid_from = 2024-01-01"),
    ("apply_on = 2026-06-15", "apply_on = 2024-06-17"),
    ("active_on = 2026-06-22", "active_on = 2024-06-24"),
    ('month = "2026-05"', 'month = "2024-05"'),
    ('registered_on" = "2026-01-02"', 'registered_on" = "2024-01-02"'),
)
NOTHING = ("unbalanced_entries", "statements_that_disagree", "oversold_skus", "stock_differences")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    make_marketplace(tmp_path / "source", extent=SMALL)
    return tmp_path / "source"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return layout_of(tmp_path)


def outputs(folder: Path, source: Path, layout: Layout, **how: Any) -> dict[str, Any]:
    made, replay = replayed(source, layout, load_book(), **how)
    return write_outputs(
        folder, layout=layout, replay=replay, tables=dict(made.tables), on_rows=lambda _stage, _rows: None
    )


def is_sound(summary: dict[str, Any]) -> bool:
    unaccounted = {name: account["unaccounted"] for name, account in summary["rows"].items()}
    assert unaccounted == dict.fromkeys(("sellers", "products", "items", "orders", "skus"), 0)
    assert {name: summary[name] for name in NOTHING} == dict.fromkeys(NOTHING, 0)
    return sum(summary["ledger"].values()) == 0


def test_the_summary_adds_up_and_a_second_run_changes_nothing(
    tmp_path: Path, source: Path, layout: Layout
) -> None:
    out = tmp_path / "out"
    summary = outputs(out, source, layout)
    assert is_sound(summary)
    assert json.loads((out / "summary.json").read_text()) == summary
    rows = summary["rows"]
    assert {name: rows[name]["in"] for name in ("sellers", "products", "orders")} == {
        "sellers": 8,
        "products": 32,
        "orders": 60,
    }
    charges, fees = pl.read_parquet(out / "charges.parquet"), summary["charges"]
    assert charges.height == sum(summary["charge_rows"].values()) > 0
    assert charges["net_fen"].sum() == fees["net_fen"] == fees["receipts_fen"] - fees["total_fen"]
    assert summary["payouts_fen"] == charges["net_fen"].sum()
    assert sorted(p.stem for p in (out / "statements").glob("*.xlsx")) == sorted(set(charges["seller"]))
    counts = counts_of(connection)
    assert outputs(tmp_path / "again", source, layout) == summary
    assert counts_of(connection) == counts
    for name in ("charges", "routing", "refusals", "health", "statements"):
        first, second = (
            pl.read_parquet(tmp_path / folder / f"{name}.parquet") for folder in ("out", "again")
        )
        assert first.equals(second), name


def test_bad_rows_are_set_aside_and_everything_still_adds_up(tmp_path: Path) -> None:
    items = [
        *ITEMS,
        {**ITEMS[0], "order": "O-9"},
        {**ITEMS[0], "order": "O-2", "line": "2", "seller": "S-9"},
        {**ITEMS[0], "order": "O-3", "seller": "S-9"},
        {**ITEMS[0], "order": "O-4", "price": "-1"},
        {**ITEMS[0], "order": "O-2", "line": "3", "product": "P-3"},
    ]
    orders = [
        *ORDERS,
        *({**ORDERS[1], "order": f"O-{n}"} for n in (3, 4, 5)),
        {**ORDERS[1], "order": "O-6", "status": "-"},
    ]
    products = [
        *PRODUCTS,
        {**PRODUCTS[0], "product": "P-3", "weight_g": "0"},
        {**PRODUCTS[0], "product": "P-4"},
    ]
    source = write_source(
        tmp_path / "source", items=items, orders=orders, products=products, sellers=[*SELLERS, *SELLERS]
    )
    summary = outputs(tmp_path / "out", source, layout_of(tmp_path))
    assert is_sound(summary)
    assert {name: account["refused"] > 0 for name, account in summary["rows"].items()} == dict.fromkeys(
        summary["rows"], True
    )


def test_an_empty_source_is_a_finished_replay(tmp_path: Path) -> None:
    empty = {name: [dict.fromkeys(rows[0])] for name, rows in SOURCE.items()}
    summary = outputs(tmp_path / "out", write_source(tmp_path / "source", **empty), layout_of(tmp_path))
    assert is_sound(summary)
    assert summary["rows"]["orders"] == {"in": 1, "used": 0, "refused": 1, "unaccounted": 0}


def test_another_limit_layout_or_file_is_refused(tmp_path: Path, source: Path, layout: Layout) -> None:
    book = load_book()
    begin_replay(open_replay(source, layout, book, limit=None), resume=False)
    other = load_layout(layout_file(tmp_path, ('seed = "demo-1"', 'seed = "demo-2"')))
    make_marketplace(tmp_path / "other", seed=1, extent=SMALL)
    for made in (
        open_replay(source, layout, book, limit=5),
        open_replay(source, other, book, limit=None),
        open_replay(tmp_path / "other", layout, book, limit=None),
    ):
        with pytest.raises(ReplayDiffers, match="'demo'"):
            begin_replay(made, resume=True)


def test_an_unfinished_replay_wants_to_be_resumed(source: Path, layout: Layout) -> None:
    made = open_replay(source, layout, load_book(), limit=None)
    begin_replay(made, resume=False)
    with pytest.raises(ReplayUnfinished, match="--resume"):
        begin_replay(made, resume=False)
    assert begin_replay(made, resume=True).position == 0


def test_a_process_that_comes_too_late_for_a_step_changes_nothing(source: Path, layout: Layout) -> None:
    made = open_replay(source, layout, load_book(), limit=None)
    late = begin_replay(made, resume=False)
    Replay.objects.filter(pk=late.pk).update(position=1)
    counts = counts_of(connection)
    with pytest.raises(ReplayMovedOn, match="another process"):
        run_replay(made, late, steps=silent_steps(late))
    assert counts_of(connection) == counts


def test_days_that_have_passed_do_not_come_again(tmp_path: Path, source: Path, layout: Layout) -> None:
    """Another marketplace cannot trade on days that the programme has closed in this database."""
    replayed(source, layout, load_book(), limit=3)
    renamed = (('name = "demo"', 'name = "second"'), ('marketplace = "demo"', 'marketplace = "second"'))
    second = load_layout(layout_file(tmp_path, *renamed))
    made, counts = open_replay(source, second, load_book(), limit=3), counts_of(connection)
    with pytest.raises(DaysAlreadyPassed, match="'second' begins on 2026-06-22"):
        begin_replay(made, resume=True)
    assert counts_of(connection) == counts


def test_a_later_marketplace_runs_as_if_it_were_alone(tmp_path: Path, layout: Layout) -> None:
    source = write_source(tmp_path / "source")
    with transaction.atomic():
        alone = outputs(tmp_path / "alone", source, layout)
        transaction.set_rollback(True)
    renamed = (('name = "demo"', 'name = "former"'), ('marketplace = "demo"', 'marketplace = "former"'))
    former = layout_file(tmp_path, *renamed, *EARLIER, FAULTLESS)
    outputs(tmp_path / "former", source, load_layout(former))
    after = outputs(tmp_path / "after", source, layout)
    for name in ("rows", "applications", "orders", "charges", "charge_rows", "payouts_fen", "health_reports"):
        assert after[name] == alone[name], name
    assert is_sound(after)


def test_a_sellers_code_cannot_lead_to_another_folder(tmp_path: Path) -> None:
    sellers = changed(SELLERS, 1, seller="a/../S-1")
    items = [{**row, "seller": "a/../S-1"} for row in (ITEMS[0], ITEMS[2])]
    source = write_source(tmp_path / "source", sellers=sellers, items=items)
    outputs(tmp_path / "out", source, layout_of(tmp_path, FAULTLESS))
    written = sorted(path.name for path in (tmp_path / "out" / "statements").iterdir())
    assert written == ["a%2F..%2FS-1.parquet", "a%2F..%2FS-1.xlsx"]


ODD_ROWS = {
    "dear": {"items": changed(ITEMS, 1, price="999999999.99")},
    "free": {"items": changed(ITEMS, 1, price="0", freight="0")},
    "huge": {
        "products": changed(
            PRODUCTS, 1, weight_g="1000000", length_mm="10000", width_mm="10000", height_mm="10000"
        )
    },
    "tiny": {"products": changed(PRODUCTS, 1, weight_g="1", length_mm="1", width_mm="1", height_mm="1")},
    "odd ids": {
        "orders": changed(ORDERS, 1, order="订单 '1'\n\\ \"%s"),
        "items": changed(changed(ITEMS, 1, order="订单 '1'\n\\ \"%s"), 2, order="订单 '1'\n\\ \"%s"),
    },
    "odd product": {
        "products": changed(PRODUCTS, 1, product="货 7/\t{}|"),
        "items": [{**row, "product": "货 7/\t{}|"} for row in ITEMS],
    },
    "odd category": {"products": changed(PRODUCTS, 1, category="'); -- \\ %s")},
    "line of a million": {"items": changed(ITEMS, 1, line="1000000")},
    "delivered before it was placed": {
        "orders": changed(ORDERS, 1, delivered_at="2024-01-01", carrier_at="2024-01-02")
    },
    "placed before the start of trade": {"orders": changed(ORDERS, 1, placed_at="2026-06-01 08:00:00")},
    "odd seller": {"sellers": changed(SELLERS, 1, seller="S 1; '义乌'")},
    "many lines": {"items": [{**ITEMS[0], "line": str(n), "price": "9.99"} for n in range(1, 121)]},
}


@pytest.mark.parametrize("tables", ODD_ROWS.values(), ids=ODD_ROWS)
def test_odd_rows_never_sink_a_replay(tmp_path: Path, tables: dict[str, Any]) -> None:
    summary = outputs(
        tmp_path / "out", write_source(tmp_path / "s", **tables), layout_of(tmp_path, FAULTLESS)
    )
    assert is_sound(summary)


def test_changed_rows_keep_their_numbers() -> None:
    assert [row["order"] for row in changed(ITEMS, 2, order="X")] == ["O-1", "X", "O-2"]
