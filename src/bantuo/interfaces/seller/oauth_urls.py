"""Where apps send their users: outside of the seller centre, at the address that clients know."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.seller import open_platform_consent

app_name = "oauth"
urlpatterns: list[URLPattern | URLResolver] = [
    path("authorize", open_platform_consent.authorize, name="authorize"),
]
