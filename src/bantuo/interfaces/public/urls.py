"""The pages under this part of the site, topic by topic."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from bantuo.interfaces.public import (
    check_urls,
    home_urls,
    rules_urls,
)

app_name = "public"
urlpatterns: list[URLPattern | URLResolver] = [
    *home_urls.urlpatterns,
    *check_urls.urlpatterns,
    *rules_urls.urlpatterns,
]
