"""The legal representative: consent first, then name, number and expiry, shown masked ever after."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bantuo.apps.admission.queries import latest_application
from bantuo.apps.documents.operations import (
    ConsentMissing,
    IdentityCardExpired,
    IdentityNumberRefused,
    NameMissing,
    keep_legal_representative,
    record_consent,
    withdraw_consent,
)
from bantuo.apps.documents.queries import legal_representative
from bantuo.interfaces.seller.paper_cards import locked_words, may_remove, paper_card
from bantuo.interfaces.seller.paper_forms import RepresentativeForm
from bantuo.interfaces.web import consent as agreed
from bantuo.interfaces.web.access import Role, access
from bantuo.interfaces.web.papers import client_address, store, vault
from bantuo.interfaces.web.programme import programme_now
from bantuo.interfaces.web.requests import SellerRequest
from bantuo.interfaces.web.templatetags.ui import day

OWNER = {Role.SELLER_OWNER}
_PHOTOS = "DOC-2"


@access(view=OWNER, act=OWNER)
def representative(request: SellerRequest) -> HttpResponse:
    """The consent, or, once it is recorded, the form for the identity with what is kept, masked."""
    form = RepresentativeForm(request.POST) if request.method == "POST" else RepresentativeForm()
    if request.method == "POST" and form.is_valid():
        _keep(request, form)
        if not form.errors:
            messages.success(request, _("Kept, encrypted. From now on it is shown masked."))
            return redirect("seller:representative")
    return _show(request, form, status=422 if form.errors else 200)


def _show(request: SellerRequest, form: RepresentativeForm, *, status: int) -> HttpResponse:
    programme, application = programme_now(), latest_application(request.seller.pk)
    held = legal_representative(request.seller.pk)
    return render(
        request,
        "seller/document_representative.html",
        {
            "held": held,
            "form": form,
            "paragraphs": agreed.PARAGRAPHS,
            "version": agreed.VERSION,
            "photos": paper_card(request.seller.pk, _PHOTOS, programme) if held else None,
            "is_expired": bool(held and held.expires_on and held.expires_on < programme.on),
            "locked": locked_words(application),
            "may_withdraw": held is not None and may_remove(application),
        },
        status=status,
    )


def _keep(request: SellerRequest, form: RepresentativeForm) -> None:
    """Keep the identity, or leave on the form why not."""
    told = form.cleaned_data
    if locked := locked_words(latest_application(request.seller.pk)):
        form.add_error(None, locked)
        return
    try:
        keep_legal_representative(
            request.seller.pk,
            name=told["name"],
            number=told["number"],
            expires_on=told["expires_on"],
            vault=vault(),
            now=programme_now().now,
            actor=request.user.actor,
            address=client_address(request),
        )
    except ConsentMissing:
        form.add_error(None, _("Consent comes first: read it and agree, then enter the identity again."))
    except NameMissing:
        form.add_error("name", _("Enter the name as on the card."))
    except IdentityNumberRefused:
        form.add_error(
            "number", _("This is not a sound identity number: check every digit against the card.")
        )
    except IdentityCardExpired as expired:
        told_day = _("The card ran out on %(day)s: a valid card is needed.") % {
            "day": day(expired.expires_on)
        }
        form.add_error("expires_on", told_day)


@access(view=OWNER, act=OWNER)
@require_POST
def consent(request: SellerRequest) -> HttpResponse:
    """Record that the consent was read and agreed to."""
    if request.POST.get("agreed") != "yes" or request.POST.get("version") != agreed.VERSION:
        messages.error(request, _("Tick that you agree first. Nothing was recorded."))
        return redirect("seller:representative")
    record_consent(
        request.seller.pk,
        version=agreed.VERSION,
        text_sha256=agreed.TEXT_SHA256,
        now=programme_now().now,
        actor=request.user.actor,
        address=client_address(request),
    )
    messages.success(request, _("Consent recorded. Now enter the identity."))
    return redirect("seller:representative")


@access(view=OWNER, act=OWNER)
@require_POST
def withdraw(request: SellerRequest) -> HttpResponse:
    """Take consent back: identity and photographs are destroyed."""
    if not may_remove(latest_application(request.seller.pk)):
        told = _(
            "While the application is decided or you take part, identity data is needed: withdraw it first."
        )
        messages.error(request, told)
        return redirect("seller:representative")
    destroyed = withdraw_consent(
        request.seller.pk,
        store=store(),
        now=programme_now().now,
        actor=request.user.actor,
        address=client_address(request),
    )
    messages.success(
        request,
        _("Consent withdrawn. The identity and %(count)s photographs were destroyed.") % {"count": destroyed},
    )
    return redirect("seller:representative")
