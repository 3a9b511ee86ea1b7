"""Pages of steps ③ and ④ for operators: deposits with payments and refunds, the agreement."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.operator import joining, joining_agreements

urlpatterns: list[URLPattern | URLResolver] = [
    path("deposits/", joining.deposits, name="deposits"),
    path("deposits/<int:pk>/", joining.deposit, name="deposit"),
    path("deposits/<int:pk>/top-up/", joining.demand_top_up, name="deposit_top_up"),
    path("deposits/<int:pk>/deduct/", joining.deduct, name="deposit_deduct"),
    path("deposits/<int:pk>/cool/", joining.cool, name="deposit_cool"),
    path("deposits/<int:pk>/refund/", joining.refund, name="deposit_refund"),
    path("deposits/<int:pk>/suspend/", joining.suspend, name="seller_suspend"),
    path("deposits/<int:pk>/reinstate/", joining.reinstate, name="seller_reinstate"),
    path("payments/<int:pk>/confirm/", joining.confirm, name="payment_confirm"),
    path("payments/<int:pk>/refuse/", joining.refuse, name="payment_refuse"),
    path("agreements/", joining_agreements.agreements, name="agreements"),
    path("agreements/new/", joining_agreements.publish, name="agreement_new"),
    path("agreements/<int:pk>/", joining_agreements.agreement, name="agreement"),
    path("agreements/signed/<int:pk>.pdf", joining_agreements.signed_pdf, name="agreement_pdf"),
]
