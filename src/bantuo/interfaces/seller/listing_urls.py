"""The listings of a shop."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.seller import (
    listing_alerts,
    listing_edit,
    listing_imports,
    listing_product,
    listing_promotions,
    listings,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("listings/", listings.listings, name="listings"),
    path("listings/export/", listings.export, name="listing_export"),
    path("listings/delist/", listings.delist, name="listing_delist"),
    path("listings/findings/", listings.findings, name="listing_findings"),
    path("listings/services/", listings.services, name="listing_services"),
    path("listings/alerts/", listing_alerts.alerts, name="listing_alerts"),
    path("listings/alerts/repair/", listing_alerts.repair, name="listing_repair"),
    path("listings/new/", listing_edit.create, name="listing_new"),
    path("listings/attributes/", listing_edit.category_attributes, name="listing_attributes"),
    path("listings/skus/<int:pk>/", listing_edit.edit_sku, name="listing_sku"),
    path("listings/products/<int:pk>/", listing_product.product, name="listing_product"),
    path("listings/products/<int:pk>/edit/", listing_edit.edit_product, name="listing_edit"),
    path("listings/products/<int:pk>/skus/", listing_edit.add_sku, name="listing_add_sku"),
    path("listings/products/<int:pk>/epr/", listing_product.epr, name="listing_epr"),
    path("listings/products/<int:pk>/size-chart/", listing_product.size_chart, name="listing_size_chart"),
    path("listings/requests/<int:pk>/withdraw/", listing_product.withdraw, name="listing_withdraw"),
    path("listings/promotions/", listing_promotions.promotions, name="listing_promotions"),
    path("listings/promotions/<int:pk>/", listing_promotions.promotion, name="listing_promotion"),
    path("listings/promotions/<int:pk>/end/", listing_promotions.end, name="listing_promotion_end"),
    path(
        "listings/promotions/<int:pk>/<int:sku_pk>/drop/",
        listing_promotions.drop_price,
        name="listing_promotion_drop",
    ),
    path("listings/imports/", listing_imports.imports, name="listing_imports"),
    path("listings/imports/template/", listing_imports.template, name="listing_template"),
    path("listings/imports/upload/", listing_imports.upload, name="listing_upload"),
    path("listings/imports/<int:pk>/", listing_imports.show, name="listing_import"),
    path("listings/imports/<int:pk>/columns/", listing_imports.match, name="listing_import_columns"),
    path("listings/imports/<int:pk>/start/", listing_imports.start, name="listing_import_start"),
    path("listings/imports/<int:pk>/undo/", listing_imports.undo, name="listing_import_undo"),
    path("listings/imports/<int:pk>/drop/", listing_imports.drop, name="listing_import_drop"),
    path("listings/imports/<int:pk>/progress/", listing_imports.progress, name="listing_import_progress"),
    path("listings/imports/<int:pk>/problems/", listing_imports.faults, name="listing_import_faults"),
]
