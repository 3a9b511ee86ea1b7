"""The forms of the flat sections: each field is one key of the section, and names the gates it serves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from bantuo.core.identifiers import Checked, check_basic_account, check_uscc
from bantuo.interfaces.seller.section_fields import (
    CountField,
    DayField,
    PlainField,
    ScoreField,
    ShareField,
    YesNoField,
    YuanField,
)

_AREA = forms.Textarea(attrs={"rows": 3})


class SectionForm(forms.Form):
    """One section. What cannot be read is told beside its field and costs no other field its value."""

    rules: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    @classmethod
    def opened(cls, values: Mapping[str, Any], **kwargs: Any) -> SectionForm:
        """The form as it shows what the section holds."""
        return cls(initial=cls.initial_of(values), **kwargs)

    @classmethod
    def initial_of(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        return dict(values)

    def values(self) -> dict[str, Any]:
        """What was read, by key of the section; an emptied field takes its key out."""
        self.is_valid()
        return {name: self.cleaned_data[name] or _zero(self.cleaned_data[name]) for name in self.cleaned_data}

    def remarks(self, values: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
        """What is worth saying about saved values at once: tone and text, by field."""
        return {}


def _zero(value: Any) -> Any:
    """0 and False are answers; an empty text or list is none."""
    return value if value is not None and not isinstance(value, str | list | tuple | dict) else None


class CompanyForm(SectionForm):
    rules = {
        "uscc": ("DOC-1",),
        "registered_on": ("ELG-5",),
        "business_scope": ("ELG-13",),
        "operating_address": ("ELG-16",),
    }

    uscc = PlainField(
        label=_("Unified social credit code"),
        required=False,
        max_length=40,
        help_text=_("18 characters; both check digits are checked as you type."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    registered_on = DayField(label=_("Registered on"), required=False)
    business_scope = forms.CharField(
        label=_("Business scope"),
        required=False,
        max_length=10_000,
        widget=_AREA,
        help_text=_("The wording of the licence, copied in full."),
    )
    licence_address = forms.CharField(label=_("Address on the licence"), required=False, max_length=500)
    operating_address = forms.CharField(
        label=_("Where business is done"),
        required=False,
        max_length=500,
        help_text=_("Compared with the licence; spaces and punctuation do not matter."),
    )

    def clean_uscc(self) -> str:
        return check_uscc(self.cleaned_data["uscc"]).number if self.cleaned_data["uscc"] else ""

    def remarks(self, values: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
        if "uscc" not in values:
            return {}
        return {"uscc": _credit_code_words(check_uscc(values["uscc"]))}


def _credit_code_words(checked: Checked) -> tuple[str, Any]:
    if checked.verdict == "accepted":
        return "ok", _("Both check digits are right.")
    if "mod 31" in checked.reason:
        return "bad", _("The last character does not fit the others (check digit, mod 31).")
    if "mod 11" in checked.reason:
        return "bad", _("The organisation code inside (characters 9 to 17) has a wrong check digit (mod 11).")
    return "bad", _("18 characters are needed, without I, O, Z, S and V, digits in places 3 to 8.")


class AccountForm(SectionForm):
    rules = {"account_evidence": ("DOC-3.accepts", "DOC-3")}

    account_evidence = forms.ChoiceField(
        label=_("Which evidence you have"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            ("basic_account_filing", _("basic-account filing (firms registered since July 2019)")),
            ("permit", _("account-opening permit (issued until July 2019)")),
        ],
    )
    account_number = PlainField(
        label=_("Number of the permit or of the basic account"),
        required=False,
        max_length=40,
        help_text=_("As a rule one letter and 13 digits, as in J1234567890123."),
    )

    def remarks(self, values: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
        if "account_number" not in values:
            return {}
        if check_basic_account(values["account_number"]).verdict == "accepted":
            return {"account_number": ("ok", _("The usual form: one letter and 13 digits."))}
        told = _(
            "Not the usual form of one letter and 13 digits. It is taken as it is; a reviewer will look."
        )
        return {"account_number": ("warn", told)}


class BrandForm(SectionForm):
    rules = {"authorisation": ("ELG-4", "DOC-7"), "registered": ("FIT-3.brand",)}

    authorisation = forms.ChoiceField(
        label=_("Brands of others"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            ("none", _("I sell no brand of others")),
            ("approved", _("authorised, the review passed")),
            ("pending", _("authorised, the review is under way")),
            ("failed", _("the review did not pass")),
        ],
    )
    registered = YesNoField(
        label=_("Own brand registered with the marketplace"),
        help_text=_("Advice only: part of the fit profile, no gate."),
    )


class MetricsForm(SectionForm):
    rules = {
        "sell_through": ("ELG-1",),
        "dsr": ("ELG-2",),
        "disputes": ("ELG-9",),
        "serious_complaints": ("ELG-3",),
        "dsr_logistics": ("FIT-3.dsr_logistics",),
        "orders_per_day": ("FIT-1",),
        "return_rate": ("FIT-2.return_rate",),
        "tenure_months": ("FIT-3.tenure",),
        "customs_anomalies": ("FIT-3.customs_anomalies",),
    }

    sell_through = ShareField(
        part="active",
        whole="listed",
        label=_("Sell-through rate"),
        help_text=_("SKUs that sold within the window over SKUs listed: 82% or 164/200."),
    )
    dsr = ScoreField(label=_("Store DSR score"), help_text=_("The composite score, 0 to 5."))
    disputes = ShareField(
        part="disputed",
        whole="orders",
        label=_("Logistics dispute rate"),
        help_text=_("Orders disputed for logistics over orders of the window: 0.7% or 70/10000."),
    )
    serious_complaints = CountField(
        label=_("Serious logistics complaints"), help_text=_("Open or upheld within the window.")
    )
    dsr_logistics = ScoreField(label=_("DSR logistics score"), help_text=_("Advice only, no gate."))
    orders_per_day = CountField(label=_("Orders a day"), help_text=_("Advice only, no gate."))
    return_rate = ShareField(
        part="returned",
        whole="orders",
        label=_("Return rate"),
        help_text=_("Returned orders over orders. Advice only, no gate."),
    )
    tenure_months = CountField(
        label=_("Months in the marketplace"), help_text=_("Not the age of the licence. Advice only.")
    )
    customs_anomalies = CountField(
        label=_("Customs inspections with a finding"), help_text=_("Advice only, no gate.")
    )


class ErpForm(SectionForm):
    rules = {"has_erp": ("ELG-11.erp_required",), "api_version": ("ELG-11",)}

    has_erp = YesNoField(
        label=_("Do you have an ERP?"),
        help_text=_("“No” declares that you have none; that is an answer too."),
    )
    vendor = forms.CharField(label=_("Vendor"), required=False, max_length=100)
    api_version = forms.RegexField(
        r"^[Vv]?[0-9]{1,4}(\.[0-9]{1,4}){0,2}$",
        label=_("API version it speaks"),
        required=False,
        max_length=20,
        help_text=_("As in 3.2; 3.10 is later than 3.2. What is measured wins over what is typed."),
        error_messages={"invalid": _("A version is numbers with dots, as in 3.2.")},
    )

    def values(self) -> dict[str, Any]:
        told = super().values()
        if told.get("has_erp") is None and (told.get("vendor") or told.get("api_version")):
            told["has_erp"] = True
        return told


class StatementsForm(SectionForm):
    """Two fields for each of the last months (ELG-14.months); other months stay as they are."""

    def __init__(self, *args: Any, months: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.months = months
        for month in months:
            self.fields[f"turnover_{month}"] = YuanField(label=_("Turnover in yuan"))
            self.fields[f"cross_border_{month}"] = YesNoField(label=_("Cross-border flows visible"))

    @classmethod
    def initial_of(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        initial: dict[str, Any] = {}
        for month, told in values.items():
            initial[f"turnover_{month}"] = told.get("turnover_fen")
            initial[f"cross_border_{month}"] = told.get("cross_border")
        return initial

    def values(self) -> dict[str, Any]:
        self.is_valid()
        return {month: self._month(month) for month in self.months if self._is_read(month)}

    def _is_read(self, month: str) -> bool:
        return f"turnover_{month}" in self.cleaned_data and f"cross_border_{month}" in self.cleaned_data

    def _month(self, month: str) -> dict[str, Any] | None:
        told = {
            "turnover_fen": self.cleaned_data[f"turnover_{month}"],
            "cross_border": self.cleaned_data[f"cross_border_{month}"],
        }
        return {key: value for key, value in told.items() if value is not None} or None

    def by_month(self) -> Iterator[tuple[str, list[Any]]]:
        """The months with their fields, the latest first."""
        for month in self.months:
            yield month, [self[f"turnover_{month}"], self[f"cross_border_{month}"]]


def recent_months(on: date, *, count: int) -> list[str]:
    """The last complete months before a day, `YYYY-MM`, the latest first."""
    last = on.year * 12 + on.month - 2
    return [f"{n // 12}-{n % 12 + 1:02}" for n in range(last, last - count, -1)]


class CategoriesForm(SectionForm):
    """Any number of categories of the admission list; what is no longer on it can only be taken out."""

    def __init__(self, *args: Any, codes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["categories"] = forms.MultipleChoiceField(
            label=_("Categories"), required=False, choices=codes, widget=forms.CheckboxSelectMultiple
        )

    def values(self) -> dict[str, Any]:
        return {"categories": super().values().get("categories")}


FORMS: Mapping[str, type[SectionForm]] = {
    "company": CompanyForm,
    "account": AccountForm,
    "statements": StatementsForm,
    "brand": BrandForm,
    "categories": CategoriesForm,
    "erp": ErpForm,
    "metrics": MetricsForm,
}
