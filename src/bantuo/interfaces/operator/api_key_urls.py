"""Keys of marketplaces."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.operator import api_keys

urlpatterns: list[URLPattern | URLResolver] = [
    path("api-keys/", api_keys.api_keys, name="api_keys"),
    path("api-keys/create/", api_keys.create, name="api_key_create"),
    path("api-keys/calls/", api_keys.calls, name="api_calls"),
    path("api-keys/<int:pk>/rotate/", api_keys.rotate, name="api_key_rotate"),
    path("api-keys/<int:pk>/revoke/", api_keys.revoke, name="api_key_revoke"),
]
