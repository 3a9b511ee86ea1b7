"""Pages of this topic."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bantuo.interfaces.operator import audit, documents, representative

urlpatterns: list[URLPattern | URLResolver] = [
    path("documents/", documents.documents, name="documents"),
    path("documents/<int:pk>/", documents.document, name="document"),
    path("documents/<int:pk>/ticks/", documents.document_ticks, name="document_ticks"),
    path("documents/<int:pk>/unmask/", documents.document_unmask, name="document_unmask"),
    path("documents/<int:pk>/mask/", documents.document_mask, name="document_mask"),
    path("documents/<int:pk>/page/<int:page>/", documents.document_page, name="document_page"),
    path("documents/<int:pk>/file/", documents.document_file, name="document_file"),
    path("representatives/<int:seller_id>/", representative.representative, name="representative"),
    path("audit/", audit.audit, name="audit"),
]
