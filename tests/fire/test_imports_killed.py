"""Imports killed with SIGKILL at any moment: every row has one outcome, nothing is there twice or lost.

Of listings the measure is the same sheet of another seller, whose import nobody disturbed.
"""

from __future__ import annotations

import time
from collections import Counter
from random import Random
from typing import Any

import pytest

from tests.fire.killing import finish, kill_at_work, told_by
from tests.fire.place import ROUNDS, rows, unsound
from tests.fire.shops import SELLERS, is_placed, lines_of
from tests.processes import start_process

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300 + 60 * ROUNDS)]
ROWS, ORDERS, WHOLE = 60 * ROUNDS, 40 * ROUNDS, 1_500

_LISTED = {
    "rows": """
        SELECT i.state, r.number, r.state, r.problems::text, r.before::text, r.after::text
        FROM catalog_listingimportrow r JOIN catalog_listingimport i ON i.id = r.sheet_id
        WHERE r.seller_id = {seller} ORDER BY r.number""",
    "catalogue": """
        SELECT k.code, p.code, p.title, k.ordinary_fen, k.exclusive_fen, k.weight_g, k.markets,
               k.semi_managed, k.delisted_at IS NULL
        FROM catalog_sku k JOIN catalog_product p ON p.id = k.product_id
        WHERE k.seller_id = {seller} ORDER BY k.code""",
    "prices": """
        SELECT k.code, c.kind, c.old_fen, c.new_fen FROM catalog_pricechange c
        JOIN catalog_sku k ON k.id = c.sku_id WHERE c.seller_id = {seller} ORDER BY k.code, c.kind, c.id""",
    "changes": """
        SELECT p.code, k.code, c.field, c.old, c.new FROM catalog_listingchange c
        JOIN catalog_product p ON p.id = c.product_id LEFT JOIN catalog_sku k ON k.id = c.sku_id
        WHERE c.seller_id = {seller} ORDER BY p.code, c.field, c.id""",
    "alerts": """
        SELECT k.code, a.exclusive_fen, a.cleared_at IS NULL FROM catalog_pricealert a
        JOIN catalog_sku k ON k.id = a.sku_id WHERE a.seller_id = {seller} ORDER BY k.code, a.id""",
    "told": """
        SELECT topic, count(*) FROM events_outboxevent
        WHERE seller_id = {seller} AND topic LIKE 'catalog.%' GROUP BY topic ORDER BY topic""",
}


def _stands(url: str, code: str) -> dict[str, list[tuple[Any, ...]]]:
    """All that an import of a seller has left behind."""
    ((seller,),) = rows(url, f"SELECT id FROM parties_seller WHERE code = '{code}'")
    return {what: rows(url, query.format(seller=seller)) for what, query in _LISTED.items()}


def _left(url: str, import_id: int, state: str) -> int:
    query = (
        f"SELECT count(*) FROM catalog_listingimportrow WHERE sheet_id = {import_id} AND state = '{state}'"
    )
    return int(rows(url, query)[0][0])


def _carry_out(url: str, import_id: int, *, state: str) -> None:
    """Kill whoever is at it again and again, then let it come to its end."""
    all_rows = _left(url, import_id, state)
    stood = [
        kill_at_work("list_on", import_id, url=url, left=lambda: _left(url, import_id, state), turn=turn)
        for turn in range(ROUNDS)
    ]
    assert any(0 < left < all_rows for left in stood), stood
    finish("list_on", import_id, url=url)
    assert _left(url, import_id, state) == 0


def test_a_listing_import_and_its_undo_killed_again_and_again(scratch_database: str) -> None:
    url = scratch_database
    killed, quiet = told_by("sheet", ROWS, url=url).values()
    before = _stands(url, "S1")["catalogue"]
    finish("carry_out", quiet, killed, url=url)
    _carry_out(url, killed, state="ready")
    mine, measure = (_stands(url, code) for code in SELLERS)
    outcomes = Counter(state for _, _, state, *_ in mine["rows"])
    assert (sum(outcomes.values()), set(outcomes)) == (ROWS, {"listed", "bad"})
    assert mine == measure
    assert len(mine["catalogue"]) > len(before)

    finish("take_back", quiet, killed, url=url)
    _carry_out(url, killed, state="listed")
    mine, measure = (_stands(url, code) for code in SELLERS)
    outcomes = Counter(state for _, _, state, *_ in mine["rows"])
    assert (sum(outcomes.values()), set(outcomes)) == (ROWS, {"undone", "kept", "bad"})
    assert mine == measure
    touched = {code for code, *_ in mine["catalogue"] if code.endswith("4")}
    assert [row for row in mine["catalogue"] if row[-1] and row[0] not in touched] == [
        row for row in before if row[0] not in touched
    ]
    assert unsound(url) == {}


