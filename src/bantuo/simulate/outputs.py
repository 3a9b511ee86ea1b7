"""Write what a replay came to: Parquet tables, statements per seller, and a summary that adds up."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
from django.db import connection

from bantuo.apps.ledger.queries import check_ledger
from bantuo.apps.settlement.queries import reconcile_statements
from bantuo.apps.sql import fetch_rows
from bantuo.apps.stock.queries import movement_differences, oversold_balances
from bantuo.engine.files import write_table
from bantuo.simulate.layout import Layout
from bantuo.simulate.models import Replay
from bantuo.simulate.sheets import write_sheets
from bantuo.simulate.staging import SourceTable

_BATCH = 50_000

CHARGES = """
    SELECT o.marketplace, s.code AS seller, o.external_id AS "order", o.part, c.kind, c.receipts_fen,
           c.base_service_fen, c.fulfilment_fen, c.transfer_fen, c.packing_fen, c.labelling_fen,
           c.photo_qc_fen, c.measured_difference_fen, c.total_fen, c.net_fen, c.rated_on, c.payable_on,
           c.reason, r.code AS run
    FROM settlement_charge c JOIN orders_order o ON o.id = c.order_id
    JOIN parties_seller s ON s.id = c.seller_id AND s.marketplace = %(marketplace)s
    LEFT JOIN settlement_run r ON r.id = c.run_id
"""
_TABLES = {
    "charges": CHARGES + " ORDER BY s.code, o.external_id, o.part, c.kind",
    "routing": """
        SELECT s.code AS seller, o.external_id AS "order", o.part, d.route, d.reason, d.rule, d.line_no,
               d.policy_version, d.decided_at, d.actor
        FROM orders_routingdecision d JOIN orders_order o ON o.id = d.order_id
        JOIN parties_seller s ON s.id = d.seller_id AND s.marketplace = %(marketplace)s
        ORDER BY s.code, o.external_id, o.part, d.decided_at, d.route DESC, d.reason
    """,
    "refusals": """
        SELECT * FROM (
            SELECT "table", row, key, field, value, rule, reason FROM simulate_refusedrow
            WHERE replay_id = %(replay)s
            UNION ALL
            SELECT 'sellers', t.row, s.code, 'profile', a.rules, a.rules, 'did not pass the assessment'
            FROM simulate_stagedseller t
            JOIN parties_seller s ON s.marketplace = %(marketplace)s AND s.code = t.seller
            JOIN LATERAL (
                SELECT string_agg(f.rule, ' ' ORDER BY f.rule) AS rules FROM admission_finding f
                WHERE f.seller_id = s.id AND f.status IN ('fail', 'not_evidenced')) a ON a.rules IS NOT NULL
            WHERE t.replay_id = %(replay)s
            UNION ALL
            SELECT 'skus', p.row, s.code || '/' || l.code, l.field, l.value, l.rule, l.reason
            FROM catalog_listingrefusal l JOIN parties_seller s ON s.id = l.seller_id
                AND s.marketplace = %(marketplace)s
            JOIN simulate_stagedproduct p ON p.replay_id = %(replay)s AND p.product = l.code
            UNION ALL
            SELECT 'items', r.row::bigint, r.external_id, r.field, r.value, r.rule, r.reason
            FROM orders_intakerefusal r WHERE r.marketplace = %(marketplace)s
                AND NOT EXISTS (SELECT 1 FROM simulate_refusedrow x WHERE x.replay_id = %(replay)s
                                AND x."table" = 'items' AND x.row = r.row::bigint)
        ) a ORDER BY "table", row, key, field, rule
    """,
    "health": """
        SELECT s.code AS seller, h.week_start, h.inbound_total, h.inbound_in_time, h.parcels, h.mis_shipped,
               h.pack_seconds, h.pack_seconds_p90, h.wrong_scans, h.inbound_ppm, h.mis_ship_ppm,
               h.pack_mean_s, h.failed::text AS failed
        FROM health_weeklyhealth h JOIN parties_seller s ON s.id = h.seller_id
            AND s.marketplace = %(marketplace)s
        ORDER BY s.code, h.week_start
    """,
    "statements": """
        SELECT s.code AS seller, r.code AS run, r.run_on, t.charges, t.carried_in_fen, t.receipts_fen,
               t.fees_fen, t.payout_fen, t.carried_on_fen
        FROM settlement_statement t JOIN settlement_run r ON r.id = t.run_id
        JOIN parties_seller s ON s.id = t.seller_id AND s.marketplace = %(marketplace)s
        ORDER BY s.code, r.run_on
    """,
}
FEE_COLUMNS = (
    "base_service_fen", "fulfilment_fen", "transfer_fen", "packing_fen", "labelling_fen", "photo_qc_fen",
    "measured_difference_fen",
)  # fmt: skip


def write_outputs(
    out: Path,
    *,
    layout: Layout,
    replay: Replay,
    tables: dict[str, SourceTable],
    on_rows: Callable[[str, int], None],
) -> dict[str, Any]:
    """Write every output and return the summary; each file replaces the old one when it is whole."""
    out.mkdir(parents=True, exist_ok=True)
    names = {"marketplace": layout.marketplace, "replay": replay.pk}
    for name, query in _TABLES.items():
        frame = _read(query, names)
        write_table(frame, out / f"{name}.parquet")
        on_rows("outputs", frame.height)
    _write_statements(out / "statements", on_rows=on_rows)
    summary = summarise(layout=layout, replay=replay, tables=tables)
    path = out / "summary.json"
    fresh = path.with_suffix(".json.new")
    fresh.write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    fresh.replace(path)
    return summary


def _read(query: str, names: dict[str, Any]) -> pl.DataFrame:
    """A query's rows as a frame, fetched in batches so that only columns are held."""
    frames = []
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, names)
        columns = [(c.name, _dtype(c.type_code)) for c in cursor.description]
        while rows := cursor.fetchmany(_BATCH):
            frames.append(pl.DataFrame(rows, schema=columns, orient="row"))
    return pl.concat(frames) if frames else pl.DataFrame(schema=columns)


