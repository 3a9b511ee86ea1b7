"""The service agreement: read to its end, signed by name, signed anew when a version replaces it."""

from __future__ import annotations

from collections.abc import Iterator

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from bantuo.apps.admission.joining_queries import (
    agreement_in_force,
    agreements_outdated,
    signed_agreements,
)
from bantuo.apps.admission.models import Agreement, AgreementText, ApplicationState
from bantuo.apps.admission.operations.agreements import publish_starter_agreement, sign_current_agreement
from bantuo.apps.admission.operations.joining import MAY_SIGN_AGAIN
from bantuo.apps.admission.queries import latest_application
from bantuo.core.agreement import differences
from bantuo.interfaces.web.access import SELLER_ROLES, Role, access
from bantuo.interfaces.web.agreement_papers import (
    agreement_pdf,
    is_chinese,
    signed_text,
    text_in_reading_language,
)
from bantuo.interfaces.web.context import Banner, banner_source
from bantuo.interfaces.web.joining_words import act_and_tell
from bantuo.interfaces.web.papers import client_address
from bantuo.interfaces.web.programme import Programme, programme_now, programme_of
from bantuo.interfaces.web.requests import SellerRequest


class SignatureForm(forms.Form):
    """Who signs, and that the text was read to its end."""

    signed_by = forms.CharField(
        label=gettext_lazy("Your full name"),
        max_length=60,
        help_text=gettext_lazy(
            "As authorised signatory of the company; it is recorded with time and network address."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    read = forms.BooleanField(
        label=gettext_lazy("I have read the agreement to its end and agree to it on behalf of the company."),
        error_messages={"required": gettext_lazy("Read the text to its end, then tick this.")},
    )
    version = forms.CharField(widget=forms.HiddenInput)
    text_sha256 = forms.CharField(widget=forms.HiddenInput)


@banner_source
def outdated_agreement(request: HttpRequest) -> Iterator[Banner]:
    """A seller who signed an earlier version is told on every page until it signs the one in force."""
    seller = getattr(request, "seller", None)
    if seller is None:
        return
    text = agreements_outdated(seller.pk, on=programme_of(request).on)
    if text is not None:
        told = _("Version %(version)s of the service agreement is in force: please sign it.")
        yield Banner(told % {"version": text.version}, reverse("seller:agreement"), _("To the agreement"))


@access(view=SELLER_ROLES, act={Role.SELLER_OWNER})
@require_http_methods(["GET", "HEAD", "POST"])
def agreement(request: SellerRequest) -> HttpResponse:
    """The version in force with its signatures; an owner signs it here."""
    programme = programme_now()
    text = _text_in_force(programme)
    form = _form(request, text)
    if request.method == "POST" and form.is_valid():
        _sign(request, form, programme)
        return redirect("seller:agreement")
    other = request.GET.get("text") == "other"
    context = {
        "text": text,
        "paragraphs": text_in_reading_language(text, other=other),
        "is_other": other,
        "text_lang": "zh-Hans" if is_chinese() is not other else "en",
        "form": form,
        "address": client_address(request),
        "signed": signed_agreements(request.seller.pk),
        "earlier": _earlier(text),
        **_standing(request, text),
    }
    return render(request, "seller/agreement.html", context, status=422 if form.errors else 200)


def _text_in_force(programme: Programme) -> AgreementText:
    """The version of the day; before an operator published any, the one that ships with Bantuo."""
    held = agreement_in_force(programme.on)
    if held is not None:
        return held
    return publish_starter_agreement(
        book=programme.book, on=programme.on, now=programme.now, actor="system:web"
    )


def _form(request: SellerRequest, text: AgreementText) -> SignatureForm:
    if request.method == "POST":
        return SignatureForm(request.POST)
    told = {"version": text.version, "text_sha256": text.text_sha256, "signed_by": request.user.name}
    return SignatureForm(initial=told)


def _standing(request: SellerRequest, text: AgreementText) -> dict[str, object]:
    """Whether this version may be signed now, is signed already, or must wait for the approval."""
    application = latest_application(request.seller.pk)
    state = application.state if application else None
    mine = application.agreements.filter(version=text.version).first() if application else None
    may = state == ApplicationState.APPROVED or (state in MAY_SIGN_AGAIN and mine is None)
    return {
        "state": state,
        "mine": mine,
        "may_sign": may and text.effective_from <= programme_now().on,
        "is_owner": Role.SELLER_OWNER in request.user.roles,
        "is_again": state in MAY_SIGN_AGAIN,
    }


def _earlier(text: AgreementText) -> AgreementText | None:
    before = AgreementText.objects.filter(effective_from__lt=text.effective_from)
    return before.order_by("-effective_from").first()


def _sign(request: SellerRequest, form: SignatureForm, programme: Programme) -> bool:
    told = form.cleaned_data
    return act_and_tell(
        request,
        lambda: sign_current_agreement(
            request.seller.pk,
            version=told["version"],
            text_sha256=told["text_sha256"],
            signed_by=told["signed_by"],
            address=client_address(request),
            book=programme.book,
            on=programme.on,
            now=programme.now,
            actor=request.user.actor,
        ),
        done=_("The agreement is signed. A copy with your signature is below."),
        nothing_new=_("You have signed this version already."),
    )


@access(view=SELLER_ROLES)
@require_safe
def agreement_text(request: SellerRequest, pk: int) -> HttpResponse:
    """Any published version, and what it changed against the one before."""
    text = get_object_or_404(AgreementText, pk=pk)
    before = _earlier(text)
    old, new = (
        (before.text_zh if before else "", text.text_zh)
        if is_chinese()
        else (before.text_en if before else "", text.text_en)
    )
    context = {
        "text": text,
        "before": before,
        "paragraphs": text_in_reading_language(text),
        "changes": [d for d in differences(old, new) if d.kind != "same"] if before else [],
    }
    return render(request, "seller/agreement_text.html", context)


@access(view=SELLER_ROLES)
@require_safe
def signed_pdf(request: SellerRequest, pk: int) -> HttpResponse:
    """A PDF copy of what was signed."""
    signed = get_object_or_404(Agreement.objects.select_related("seller"), pk=pk, seller=request.seller)
    text = signed_text(signed)
    if text is None:
        raise Http404("no text of that version is kept here")
    return agreement_pdf(signed, text)
