"""The access log: every look at every paper, and whether its chain is whole."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from bantuo.apps.documents.models import DocumentAccess
from bantuo.apps.documents.queries import verify_chain
from bantuo.interfaces.operator.document_tables import LookFilter, Looks
from bantuo.interfaces.web.access import Role, access
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.tables import list_page

READERS = {Role.AUDITOR, Role.ADMINISTRATOR}
CHECKED_AT_ONCE = 2_000  # a longer log is checked when asked: every entry is hashed again


@access(view=READERS)
@require_GET
def audit(request: UserRequest) -> HttpResponse:
    """The log, the latest first, with the state of its chain."""
    last = DocumentAccess.objects.order_by("-id").values_list("id", "entry_hash").first()
    is_checked = last is None or last[0] <= CHECKED_AT_ONCE or "check" in request.GET
    looks = DocumentAccess.objects.select_related("seller", "document")
    return list_page(
        request,
        table=Looks,
        filter=LookFilter,
        queryset=looks,
        title=_("Access log"),
        template="operator/document_audit.html",
        context={"chain": verify_chain() if is_checked else None, "last": last},
    )
