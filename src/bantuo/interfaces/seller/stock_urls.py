"""Stock: the day, quantities, sheets, shortages, and the robots that warn."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.seller import stock, stock_edit, stock_lists, stock_robots, stock_upload

urlpatterns: list[URLPattern | URLResolver] = [
    path("stock/", stock.stock, name="stock"),
    path("stock/day/", stock.stock_day, name="stock_day"),
    path("stock/recent/", stock.stock_recent, name="stock_recent"),
    path("stock/confirm/", stock_edit.confirm_missing, name="stock_confirm"),
    path("stock/<int:pk>/", stock_edit.stock_balance, name="stock_balance"),
    path("stock/<int:pk>/declare/", stock_edit.declare, name="stock_declare"),
    path("stock/<int:pk>/safety/", stock_edit.safety, name="stock_safety"),
    path("stock/upload/", stock_upload.upload, name="stock_upload"),
    path("stock/upload/template.xlsx", stock_upload.template, name="stock_template"),
    path("stock/files/<int:pk>/", stock_upload.stock_file, name="stock_file"),
    path("stock/files/<int:pk>/result.xlsx", stock_upload.stock_file_result, name="stock_file_result"),
    path("stock/syncs/", stock_lists.syncs, name="stock_syncs"),
    path("stock/syncs/<int:pk>/", stock_lists.sync, name="stock_sync"),
    path("stock/shortages/", stock_lists.shortages, name="stock_shortages"),
    path("stock/shortages/<int:pk>/", stock_lists.shortage, name="stock_shortage"),
    path("stock/days/", stock_lists.days, name="stock_days"),
    path("stock/robots/", stock_robots.robots, name="stock_robots"),
    path("stock/robots/add/", stock_robots.add, name="stock_robot_add"),
    path("stock/robots/<int:pk>/test/", stock_robots.test, name="stock_robot_test"),
    path("stock/robots/<int:pk>/remove/", stock_robots.remove, name="stock_robot_remove"),
]
