"""Forms of the designated warehouses: degrees are typed as people know them and kept in millionths."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.apps.parties.divisions import division_label, division_place, divisions
from bantuo.apps.parties.models import Warehouse
from bantuo.apps.parties.operations import NewWarehouse, WarehouseChanges, WarehouseRefused
from bantuo.apps.parties.operations.warehouses import SUPERVISION_CODES
from bantuo.interfaces.web.words import choices

_E6 = 1_000_000
# Which field of the form shows what the operation calls by another name.
_SHOWN_AS = {"latitude_e6": "latitude", "longitude_e6": "longitude"}


class WarehouseForm(forms.Form):
    """What an operator may say about a warehouse."""

    name_zh = forms.CharField(label=gettext_lazy("Chinese name"), max_length=80)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=80)
    supervision_code = forms.ChoiceField(
        label=gettext_lazy("Supervision code"), choices=[(code, code) for code in SUPERVISION_CODES]
    )
    parcels_per_day = forms.IntegerField(
        label=gettext_lazy("Parcels a day"), required=False, min_value=1, max_value=100_000_000,
        help_text=gettext_lazy("Empty: not stated."),
    )  # fmt: skip
    place_code = forms.CharField(
        label=gettext_lazy("Division code"), required=False, max_length=6,
        help_text=gettext_lazy("Six digits (GB/T 2260), for example 330782 for Yiwu."),
    )  # fmt: skip
    place = forms.CharField(
        label=gettext_lazy("Place"), required=False, max_length=200,
        help_text=gettext_lazy("As shown to sellers. Empty with a code: the name of the division."),
    )  # fmt: skip
    latitude = forms.DecimalField(
        label=gettext_lazy("Latitude"), required=False,
        min_value=-90, max_value=90, max_digits=8, decimal_places=6,
        help_text=gettext_lazy("Empty with a code: the middle of the division."),
    )  # fmt: skip
    longitude = forms.DecimalField(
        label=gettext_lazy("Longitude"),
        required=False,
        min_value=-180,
        max_value=180,
        max_digits=9,
        decimal_places=6,
    )

    @classmethod
    def of(cls, warehouse: Warehouse) -> WarehouseForm:
        """The form as the warehouse stands."""
        told = {name: getattr(warehouse, name) for name in cls.base_fields if hasattr(warehouse, name)}
        told["latitude"], told["longitude"] = (
            _degrees(warehouse.latitude_e6),
            _degrees(warehouse.longitude_e6),
        )
        return cls(initial=told)

    def clean_place_code(self) -> str | None:
        code = str(self.cleaned_data["place_code"]).strip()
        if code and code not in divisions():
            raise forms.ValidationError(_("No prefecture or county has this code."))
        return code or None

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if (told.get("latitude") is None) is not (told.get("longitude") is None) and not self.errors:
            self.add_error("longitude", _("Give both degrees, or none."))
        return told

    def changes(self) -> WarehouseChanges:
        """What was typed, with the division's own name and middle where nothing was."""
        return WarehouseChanges(**self._described())

    def _described(self) -> dict[str, Any]:
        told = self.cleaned_data
        code, middle = told["place_code"], division_place(told["place_code"])
        typed = told["latitude"] is not None
        return {
            "name_zh": told["name_zh"],
            "name_en": told["name_en"],
            "supervision_code": told["supervision_code"],
            "place": told["place"] or division_label(code),
            "place_code": code,
            "latitude_e6": int(told["latitude"] * _E6) if typed else middle.latitude_e6 if middle else None,
            "longitude_e6": int(told["longitude"] * _E6)
            if typed
            else middle.longitude_e6
            if middle
            else None,
            "parcels_per_day": told["parcels_per_day"],
        }

    def refuse(self, refused: WarehouseRefused, words: str) -> None:
        """Show a refusal of the operation at the field it names."""
        name = _SHOWN_AS.get(refused.field, refused.field)
        self.add_error(name if name in self.fields else None, words)


class NewWarehouseForm(WarehouseForm):
    """A warehouse to open: its code and kind never change afterwards."""

    code = forms.RegexField(
        r"[A-Z0-9][A-Z0-9-]{1,30}", label=gettext_lazy("Code"),
        help_text=gettext_lazy("Capital letters, digits and hyphens; never changes."),
        error_messages={"invalid": gettext_lazy("2 to 31 capital letters, digits and hyphens.")},
    )  # fmt: skip
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=lambda: choices("warehouse_kind"))
    opened_on = forms.DateField(
        label=gettext_lazy("Open from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    field_order = ("code", "kind", "opened_on")

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        if Warehouse.objects.filter(code=code).exists():
            raise forms.ValidationError(_("A warehouse has this code already."))
        return code

    def new_warehouse(self) -> NewWarehouse:
        """The warehouse as typed."""
        told = self.cleaned_data
        return NewWarehouse(
            code=told["code"], kind=told["kind"], opened_on=told["opened_on"], **self._described()
        )


class CloseForm(forms.Form):
    """From which day a warehouse is closed."""

    closed_on = forms.DateField(
        label=gettext_lazy("Closed from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def _degrees(value_e6: int | None) -> Decimal | None:
    return None if value_e6 is None else Decimal(value_e6) / _E6
