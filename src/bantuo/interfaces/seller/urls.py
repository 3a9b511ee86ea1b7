"""The pages under this part of the site, topic by topic."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from bantuo.interfaces.seller import (
    application_urls,
    developer_urls,
    document_urls,
    erp_urls,
    joining_urls,
    listing_urls,
    member_urls,
    open_platform_urls,
    order_urls,
    stock_urls,
)

app_name = "seller"
urlpatterns: list[URLPattern | URLResolver] = [
    *application_urls.urlpatterns,
    *developer_urls.urlpatterns,
    *document_urls.urlpatterns,
    *erp_urls.urlpatterns,
    *joining_urls.urlpatterns,
    *listing_urls.urlpatterns,
    *member_urls.urlpatterns,
    *open_platform_urls.urlpatterns,
    *order_urls.urlpatterns,
    *stock_urls.urlpatterns,
]
