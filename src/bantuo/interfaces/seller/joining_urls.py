"""Pages of steps ③ and ④: agreement, deposit, warehouse."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.seller import joining, joining_deposit, joining_warehouse

urlpatterns: list[URLPattern | URLResolver] = [
    path("agreement/", joining.agreement, name="agreement"),
    path("agreement/versions/<int:pk>/", joining.agreement_text, name="agreement_text"),
    path("agreement/signed/<int:pk>.pdf", joining.signed_pdf, name="agreement_pdf"),
    path("deposit/", joining_deposit.deposit, name="deposit"),
    path("deposit/bank/", joining_deposit.pay_sandbox, name="deposit_bank"),
    path("deposit/report/", joining_deposit.report, name="deposit_report"),
    path("deposit/leave/", joining_deposit.leave, name="deposit_leave"),
    path("deposit/release/", joining_deposit.release, name="deposit_release"),
    path("warehouse/", joining_warehouse.warehouse, name="warehouse"),
    path("warehouse/places/", joining_warehouse.places, name="warehouse_places"),
    path("warehouse/ship-from/", joining_warehouse.ship_from, name="warehouse_ship_from"),
    path("warehouse/withdraw/", joining_warehouse.withdraw, name="warehouse_withdraw"),
    path("warehouse/<int:pk>/", joining_warehouse.choose, name="warehouse_choose"),
    path("warehouse/<int:pk>/confirm/", joining_warehouse.confirm, name="warehouse_confirm"),
]
