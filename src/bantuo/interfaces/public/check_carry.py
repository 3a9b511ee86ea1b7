"""Apply with the answers of the check: kept in the session by consent, put into the draft once signed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from bantuo.apps.accounts.models import Role
from bantuo.apps.admission.operations.drafts import SectionUnreadable, StillOpen, save_section, start_draft
from bantuo.apps.admission.sections import SECTIONS, reusable_profile, section_values
from bantuo.interfaces.public.check import open_state
from bantuo.interfaces.public.check_forms import SAMPLE
from bantuo.interfaces.web.access import access, public
from bantuo.interfaces.web.context import Banner, banner_source
from bantuo.interfaces.web.programme import programme_now
from bantuo.interfaces.web.requests import SellerRequest

KEPT = "check_answers"
_APPLYING = (Role.SELLER_OWNER, Role.SELLER_LISTING)


@public
@require_POST
def keep_for_application(request: HttpRequest) -> HttpResponse:
    """Keep the answers until the visitor has an account, if they say so, and go on there."""
    profile = open_state(request.POST.get("state", ""))
    if profile is None or request.POST.get("consent") != "yes":
        messages.error(request, _("The answers were not kept: tick that you agree, and try again."))
        return redirect("public:check")
    request.session[KEPT] = _carried(profile)
    if getattr(request, "seller", None) is not None:
        return redirect("public:check_carry")
    return redirect(f"{reverse('account_signup')}?next={reverse('public:check_carry')}")


def _carried(profile: Mapping[str, Any]) -> dict[str, Any]:
    """What an application begins with: no papers, no measurement, no product that only stood for others."""
    kept = reusable_profile(profile)
    products = [product for product in kept.get("products", ()) if product["sku"] != SAMPLE]
    return {**kept, "products": products} if products else {k: v for k, v in kept.items() if k != "products"}


@access(view=_APPLYING, act=_APPLYING)
@require_http_methods(["GET", "HEAD", "POST"])
def carry(request: SellerRequest) -> HttpResponse:
    """Put the kept answers into the seller's application, section by section."""
    profile = request.session.get(KEPT)
    if profile is None:
        return redirect("seller:application")
    if request.method != "POST":
        held = [name for name in SECTIONS if section_values(profile, name)]
        return render(request, "public/check_carry.html", {"sections": [_SECTIONS[name] for name in held]})
    if request.POST.get("answer") == "drop":
        messages.success(request, _("The answers of the check were deleted."))
    else:
        _put_into_draft(request, profile)
    del request.session[KEPT]
    return redirect("seller:application")


def _put_into_draft(request: SellerRequest, profile: Mapping[str, Any]) -> None:
    now, actor = programme_now().now, request.user.actor
    try:
        draft = start_draft(request.seller.pk, now=now, actor=actor)
        for section in SECTIONS:
            values = section_values(profile, section)
            if values:
                save_section(draft.pk, section, values, revision=None, now=now, actor=actor)
    except StillOpen:
        messages.error(request, _("Your application is handed in already: the answers were not put into it."))
    except SectionUnreadable:
        messages.error(request, _("Some answers no longer fit the application: please enter them there."))
    else:
        messages.success(request, _("Your answers stand in the application. Please look them through."))


@banner_source
def kept_answers(request: HttpRequest) -> Iterable[Banner]:
    """Reminds a seller who has just signed up that their answers wait."""
    if getattr(request, "seller", None) is not None and KEPT in request.session:
        yield Banner(
            gettext_lazy("Your answers of the check are kept for your application."),
            reverse("public:check_carry"),
            gettext_lazy("Put them in"),
            "info",
        )


_SECTIONS = {
    "company": gettext_lazy("Company"),
    "account": gettext_lazy("Bank account"),
    "statements": gettext_lazy("Bank statements"),
    "brand": gettext_lazy("Brand"),
    "categories": gettext_lazy("Categories"),
    "products": gettext_lazy("Products"),
    "epr": gettext_lazy("EPR numbers"),
    "size_charts": gettext_lazy("Size charts"),
    "erp": gettext_lazy("ERP"),
    "metrics": gettext_lazy("Shop figures"),
}