def _dtype(oid: int) -> pl.DataType:
    known: dict[int, pl.DataType] = {
        16: pl.Boolean(), 20: pl.Int64(), 21: pl.Int64(), 23: pl.Int64(), 1082: pl.Date(),
        1184: pl.Datetime("us", "UTC"),
    }  # fmt: skip
    return known.get(oid, pl.String())


def _write_statements(folder: Path, *, on_rows: Callable[[str, int], None]) -> None:
    """One XLSX and one Parquet per seller: every charge row, in the runs that paid them."""
    folder.mkdir(exist_ok=True)
    charges = pl.read_parquet(folder.parent / "charges.parquet")
    sellers = charges.partition_by("seller", as_dict=True, maintain_order=True)
    jobs = [(rows, folder / _file_name(str(seller))) for (seller,), rows in sellers.items()]
    for _ in write_sheets(jobs):
        on_rows("outputs", 1)


def _file_name(seller: str) -> str:
    """A seller's code as a file name: what could name a folder or upset a system is written %2F."""
    return re.sub(r"[^\w.@ -]", lambda found: f"%{ord(found[0]):02X}", seller)


def summarise(*, layout: Layout, replay: Replay, tables: dict[str, SourceTable]) -> dict[str, Any]:
    """The figures that must add up: rows in = used + refused, charges, ledger, nothing oversold."""
    ledger = check_ledger()
    names = {"marketplace": layout.marketplace, "replay": replay.pk}
    return {
        "replay": layout.name,
        "title": layout.raw["title"],
        "synthetic": "Every programme fact of this run is derived by the layout's stated rules.",
        "rows": {name: _accounted(name, table.rows, names) for name, table in tables.items()}
        | {"skus": _sku_account(names)},
        "applications": dict(_pairs(_APPLICATIONS, names)),
        "refused_by_rule": dict(_pairs(_REFUSED_BY_RULE, names)),
        "cut_over": _cut_over(names),
        "orders": _count_by("o.route || '/' || o.state", names),
        "routing_reasons": _count_by("d.reason", names, decisions=True),
        "charges": _charge_totals(names),
        "charge_rows": dict(_pairs(f"SELECT kind, count(*) FROM ({CHARGES}) c GROUP BY 1 ORDER BY 1", names)),
        "payouts_fen": _one(
            "SELECT COALESCE(sum(p.amount_fen), 0) FROM settlement_payout p JOIN parties_seller s"
            " ON s.id = p.seller_id WHERE s.marketplace = %(marketplace)s",
            names,
        ),
        "health_reports": _one(
            "SELECT count(*) FROM health_weeklyhealth h JOIN parties_seller s ON s.id = h.seller_id"
            " WHERE s.marketplace = %(marketplace)s",
            names,
        ),
        "ledger": dict(sorted(ledger.accounts.items())),
        "entries": ledger.entries,
        "unbalanced_entries": len(ledger.unbalanced),
        "statements_that_disagree": len(reconcile_statements()),
        "oversold_skus": len(oversold_balances()),
        "stock_differences": len(movement_differences()),
    }


