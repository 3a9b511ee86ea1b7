"""The way in as the seller walks it: home, application, report, diagnosis, appeal."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.seller import (
    appeal,
    application,
    diagnosis,
    epr,
    home,
    metrics,
    products,
    report,
    size_charts,
    stock_threshold,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("application/", application.application, name="application"),
    path("application/start/", application.start, name="start"),
    path("application/withdraw/", application.withdraw, name="withdraw"),
    path("application/submit/", application.submit, name="submit"),
    path("application/products/", products.products, name="products"),
    path("application/products/edit/", products.product, name="product"),
    path("application/products/remove/", products.remove_product, name="remove_product"),
    path("application/products/import/", products.import_products, name="import_products"),
    path("application/products/template.xlsx", products.download_template, name="product_template"),
    path("application/epr/", epr.epr, name="epr"),
    path("application/size_charts/", size_charts.size_charts, name="size_charts"),
    path("application/size_charts/edit/", size_charts.size_chart, name="size_chart"),
    path("application/metrics/import/", metrics.import_metrics, name="import_metrics"),
    path("application/<slug:section>/", application.section, name="section"),
    path("report/", report.report, name="report"),
    path("report/pdf/", report.report_pdf, name="report_pdf"),
    path("diagnosis/", diagnosis.diagnosis, name="diagnosis"),
    path("diagnosis/run/", diagnosis.run, name="run_diagnosis"),
    path("diagnosis/mend/", diagnosis.mend, name="mend"),
    path("diagnosis/replay/<int:pk>/", diagnosis.replay, name="replay"),
    path("appeal/", appeal.appeal, name="appeal"),
    path("stock-threshold/", stock_threshold.stock_threshold, name="stock_threshold"),
]
