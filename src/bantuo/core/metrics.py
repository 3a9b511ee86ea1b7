"""What a seller's profile says in integers on a day: the inputs of every gate and fit profile.

A metric that the profile does not settle is left out; it never becomes a convenient zero. Ratios
are `<name>_num` and `<name>_den`, flags 0 or 1, money fen, scores 1/10 000 points.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bantuo.core.documents import DocumentRule, documents_missing
from bantuo.core.identifiers import check_epr_number
from bantuo.core.listing import size_chart_problems
from bantuo.core.money import parse_fen, parse_ratio, parse_score

Profile = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EprStream:
    """A number that a product needs at a site; `applies_to` is all, electrical or battery (A-32)."""

    site: str
    stream: str
    applies_to: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What the book must tell before a profile can be measured."""

    categories: frozenset[str]
    scope_phrase: str
    attribute_scope: str  # apparel | all
    turnover_months: int
    epr_streams: tuple[EprStream, ...]
    documents: tuple[DocumentRule, ...]
    size_chart_schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """Metrics by name, and for each the places of the profile that it came from."""

    values: Mapping[str, int]
    evidence: Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class _Sheet:
    """The metrics being collected."""

    values: dict[str, int] = field(default_factory=dict)
    evidence: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def put(self, name: str, value: int | None, *evidence: str) -> None:
        if value is not None:
            self.values[name] = value
        self.evidence[name] = evidence

    def put_ratio(self, name: str, pair: tuple[int, int] | None, *evidence: str) -> None:
        self.evidence[name] = evidence
        if pair is not None:
            self.values[f"{name}_num"], self.values[f"{name}_den"] = pair


def seller_metrics(profile: Profile, *, on: date, terms: Terms) -> Measured:
    """Every metric that the profile settles on `on`.

    The profile is valid against the seller schema; amounts in it are exact text or integers.
    """
    sheet = _Sheet()
    for measure in (_measure_shop, _measure_company, _measure_bank, _measure_products, _measure_papers):
        measure(sheet, profile, on, terms)
    return Measured(values=sheet.values, evidence=sheet.evidence)


def _measure_shop(sheet: _Sheet, profile: Profile, on: date, terms: Terms) -> None:
    shop: Mapping[str, Any] = profile.get("metrics", {})
    for name, parts in _SHOP_RATIOS.items():
        sheet.put_ratio(name, _ratio(shop.get(name), parts), f"metrics.{name}")
    for name, read in _SHOP_NUMBERS.items():
        sheet.put(name, read(shop[name]) if name in shop else None, f"metrics.{name}")
    _measure_erp(sheet, profile)


def _measure_erp(sheet: _Sheet, profile: Profile) -> None:
    """`erp: null` declares that there is none, which is version 0; leaving it out says nothing."""
    if "erp" not in profile:
        return
    erp: Mapping[str, Any] = profile["erp"] or {}
    probe: Mapping[str, Any] = erp.get("probe", {})
    version = erp.get("api_version", "0" if profile["erp"] is None else None)
    sheet.put("has_erp", int(profile["erp"] is not None), "erp")
    sheet.put("erp_api_version", parse_version(version) if version else None, "erp.api_version")
    calls = probe.get("calls", 0)
    sheet.put("sync_p95_ms", probe.get("p95_ms"), "erp.probe.p95_ms", f"erp.probe.calls: {calls}")
    sheet.put("probe_calls", calls, "erp.probe.calls")


def _whole(value: Any) -> int:
    return int(value)


_SHOP_RATIOS = {
    "sell_through": ("active", "listed"),
    "disputes": ("disputed", "orders"),
    "return_rate": ("returned", "orders"),
}
_SHOP_NUMBERS: dict[str, Callable[[Any], int]] = {
    "dsr": parse_score,
    "dsr_logistics": parse_score,
    "serious_complaints": _whole,
    "orders_per_day": _whole,
    "tenure_months": _whole,
    "customs_anomalies": _whole,
}


def _ratio(told: Any, parts: tuple[str, str]) -> tuple[int, int] | None:
    if told is None:
        return None
    if isinstance(told, str):
        return parse_ratio(told)
    return int(told[parts[0]]), int(told[parts[1]])


def parse_version(text: str) -> int:
    """`3.10` → 30010, above `3.2` → 30002, as versions compare and decimals do not (A-10)."""
    major, _, rest = text.strip().lstrip("Vv").partition(".")
    minor = rest.partition(".")[0] or "0"
    if not (major.isdecimal() and minor.isdecimal() and int(minor) < 10_000):
        raise ValueError(f"not a version: {text!r}")
    return int(major) * 10_000 + int(minor)


def _measure_company(sheet: _Sheet, profile: Profile, on: date, terms: Terms) -> None:
    company: Mapping[str, Any] = profile.get("company", {})
    registered = company.get("registered_on")
    age = (on - date.fromisoformat(registered)).days if registered else None
    sheet.put("licence_age_days", age, "company.registered_on")
    scope = company.get("business_scope")
    has_phrase = None if scope is None else int(terms.scope_phrase in "".join(_normal(scope).split()))
    sheet.put("scope_contains", has_phrase, "company.business_scope")
    pair = (company.get("licence_address"), company.get("operating_address"))
    matches = int(_plain(pair[0]) == _plain(pair[1])) if pair[0] and pair[1] else None
    sheet.put("address_matches", matches, "company.licence_address", "company.operating_address")
    _measure_brand(sheet, profile.get("brand", {}))
    codes = profile.get("categories")
    outside = [c for c in codes or () if c not in terms.categories]
    admitted = int(not outside) if codes else None
    sheet.put("category_admitted", admitted, *(f"categories: {c}" for c in outside or ["all"]))