def _outcomes(url: str, import_id: int) -> Counter[tuple[str, str]]:
    """How many rows of each order have each outcome."""
    query = f"""
        SELECT r.cells -> 'told' ->> 'order', r.outcome FROM orders_orderimportrow r
        WHERE r.order_import_id = {import_id}"""
    return Counter((name, outcome) for name, outcome in rows(url, query))


def _untaken(url: str, import_id: int) -> int:
    query = f"""
        SELECT count(*) FROM orders_orderimportrow WHERE order_import_id = {import_id} AND outcome = ''"""
    return int(rows(url, query)[0][0])


def _expected(orders: int, *, whole: bool = False) -> Counter[tuple[str, str]]:
    """What becomes of each order's rows, told by its number alone."""
    found: Counter[tuple[str, str]] = Counter()
    for at in range(orders):
        if is_placed(at):
            found[f"F{at}", "repeated" if at % 5 == 0 else "placed"] = len(lines_of(at))
        elif not whole:
            found[f"F{at}", "refused"] = len(lines_of(at))
    return found


def _differ(url: str, import_id: int) -> list[tuple[Any, ...]]:
    """Rows that name another order than their own, and orders that are not as their rows say."""
    named = rows(
        url,
        f"""
        SELECT r.row FROM orders_orderimportrow r LEFT JOIN orders_order o ON o.id = r.order_id
        WHERE r.order_import_id = {import_id} AND r.outcome IN ('placed', 'repeated')
            AND (o.id IS NULL OR o.external_id <> r.cells -> 'told' ->> 'order' OR o.part <> 0)
        UNION ALL SELECT r.row FROM orders_orderimportrow r
        WHERE r.order_import_id = {import_id} AND r.outcome = 'refused'
            AND (r.order_id IS NOT NULL OR r.problems = '[]')""",
    )
    held = rows(
        url,
        f"""
        SELECT o.id, o.goods_fen, i.goods FROM orders_order o
        JOIN (SELECT order_id, sum((cells -> 'told' ->> 'goods')::int) AS goods, count(*) AS lines
              FROM orders_orderimportrow WHERE order_import_id = {import_id} GROUP BY order_id) i
            ON i.order_id = o.id
        WHERE o.goods_fen <> i.goods
            OR i.lines <> (SELECT count(*) FROM orders_orderline l WHERE l.order_id = o.id)""",
    )
    return named + held


def test_an_order_import_killed_again_and_again(scratch_database: str) -> None:
    url = scratch_database
    made = told_by("file", ORDERS, "each", url=url)["import"]
    all_rows = _untaken(url, made)
    stood = [
        kill_at_work("take_on", made, url=url, left=lambda: _untaken(url, made), turn=turn)
        for turn in range(ROUNDS)
    ]
    assert any(0 < left < all_rows for left in stood), stood
    finish("take_on", made, url=url)
    assert rows(url, f"SELECT state FROM orders_orderimport WHERE id = {made}") == [("done",)]
    assert _outcomes(url, made) == _expected(ORDERS)
    assert _differ(url, made) == []
    _judge_orders(url, ORDERS)


def test_an_order_import_taken_as_a_whole_is_all_there_or_not_at_all(scratch_database: str) -> None:
    url = scratch_database
    made = told_by("file", WHOLE, "all", url=url)["import"]
    held = "SELECT count(*) FROM orders_order WHERE external_id LIKE 'F%'"
    ((early,),) = rows(url, held)
    expected = _expected(WHOLE, whole=True)
    for turn in range(ROUNDS):
        with start_process(
            "from tests.fire.shops import main; main()", "take_on", str(made), url=url
        ) as taking:
            assert taking.stdout is not None
            assert taking.stdout.readline() == "ready\n"
            time.sleep(0.4 * Random(turn).random())
            taking.kill()
        if rows(url, f"SELECT state FROM orders_orderimport WHERE id = {made}") == [("done",)]:
            break
        assert _untaken(url, made) == sum(expected.values())
        assert rows(url, held) == [(early,)]
    finish("take_on", made, url=url)
    assert _outcomes(url, made) == expected
    assert _differ(url, made) == []
    _judge_orders(url, WHOLE)


def _judge_orders(url: str, orders: int) -> None:
    """Every order that can be is there once, some under the programme and some not, and stock agrees."""
    kept = rows(url, "SELECT external_id FROM orders_order WHERE external_id LIKE 'F%' AND part = 0")
    assert sorted(name for (name,) in kept) == sorted(f"F{at}" for at in range(orders) if is_placed(at))
    routes = dict(rows(url, "SELECT route, count(*) FROM orders_order GROUP BY route"))
    assert routes["semi"] > 0
    assert routes["self"] > 0
    told = rows(
        url, "SELECT count(*), count(DISTINCT key) FROM events_outboxevent WHERE topic = 'order.placed'"
    )
    assert told == [(sum(routes.values()),) * 2]
    assert unsound(url) == {}
