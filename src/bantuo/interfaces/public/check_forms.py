"""The short form of the check: the facts behind the gates in five steps, every answer optional."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bantuo.apps.catalog.queries import categories_of, category_list_in_force
from bantuo.core.compare import OwnRates
from bantuo.core.policy import Book
from bantuo.interfaces.public import check_fields as f
from bantuo.interfaces.public.check_categories import category_choices
from bantuo.interfaces.web.form_choices import choice_field
from bantuo.interfaces.web.programme import Programme
from bantuo.interfaces.web.templatetags.ui import tr

CODE = "check"
SAMPLE = "sample"  # the product that stands for the seller's goods
OTHER = "not-in-the-list"
ELSEWHERE = "ZZ"  # any country without a rule of its own
_MONTHS_BACK = 4
_DONT_KNOW = _("don't know yet")


@dataclass(frozen=True, slots=True)
class Step:
    """A group of questions."""

    title: str | Promise
    lead: str | Promise
    fields: Sequence[str]


STEPS = (
    Step(
        _("Company"),
        _("From the business licence."),
        ("registered_on", "business_scope", "licence_address", "operating_address"),
    ),
    Step(
        _("Papers and bank"),
        _("What you could hand in today."),
        ("papers", "account_evidence", "month", "turnover", "cross_border"),
    ),
    Step(
        _("Shop figures"),
        _("From the marketplace's seller centre."),
        (
            "sell_through", "dsr", "disputes", "serious_complaints", "brand_authorisation",
            "brand_registered", "orders_per_day", "return_rate", "dsr_logistics",
            "tenure_months", "customs_anomalies",
        ),
    ),
    Step(
        _("Goods"),
        _("Of the goods you would bring in: the weakest case counts."),
        (
            "category", "listed_times", "attributes_required", "attributes_missing", "apparel", "size_chart",
            "weight", "size", "sites", "electrical", "battery",
        ),
    ),
    Step(
        _("ERP"),
        _("The system that keeps your stock."),
        ("has_erp", "api_version", "p95_ms", "calls"),
    ),
)  # fmt: skip


class CheckForm(forms.Form):
    """Leaving a question open is an answer too: its gate then lacks evidence."""

    registered_on = f.on_day(_("Registered on"))
    business_scope = f.text(_("Business scope, as on the licence"), rows=2)
    licence_address = f.text(_("Address on the licence"), most=500)
    operating_address = f.text(_("Where business is really done"), most=500)
    papers = forms.MultipleChoiceField(
        label=_("Papers at hand"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick none and the papers count as not known yet."),
    )
    account_evidence = forms.ChoiceField(
        label=_("Evidence of the bank account"),
        required=False,
        choices=[
            ("", _DONT_KNOW),
            ("permit", _("account-opening permit")),
            ("basic_account_filing", _("filing of the basic account")),
        ],
    )
    month = forms.ChoiceField(label=_("Month of the best bank statement"), required=False)
    turnover = f.yuan(_("Turnover of that month"), help_text=_("in yuan, as in 620000.00"))
    cross_border = f.yes_no(_("Does it show cross-border receipts or payments?"))
    sell_through = f.percentage(_("Sell-through: SKUs sold over SKUs listed"))
    dsr = f.score(_("Store DSR score"))
    disputes = f.percentage(
        _("Logistics disputes over orders, last 30 days"), help_text=_("a percentage, as in 0.4%")
    )
    serious_complaints = f.whole(_("Serious logistics complaints, open or upheld"))
    brand_authorisation = forms.ChoiceField(
        label=_("Brands of others"),
        required=False,
        choices=[
            ("", _DONT_KNOW),
            ("none", _("none sold")),
            ("approved", _("authorisation approved")),
            ("pending", _("under review")),
            ("failed", _("authorisation refused")),
        ],
    )
    brand_registered = f.yes_no(_("Own brand registered with the marketplace?"))
    orders_per_day = f.whole(_("Orders a day"))
    return_rate = f.percentage(_("Return rate"), help_text=_("a percentage, as in 3%"))
    dsr_logistics = f.score(_("DSR logistics score"))
    tenure_months = f.whole(_("Months in the marketplace"), most=1200)
    customs_anomalies = f.whole(_("Customs inspections with a finding, last 180 days"))
    category = forms.ChoiceField(label=_("Main category"), required=False)
    listed_times = f.whole(_("How often the most often listed SKU is listed"))
    attributes_required = f.whole(_("Attributes required, all SKUs"))
    attributes_missing = f.whole(_("of these missing"))
    apparel = f.yes_no(_("Apparel among them?"))
    size_chart = f.JsonField(
        _("Size chart of the apparel (JSON)"), help_text=_("Only for apparel; leave empty if you have none.")
    )
    weight = f.kilograms(_("Heaviest piece"))
    size = f.size(_("Largest piece"))
    sites = forms.MultipleChoiceField(
        label=_("Sold to"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    electrical = f.yes_no(_("Electrical goods among them?"))
    battery = f.yes_no(_("Goods with a battery among them?"))
    has_erp = f.yes_no(_("Do you work with an ERP?"))
    api_version = forms.RegexField(
        r"^[Vv]?[0-9]{1,4}(\.[0-9]{1,4}){0,2}$",
        label=_("API version that it speaks"),
        required=False,
        help_text=_("as in 3.2"),
    )
    p95_ms = f.whole(
        _("Response time of its stock interface, milliseconds"),
        most=1_000_000,
        help_text=_("95 of 100 calls are answered within it"),
    )
    calls = f.whole(_("Calls that were measured"))  # fmt: skip

    def __init__(self, *args: Any, programme: Programme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._programme = programme
        choice_field(self, "papers").choices = _papers(programme.book, programme.on)
        choice_field(self, "sites").choices = [*self._sites(), (ELSEWHERE, _("other countries"))]
        choice_field(self, "month").choices = [
            ("", _DONT_KNOW),
            *((m, m) for m in recent_months(programme.on)),
        ]
        listed = categories_of(category_list_in_force(programme.on))
        choice_field(self, "category").choices = [
            ("", _DONT_KNOW),
            *category_choices(listed),
            (OTHER, _("another one")),
        ]
        self.epr_fields = [f"epr_{site}_{stream}" for site, stream in self._streams()]
        for site, stream in self._streams():
            label = _("EPR number %(site)s, %(stream)s") % {
                "site": site,
                "stream": _STREAMS.get(stream, stream),
            }
            self.fields[f"epr_{site}_{stream}"] = f.text(label, most=60)

    def _streams(self) -> list[tuple[str, str]]:
        rows = self._programme.book.find("ELG-17.streams", self._programme.on)
        return [(row["site"], row["stream"]) for row in rows.amount] if rows else []

    def _sites(self) -> list[tuple[str, Any]]:
        found = self._programme.book.find("ELG-17.sites", self._programme.on)
        return [(site, _COUNTRIES.get(site, site)) for site in found.amount] if found else []

    def steps(self) -> Iterator[tuple[int, Step, list[forms.BoundField]]]:
        """Each step with its number and its fields."""
        for number, step in enumerate(STEPS, start=1):
            yield number, step, [self[name] for name in step.fields]

    def epr(self) -> list[forms.BoundField]:
        """The numbers that goods need at the sites where they are asked for."""
        return [self[name] for name in self.epr_fields]

    def profile(self) -> dict[str, Any]:
        """The answers as a seller profile: what was left open stays out."""
        said = {name: value for name, value in self.cleaned_data.items() if value not in (None, "", [])}
        parts = {
            "company": _part(said, "registered_on", "business_scope", "licence_address", "operating_address"),
            "bank": _bank(said),
            "brand": _renamed(said, authorisation="brand_authorisation", registered="brand_registered"),
            "metrics": _part(said, *_METRICS),
        }
        profile: dict[str, Any] = {"code": CODE, **{name: part for name, part in parts.items() if part}}
        if "papers" in said:
            profile["documents"] = [{"kind": kind} for kind in said["papers"]]
        if "category" in said:
            profile["categories"] = [said["category"]]
        product = self._product(said)
        if product:
            profile["products"] = [{"sku": SAMPLE, **product}]
        return profile | _erp(said)

    def _product(self, said: Mapping[str, Any]) -> dict[str, Any]:
        names = ("apparel", "electrical", "battery", "sites", "size_chart", "attributes_required",
                 "attributes_missing", "listed_times")  # fmt: skip
        product = _part(said, *names) | _renamed(said, weight_g="weight")
        if "size" in said:
            product |= dict(zip(("length_mm", "width_mm", "height_mm"), said["size"], strict=True))
        numbers = [
            {"site": site, "stream": stream, "number": said[f"epr_{site}_{stream}"]}
            for site, stream in self._streams()
            if f"epr_{site}_{stream}" in said
        ]
        return product | ({"epr": numbers} if numbers else {})


_METRICS = ("sell_through", "dsr", "dsr_logistics", "disputes", "serious_complaints", "orders_per_day",
            "return_rate", "tenure_months", "customs_anomalies")  # fmt: skip
_COUNTRIES: Mapping[str, str | Promise] = {"DE": _("Germany"), "FR": _("France")}
_STREAMS: Mapping[str, str | Promise] = {
    "packaging": _("packaging"),
    "weee": _("electrical equipment (WEEE)"),
    "battery": _("batteries"),
}
# Where a problem of the profile was typed, as far as the form has one place for it.
PLACES: Mapping[str, str] = {
    "company.registered_on": "registered_on",
    "products[0].attributes_missing": "attributes_missing",
    "products[0].size_chart": "size_chart",
    "products[0].weight_g": "weight",
    "products[0].length_mm": "size",
    "products[0].width_mm": "size",
    "products[0].height_mm": "size",
}


def _part(said: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: _plain(said[name]) for name in names if name in said}


def _renamed(said: Mapping[str, Any], **names: str) -> dict[str, Any]:
    return {key: said[name] for key, name in names.items() if name in said}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _bank(said: Mapping[str, Any]) -> dict[str, Any]:
    statement = _renamed(said, month="month", turnover_fen="turnover", cross_border="cross_border")
    bank = _part(said, "account_evidence")
    return bank | ({"statements": [statement]} if "month" in statement else {})


def _erp(said: Mapping[str, Any]) -> dict[str, Any]:
    """No ERP is an answer; an ERP of which nothing is known is none yet."""
    if said.get("has_erp") is False:
        return {"erp": None}
    erp = _part(said, "api_version")
    if "p95_ms" in said:
        erp["probe"] = {"calls": said.get("calls", 0), "p95_ms": said["p95_ms"]}
    return {"erp": erp} if erp or said.get("has_erp") else {}


def _papers(book: Book, on: date) -> list[tuple[str, str]]:
    """The papers of step ①, but for those that a gate of their own checks."""
    found = []
    for rule_id, rule in book.rules.items():
        told = rule.detail.get("document", {})
        if told.get("step") == 1 and "gate" not in told and book.find(rule_id, on):
            found.append((rule_id, tr(rule.label)))
    return found


def recent_months(on: date) -> list[str]:
    """This month and the ones before it, the latest first, as `YYYY-MM`."""
    count = on.year * 12 + on.month - 1
    return [f"{(count - back) // 12}-{(count - back) % 12 + 1:02d}" for back in range(_MONTHS_BACK)]


class ParcelForm(forms.Form):
    """A typical order, and what only the seller knows about the other modes."""

    receipts = f.yuan(_("Receipts of the order"), required=True, help_text=_("goods and freight, in yuan"))
    parcel_size = f.size(_("Size of the parcel"), required=True)
    parcel_weight = f.kilograms(_("Weight of the parcel"), required=True)
    distance = f.kilometres(_("Road distance to the warehouse"), required=True)
    label = forms.BooleanField(label=_("Labelling at the warehouse"), required=False)
    photo_qc = forms.BooleanField(label=_("Photo quality check"), required=False)
    goods_cost = f.yuan(_("What the goods cost you"))
    full_supply = f.yuan(_("Fully managed: supply price you would get"))
    self_cost = f.yuan(_("Self-operated: packing, freight and returns per order"))
    self_commission = f.rate(_("Self-operated: commission"))
    self_settlement_days = f.whole(_("Self-operated: days until the money comes"), most=1000)

    def order(self) -> list[forms.BoundField]:
        """The fields of the order."""
        return [
            self[name]
            for name in ("receipts", "parcel_size", "parcel_weight", "distance", "label", "photo_qc")
        ]

    def own_rates(self) -> list[forms.BoundField]:
        """The fields about the other modes."""
        return [self[name] for name in ("goods_cost", "full_supply", "self_cost", "self_commission",
                                        "self_settlement_days")]  # fmt: skip

    def inputs(self) -> dict[str, int]:
        """What the rate card reads."""
        said = self.cleaned_data
        sides = dict(zip(("length_mm", "width_mm", "height_mm"), said["parcel_size"], strict=True))
        return {
            "receipts_fen": said["receipts"],
            **sides,
            "weight_g": said["parcel_weight"],
            "distance_m": said["distance"],
            "label": int(said["label"]),
            "photo_qc": int(said["photo_qc"]),
        }

    def own(self) -> OwnRates:
        """The seller's own rates, as far as given."""
        said = self.cleaned_data
        return OwnRates(
            goods_cost_fen=said["goods_cost"],
            full_supply_fen=said["full_supply"],
            self_cost_fen=said["self_cost"],
            self_commission_bp=said["self_commission"],
            self_settlement_days=said["self_settlement_days"],
        )


PARCEL_FIELDS: Mapping[str, str] = {
    "receipts_fen": "receipts",
    "length_mm": "parcel_size",
    "width_mm": "parcel_size",
    "height_mm": "parcel_size",
    "volume_mm3": "parcel_size",
    "weight_g": "parcel_weight",
    "distance_m": "distance",
}


class UploadForm(forms.Form):
    """A profile as a file, instead of the form."""

    file = forms.FileField(
        label=_("Profile as JSON, or the filled-in XLSX template"),
        widget=forms.ClearableFileInput(attrs={"accept": ".json,.xlsx"}),
    )
