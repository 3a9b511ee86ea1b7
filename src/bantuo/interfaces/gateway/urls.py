"""Where the open-platform protocol is spoken: outside of any folder, as its clients expect."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, re_path

from bantuo.interfaces.gateway import views

app_name = "gateway"
urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^sync/?$", views.sync, name="sync"),
    re_path(r"^rest(?P<path>/.*)?$", views.rest, name="rest"),
    re_path(r"^router/rest/?$", views.classic, name="classic"),
]
