"""Every seller's day of stock."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.operator import stock

urlpatterns: list[URLPattern | URLResolver] = [
    path("stock/", stock.stock, name="stock"),
]
