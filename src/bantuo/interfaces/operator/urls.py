"""The pages under this part of the site, topic by topic."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from bantuo.interfaces.operator import (
    api_key_urls,
    category_urls,
    dashboard_urls,
    document_urls,
    joining_urls,
    listing_urls,
    open_platform_urls,
    order_urls,
    people_urls,
    policy_urls,
    review_urls,
    stock_urls,
    warehouse_urls,
)

app_name = "operator"
urlpatterns: list[URLPattern | URLResolver] = [
    *api_key_urls.urlpatterns,
    *review_urls.urlpatterns,
    *dashboard_urls.urlpatterns,
    *document_urls.urlpatterns,
    *policy_urls.urlpatterns,
    *category_urls.urlpatterns,
    *warehouse_urls.urlpatterns,
    *joining_urls.urlpatterns,
    *listing_urls.urlpatterns,
    *open_platform_urls.urlpatterns,
    *order_urls.urlpatterns,
    *people_urls.urlpatterns,
    *stock_urls.urlpatterns,
]
