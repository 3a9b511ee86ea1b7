"""The limit of batches: the set-based statement alone, one transaction a batch, from a process of its own."""

from __future__ import annotations

import json
import random
import sys
import time
from uuid import uuid4

import psycopg

# Everything that intake writes, for a batch whose orders all fit: no rule, no reason but one, no answer.
_BATCH = """
    WITH inp AS (
        SELECT i.place, i.sku, i.ext, s.id AS seller_id, b.warehouse_id, k.id AS sku_id,
               nextval('orders_order_id_seq') AS order_id
        FROM unnest(%s::int[], %s::text[], %s::text[]) AS i(place, sku, ext)
        JOIN bench_seller s ON s.place = i.place
        JOIN parties_binding b ON b.seller_id = s.id AND b.unbound_at IS NULL
        JOIN catalog_sku k ON k.seller_id = s.id AND k.code = i.sku
    ), key AS (
        INSERT INTO orders_orderkey (seller_id, marketplace, external_id)
        SELECT seller_id, 'bench', ext FROM inp ORDER BY 1, 3 ON CONFLICT DO NOTHING RETURNING 1
    ), locked AS (
        SELECT b.id, b.seller_id, b.sku_id FROM stock_balance b
        WHERE (b.seller_id, b.sku_id, b.warehouse_id) IN (SELECT seller_id, sku_id, warehouse_id FROM inp)
        ORDER BY b.seller_id, b.sku_id, b.warehouse_id FOR NO KEY UPDATE
    ), res AS (
        UPDATE stock_balance b SET declared_reserved = b.declared_reserved + n.pieces
        FROM (SELECT l.id, count(*) AS pieces FROM locked l JOIN inp ON inp.sku_id = l.sku_id GROUP BY l.id) n
        WHERE n.id = b.id
    ), made AS (
        INSERT INTO orders_order (id, seller_id, marketplace, external_id, part, placed_at, business_date,
            destination, goods_fen, freight_fen, merchant_coupon_fen, route, state, warehouse_id)
        SELECT order_id, seller_id, 'bench', ext, 0, now(), current_date, 'DE', 9000, 100, 0, 'semi',
               'reserved', warehouse_id FROM inp
    ), line AS (
        INSERT INTO orders_orderline
            (seller_id, order_id, line_no, sku_id, quantity, goods_fen, freight_fen, pool, reserved)
        SELECT seller_id, order_id, 1, sku_id, 1, 9000, 100, 'declared', TRUE FROM inp
    ), moved AS (
        INSERT INTO stock_movement
            (seller_id, balance_id, pool, code, quantity_delta, reserved_delta, reference, moved_at)
        SELECT i.seller_id, l.id, 'declared', 'reserve', 0, 1, 'order:' || i.order_id, now()
        FROM inp i JOIN locked l ON l.sku_id = i.sku_id
    ), decided AS (
        INSERT INTO orders_routingdecision
            (seller_id, order_id, route, reason, rule, policy_version, detail, decided_at, actor)
        SELECT seller_id, order_id, 'semi', 'reserved', 'OPS-1', 'bench', '{}', now(), 'bench' FROM inp
    ), event AS (
        INSERT INTO orders_orderevent (seller_id, order_id, state, reason, happened_at, actor)
        SELECT seller_id, order_id, 'reserved', 'reserved', now(), 'bench' FROM inp
    ), told AS (
        INSERT INTO events_outboxevent (topic, seller_id, key, payload, occurred_at)
        SELECT 'order.placed', seller_id, 'order:' || order_id, '{"route":"semi","reason":"reserved"}', now()
        FROM inp
    )
    SELECT count(*) FROM inp
"""


def place_bare(database: str, *, batch: int, seconds: float, sellers: int, skus: int) -> float:
    """Orders a second from one connection."""
    base, orders = uuid4().hex[:12], 0
    with psycopg.connect(database, autocommit=True) as connection:
        cursor = psycopg.ClientCursor(connection)
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds:
            places = [random.randrange(sellers) for _ in range(batch)]
            codes = [f"K{random.randrange(1, skus + 1)}" for _ in range(batch)]
            names = [f"{base}-{orders + at}" for at in range(batch)]
            cursor.execute(_BATCH, [places, codes, names])
            orders += batch
        return orders / (time.perf_counter() - begun)


if __name__ == "__main__":
    print(place_bare(**json.loads(sys.argv[1])))
