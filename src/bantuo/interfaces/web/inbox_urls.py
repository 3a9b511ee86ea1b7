"""The inbox and what comes by mail."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.web import inbox

urlpatterns: list[URLPattern | URLResolver] = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.read_all, name="inbox_read_all"),
    path("inbox/settings/", inbox.notice_settings, name="notice_settings"),
    path("inbox/<int:pk>/", inbox.open_notice, name="notice"),
    path("inbox/<int:pk>/read/", inbox.read_one, name="notice_read"),
]
