"""Pages of the designated warehouses."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.operator import warehouses

urlpatterns: list[URLPattern | URLResolver] = [
    path("warehouses/", warehouses.warehouse_list, name="warehouses"),
    path("warehouses/new/", warehouses.add, name="warehouse_new"),
    path("warehouses/starter/", warehouses.open_starter, name="warehouse_starter"),
    path("warehouses/<int:pk>/", warehouses.warehouse, name="warehouse"),
    path("warehouses/<int:pk>/close/", warehouses.close, name="warehouse_close"),
]
