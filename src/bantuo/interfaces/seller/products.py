"""The products of an application: a table, one form per product, and a sheet that brings many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from bantuo.apps.admission.operations.drafts import DraftClosed, SectionUnreadable, save_section
from bantuo.apps.admission.sections import section_revision, section_values
from bantuo.interfaces.seller.application import WRITERS, closed_answer, closed_words, overwritten_words
from bantuo.interfaces.seller.categories import admission_list
from bantuo.interfaces.seller.desk import Desk, open_desk
from bantuo.interfaces.seller.product_files import SheetUnusable, product_template, read_products
from bantuo.interfaces.seller.section_fields import (
    CountField,
    CountriesField,
    PlainField,
    SizeField,
    WeightField,
)
from bantuo.interfaces.web.access import SELLER_ROLES, access
from bantuo.interfaces.web.requests import SellerRequest

PAGE = 50
_SIDES = ("length_mm", "width_mm", "height_mm")


class ProductForm(forms.Form):
    """One product. The SKU is its key and stays; the rest may be left for later."""

    sku = PlainField(label=gettext_lazy("SKU"), max_length=100)
    title = forms.CharField(label=gettext_lazy("Title"), required=False, max_length=500)
    category = PlainField(
        label=gettext_lazy("Category"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("Type a part of the name or the code and choose."),
        widget=forms.TextInput(attrs={"list": "category-list", "autocomplete": "off"}),
    )
    sites = CountriesField(
        label=gettext_lazy("Countries sold to"),
        help_text=gettext_lazy("Two letters each, as in DE, FR, ES. DE and FR need EPR numbers."),
    )
    apparel = forms.BooleanField(label=gettext_lazy("Apparel (needs a size chart)"), required=False)
    electrical = forms.BooleanField(label=gettext_lazy("Electrical or electronic"), required=False)
    battery = forms.BooleanField(label=gettext_lazy("Contains a battery"), required=False)
    weight_g = WeightField(label=gettext_lazy("Weight in kg"))
    size = SizeField(label=gettext_lazy("Length × width × height in cm"))
    attributes_required = CountField(label=gettext_lazy("Attributes required by the category"))
    attributes_missing = CountField(label=gettext_lazy("Of these missing"))
    listed_times = CountField(
        label=gettext_lazy("Times listed"), help_text=gettext_lazy("How many listings carry this SKU.")
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        missing, required = cleaned.get("attributes_missing"), cleaned.get("attributes_required")
        if missing is not None and required is not None and missing > required:
            self.add_error("attributes_missing", _("No more can be missing than are required."))
        return cleaned

    def product(self) -> dict[str, Any]:
        """The product as the draft keeps it, without what was left empty."""
        told = dict(self.cleaned_data)
        del told["sku"]
        told |= dict(zip(_SIDES, told.pop("size") or (None,) * 3, strict=True))
        return {key: value for key, value in told.items() if value not in (None, "", [])}


def product_initial(sku: str, product: Mapping[str, Any]) -> dict[str, Any]:
    """A kept product as its form shows it."""
    sides = tuple(product[side] for side in _SIDES if side in product)
    return {**product, "sku": sku, "size": sides if len(sides) == len(_SIDES) else None}


@access(view=SELLER_ROLES)
@require_GET
def products(request: SellerRequest) -> HttpResponse:
    """The table of products with what each still lacks."""
    desk = open_desk(request.seller.pk)
    if desk is None:
        return redirect("seller:application")
    return render(request, "seller/section_products.html", products_context(request, desk))


def products_context(request: SellerRequest, desk: Desk) -> dict[str, Any]:
    """What the page of products shows; fifty rows at a time, so that a large sheet stays quick."""
    held = section_values(desk.profile, "products")
    words = request.GET.get("q", "").strip().casefold()
    rows = [
        {"sku": sku, **product}
        for sku, product in held.items()
        if words in f"{sku} {product.get('title', '')}".casefold()
    ]
    state = desk.state_of("products")
    return {
        "desk": desk,
        "section": state,
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "total": len(held),
        "q": request.GET.get("q", ""),
        "closed": "" if desk.is_editable else closed_words(desk.application.state),
        "previous": desk.state_of("categories"),
        "following": desk.state_of("epr"),
    }


@access(view=SELLER_ROLES, act=WRITERS)
def product(request: SellerRequest) -> HttpResponse:
    """One product: a new one, or the one named by `sku`."""
    desk = open_desk(request.seller.pk)
    if desk is None:
        return redirect("seller:application")
    held = section_values(desk.profile, "products")
    sku = request.GET.get("sku", "")
    if sku and sku not in held:
        raise Http404
    if request.method == "POST":
        return _save(request, desk, sku, held)
    form = ProductForm(initial=product_initial(sku, held[sku]) if sku else {})
    return _show(request, desk, sku, form)


def _show(
    request: SellerRequest, desk: Desk, sku: str, form: ProductForm, *, status: int = 200
) -> HttpResponse:
    if sku:
        form.fields["sku"].widget.attrs["readonly"] = True
    context = {
        "desk": desk,
        "sku": sku,
        "form": form,
        "revision": section_revision(desk.application.profile, "products", row=sku) if sku else "",
        "categories": admission_list(desk.programme.on),
        "closed": "" if desk.is_editable else closed_words(desk.application.state),
        "section": desk.state_of("products"),
    }
    return render(request, "seller/product.html", context, status=status)


def _save(request: SellerRequest, desk: Desk, sku: str, held: Mapping[str, Any]) -> HttpResponse:
    form = ProductForm({**request.POST.dict(), "sku": sku} if sku else request.POST)
    if not form.is_valid():
        return _show(request, desk, sku, form, status=422)
    key = form.cleaned_data["sku"]
    if not sku and key in held:
        form.add_error("sku", _("There is a product with this SKU already; open it to change it."))
        return _show(request, desk, sku, form, status=422)
    try:
        saved = save_section(
            desk.application.pk,
            "products",
            {key: form.product()},
            revision=request.POST.get("revision") or None,
            now=desk.programme.now,
            actor=request.user.actor,
        )
    except DraftClosed as closed:
        return closed_answer(request, closed)
    except SectionUnreadable as unreadable:
        for problem in unreadable.problems:
            form.add_error(None, f"{problem['path']}: {problem['value']}: {problem['rule']}")
        return _show(request, desk, sku, form, status=422)
    if saved.overwritten:
        told = overwritten_words(None, saved.overwritten)
        messages.warning(
            request, _("Another device had saved: %(values)s. It was replaced.") % {"values": told}
        )
    messages.success(request, _("Product %(sku)s is saved.") % {"sku": key})
    return redirect("seller:products")


@access(view=WRITERS, act=WRITERS)
@require_POST
def remove_product(request: SellerRequest) -> HttpResponse:
    """Take a product out, with its EPR numbers and size chart; one that is gone already is no mistake."""
    desk = open_desk(request.seller.pk)
    sku = request.POST.get("sku", "")
    if desk is not None and sku in section_values(desk.application.profile, "products"):
        try:
            save_section(
                desk.application.pk,
                "products",
                {sku: None},
                revision=None,
                now=desk.programme.now,
                actor=request.user.actor,
            )
        except DraftClosed as closed:
            return closed_answer(request, closed)
        messages.success(request, _("Product %(sku)s is taken out.") % {"sku": sku})
    return redirect("seller:products")


@access(view=WRITERS, act=WRITERS)
@require_POST
def import_products(request: SellerRequest) -> HttpResponse:
    """Bring many products in from XLSX, CSV or JSON; a row that cannot be read does not stop the others."""
    desk = open_desk(request.seller.pk)
    file = request.FILES.get("file")
    if desk is None or file is None:
        messages.error(request, _("Choose a file first."))
        return redirect("seller:products")
    try:
        sheet = read_products(file)
        if sheet.products:
            save_section(
                desk.application.pk,
                "products",
                sheet.products,
                revision=None,
                now=desk.programme.now,
                actor=request.user.actor,
            )
    except DraftClosed as closed:
        return closed_answer(request, closed)
    except SheetUnusable as unusable:
        messages.error(request, str(unusable))
        return redirect("seller:products")
    taken = len(sheet.products)
    told = ngettext("%(n)s product was taken in.", "%(n)s products were taken in.", taken) % {"n": taken}
    if not sheet.problems:
        messages.success(request, told)
        return redirect("seller:products")
    desk = open_desk(request.seller.pk) or desk
    context = products_context(request, desk) | {"problems": sheet.problems, "taken": told}
    return render(request, "seller/section_products.html", context, status=422)


@access(view=SELLER_ROLES)
@require_GET
def download_template(request: SellerRequest) -> HttpResponse:
    """An empty sheet with the columns and one example row."""
    response = HttpResponse(
        product_template(), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    response.headers["Content-Disposition"] = 'attachment; filename="products.xlsx"'
    return response
