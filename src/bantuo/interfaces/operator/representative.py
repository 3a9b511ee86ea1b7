"""The legal representative of a seller, masked; in clear for one look, with a reason."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from bantuo.apps.documents.models import DocumentAccess
from bantuo.apps.documents.operations import (
    RepresentativeUnknown,
    Revealed,
    reveal_legal_representative,
)
from bantuo.apps.documents.queries import current_documents, legal_representative
from bantuo.apps.parties.models import Seller
from bantuo.interfaces.operator.document_forms import ReasonForm
from bantuo.interfaces.web.access import Role, access
from bantuo.interfaces.web.paper_words import looks_of, subject_words
from bantuo.interfaces.web.papers import client_address, vault
from bantuo.interfaces.web.programme import programme_now
from bantuo.interfaces.web.requests import UserRequest

READERS = {Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR}
REVIEWERS = {Role.REVIEWER}
_PHOTOS = "DOC-2"


@access(view=READERS, act=REVIEWERS)
def representative(request: UserRequest, seller_id: int) -> HttpResponse:
    """Consent and masked identity; a POST with a reason shows it in clear once and logs it."""
    seller = get_object_or_404(Seller, pk=seller_id)
    form, revealed, status = ReasonForm(), None, 200
    if request.method == "POST":
        form = ReasonForm(request.POST)
        revealed = _reveal(request, seller, form) if form.is_valid() else None
        status = 422 if form.errors else 200
    return render(
        request,
        "operator/document_representative.html",
        {
            "seller": seller,
            "held": legal_representative(seller.pk),
            "revealed": revealed,
            "form": form if REVIEWERS.intersection(request.user.roles) else None,
            "photos": [
                (paper.pk, subject_words(paper.kind, paper.subject))
                for paper in current_documents(seller.pk)
                if paper.kind == _PHOTOS
            ],
            "today": programme_now().on,
            "looks": looks_of(
                DocumentAccess.objects.filter(seller=seller, document__isnull=True).order_by("-id")[:50]
            ),
        },
        status=status,
    )


def _reveal(request: UserRequest, seller: Seller, form: ReasonForm) -> Revealed | None:
    if not REVIEWERS.intersection(request.user.roles):
        raise PermissionDenied
    try:
        return reveal_legal_representative(
            seller.pk,
            reason=form.cleaned_data["reason"],
            vault=vault(),
            now=programme_now().now,
            actor=request.user.actor,
            address=client_address(request),
        )
    except RepresentativeUnknown:
        form.add_error(None, _("Nothing is kept of this seller's legal representative."))
        return None
