"""Pages of this topic."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.seller import order_days, order_shipping, orders

urlpatterns: list[URLPattern | URLResolver] = [
    path("orders/", orders.orders, name="orders"),
    path("orders/filter/", orders.save_orders_filter, name="orders_filter"),
    path("orders/to-ship/", order_shipping.to_ship, name="to_ship"),
    path("orders/to-ship/ship/", order_shipping.ship_page, name="to_ship_ship"),
    path("orders/to-ship/template.xlsx", order_shipping.tracking_template, name="tracking_template"),
    path("orders/to-ship/file/", order_shipping.upload_tracking, name="tracking_upload"),
    path("orders/to-ship/results/<str:token>/", order_shipping.tracking_results, name="tracking_results"),
    path("orders/cancels/", order_days.order_cancels, name="order_cancels"),
    path("orders/came-back/", order_days.came_back, name="came_back"),
    path("orders/came-back/<str:day>/", order_days.came_back, name="came_back_day"),
    path("orders/<int:pk>/", orders.order, name="order"),
    path("orders/<int:pk>/unmask/", orders.unmask, name="order_unmask"),
    path("orders/<int:pk>/address/", orders.change_order_address, name="order_address"),
    path("orders/<int:pk>/cancel/", orders.cancel_order, name="order_cancel"),
    path("orders/<int:pk>/answer/", orders.answer_cancel, name="order_answer"),
    path("orders/<int:pk>/ship/", order_shipping.ship_order, name="order_ship"),
    path("orders/<int:pk>/correct/", order_shipping.correct_shipment, name="order_correct"),
]
