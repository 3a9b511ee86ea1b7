"""Pages of this topic."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.seller import erp

urlpatterns: list[URLPattern | URLResolver] = [
    path("erp/", erp.erp, name="erp"),
    path("erp/arriving/", erp.arriving, name="erp_arriving"),
    path("erp/version/", erp.version, name="erp_version"),
    path("erp/key/", erp.create_key, name="erp_key"),
    path("erp/key/rotate/", erp.replace_key, name="erp_key_rotate"),
    path("erp/key/revoke/", erp.end_key, name="erp_key_revoke"),
    path("erp/endpoint/", erp.save_endpoint, name="erp_endpoint"),
    path("erp/probe/start/", erp.start, name="erp_probe_start"),
    path("erp/probe/stop/", erp.stop, name="erp_probe_stop"),
]
