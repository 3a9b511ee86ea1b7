"""A trading market in a fresh database: active sellers bound to a warehouse, stated stock, open orders."""

from __future__ import annotations

import os
from datetime import date, datetime

from bantuo.apps.sql import run_statement

SELLERS, SKUS_OF_SELLER, ORDERS, SKUS_OF_LARGE = 10_000, 110, 1_000_000, 100_000
STOCK = 1_000_000  # of each SKU, so that an order is taken from stock however long the run

_MARKET = (
    """
    INSERT INTO parties_warehouse (code, kind, name_zh, name_en, supervision_code, place, opened_on)
    VALUES ('WH-1', 'bench', '仓', 'Warehouse', '9610', '', '2020-01-01')
    """,
    """
    INSERT INTO parties_seller (marketplace, code, name, ship_from, programme_state, active_from, created_at)
    SELECT 'bench', 'S' || i, 'Shop ' || i, 'X', 'active', '2024-01-01', %(now)s
    FROM generate_series(0, %(sellers)s - 1) AS i
    """,
    """
    CREATE TABLE bench_seller AS
    SELECT id, substr(code, 2)::int AS place, code FROM parties_seller WHERE marketplace = 'bench'
    """,
    "CREATE UNIQUE INDEX ON bench_seller (place)",
    # One more, with many SKUs and no orders: it states all of its stock in one call.
    """
    INSERT INTO parties_seller (marketplace, code, name, ship_from, programme_state, active_from, created_at)
    VALUES ('bench', 'LARGE', 'Large shop', 'X', 'active', '2024-01-01', %(now)s)
    """,
    """
    INSERT INTO parties_binding (seller_id, warehouse_id, distance_m, distance_evidence, bound_at)
    SELECT s.id, w.id, 1000, 'bench', %(now)s FROM parties_seller s CROSS JOIN parties_warehouse w
    """,
    """
    INSERT INTO catalog_product (seller_id, code, category, title, apparel, attributes_required,
                                 attributes_missing, created_at)
    SELECT id, 'P', 'home-lamps', 'Lamp', FALSE, 0, 0, %(now)s FROM parties_seller ORDER BY id
    """,
    """
    INSERT INTO catalog_sku (seller_id, product_id, code, semi_managed, ordinary_fen, exclusive_fen, weight_g,
        length_mm, width_mm, height_mm, hs_code, customs_name, markets, label, photo_qc, listed_at)
    SELECT p.seller_id, p.id, 'K' || i, TRUE, 10000, 9000, 500, 100, 100, 100, '', '', '{}', FALSE, FALSE,
           %(now)s
    FROM catalog_product p JOIN parties_seller s ON s.id = p.seller_id
    CROSS JOIN LATERAL generate_series(
        1, CASE WHEN s.code = 'LARGE' THEN %(large)s ELSE %(skus)s END) AS i
    ORDER BY p.seller_id, i
    """,
    """
    INSERT INTO stock_balance (seller_id, sku_id, warehouse_id, declared, declared_reserved, on_hand,
        on_hand_reserved, safety, sequence, stated_on, stated_first_at)
    SELECT k.seller_id, k.id, w.id, %(stock)s, 0, 0, 0, 0, 1, %(on)s, %(now)s
    FROM catalog_sku k CROSS JOIN parties_warehouse w ORDER BY k.id
    """,
    """
    INSERT INTO stock_movement (seller_id, balance_id, pool, code, quantity_delta, reserved_delta, reference,
                                moved_at)
    SELECT seller_id, id, 'declared', 'declare', declared, 0, 'bench', %(now)s FROM stock_balance ORDER BY id
    """,
)
# Whose an order is: one of `every_first` is the first seller's, the others go round.
_PLACE = "CASE WHEN i %% %(every_first)s = 0 THEN 0 ELSE i %% %(sellers)s END"
# Open orders of one line, taken in turn from all sellers and SKUs, as intake leaves them behind.
_ORDERS = (
    f"""
    INSERT INTO orders_orderkey (seller_id, marketplace, external_id)
    SELECT s.id, 'bench', 'O' || i FROM generate_series(0, %(orders)s - 1) AS i
    JOIN bench_seller s ON s.place = {_PLACE}
    """,
    f"""
    INSERT INTO orders_order (seller_id, marketplace, external_id, part, placed_at, business_date,
        destination, goods_fen, freight_fen, merchant_coupon_fen, route, state, warehouse_id)
    SELECT s.id, 'bench', 'O' || i, 0, %(now)s + (i %% 3600) * interval '1 second', %(on)s,
           'DE', 9000, 100, 0, 'semi', 'reserved', w.id
    FROM generate_series(0, %(orders)s - 1) AS i JOIN bench_seller s ON s.place = {_PLACE}
    CROSS JOIN parties_warehouse w ORDER BY i
    """,
    """
    INSERT INTO orders_orderline (seller_id, order_id, line_no, sku_id, quantity, goods_fen, freight_fen,
                                  pool, reserved)
    SELECT o.seller_id, o.id, 1, k.id, 1, 9000, 100, 'declared', TRUE
    FROM (SELECT id, seller_id, substr(external_id, 2)::int AS i FROM orders_order) o
    JOIN catalog_sku k ON k.seller_id = o.seller_id
        AND k.code = 'K' || (1 + (o.i / %(sellers)s) %% %(skus)s)
    ORDER BY o.id
    """,
    """
    INSERT INTO orders_routingdecision (seller_id, order_id, route, reason, rule, policy_version, detail,
                                        decided_at, actor)
    SELECT seller_id, id, 'semi', 'reserved', 'OPS-1', 'bench', '{}', placed_at, 'bench' FROM orders_order
    """,
    """
    INSERT INTO orders_orderevent (seller_id, order_id, state, reason, happened_at, actor)
    SELECT seller_id, id, 'reserved', 'reserved', placed_at, 'bench' FROM orders_order
    """,
    """
    INSERT INTO stock_movement (seller_id, balance_id, pool, code, quantity_delta, reserved_delta, reference,
                                moved_at)
    SELECT l.seller_id, b.id, 'declared', 'reserve', 0, 1, 'order:' || l.order_id, %(now)s
    FROM orders_orderline l JOIN stock_balance b ON b.seller_id = l.seller_id AND b.sku_id = l.sku_id
    """,
    """
    UPDATE stock_balance b SET declared_reserved = l.quantity
    FROM (SELECT seller_id, sku_id, count(*) AS quantity FROM orders_orderline GROUP BY 1, 2) l
    WHERE l.seller_id = b.seller_id AND l.sku_id = b.sku_id
    """,
)


