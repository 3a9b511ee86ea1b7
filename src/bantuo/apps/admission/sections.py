"""The sections of a draft: which part of the profile each one holds, and how new values go in.

A section reads as one flat mapping. New values are merged into it key by key, `None` takes a key
out, and what is not named stays: so a field that could not be read never costs its neighbours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Profile = Mapping[str, Any]
Values = Mapping[str, Any]

_COMPANY = ("uscc", "registered_on", "business_scope", "licence_address", "operating_address")
_ACCOUNT = ("account_evidence", "account_number")
_BRAND = ("authorisation", "registered")
_METRICS = (
    "sell_through", "dsr", "dsr_logistics", "disputes", "serious_complaints", "orders_per_day", "return_rate",
    "tenure_months", "customs_anomalies",
)  # fmt: skip
_OF_OTHERS = ("sku", "epr", "size_chart")  # keys of a product that other sections hold


class SectionUnknown(LookupError):
    """The application has no section of that name."""


class RowUnknown(LookupError):
    """A product that is not in the draft (any more): `sku` says which."""

    def __init__(self, sku: str) -> None:
        super().__init__(f"no product {sku!r} in the draft")
        self.sku = sku


@dataclass(frozen=True, slots=True)
class Section:
    """How one section reads its part of a profile, and how it puts a changed part back."""

    read: Callable[[Profile], dict[str, Any]]
    put: Callable[[dict[str, Any], dict[str, Any]], None]
    by_row: bool = False  # each key is a row of its own, changed on its own


def section_values(profile: Profile, section: str) -> dict[str, Any]:
    """What a section holds, as one flat mapping; raises SectionUnknown."""
    return _section(section).read(profile)


def merge_section(profile: Profile, section: str, values: Values) -> dict[str, Any]:
    """The profile with new values in one section; raises SectionUnknown, RowUnknown."""
    chosen = _section(section)
    merged = {**chosen.read(profile), **values}
    changed = json.loads(json.dumps(profile))
    chosen.put(changed, {key: value for key, value in merged.items() if value is not None})
    return dict(changed)


def section_revision(profile: Profile, section: str, *, row: str | None = None) -> str:
    """Names what a section (or one of its rows) holds: another device's save gives another name."""
    held = section_values(profile, section)
    told = held if row is None else held.get(row)
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def stale_part(profile: Profile, section: str, values: Values, *, revision: str | None) -> Any:
    """What somebody else has put where `values` go since `revision`; None when nobody has.

    Without a revision nothing is compared: the caller adds rows and has looked at none.
    """
    if revision is None:
        return None
    row = next(iter(values)) if _section(section).by_row and len(values) == 1 else None
    if section_revision(profile, section, row=row) == revision:
        return None
    held = section_values(profile, section)
    return (held if row is None else {row: held.get(row)}) or {}


def reusable_profile(profile: Profile) -> dict[str, Any]:
    """What the next attempt begins with: all that was stated, without papers and evidence of that day."""
    kept = {key: value for key, value in profile.items() if key != "documents"}
    if kept.get("erp"):
        kept["erp"] = {key: value for key, value in kept["erp"].items() if key != "probe"}
    return kept


def _section(name: str) -> Section:
    if name not in SECTIONS:
        raise SectionUnknown(f"no section {name!r}; there are {', '.join(SECTIONS)}")
    return SECTIONS[name]


def _flat(part: str, keys: tuple[str, ...]) -> Section:
    """A section that is some keys of one object of the profile; its other keys are left alone."""

    def read(profile: Profile) -> dict[str, Any]:
        held = profile.get(part, {})
        return {key: held[key] for key in keys if key in held}

    def put(profile: dict[str, Any], values: dict[str, Any]) -> None:
        others = {key: value for key, value in profile.get(part, {}).items() if key not in keys}
        profile[part] = {**others, **{key: values[key] for key in values if key in keys}}
        if not profile[part]:
            del profile[part]

    return Section(read, put)


def _read_statements(profile: Profile) -> dict[str, Any]:
    stated = profile.get("bank", {}).get("statements", ())
    return {one["month"]: {key: one[key] for key in one if key != "month"} for one in stated}


def _put_statements(profile: dict[str, Any], values: dict[str, Any]) -> None:
    stated = [{"month": month, **told} for month, told in sorted(values.items())]
    bank = {key: value for key, value in profile.get("bank", {}).items() if key != "statements"}
    profile["bank"] = {**bank, "statements": stated} if stated else bank
    if not profile["bank"]:
        del profile["bank"]


def _read_categories(profile: Profile) -> dict[str, Any]:
    return {"categories": list(profile["categories"])} if profile.get("categories") else {}


def _put_categories(profile: dict[str, Any], values: dict[str, Any]) -> None:
    profile.pop("categories", None)
    if values.get("categories"):
        profile["categories"] = sorted(set(values["categories"]))


def _read_products(profile: Profile) -> dict[str, Any]:
    return {
        p["sku"]: {key: p[key] for key in p if key not in _OF_OTHERS} for p in profile.get("products", ())
    }


def _put_products(profile: dict[str, Any], values: dict[str, Any]) -> None:
    kept = {p["sku"]: {key: p[key] for key in _OF_OTHERS if key in p} for p in profile.get("products", ())}
    made = [{**kept.get(sku, {"sku": sku}), **told} for sku, told in values.items()]
    profile.pop("products", None)
    if made:
        profile["products"] = made


def _of_products(key: str) -> Section:
    """A section that is one key of every product: its EPR numbers, its size chart."""

    def read(profile: Profile) -> dict[str, Any]:
        return {p["sku"]: p[key] for p in profile.get("products", ()) if key in p}

    def put(profile: dict[str, Any], values: dict[str, Any]) -> None:
        products = {p["sku"]: p for p in profile.get("products", ())}
        for sku in values:
            if sku not in products:
                raise RowUnknown(sku)
        for sku, product in products.items():
            product.pop(key, None)
            if values.get(sku):
                product[key] = values[sku]

    return Section(read, put, by_row=True)


def _read_erp(profile: Profile) -> dict[str, Any]:
    if "erp" not in profile:
        return {}
    told = profile["erp"]
    return {"has_erp": False} if told is None else {"has_erp": True, **told}


def _put_erp(profile: dict[str, Any], values: dict[str, Any]) -> None:
    """`erp: null` declares that there is none; leaving it out says nothing."""
    profile.pop("erp", None)
    if values.get("has_erp") is False:
        profile["erp"] = None
    elif values:
        profile["erp"] = {key: value for key, value in values.items() if key != "has_erp"}


SECTIONS: Mapping[str, Section] = {
    "company": _flat("company", _COMPANY),
    "account": _flat("bank", _ACCOUNT),
    "statements": Section(_read_statements, _put_statements),
    "brand": _flat("brand", _BRAND),
    "categories": Section(_read_categories, _put_categories),
    "products": Section(_read_products, _put_products, by_row=True),
    "epr": _of_products("epr"),
    "size_charts": _of_products("size_chart"),
    "erp": Section(_read_erp, _put_erp),
    "metrics": _flat("metrics", _METRICS),
}
