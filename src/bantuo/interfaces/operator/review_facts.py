"""What the seller states, laid out for a reviewer: company, bank, brand, metrics, goods with EPR, ERP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.core.identifiers import check_epr_number, check_uscc
from bantuo.core.metrics import EprStream
from bantuo.interfaces.web.finding_words import PLACES, STREAMS
from bantuo.interfaces.web.templatetags.ui import day, fen

PRODUCTS_SHOWN = 50
_TONES: Mapping[str, str] = {"accepted": "ok", "review": "info", "rejected": "bad"}
_ACCOUNT: Mapping[str, Promise] = {
    "permit": gettext_lazy("account-opening permit"),
    "basic_account_filing": gettext_lazy("basic-account filing"),
}
_BRAND: Mapping[str, Promise] = {
    "none": gettext_lazy("sells no brand of others"),
    "pending": gettext_lazy("review under way"),
    "approved": gettext_lazy("approved"),
    "failed": gettext_lazy("failed"),
}
_METHODS: Mapping[str, Promise] = {
    "signed_calls": gettext_lazy("signed calls to the sandbox"),
    "pull_probe": gettext_lazy("the platform calls the seller's endpoint"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing stated; `tone` when it was checked."""

    label: str
    value: str
    tone: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """An EPR number that a product needs at a site."""

    site: str
    stream: str
    number: str
    tone: str
    word: str


@dataclass(frozen=True, slots=True)
class Product:
    """A product with the numbers it needs."""

    sku: str
    title: str
    category: str
    sites: str
    numbers: Sequence[Number]


def company_facts(profile: Mapping[str, Any]) -> list[Fact]:
    """The licence as the seller states it."""
    company: Mapping[str, Any] = profile.get("company", {})
    return [
        Fact(str(PLACES["company.uscc"]), company.get("uscc", "–"), *_uscc(company.get("uscc"))),
        Fact(str(PLACES["company.registered_on"]), _day(company.get("registered_on"))),
        Fact(str(PLACES["company.licence_address"]), company.get("licence_address", "–")),
        Fact(str(PLACES["company.operating_address"]), company.get("operating_address", "–")),
        Fact(str(PLACES["company.business_scope"]), company.get("business_scope", "–")),
        Fact(_("categories applied for"), _(", ").join(profile.get("categories", ())) or "–"),
    ]


def bank_facts(profile: Mapping[str, Any], *, months: int) -> list[Fact]:
    """Account evidence, the newest statements and the brand."""
    bank: Mapping[str, Any] = profile.get("bank", {})
    brand: Mapping[str, Any] = profile.get("brand", {})
    newest = sorted(bank.get("statements", ()), key=lambda s: s["month"], reverse=True)[: months + 1]
    return [
        Fact(_("account evidence"), str(_ACCOUNT.get(bank.get("account_evidence", ""), "–"))),
        *(_statement(statement) for statement in newest),
        Fact(_("brand authorisation"), str(_BRAND.get(brand.get("authorisation", ""), "–"))),
        Fact(_("brand registration"), _yes_no(brand.get("registered"))),
    ]


def metric_facts(profile: Mapping[str, Any]) -> list[Fact]:
    """The shop's figures, as stated."""
    metrics: Mapping[str, Any] = profile.get("metrics", {})
    return [Fact(str(PLACES.get(f"metrics.{name}", name)), _metric(told)) for name, told in metrics.items()]


def erp_facts(profile: Mapping[str, Any]) -> list[Fact]:
    """What was measured of the ERP, or that there is none."""
    if "erp" not in profile:
        return []
    if profile["erp"] is None:
        return [Fact(_("ERP"), _("declared to have none"))]
    erp: Mapping[str, Any] = profile["erp"]
    probe: Mapping[str, Any] = erp.get("probe", {})
    return [
        Fact(_("vendor"), erp.get("vendor", "–")),
        Fact(str(PLACES["erp.api_version"]), erp.get("api_version", "–")),
        Fact(str(PLACES["erp.probe.calls"]), str(probe.get("calls", "–"))),
        Fact(
            str(PLACES["erp.probe.p95_ms"]),
            _("%(n)s ms") % {"n": probe["p95_ms"]} if "p95_ms" in probe else "–",
        ),
        Fact(_("measured by"), str(_METHODS.get(probe.get("method", ""), "–"))),
    ]


def products_shown(profile: Mapping[str, Any], *, streams: Iterable[EprStream]) -> list[Product]:
    """The first products with the EPR numbers they need, each checked for its shape."""
    asked = tuple(streams)
    return [_product(product, asked) for product in profile.get("products", ())[:PRODUCTS_SHOWN]]


def _product(product: Mapping[str, Any], streams: Sequence[EprStream]) -> Product:
    sites: Sequence[str] = product.get("sites", ())
    held = {(e["site"], e["stream"]): e["number"] for e in product.get("epr", ())}
    needed = [
        need
        for need in streams
        if need.site in sites and (need.applies_to == "all" or product.get(need.applies_to))
    ]
    return Product(
        product["sku"],
        product.get("title", ""),
        product.get("category", "–"),
        ", ".join(sites) or "–",
        [_number(need, held.get((need.site, need.stream), "")) for need in needed],
    )


def _number(need: EprStream, number: str) -> Number:
    checked = check_epr_number(number, site=need.site, stream=need.stream)
    words = {
        "accepted": _("shape fits"),
        "review": _("unknown shape: a reviewer has to look"),
        "rejected": _("missing or wrong") if number else _("missing"),
    }
    return Number(
        need.site,
        str(STREAMS.get(need.stream, need.stream)),
        number,
        _TONES.get(checked.verdict, "mute"),
        words.get(checked.verdict, checked.verdict),
    )


def _uscc(number: str | None) -> tuple[str, str]:
    if not number:
        return "", ""
    checked = check_uscc(number)
    words = {"accepted": _("check digit fits"), "review": _("to be looked at"), "rejected": _("not valid")}
    return _TONES.get(checked.verdict, "mute"), words.get(checked.verdict, checked.verdict)


def _statement(told: Mapping[str, Any]) -> Fact:
    turnover = told.get("turnover_fen")
    amount = fen(turnover) if isinstance(turnover, int) else str(turnover or "–")
    seen = told.get("cross_border")
    remark = {True: _("cross-border flows"), False: _("no cross-border flows")}.get(seen, _("not said"))  # type: ignore[arg-type]
    label = _("statement of %(month)s") % {"month": told["month"]}
    return Fact(label, amount, "ok" if seen else "warn", remark)


def _metric(told: Any) -> str:
    if isinstance(told, Mapping):
        return " / ".join(str(value) for value in told.values())
    return str(told)


def _day(told: str | None) -> str:
    return day(date.fromisoformat(told)) if told else "–"


def _yes_no(told: bool | None) -> str:
    return "–" if told is None else _("yes") if told else _("no")
