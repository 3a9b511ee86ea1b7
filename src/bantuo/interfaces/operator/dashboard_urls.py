"""The programme dashboard."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.operator import dashboard

urlpatterns: list[URLPattern | URLResolver] = [
    path("", dashboard.show_dashboard, name="dashboard"),
]
