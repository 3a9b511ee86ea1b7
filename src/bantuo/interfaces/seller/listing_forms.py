"""The forms of a listing: the product, one SKU, and the attributes that the category asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.core.listing_attributes import CHOICE, NUMBER, VALUE_MAX, Attribute
from bantuo.engine.attributes import category_attributes
from bantuo.interfaces.seller.section_fields import (
    CountriesField,
    PlainField,
    SizeField,
    WeightField,
    YuanField,
)
from bantuo.interfaces.web.templatetags.ui import tr

SIDES = ("length_mm", "width_mm", "height_mm")


class LinksField(forms.CharField):
    """Links, one in each line."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def clean(self, value: Any) -> Any:
        lines = super().clean(value).split()
        return tuple(dict.fromkeys(lines))

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value


class ProductForm(forms.Form):
    """What the buyer sees, shared by the SKUs of a product."""

    product_code = PlainField(
        label=gettext_lazy("Product code"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("Left empty it is the SKU code."),
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=500)
    category = PlainField(
        label=gettext_lazy("Category"),
        max_length=80,
        help_text=gettext_lazy("Type a part of the name or the code and choose."),
        widget=forms.TextInput(attrs={"list": "category-list", "autocomplete": "off"}),
    )
    images = LinksField(
        label=gettext_lazy("Pictures (links)"),
        required=False,
        help_text=gettext_lazy("One link in each line; the first is the main image."),
    )
    video = PlainField(label=gettext_lazy("Video (link)"), required=False, max_length=1_000)
    apparel = forms.BooleanField(label=gettext_lazy("Apparel (needs a size chart)"), required=False)
    fully_managed = forms.BooleanField(
        label=gettext_lazy("Under a fully managed contract"),
        required=False,
        help_text=gettext_lazy(
            "The platform then sets the price; a new main image needs the operator's consent."
        ),
    )

    def product(self) -> dict[str, Any]:
        """The fields of the product as the catalogue takes them."""
        return {name: self.cleaned_data[name] for name in self.fields}


class SkuForm(forms.Form):
    """What is sold: prices, weight and size, markets, customs and services."""

    sku_code = PlainField(label=gettext_lazy("SKU"), max_length=100)
    ordinary_fen = YuanField(label=gettext_lazy("Ordinary price in yuan"))
    exclusive_fen = YuanField(label=gettext_lazy("Exclusive price in yuan"))
    semi_managed = forms.BooleanField(label=gettext_lazy("Semi-managed"), required=False, initial=True)
    weight_g = WeightField(label=gettext_lazy("Weight in kg"))
    size = SizeField(label=gettext_lazy("Length × width × height in cm"))
    markets = CountriesField(
        label=gettext_lazy("Countries sold to"), help_text=gettext_lazy("Two letters each, as in DE, FR, ES.")
    )
    hs_code = PlainField(label=gettext_lazy("HS code"), required=False, max_length=20)
    customs_name = forms.CharField(label=gettext_lazy("Customs name"), required=False, max_length=200)
    item_code = PlainField(
        label=gettext_lazy("Item code"),
        required=False,
        max_length=100,
        help_text=gettext_lazy(
            "The goods behind it: the same code in several listings counts as one thing listed several times."
        ),
    )
    label = forms.BooleanField(label=gettext_lazy("Labelling"), required=False)
    photo_qc = forms.BooleanField(label=gettext_lazy("Photo quality check"), required=False)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if told.get("ordinary_fen") is None and "ordinary_fen" not in self.errors:
            self.add_error("ordinary_fen", _("An amount is needed."))
        return told

    def sku(self) -> dict[str, Any]:
        """The fields of the SKU as the catalogue takes them; what is left empty is None."""
        told = dict(self.cleaned_data)
        told |= dict(zip(SIDES, told.pop("size") or (None,) * 3, strict=True))
        return told | {"markets": tuple(told["markets"])}


class AttributesForm(forms.Form):
    """The attributes of a category, as its sheet asks for them; a required one may still be left open."""

    prefix = "attr"

    def __init__(self, category: str, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.asked: Sequence[Attribute] = category_attributes(category) if category else ()
        for attribute in self.asked:
            self.fields[attribute.name] = _attribute_field(attribute)

    def attributes(self) -> dict[str, str]:
        """What was given, by name."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value}


def _attribute_field(attribute: Attribute) -> forms.Field:
    label = tr(attribute.label)
    told: Mapping[str, Any] = {
        "label": f"{label} *" if attribute.is_required else label,
        "required": False,
    }
    if attribute.kind == CHOICE:
        empty = ("", _("not stated"))
        return forms.ChoiceField(choices=[empty, *((c, c) for c in attribute.choices)], **told)
    mode = {"inputmode": "decimal"} if attribute.kind == NUMBER else {}
    return forms.CharField(max_length=VALUE_MAX, widget=forms.TextInput(attrs=mode), **told)
