"""A seller with three SKUs and a program of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import connection
from django.utils import timezone
from psycopg.conninfo import conninfo_to_dict
from pytest_django import DjangoDbBlocker

from bantuo.apps.catalog.models import Sku
from bantuo.apps.parties.models import Seller
from bantuo.core.clock import business_date, operating_day
from bantuo.interfaces.gateway.rate_limit import CALLS, REFUSALS
from tests.apps.trading import World, make_world
from tests.interfaces.gateway.erps import Erp, private_erp
from tests.interfaces.gateway.served import node_modules, place, served

__all__ = ["node_modules", "place", "served"]


@dataclass(frozen=True)
class Shop:
    """The seller, its goods, and its ERP."""

    world: World
    seller: Seller
    erp: Erp

    def sku(self, code: str) -> Sku:
        return Sku.objects.get(seller=self.seller, code=code)

    def stock(self, code: str) -> tuple[int, int]:
        """Declared, and reserved of it."""
        return self.world.balance(self.seller, code)[:2]


def today(world: World) -> World:
    """The same world on the present day: the gateway has a clock of its own."""
    on = business_date(timezone.now(), zone=world.book.zone)
    return World(world.book, operating_day(world.book, on), world.warehouse)


@pytest.fixture
def committed(scratch_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The whole process works on a scratch database: its rows are committed, and dropped with it."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = conninfo_to_dict(scratch_database)["dbname"]
    try:
        with django_db_blocker.unblock():
            yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop()


def make_shop() -> Shop:
    """The seller in the database of the test."""
    CALLS.forget()
    REFUSALS.forget()
    world = today(make_world())
    seller = world.seller("S1", "A", "B", "C")
    return Shop(world, seller, private_erp(seller))
