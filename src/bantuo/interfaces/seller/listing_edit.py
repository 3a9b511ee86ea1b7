"""List a product, change it, add SKUs to it, change and delist them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bantuo.apps.catalog.models import ListingRequest, Product, Sku
from bantuo.apps.catalog.operations import ListingResult, NewSku, list_skus
from bantuo.apps.catalog.operations.snapshots import row_of, snapshot
from bantuo.apps.catalog.queries import listing_defaults
from bantuo.interfaces.seller.application import WRITERS
from bantuo.interfaces.seller.categories import admission_list
from bantuo.interfaces.seller.listing_forms import AttributesForm, ProductForm, SkuForm
from bantuo.interfaces.seller.listing_words import problem_words
from bantuo.interfaces.seller.listings import tab_context
from bantuo.interfaces.web.access import SELLER_ROLES, access
from bantuo.interfaces.web.programme import programme_of
from bantuo.interfaces.web.requests import SellerRequest

_NEW_PRODUCT: dict[str, Any] = {"size_chart": None, "attributes_required": 0, "attributes_missing": 0}


@access(view=SELLER_ROLES, act=WRITERS)
def create(request: SellerRequest) -> HttpResponse:
    """A product with its first SKU."""
    label, photo_qc = listing_defaults(request.seller.pk)
    services = {"label": label, "photo_qc": photo_qc, "semi_managed": True}
    category = request.POST.get("category", "")
    product = ProductForm(request.POST or None)
    sku = SkuForm(request.POST or None, initial=services)
    attributes = AttributesForm(category, request.POST or None)
    if request.method == "POST" and product.is_valid() and sku.is_valid() and attributes.is_valid():
        told = _NEW_PRODUCT | product.product() | sku.sku() | {"attributes": attributes.attributes()}
        told["product_code"] = told["product_code"] or told["sku_code"]
        if Sku.objects.filter(seller=request.seller, code=told["sku_code"]).exists():
            sku.add_error("sku_code", _("There is a SKU with this code already; open it to change it."))
        elif _list(request, told, product, sku, attributes):
            return redirect("seller:listing_product", Product.objects.get(
                seller=request.seller, code=told["product_code"]
            ).pk)  # fmt: skip
    return _show(request, {"product": product, "sku": sku, "attributes": attributes})


@access(view=SELLER_ROLES, act=WRITERS)
def edit_product(request: SellerRequest, pk: int) -> HttpResponse:
    """What the SKUs of a product share; a SKU on sale carries the change to the catalogue."""
    product = get_object_or_404(Product, pk=pk, seller=request.seller)
    sku = product.skus.filter(delisted_at__isnull=True).select_related("product").order_by("id").first()
    initial = {name: getattr(product, name) for name in ProductForm.base_fields if name != "product_code"}
    initial["product_code"] = product.code
    data = {**request.POST.dict(), "product_code": product.code} if request.method == "POST" else None
    form = ProductForm(data, initial=initial)
    form.fields["product_code"].widget.attrs["readonly"] = True
    form.fields["fully_managed"].disabled = True
    category = request.POST.get("category", product.category)
    attributes = AttributesForm(category, request.POST or None, initial=product.attributes)
    if data is not None and sku is not None and form.is_valid() and attributes.is_valid():
        told = snapshot(sku) | form.product() | {"attributes": attributes.attributes()}
        if _list(request, told, form, attributes):
            return redirect("seller:listing_product", product.pk)
    forms_ = {"product": form, "attributes": attributes}
    return _show(request, forms_, held=product, may_save=sku is not None)


@access(view=SELLER_ROLES, act=WRITERS)
def add_sku(request: SellerRequest, pk: int) -> HttpResponse:
    """One more SKU of a product."""
    product = get_object_or_404(Product, pk=pk, seller=request.seller)
    like = product.skus.select_related("product").order_by("-id").first()
    initial = _sku_initial(like) | {"sku_code": ""} if like else {}
    form = SkuForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and like is not None:
        told = snapshot(like) | form.sku()
        if Sku.objects.filter(seller=request.seller, code=told["sku_code"]).exists():
            form.add_error("sku_code", _("There is a SKU with this code already; open it to change it."))
        elif _list(request, told, form):
            return redirect("seller:listing_product", product.pk)
    return _show(request, {"sku": form}, held=product)


@access(view=SELLER_ROLES, act=WRITERS)
def edit_sku(request: SellerRequest, pk: int) -> HttpResponse:
    """One SKU; saving one that is off sale puts it on sale again."""
    sku = get_object_or_404(Sku.objects.select_related("product"), pk=pk, seller=request.seller)
    data = {**request.POST.dict(), "sku_code": sku.code} if request.method == "POST" else None
    form = SkuForm(data, initial=_sku_initial(sku))
    form.fields["sku_code"].widget.attrs["readonly"] = True
    if data is not None and form.is_valid() and _list(request, snapshot(sku) | form.sku(), form):
        return redirect("seller:listing_product", sku.product_id)
    return _show(request, {"sku": form}, held=sku.product, held_sku=sku)


@access(view=SELLER_ROLES)
@require_safe
def category_attributes(request: SellerRequest) -> HttpResponse:
    """The fields that a category asks for, put in place when the category changes."""
    form = AttributesForm(request.GET.get("category", ""), initial=_typed(request))
    return render(request, "seller/listings/attributes.html", {"attributes": form})


def _typed(request: SellerRequest) -> dict[str, str]:
    """What was typed into attributes already stays where the new category has them too."""
    return {
        name.removeprefix("attr-"): str(text) for name, text in request.GET.items() if name[:5] == "attr-"
    }


def _sku_initial(sku: Sku) -> dict[str, Any]:
    names = [name for name in SkuForm.base_fields if name not in ("sku_code", "size")]
    told = {name: getattr(sku, name) for name in names}
    return told | {"sku_code": sku.code, "size": (sku.length_mm, sku.width_mm, sku.height_mm)}


def _list(request: SellerRequest, told: Mapping[str, Any], *forms_: forms.Form) -> bool:
    """List one row; what the catalogue refuses is said at the field it concerns."""
    programme = programme_of(request)
    row: NewSku = row_of(told, row=1, seller_id=request.seller.pk, sku_code=told["sku_code"])
    before = ListingRequest.objects.filter(seller=request.seller, state="open").count()
    done: ListingResult = list_skus(
        [row], book=programme.book, on=programme.on, now=programme.now, actor=request.user.actor
    )
    for refused in done.refused:
        _place(forms_, refused.field, problem_words(refused._asdict()))
    if done.refused:
        return False
    messages.success(request, _("%(sku)s is saved.") % {"sku": row.sku_code})
    if done.alerts:
        messages.warning(
            request, _("The exclusive price is above its share of the ordinary price: see the price alerts.")
        )
    if ListingRequest.objects.filter(seller=request.seller, state="open").count() > before:
        messages.info(
            request,
            _("The new main image or video waits for the operator's consent; the old one stays until then."),
        )
    return True


def _place(forms_: tuple[forms.Form, ...], name: str, told: str) -> None:
    short = name.removeprefix("attributes.")
    name = {"length_mm": "size", "width_mm": "size", "height_mm": "size", "main_image": "images"}.get(
        short, short
    )
    for form in forms_:
        if name in form.fields:
            form.add_error(name, told)
            return
    forms_[0].add_error(None, told)


def _show(
    request: SellerRequest,
    forms_: Mapping[str, forms.Form],
    *,
    held: Product | None = None,
    held_sku: Sku | None = None,
    may_save: bool = True,
) -> HttpResponse:
    faulty = request.method == "POST"
    context = {
        **tab_context(request, "skus"),
        **forms_,
        "forms": forms_,
        "held": held,
        "held_sku": held_sku,
        "may_save": may_save,
        "categories": admission_list(programme_of(request).on) if "product" in forms_ else (),
    }
    return render(request, "seller/listings/edit.html", context, status=422 if faulty else 200)
