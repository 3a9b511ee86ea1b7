"""The first page that anybody sees."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.public import home

urlpatterns: list[URLPattern | URLResolver] = [path("", home.home, name="home")]
