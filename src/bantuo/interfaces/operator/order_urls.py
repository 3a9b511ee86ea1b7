"""Pages of this topic."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.operator import cutover, order_imports, orders

urlpatterns: list[URLPattern | URLResolver] = [
    path("orders/", orders.orders, name="orders"),
    path("orders/filter/", orders.save_orders_filter, name="orders_filter"),
    path("orders/files/", order_imports.order_imports, name="order_imports"),
    path("orders/files/template.xlsx", order_imports.orders_file_template, name="order_imports_template"),
    path("orders/files/upload/", order_imports.upload_orders, name="order_imports_upload"),
    path("orders/files/<int:pk>/", order_imports.order_import, name="order_import"),
    path("orders/files/<int:pk>/start/", order_imports.start_order_import, name="order_import_start"),
    path("orders/files/<int:pk>/discard/", order_imports.discard_order_import, name="order_import_discard"),
    path("orders/files/<int:pk>/results.xlsx", order_imports.order_import_file, name="order_import_file"),
    path("orders/<int:pk>/", orders.order, name="order"),
    path("orders/<int:pk>/unmask/", orders.unmask, name="order_unmask"),
    path("orders/<int:pk>/reverse/", orders.reverse, name="order_reverse"),
    path("orders/<int:pk>/split/", orders.split, name="order_split"),
    path("cutover/", cutover.cutover, name="cutover"),
    path("cutover/preview/", cutover.preview, name="cutover_preview"),
    path("cutover/run/", cutover.run, name="cutover_run"),
    path("cutover/<str:day>/", cutover.cutover_day, name="cutover_day"),
    path("cutover/<str:day>/sellers/<int:seller_id>/", cutover.cutover_seller, name="cutover_seller"),
    path(
        "cutover/<str:day>/sellers/<int:seller_id>/reverse/",
        cutover.reverse_seller_day,
        name="cutover_seller_reverse",
    ),
]
