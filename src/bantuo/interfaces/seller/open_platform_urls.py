"""Pages of this topic."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.seller import open_platform

urlpatterns: list[URLPattern | URLResolver] = [
    path("erp-apps/", open_platform.apps, name="open_apps"),
    path("erp-apps/<int:pk>/revoke/", open_platform.revoke, name="open_app_revoke"),
    path("erp-apps/own/", open_platform.make_own, name="own_app"),
    path("erp-apps/own/secret/", open_platform.new_secret, name="own_app_secret"),
    path("erp-apps/own/token/", open_platform.new_token, name="own_app_token"),
    path("erp-apps/own/close/", open_platform.close_own, name="own_app_close"),
]
