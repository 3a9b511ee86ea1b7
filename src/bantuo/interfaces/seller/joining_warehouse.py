"""The warehouse: compared by distance and fee, bound with an evidenced road distance, changed with notice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bantuo.apps.admission.joining_queries import (
    WarehouseChoice,
    active_checklist,
    open_notice,
    warehouse_choices,
)
from bantuo.apps.admission.models import ApplicationState
from bantuo.apps.admission.operations.joining import bind_and_activate
from bantuo.apps.admission.operations.rebinding import give_binding_notice, withdraw_binding_notice
from bantuo.apps.admission.queries import latest_application
from bantuo.apps.documents.models import Document
from bantuo.apps.documents.operations import store_document
from bantuo.apps.parties.divisions import division_label, find_divisions
from bantuo.apps.parties.models import Warehouse
from bantuo.apps.parties.operations import NewBinding, set_ship_from
from bantuo.apps.parties.operations.bindings import DISTANCE_M_MAX
from bantuo.apps.parties.queries import binding_history, current_binding
from bantuo.channels.uploads import UploadRefused
from bantuo.interfaces.seller.joining_fees import compare_distances, example_order, quote_at
from bantuo.interfaces.web.access import SELLER_ROLES, Role, access
from bantuo.interfaces.web.joining_words import act_and_tell, warehouse_kind_rules
from bantuo.interfaces.web.papers import ACCEPT, client_address, refused_words, store, take_upload, vault
from bantuo.interfaces.web.programme import Programme, programme_now
from bantuo.interfaces.web.requests import SellerRequest

EVIDENCE_KIND = "distance"
PLACES_SHOWN = 12
_SERVED = frozenset({ApplicationState.ACTIVE, ApplicationState.SUSPENDED})


class DistanceForm(forms.Form):
    """The road distance with what proves it: a quote's reference, a paper, or both."""

    km = forms.DecimalField(
        label=gettext_lazy("Road distance in km"),
        min_value=0,
        max_value=DISTANCE_M_MAX // 1000,
        max_digits=5,
        decimal_places=1,
        help_text=gettext_lazy("From your ship-from place to the warehouse by road, with one decimal."),
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.1"}),
    )
    reference = forms.CharField(
        label=gettext_lazy("Reference of the road quote"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Number of the haulier's quote or name of the route planner and date."),
    )
    paper = forms.FileField(
        label=gettext_lazy("Evidence as a file"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPT}),
        help_text=gettext_lazy("The quote or a picture of the planned route."),
    )

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if not told.get("reference", "").strip() and not told.get("paper") and not self.errors:
            self.add_error("reference", _("A reference or a file is needed: the fee rests on evidence."))
        return told


@dataclass(frozen=True, slots=True)
class Asked:
    """A binding on its way: what the confirmation page was asked to confirm."""

    warehouse: Warehouse
    distance_m: int
    reference: str
    paper: Document | None

    @property
    def evidence(self) -> str:
        named = f"document:{self.paper.pk} ({self.paper.name})" if self.paper else ""
        return "; ".join(part for part in (self.reference, named) if part)


@access(view=SELLER_ROLES)
@require_safe
def warehouse(request: SellerRequest) -> HttpResponse:
    """The warehouses on a table with estimated distance, the present binding, and a change under way."""
    programme = programme_now()
    application = latest_application(request.seller.pk)
    state = application.state if application else None
    query = request.GET.get("q", "").strip()[:40]
    context = {
        "state": state,
        "choices": warehouse_choices(request.seller, book=programme.book, on=programme.on),
        "kinds": warehouse_kind_rules(programme.book, programme.on),
        "binding": current_binding(request.seller.pk),
        "history": binding_history(request.seller.pk),
        "notice": open_notice(request.seller.pk),
        "may_bind": state == ApplicationState.DEPOSIT_HELD or state in _SERVED,
        "is_served": state in _SERVED,
        "is_owner": Role.SELLER_OWNER in request.user.roles,
        "place": division_label(request.seller.ship_from_code),
        "query": query,
        "places": find_divisions(query, limit=PLACES_SHOWN),
        "line_m": programme.book.amount("FEE-5.distance", programme.on),
        "step_fee": programme.book.amount("FEE-5.step_fee", programme.on),
        "doubt_m": programme.book.amount("BND-2", programme.on),
        "checklist": active_checklist(request.seller.pk, book=programme.book, on=programme.on),
        "steps": {step: programme.book.rules[step].label for step in ("STEP-5", "STEP-6", "STEP-7")},
    }
    return render(request, "seller/warehouse.html", context)


