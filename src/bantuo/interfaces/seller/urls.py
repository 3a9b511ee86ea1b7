"""The pages under this part of the site, topic by topic."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from bantuo.interfaces.seller import (
    application_urls,
    document_urls,
    erp_urls,
    joining_urls,
    member_urls,
)

app_name = "seller"
urlpatterns: list[URLPattern | URLResolver] = [
    *application_urls.urlpatterns,
    *document_urls.urlpatterns,
    *erp_urls.urlpatterns,
    *joining_urls.urlpatterns,
    *member_urls.urlpatterns,
]