_APPLICATIONS = """
    SELECT a.state, count(*) FROM admission_application a JOIN parties_seller s ON s.id = a.seller_id
    WHERE s.marketplace = %(marketplace)s GROUP BY 1 ORDER BY 1
"""
_REFUSED_BY_RULE = """
    SELECT f.rule || ' ' || f.status, count(*) FROM admission_finding f
    JOIN parties_seller s ON s.id = f.seller_id
    WHERE s.marketplace = %(marketplace)s AND f.status IN ('fail', 'not_evidenced') GROUP BY 1 ORDER BY 1
"""


def _cut_over(names: dict[str, Any]) -> dict[str, int]:
    """What 16:00 did over all days, and what the wider reading (A-30) would have turned."""
    late = _one(
        "SELECT count(*) FROM stock_sellerday d JOIN parties_seller s ON s.id = d.seller_id"
        " WHERE s.marketplace = %(marketplace)s AND NOT d.in_time",
        names,
    )
    ((turned, split, wide),) = fetch_rows(
        """
        SELECT COALESCE(sum(orders_turned), 0)::int, COALESCE(sum(orders_split), 0)::int,
               COALESCE(sum(orders_turned_wide), 0)::int FROM orders_cutover
        """
    )
    return {"late_seller_days": late, "orders_turned": turned, "orders_split": split, "wide_reading": wide}


def example_order(layout: Layout) -> tuple[str, str]:
    """A settled order and its seller's code, to look at first; empty when nothing was settled."""
    rows = fetch_rows(
        """
        SELECT o.external_id, s.code FROM orders_order o JOIN parties_seller s ON s.id = o.seller_id
        WHERE s.marketplace = %s AND o.route = 'semi' AND o.state = 'completed'
            AND NOT EXISTS (SELECT 1 FROM orders_order t WHERE t.external_id = o.external_id AND t.id <> o.id)
        ORDER BY o.id LIMIT 1
        """,
        [layout.marketplace],
    )
    return (rows[0][0], rows[0][1]) if rows else ("", "")


def _accounted(table: str, rows: int, names: dict[str, Any]) -> dict[str, int]:
    used = _one(_USED[table], names)
    refused = _one(_REFUSED[table], names)
    return {"in": rows, "used": used, "refused": refused, "unaccounted": rows - used - refused}


