"""Pages of this topic."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.seller import documents, representative

urlpatterns: list[URLPattern | URLResolver] = [
    path("documents/", documents.documents, name="documents"),
    path("documents/commitment/", documents.commitment_template, name="commitment_template"),
    path("documents/representative/", representative.representative, name="representative"),
    path("documents/representative/consent/", representative.consent, name="consent"),
    path("documents/representative/withdraw/", representative.withdraw, name="consent_withdraw"),
    path("documents/kind/<slug:kind>/", documents.upload, name="document_upload"),
    path("documents/<int:pk>/", documents.document, name="document"),
    path("documents/<int:pk>/page/<int:page>/", documents.document_page, name="document_page"),
    path("documents/<int:pk>/file/", documents.document_file, name="document_file"),
    path("documents/<int:pk>/expiry/", documents.document_expiry, name="document_expiry"),
    path("documents/<int:pk>/remove/", documents.document_remove, name="document_remove"),
]