@access(view=SELLER_ROLES)
@require_safe
def places(request: SellerRequest) -> HttpResponse:
    """Places whose name holds what is being typed."""
    query = request.GET.get("q", "").strip()[:40]
    found = find_divisions(query, limit=PLACES_SHOWN)
    return render(request, "seller/warehouse_places.html", {"places": found, "query": query})


@access(view={Role.SELLER_OWNER}, act={Role.SELLER_OWNER})
@require_POST
def ship_from(request: SellerRequest) -> HttpResponse:
    """Keep the place the goods leave from, for the estimates of distance."""
    act_and_tell(
        request,
        lambda: set_ship_from(
            request.seller.pk,
            code=request.POST.get("code", ""),
            now=programme_now().now,
            actor=request.user.actor,
        ),
        done=_("The ship-from place is kept. Distances are estimated from there."),
        nothing_new=_("The ship-from place is that already."),
    )
    return redirect("seller:warehouse")


@access(view={Role.SELLER_OWNER}, act={Role.SELLER_OWNER})
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: SellerRequest, pk: int) -> HttpResponse:
    """One warehouse: what its distance would cost, and the road distance with its evidence."""
    programme = programme_now()
    choice = _choice(request, pk, programme)
    posted = request.method == "POST"
    form = DistanceForm(request.POST, request.FILES) if posted else DistanceForm()
    if posted and form.is_valid():
        try:
            return redirect(_confirmation(request, choice.warehouse, form, programme))
        except UploadRefused as refused:
            form.add_error("paper", refused_words(refused))
    context = {
        "choice": choice,
        "form": form,
        "kind_rule": warehouse_kind_rules(programme.book, programme.on).get(choice.warehouse.kind),
        "example": example_order(),
        "comparison": compare_distances(programme.book, on=programme.on),
    }
    return render(request, "seller/warehouse_choose.html", context, status=422 if form.errors else 200)


def _choice(request: SellerRequest, pk: int, programme: Programme) -> WarehouseChoice:
    """A warehouse that takes sellers on the day; any other is not found."""
    for choice in warehouse_choices(request.seller, book=programme.book, on=programme.on):
        if choice.warehouse.pk == pk:
            return choice
    raise Http404("no such warehouse takes sellers today")


def _confirmation(
    request: SellerRequest, warehouse: Warehouse, form: DistanceForm, programme: Programme
) -> str:
    """Keep the evidence; the address of the page that asks to confirm."""
    told = form.cleaned_data
    asked = {"distance_m": int(told["km"] * 1000), "reference": told["reference"].strip()}
    if told.get("paper"):
        kept = store_document(
            take_upload(told["paper"], programme=programme),
            seller_id=request.seller.pk,
            kind=EVIDENCE_KIND,
            subject=warehouse.code,
            vault=vault(),
            store=store(),
            now=programme.now,
            actor=request.user.actor,
            address=client_address(request),
        )
        asked["paper"] = kept.pk
    return f"{reverse('seller:warehouse_confirm', args=[warehouse.pk])}?{urlencode(asked)}"