def _plain(text: str) -> str:
    """Full-width forms, spaces and punctuation must not make two addresses differ."""
    return "".join(c for c in _normal(text).casefold() if c.isalnum())


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _measure_brand(sheet: _Sheet, brand: Mapping[str, Any]) -> None:
    authorisation = brand.get("authorisation")
    if authorisation is not None:
        told = f"brand.authorisation: {authorisation}"
        sheet.put("brand_failed", int(authorisation == "failed"), told)
        sheet.put("brand_pending", int(authorisation == "pending"), told)
    registered = brand.get("registered")
    sheet.put("brand_registered", None if registered is None else int(registered), "brand.registered")


def _measure_bank(sheet: _Sheet, profile: Profile, on: date, terms: Terms) -> None:
    statements: Sequence[Mapping[str, Any]] = profile.get("bank", {}).get("statements", ())
    recent = [s for s in statements if 0 <= _months_before(on, s["month"]) <= terms.turnover_months]
    where = tuple(f"bank.statements: {s['month']}" for s in recent)
    turnovers = [_fen(s["turnover_fen"]) for s in recent if "turnover_fen" in s]
    sheet.put("turnover_fen", max(turnovers, default=None), *where)
    seen = [s.get("cross_border") for s in recent]
    known = 1 if True in seen else 0 if seen and None not in seen else None
    sheet.put("cross_border_seen", known, *where)


def _fen(value: Any) -> int:
    return value if isinstance(value, int) else parse_fen(value)


def _months_before(on: date, month: str) -> int:
    """How many months `YYYY-MM` lies before the month of `on`; the running month counts as 0."""
    year, _, number = month.partition("-")
    return (on.year - int(year)) * 12 + on.month - int(number)


def _measure_products(sheet: _Sheet, profile: Profile, on: date, terms: Terms) -> None:
    products: Sequence[Mapping[str, Any]] = profile.get("products", ())
    if not products:
        return
    told = [p.get("apparel") for p in products]
    apparel = None if None in told and True not in told else int(True in told)
    sheet.put("apparel", apparel, "products[].apparel")
    worn = [p for p in products if p.get("apparel")]
    _measure_charts(sheet, worn, terms)
    _measure_attributes(sheet, worn if worn and terms.attribute_scope == "apparel" else products)
    _measure_epr(sheet, products, terms)
    _measure_parcels(sheet, products)
    times = _all(products, "listed_times")
    sheet.put("listed_times_max", max(times) if times else None, *_worst(products, "listed_times"))


def _measure_charts(sheet: _Sheet, worn: Sequence[Mapping[str, Any]], terms: Terms) -> None:
    bad = [p["sku"] for p in worn if size_chart_problems(p.get("size_chart"), schema=terms.size_chart_schema)]
    sheet.put("size_chart_missing", len(bad), *(f"products[{sku}].size_chart" for sku in bad))


def _measure_attributes(sheet: _Sheet, products: Sequence[Mapping[str, Any]]) -> None:
    required, missing = _all(products, "attributes_required"), _all(products, "attributes_missing")
    pair = (sum(missing), sum(required)) if required and missing else None
    short = [f"products[{p['sku']}].attributes_missing" for p in products if p.get("attributes_missing")]
    sheet.put_ratio("attributes_missing", pair, *short)


def _measure_epr(sheet: _Sheet, products: Sequence[Mapping[str, Any]], terms: Terms) -> None:
    if any("sites" not in p for p in products):
        sheet.put("epr_missing", None, *(f"products[{p['sku']}].sites" for p in products if "sites" not in p))
        return
    checked = [found for p in products for found in _epr_verdicts(p, terms.epr_streams)]
    for name, verdict in (("epr_missing", "rejected"), ("epr_to_review", "review")):
        places = [place for place, given in checked if given == verdict]
        sheet.put(name, len(places), *places)


def _epr_verdicts(product: Mapping[str, Any], streams: Sequence[EprStream]) -> Iterable[tuple[str, str]]:
    """A wrong number counts as none; one of unknown shape waits for a reviewer and is not missing."""
    numbers = {(e["site"], e["stream"]): e["number"] for e in product.get("epr", ())}
    for need in streams:
        if need.site in product["sites"] and (need.applies_to == "all" or product.get(need.applies_to)):
            number = numbers.get((need.site, need.stream), "")
            place = f"products[{product['sku']}].epr: {need.site} {need.stream}"
            yield place, check_epr_number(number, site=need.site, stream=need.stream).verdict


def _measure_parcels(sheet: _Sheet, products: Sequence[Mapping[str, Any]]) -> None:
    weights = _all(products, "weight_g")
    sheet.put("weight_g_max", max(weights) if weights else None, *_worst(products, "weight_g"))
    sides = [_all(products, side) for side in ("length_mm", "width_mm", "height_mm")]
    volumes = [a * b * c for a, b, c in zip(*sides, strict=True)] if all(sides) else []
    sheet.put("volume_mm3_max", max(volumes, default=None), "products[].length_mm × width_mm × height_mm")


def _all(products: Sequence[Mapping[str, Any]], key: str) -> list[int]:
    """The value of every product, or nothing when one of them does not say."""
    return [p[key] for p in products] if all(key in p for p in products) else []


def _worst(products: Sequence[Mapping[str, Any]], key: str) -> tuple[str, ...]:
    silent = [p["sku"] for p in products if key not in p]
    named = silent or [max(products, key=lambda p: int(p[key]))["sku"]]
    return tuple(f"products[{sku}].{key}" for sku in named)


def _measure_papers(sheet: _Sheet, profile: Profile, on: date, terms: Terms) -> None:
    missing = documents_missing(profile, on=on, rules=terms.documents)
    sheet.put("documents_missing", None if missing is None else len(missing), *(missing or ()))
