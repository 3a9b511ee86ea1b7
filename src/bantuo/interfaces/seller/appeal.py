"""An appeal against a refusal: the reason, the evidence, and the answer of a second reviewer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.apps.admission.operations.appeals import KIND, REFUSED, open_appeal
from bantuo.apps.admission.operations.transitions import IllegalTransition
from bantuo.apps.admission.queries import latest_application, seller_appeals
from bantuo.apps.documents.operations import store_document
from bantuo.channels.uploads import UploadRefused
from bantuo.interfaces.web.access import SELLER_ROLES, Role, access
from bantuo.interfaces.web.papers import client_address, refused_words, store, take_upload, vault
from bantuo.interfaces.web.programme import programme_now
from bantuo.interfaces.web.requests import SellerRequest
from bantuo.interfaces.web.words import BAD, INFO, OK, Word, add_words

FILES_MAX = 10

add_words(
    "appeal",
    {
        "open": Word(gettext_lazy("waiting for an answer"), INFO),
        "upheld": Word(gettext_lazy("upheld"), OK),
        "dismissed": Word(gettext_lazy("dismissed"), BAD),
    },
)


class AppealForm(forms.Form):
    """What the seller says; the files come beside it."""

    reason = forms.CharField(
        label=gettext_lazy("Why the refusal is wrong"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("Name the gate or the paper, and what speaks against the refusal."),
    )


@access(view=SELLER_ROLES, act={Role.SELLER_OWNER})
def appeal(request: SellerRequest) -> HttpResponse:
    """The appeals of the seller, and the form while the last application stands refused."""
    if request.method != "POST":
        return _show(request, AppealForm())
    form = AppealForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    try:
        documents = _keep_evidence(request)
        open_appeal(
            request.seller.pk,
            reason=form.cleaned_data["reason"],
            document_ids=documents,
            now=programme_now().now,
            actor=request.user.actor,
        )
    except UploadRefused as refused:
        form.add_error(None, refused_words(refused))
        return _show(request, form, status=422)
    except IllegalTransition:
        messages.error(request, _("Only an application that stands refused can be appealed."))
        return redirect("seller:appeal")
    messages.success(request, _("The appeal is with a second reviewer. Nobody who refused decides it."))
    return redirect("seller:appeal")


def _keep_evidence(request: SellerRequest) -> list[int]:
    """The files as papers of the seller; all are inspected before the first is kept."""
    files = request.FILES.getlist("evidence")[:FILES_MAX]
    uploads = [take_upload(file) for file in files]
    now = programme_now().now
    return [
        store_document(
            upload,
            seller_id=request.seller.pk,
            kind=KIND,
            vault=vault(),
            store=store(),
            now=now,
            actor=request.user.actor,
            address=client_address(request),
        ).pk
        for upload in uploads
    ]


def _show(request: SellerRequest, form: AppealForm, *, status: int = 200) -> HttpResponse:
    application = latest_application(request.seller.pk)
    context: dict[str, Any] = {
        "form": form,
        "application": application,
        "may_appeal": application is not None and application.state in REFUSED,
        "appeals": [
            {
                "appeal": held,
                "state": "open" if held.decided_at is None else "upheld" if held.upheld else "dismissed",
            }
            for held in seller_appeals(request.seller.pk)
        ],
        "files_max": FILES_MAX,
    }
    return render(request, "seller/appeal.html", context, status=status)