_REFUSED_ROWS = 'SELECT row FROM simulate_refusedrow WHERE replay_id = %(replay)s AND "table" = '
_ACTIVE = "s.marketplace = %(marketplace)s AND s.programme_state = 'active'"
# A row is used when the programme worked with it to the end it has in the source.
_USED = {
    "sellers": f"""
        SELECT count(*) FROM simulate_stagedseller t JOIN parties_seller s ON s.code = t.seller AND {_ACTIVE}
        WHERE t.replay_id = %(replay)s
    """,
    "products": """
        SELECT count(*) FROM simulate_stagedproduct t WHERE t.replay_id = %(replay)s AND EXISTS (
            SELECT 1 FROM catalog_sku k JOIN parties_seller s ON s.id = k.seller_id
            WHERE k.code = t.product AND s.marketplace = %(marketplace)s)
    """,
    "orders": """
        SELECT count(DISTINCT t.row) FROM simulate_stagedorder t
        JOIN simulate_plannedorder p ON p.replay_id = t.replay_id AND p."order" = t."order"
        WHERE t.replay_id = %(replay)s AND p.order_id IS NOT NULL
    """,
    "items": """
        SELECT count(*) FROM simulate_stageditem t
        JOIN simulate_plannedorder p ON p.replay_id = t.replay_id AND p."order" = t."order"
            AND p.seller = t.seller
        WHERE t.replay_id = %(replay)s AND p.order_id IS NOT NULL
    """,
}
_REFUSED = {
    "sellers": f"""
        SELECT count(*) FROM ({_REFUSED_ROWS} 'sellers' UNION
            SELECT t.row FROM simulate_stagedseller t
            JOIN parties_seller s ON s.marketplace = %(marketplace)s AND s.code = t.seller
            JOIN admission_finding f ON f.seller_id = s.id AND f.status IN ('fail', 'not_evidenced')
            WHERE t.replay_id = %(replay)s) r
    """,
    "products": f"""
        SELECT count(*) FROM ({_REFUSED_ROWS} 'products' UNION
            SELECT t.row FROM simulate_stagedproduct t
            WHERE t.replay_id = %(replay)s AND NOT EXISTS (
                SELECT 1 FROM catalog_sku k JOIN parties_seller s ON s.id = k.seller_id
                WHERE k.code = t.product AND s.marketplace = %(marketplace)s)
            AND (EXISTS (SELECT 1 FROM catalog_listingrefusal l JOIN parties_seller s ON s.id = l.seller_id
                         WHERE l.code = t.product AND s.marketplace = %(marketplace)s)
                OR NOT EXISTS (SELECT 1 FROM simulate_stageditem i JOIN parties_seller s
                    ON s.code = i.seller AND {_ACTIVE}
                    WHERE i.replay_id = t.replay_id AND i.product = t.product))) r
    """,
    "orders": f"""
        SELECT count(*) FROM ({_REFUSED_ROWS} 'orders' UNION
            SELECT t.row FROM simulate_stagedorder t
            JOIN orders_intakerefusal r ON r.marketplace = %(marketplace)s AND r.external_id = t."order"
            WHERE t.replay_id = %(replay)s AND NOT EXISTS (
                SELECT 1 FROM simulate_plannedorder p WHERE p.replay_id = t.replay_id
                AND p."order" = t."order" AND p.order_id IS NOT NULL)) r
    """,
    "items": f"""
        SELECT count(*) FROM ({_REFUSED_ROWS} 'items' UNION
            SELECT r.row::bigint FROM orders_intakerefusal r WHERE r.marketplace = %(marketplace)s) r
    """,
}


def _sku_account(names: dict[str, Any]) -> dict[str, int]:
    """Seller × product pairs of all item rows: listed, or refused with the seller or by a rule."""
    pairs = _one(
        "SELECT count(*) FROM (SELECT DISTINCT seller, product FROM simulate_stageditem"
        " WHERE replay_id = %(replay)s) p",
        names,
    )
    listed = _one(
        "SELECT count(*) FROM catalog_sku k JOIN parties_seller s ON s.id = k.seller_id"
        " WHERE s.marketplace = %(marketplace)s",
        names,
    )
    refused = _one(
        """
        SELECT count(*) FROM (
            SELECT DISTINCT i.seller, i.product FROM simulate_stageditem i
            LEFT JOIN parties_seller s ON s.marketplace = %(marketplace)s AND s.code = i.seller
            WHERE i.replay_id = %(replay)s AND (
                s.programme_state IS DISTINCT FROM 'active'
                OR EXISTS (SELECT 1 FROM catalog_listingrefusal l
                           WHERE l.seller_id = s.id AND l.code = i.product)
                OR NOT EXISTS (SELECT 1 FROM simulate_stagedproduct p
                               WHERE p.replay_id = i.replay_id AND p.product = i.product))) r
        """,
        names,
    )
    return {"in": pairs, "used": listed, "refused": refused, "unaccounted": pairs - listed - refused}


def _charge_totals(names: dict[str, Any]) -> dict[str, int]:
    columns = ("receipts_fen", *FEE_COLUMNS, "total_fen", "net_fen")
    sums = ", ".join(f"COALESCE(sum({column}), 0)::bigint" for column in columns)
    (row,) = fetch_rows(f"SELECT {sums} FROM ({CHARGES}) c", names)
    return dict(zip(columns, row, strict=True))


def _count_by(expression: str, names: dict[str, Any], *, decisions: bool = False) -> dict[str, int]:
    joined = "JOIN orders_routingdecision d ON d.order_id = o.id" if decisions else ""
    return dict(
        _pairs(
            f"SELECT {expression}, count(*) FROM orders_order o {joined} JOIN parties_seller s"
            " ON s.id = o.seller_id WHERE s.marketplace = %(marketplace)s GROUP BY 1 ORDER BY 1",
            names,
        )
    )


def _pairs(query: str, names: dict[str, Any]) -> list[tuple[str, int]]:
    return [(r[0], int(r[1])) for r in fetch_rows(query, names)]


def _one(query: str, names: dict[str, Any]) -> int:
    return int(fetch_rows(query, names)[0][0])
