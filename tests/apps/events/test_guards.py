"""What was written once stays: the append-only tables refuse every way of changing them."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from bantuo.apps.aftersales.operations import return_orders
from bantuo.apps.sql import fetch_rows, run_statement
from bantuo.apps.warehouse.operations.inbound import Arrival, receive_shipments
from bantuo.apps.warehouse.queries import expected_lines
from tests.apps.floor import bring, case, row_counts, shipments_of
from tests.apps.trading import ACTOR, make_world

pytestmark = pytest.mark.django_db

APPEND_ONLY = [
    "stock_movement",
    "stock_declaration",
    "stock_declarationrefusal",
    "orders_routingdecision",
    "orders_orderevent",
    "orders_intakerefusal",
    "warehouse_discrepancy",
    "warehouse_scan",
    "customs_exportlistevent",
    "aftersales_aftersale",
    "aftersales_refundline",
]


@pytest.fixture
def _lived_in() -> None:
    """One row at least in every one of the tables."""
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=5, GHOST=1)
    world.order(seller, "O0", "10:00", GHOST=1)
    order = bring(world, world.order(seller, "O1", "10:00", A=1).order_id, to="delivered")
    return_orders([case(order, world.at("23:00"))], actor=ACTOR)
    short = bring(world, world.order(seller, "O2", "10:00", A=1).order_id, to="on_the_way")
    (shipment,) = shipments_of(short)
    (line,) = expected_lines([shipment])
    receive_shipments([Arrival(shipment, world.at("12:00"), {line.pk: 0})], actor=ACTOR)
    run_statement("SET CONSTRAINTS ALL IMMEDIATE")  # TRUNCATE would otherwise stumble over waiting checks


@pytest.mark.usefixtures("_lived_in")
@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_an_append_only_table_refuses(table: str, change: str) -> None:
    assert row_counts()[table] > 0
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        run_statement(change.format(table))


def test_every_guarded_table_of_these_apps_is_named_above() -> None:
    rows = fetch_rows(
        """
        SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname = 'bantuo_append_only'
        """
    )
    guarded = {r[0] for r in rows}
    apps = {"stock", "orders", "warehouse", "customs", "aftersales"}
    assert {table for table in guarded if table.split("_")[0] in apps} == set(APPEND_ONLY)
