"""Pages of this topic."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.operator import open_platform

urlpatterns: list[URLPattern | URLResolver] = [
    path("erp-apps/", open_platform.apps, name="open_apps"),
    path("erp-apps/new/", open_platform.register, name="open_app_new"),
    path("erp-apps/<int:pk>/", open_platform.app, name="open_app"),
    path("erp-apps/<int:pk>/secret/", open_platform.new_secret, name="open_app_secret"),
    path("erp-apps/<int:pk>/close/", open_platform.close, name="open_app_close"),
]
