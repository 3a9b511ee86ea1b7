"""What a finding says, in the reader's words: quantities, places of the profile, ticks of a paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bantuo.core.money import format_kilograms
from bantuo.core.policy import Book
from bantuo.interfaces.web.templatetags.ui import tr

_QUANTITY = re.compile(r"(\d+) (days|months|ms|orders|g|mm3)\b")
_MONEY = re.compile(r"CNY (\d+)(\.\d+)")
_PRODUCT = re.compile(r"products\[(?P<sku>.*)\]\.(?P<key>[a-z_]+)(?:: (?P<rest>.*))?")
_MM3_PER_M3 = 10**9

PLACES: Mapping[str, str | Promise] = {
    "company.uscc": gettext_lazy("unified social credit code"),
    "company.registered_on": gettext_lazy("date of registration"),
    "company.business_scope": gettext_lazy("business scope"),
    "company.licence_address": gettext_lazy("address on the licence"),
    "company.operating_address": gettext_lazy("place of business"),
    "bank.statements": gettext_lazy("bank statements"),
    "bank.account_evidence": gettext_lazy("account evidence"),
    "brand.authorisation": gettext_lazy("brand authorisation"),
    "brand.registered": gettext_lazy("brand registration"),
    "categories": gettext_lazy("categories applied for"),
    "documents": gettext_lazy("documents"),
    "metrics.sell_through": gettext_lazy("sell-through rate"),
    "metrics.dsr": gettext_lazy("store DSR score"),
    "metrics.dsr_logistics": gettext_lazy("DSR logistics score"),
    "metrics.disputes": gettext_lazy("logistics disputes"),
    "metrics.serious_complaints": gettext_lazy("serious logistics complaints"),
    "metrics.orders_per_day": gettext_lazy("orders a day"),
    "metrics.return_rate": gettext_lazy("return rate"),
    "metrics.tenure_months": gettext_lazy("months in the marketplace"),
    "metrics.customs_anomalies": gettext_lazy("customs inspections with a finding"),
    "erp": gettext_lazy("ERP"),
    "erp.api_version": gettext_lazy("API version of the ERP"),
    "erp.probe": gettext_lazy("measurement of the ERP"),
    "erp.probe.p95_ms": gettext_lazy("95th percentile of the response time"),
    "erp.probe.calls": gettext_lazy("calls measured"),
    "products[].size_chart": gettext_lazy("size charts"),
    "products[].attributes_missing": gettext_lazy("attributes missing"),
    "products[].listed_times": gettext_lazy("times listed"),
    "products[].epr": gettext_lazy("EPR numbers"),
    "products[].sites": gettext_lazy("countries sold to"),
    "products[].apparel": gettext_lazy("whether it is apparel"),
    "products[].weight_g": gettext_lazy("weight"),
    "products[].length_mm": gettext_lazy("size"),
    "products[].length_mm × width_mm × height_mm": gettext_lazy("size"),
}
TICKS: Mapping[str, str | Promise] = {
    "company_seal": gettext_lazy("company seal"),
    "hand_held": gettext_lazy("card held in the hand"),
    "both_sides": gettext_lazy("both sides"),
    "expiry_legible": gettext_lazy("expiry legible"),
    "cross_border_visible": gettext_lazy("cross-border flows visible"),
    "platform_template": gettext_lazy("on the platform's template"),
    "hand_signed": gettext_lazy("signed by hand"),
    "seal_across_pages": gettext_lazy("seal across the pages"),
    "signed": gettext_lazy("signed"),
}
VALUES: Mapping[str, str | Promise] = {
    "none": gettext_lazy("none of others"),
    "pending": gettext_lazy("under review"),
    "approved": gettext_lazy("authorised"),
    "failed": gettext_lazy("review not passed"),
}
STREAMS: Mapping[str, str | Promise] = {
    "packaging": gettext_lazy("packaging"),
    "weee": gettext_lazy("electrical equipment (WEEE)"),
    "battery": gettext_lazy("batteries"),
}


def quantity_words(text: str | None) -> str:
    """An observed or required value of a finding, `≥ 180 days`, as people of either language read it."""
    if not text:
        return "–"
    if text.removeprefix("= ") in ("yes", "no"):
        return _("yes") if text.endswith("yes") else _("no")
    if text.startswith("contains "):
        return _("contains “%(phrase)s”") % {"phrase": text.removeprefix("contains ")}
    text = _MONEY.sub(lambda found: f"¥{int(found[1]):,}{found[2]}", text)
    return _QUANTITY.sub(lambda found: _UNITS[found[2]](int(found[1])), text)


_UNITS: Mapping[str, Callable[[int], str]] = {
    "days": lambda n: ngettext("%(n)s day", "%(n)s days", n) % {"n": n},
    "months": lambda n: ngettext("%(n)s month", "%(n)s months", n) % {"n": n},
    "orders": lambda n: ngettext("%(n)s order", "%(n)s orders", n) % {"n": n},
    "ms": lambda n: _("%(n)s ms") % {"n": n},
    "g": lambda n: f"{format_kilograms(n)} kg",
    "mm3": lambda n: f"{_exact(n, _MM3_PER_M3)} m³",
}


def _exact(amount: int, whole: int) -> str:
    digits = len(str(whole)) - 1
    return f"{amount // whole}.{amount % whole:0{digits}d}".rstrip("0").rstrip(".")


def evidence_words(place: str, book: Book) -> str:
    """Where a finding looked, in words: the paper, the field, the product."""
    if place.startswith("DOC-"):
        return _paper_words(place, book)
    found = _PRODUCT.fullmatch(place)
    if found:
        return _product_words(found)
    key, _colon, value = place.partition(": ")
    word, value = PLACES.get(key, key), str(VALUES.get(value, value))
    return f"{word}: {value}" if value and value != "all" else str(word)


def paper_label(kind: str, book: Book) -> str:
    """A paper by its name; of a kind that the book does not know, the kind."""
    rule = book.rules.get(kind)
    return tr(rule.label) if rule else kind


def _paper_words(place: str, book: Book) -> str:
    kind, _colon, fault = place.partition(": ")
    name = paper_label(kind, book)
    if fault == "missing":
        return _("%(paper)s: missing") % {"paper": name}
    if fault.startswith("expired on "):
        return _("%(paper)s: expired on %(day)s") % {"paper": name, "day": fault.removeprefix("expired on ")}
    if fault.startswith("not ticked: "):
        tick = fault.removeprefix("not ticked: ")
        return _("%(paper)s: not in order: %(tick)s") % {"paper": name, "tick": TICKS.get(tick, tick)}
    if fault.startswith("company.uscc "):
        number = fault.removeprefix("company.uscc ").partition(":")[0]
        return _("%(paper)s: credit code %(number)s is not valid") % {"paper": name, "number": number}
    return f"{name}: {fault}"


def _product_words(found: re.Match[str]) -> str:
    word = PLACES.get(f"products[].{found['key']}", found["key"])
    if found["key"] == "epr" and found["rest"]:
        site, _space, stream = found["rest"].partition(" ")
        word = f"EPR {site} · {STREAMS.get(stream, stream)}"
    if not found["sku"]:
        return str(word)
    return _("product %(sku)s: %(what)s") % {"sku": found["sku"], "what": word}


def gate_words(gate: Mapping[str, Any], book: Book) -> dict[str, Any]:
    """A finding in the form of `engine.report.finding_report`, with its words in the reader's language."""
    return {
        **gate,
        "observed_words": quantity_words(gate["observed"]),
        "required_words": quantity_words(gate["required"]),
        "evidence_words": [evidence_words(place, book) for place in gate["evidence"]],
    }