def use_database(database: str) -> None:
    """Set this process up to work on a database."""
    import django  # noqa: PLC0415 - the settings read the database's address from the environment

    os.environ["BANTUO_DATABASE_URL"] = database
    os.environ["DJANGO_SETTINGS_MODULE"] = "bantuo.config.settings"
    django.setup()


def open_market(
    database: str,
    *,
    on: date,
    now: datetime,
    sellers: int = SELLERS,
    skus: int = SKUS_OF_SELLER,
    orders: int = ORDERS,
    every_first: int = ORDERS,
) -> None:
    """Migrate the database and fill it with what was stated and ordered; this process works on it then."""
    use_database(database)
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    told = {
        "sellers": sellers, "skus": skus, "large": SKUS_OF_LARGE, "orders": orders, "stock": STOCK,
        "on": on, "now": now, "every_first": every_first,
    }  # fmt: skip
    _give_defaults("catalog", "stock", "orders")
    run_statement("SET session_replication_role = replica")  # the rows fit each other: no key is checked
    for statement in (*_MARKET, *(_ORDERS if orders else ())):
        run_statement(statement, told)
    run_statement("SET session_replication_role = origin")
    run_statement("VACUUM ANALYZE")
    run_statement("CHECKPOINT")  # what the filling wrote is not what anybody waits for


def _give_defaults(*apps: str) -> None:
    """Django fills in defaults itself; here the database does, so that a statement names what matters."""
    from django.apps import apps as installed  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    for model in (model for app in apps for model in installed.get_app_config(app).get_models()):
        for field in model._meta.concrete_fields:
            if field.has_default() and not field.null and not field.primary_key:
                value = field.get_db_prep_save(field.get_default(), connection)
                with connection.cursor() as cursor:
                    told = cursor.mogrify("%s", [value])
                run_statement(
                    f"ALTER TABLE {model._meta.db_table} ALTER COLUMN {field.column} SET DEFAULT {told}"
                )
