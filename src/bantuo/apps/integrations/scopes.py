"""What a key may be allowed: each scope opens some operations of the API and nothing else."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """One permission of a key."""

    STOCK_READ = "stock:read"
    STOCK_WRITE = "stock:write"
    PRODUCTS_READ = "products:read"
    PRODUCTS_WRITE = "products:write"
    PRICES_WRITE = "prices:write"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    ORDERS_INTAKE = "orders:intake"
    SHIPMENTS_READ = "shipments:read"
    PROGRAMME_READ = "programme:read"


MARKETPLACE_SCOPES = (Scope.ORDERS_INTAKE, Scope.PROGRAMME_READ)
# A seller may push its own orders (from another shop), so that intake is among them.
SELLER_SCOPES = tuple(Scope)