@access(view={Role.SELLER_OWNER}, act={Role.SELLER_OWNER})
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: SellerRequest, pk: int) -> HttpResponse:
    """What the binding means, from when and at which fees; confirming it binds, or gives notice."""
    programme = programme_now()
    application = latest_application(request.seller.pk)
    state = application.state if application else None
    asked = _asked(request, pk, programme)
    if request.method == "POST":
        done = (
            _give_notice(request, asked, programme) if state in _SERVED else _bind(request, asked, programme)
        )
        return redirect("seller:warehouse") if done else redirect("seller:warehouse_choose", pk)
    days = int(programme.book.amount("BND-1", programme.on)) if state in _SERVED else 0
    line_m = programme.book.amount("FEE-5.distance", programme.on)
    context = {
        "asked": asked,
        "is_notice": state in _SERVED,
        "effective_on": programme.on + timedelta(days=days),
        "line_m": line_m,
        "is_beyond": asked.distance_m > line_m,
        **_fees(request, asked, programme),
    }
    return render(request, "seller/warehouse_confirm.html", context)


def _fees(request: SellerRequest, asked: Asked, programme: Programme) -> dict[str, Any]:
    """The example's fees at the distance asked for, beside those of the present binding if there is one."""
    bound = current_binding(request.seller.pk)
    after = quote_at(programme.book, on=programme.on, distance_m=asked.distance_m)
    before = quote_at(programme.book, on=programme.on, distance_m=bound.distance_m) if bound else None
    earlier = before.lines if before else after.lines
    lines = [(one, was.fen) for one, was in zip(after.lines, earlier, strict=True) if one.fen or was.fen]
    return {"after": after, "before": before, "lines": lines, "example": example_order()}


def _asked(request: SellerRequest, pk: int, programme: Programme) -> Asked:
    """What stands in the address; anything unreadable, or another seller's paper, is not found."""
    told = request.POST if request.method == "POST" else request.GET
    choice = _choice(request, pk, programme)
    distance, paper = told.get("distance_m", ""), told.get("paper", "")
    if not (distance.isascii() and distance.isdigit()) or int(distance[:12]) > DISTANCE_M_MAX:
        raise Http404("no distance")
    kept = _paper(request, paper) if paper else None
    reference = told.get("reference", "").strip()[:120]
    if not reference and kept is None:
        raise Http404("no evidence")
    return Asked(choice.warehouse, int(distance), reference, kept)


def _paper(request: SellerRequest, paper: str) -> Document:
    if not (paper.isascii() and paper.isdigit() and len(paper) < 19):
        raise Http404("no such paper")
    return get_object_or_404(Document, pk=int(paper), seller=request.seller, kind=EVIDENCE_KIND)


def _bind(request: SellerRequest, asked: Asked, programme: Programme) -> bool:
    binding = (request.seller.pk, asked.warehouse.pk, asked.distance_m, asked.evidence)
    return act_and_tell(
        request,
        lambda: bind_and_activate([binding], on=programme.on, now=programme.now, actor=request.user.actor),
        done=_("The warehouse is bound, and you are active from today."),
        nothing_new=_("You are active already."),
    )


def _give_notice(request: SellerRequest, asked: Asked, programme: Programme) -> bool:
    wanted = NewBinding(request.seller.pk, asked.warehouse.pk, asked.distance_m, asked.evidence)
    return act_and_tell(
        request,
        lambda: give_binding_notice(
            wanted, book=programme.book, on=programme.on, now=programme.now, actor=request.user.actor
        ),
        done=_("The change is announced. Until its day everything stays as it is."),
    )


@access(view={Role.SELLER_OWNER}, act={Role.SELLER_OWNER})
@require_POST
def withdraw(request: SellerRequest) -> HttpResponse:
    """Take an announced change back."""
    act_and_tell(
        request,
        lambda: withdraw_binding_notice(request.seller.pk, now=programme_now().now, actor=request.user.actor),
        done=_("The change is withdrawn."),
        nothing_new=_("No change is announced."),
    )
    return redirect("seller:warehouse")
