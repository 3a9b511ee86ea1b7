"""The sandbox, in every version: which one an ERP calls is part of what is found."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, register_converter

from bantuo.interfaces.sandbox import views


class VersionConverter:
    """`3.2` in `/v3.2/`."""

    regex = r"(?:0|[1-9][0-9]{0,3})\.(?:0|[1-9][0-9]{0,3})"

    def to_python(self, text: str) -> str:
        return text

    def to_url(self, version: str) -> str:
        return version


register_converter(VersionConverter, "api_version")

app_name = "sandbox"
urlpatterns: list[URLPattern | URLResolver] = [
    path("v<api_version:version>/ping", views.ping, name="ping"),
    path("v<api_version:version>/stock", views.stock, name="stock"),
]
