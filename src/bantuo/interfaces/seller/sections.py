"""The sections of an application as a seller sees them: what each is for, how far it is, where to mend."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bantuo.apps.admission.sections import section_values
from bantuo.core.findings import FAIL, NOT_EVIDENCED
from bantuo.core.policy import Book
from bantuo.interfaces.web.words import BAD, MUTE, OK, WARN, Word, add_words

add_words(
    "section",
    {
        "empty": Word(_("not begun"), MUTE),
        "partial": Word(_("not complete"), WARN),
        "problem": Word(_("to be mended"), BAD),
        "complete": Word(_("complete"), OK),
        "not_needed": Word(_("not needed"), MUTE),
    },
)
add_words(
    "probe_method",
    {
        "signed_calls": Word(_("signed calls to the sandbox"), MUTE),
        "pull_probe": Word(_("our calls to your endpoint"), MUTE),
    },
)


@dataclass(frozen=True, slots=True)
class SectionKind:
    """One section: its words, the gates it serves, and the keys without which it is not complete."""

    code: str
    title: Promise
    text: Promise
    icon: str
    rules: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    page: str = "seller:section"  # other topics' pages stand among them


SECTIONS: Mapping[str, SectionKind] = {
    kind.code: kind
    for kind in (
        SectionKind(
            "company",
            _("Company facts"),
            _("As the business licence has them: credit code, date of registration, scope, addresses."),
            icon="building",
            rules=("ELG-5", "ELG-13", "ELG-16"),
            required=("uscc", "registered_on", "business_scope", "licence_address", "operating_address"),
        ),
        SectionKind(
            "representative",
            _("Legal representative"),
            _("Consent first, then name and identity number; both are kept sealed."),
            icon="user-check",
            page="seller:representative",
        ),
        SectionKind(
            "account",
            _("Account evidence"),
            _("The account-opening permit or the basic-account filing; either will do."),
            icon="building-bank",
            required=("account_evidence",),
        ),
        SectionKind(
            "statements",
            _("Bank statements"),
            _("One of the last months is enough; it must reach the turnover and show cross-border flows."),
            icon="receipt",
            rules=("ELG-14", "ELG-15"),
        ),
        SectionKind(
            "undertaking",
            _("Product compliance undertaking"),
            _("Download the template, sign it by hand, seal it across the pages, upload it."),
            icon="file-certificate",
        ),
        SectionKind(
            "brand",
            _("Brand authorisations"),
            _("Whether you sell brands of others, and how far their authorisation is."),
            icon="award",
            rules=("ELG-4",),
            required=("authorisation",),
        ),
        SectionKind(
            "categories",
            _("Categories"),
            _("What you want to sell, from the admission list."),
            icon="category",
            rules=("ELG-6",),
        ),
        SectionKind(
            "products",
            _("Products"),
            _("The goods you begin with: typed in one by one, or imported from a sheet."),
            icon="package",
            rules=("ELG-8", "ELG-10"),
        ),
        SectionKind(
            "epr",
            _("EPR numbers"),
            _("One number per product, country and stream where the law asks for it."),
            icon="recycle",
            rules=("ELG-17",),
        ),
        SectionKind(
            "size_charts",
            _("Size charts"),
            _("For apparel: structured, uploaded as JSON or built here."),
            icon="ruler-measure",
            rules=("ELG-7",),
        ),
        SectionKind(
            "erp",
            _("ERP"),
            _("Which software states your stock, and how fast it answers."),
            icon="plug-connected",
            rules=("ELG-11", "ELG-12"),
        ),
        SectionKind(
            "metrics",
            _("Shop metrics"),
            _("Sell-through, scores, disputes, complaints: typed in or imported."),
            icon="chart-bar",
            rules=("ELG-1", "ELG-2", "ELG-3", "ELG-9"),
        ),
        SectionKind(
            "documents",
            _("Documents"),
            _("All papers of the checklist with their state."),
            icon="file-text",
            rules=("DOC-0",),
            page="seller:documents",
        ),
    )
}

# The place of the profile that a gate names (`detail.mend`): section and the id of the field there.
_FIELDS: Mapping[str, tuple[str, str]] = {
    "metrics.sell_through": ("metrics", "id_sell_through"),
    "metrics.dsr": ("metrics", "id_dsr"),
    "metrics.serious_complaints": ("metrics", "id_serious_complaints"),
    "metrics.disputes": ("metrics", "id_disputes"),
    "brand.authorisation": ("brand", "id_authorisation-group"),
    "company.registered_on": ("company", "id_registered_on"),
    "company.business_scope": ("company", "id_business_scope"),
    "company.operating_address": ("company", "id_operating_address"),
    "categories": ("categories", "id_categories"),
    "products[].size_chart": ("size_charts", "charts"),
    "products[].attributes_missing": ("products", "id_attributes_missing"),
    "products[].listed_times": ("products", "id_listed_times"),
    "products[].epr": ("epr", "epr"),
    "erp.api_version": ("erp", "id_api_version"),
    "erp.probe": ("erp", "evidence"),
    "bank.statements": ("statements", "statements"),
    "bank.statements[].cross_border": ("statements", "statements"),
    "documents": ("documents", "documents"),
}
_SKU = re.compile(r"products\[(?P<sku>.+)\]\.[a-z_]+")


@dataclass(frozen=True, slots=True)
class SectionState:
    """A section of one application: how far it is, and the gates that look at it."""

    kind: SectionKind
    state: str
    gates: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    @property
    def url(self) -> str:
        return section_url(self.kind)

    @property
    def open_gates(self) -> list[Mapping[str, Any]]:
        """What stands between this section and admission."""
        return [gate for gate in self.gates if gate["status"] in (FAIL, NOT_EVIDENCED)]


def section_url(kind: SectionKind) -> str:
    """The page of a section."""
    return reverse(kind.page, args=[kind.code] if kind.page == "seller:section" else [])


def mend_url(rule_id: str, evidence: Sequence[str], *, book: Book) -> str | None:
    """The page and the very field where a gate is mended; None when its rule names none.

    A missing paper leads to its place on the documents page, a product to its own form.
    """
    rule = book.rules.get(rule_id)
    place = str(rule.detail.get("mend", "")) if rule else ""
    if place not in _FIELDS:
        return None
    section, anchor = _FIELDS[place]
    if section == "documents":
        return _document_url(evidence, anchor)
    return _product_url(section, evidence, anchor)


def _document_url(evidence: Sequence[str], anchor: str) -> str:
    first = evidence[0].partition(":")[0] if evidence else ""
    if evidence and "company.uscc" in evidence[0]:
        return f"{reverse('seller:section', args=['company'])}#id_uscc"
    paper = f"paper-{first}" if first.startswith("DOC-") else anchor
    return f"{reverse('seller:documents')}#{paper}"


def _product_url(section: str, evidence: Sequence[str], anchor: str) -> str:
    found = _SKU.match(evidence[0]) if evidence else None
    if found and section == "products":
        return f"{reverse('seller:product')}?{urlencode({'sku': found['sku']})}#{anchor}"
    if found and section == "size_charts":
        return f"{reverse('seller:size_chart')}?{urlencode({'sku': found['sku']})}#{anchor}"
    named = "products-list" if section == "products" else anchor
    return f"{reverse('seller:section', args=[section])}#{named}"


def section_states(
    profile: Mapping[str, Any], gates: Mapping[str, Mapping[str, Any]], *, missing_consent: str | None
) -> list[SectionState]:
    """Every section of a composed profile with its state, in the order of the page."""
    return [
        SectionState(
            kind,
            _state(kind, profile, gates, missing_consent),
            tuple(gates[rule] for rule in kind.rules if rule in gates),
        )
        for kind in SECTIONS.values()
    ]


def _state(
    kind: SectionKind,
    profile: Mapping[str, Any],
    gates: Mapping[str, Mapping[str, Any]],
    missing_consent: str | None,
) -> str:
    papers = {paper["kind"]: paper for paper in profile.get("documents", ())}
    match kind.code:
        case "representative":
            return {"consent": "empty", "identity": "partial"}.get(missing_consent or "", "complete")
        case "undertaking":
            return _paper_state(papers.get("DOC-5"))
        case "documents":
            return _documents_state(papers, gates.get("DOC-0"))
        case "epr" | "size_charts":
            return _by_product_state(kind, profile, gates)
        case _:
            return _filled_state(kind, profile, gates)


def _paper_state(paper: Mapping[str, Any] | None) -> str:
    if paper is None:
        return "empty"
    return "problem" if False in paper.get("ticks", {}).values() else "complete"


def _documents_state(papers: Mapping[str, Any], gate: Mapping[str, Any] | None) -> str:
    if not papers:
        return "empty"
    if gate is None or gate["status"] not in (FAIL, NOT_EVIDENCED):
        return "complete"
    faults = [place for place in gate["evidence"] if not place.endswith(": missing")]
    return "problem" if faults else "partial"


def _by_product_state(
    kind: SectionKind, profile: Mapping[str, Any], gates: Mapping[str, Mapping[str, Any]]
) -> str:
    """Needed only when a product asks for it: a gate that passes without a number was not asked."""
    if not profile.get("products"):
        return "empty"
    statuses = {gates[rule]["status"] for rule in kind.rules if rule in gates}
    if FAIL in statuses:
        return "problem" if section_values(profile, kind.code) else "partial"
    if NOT_EVIDENCED in statuses:
        return "partial"
    return "complete" if section_values(profile, kind.code) else "not_needed"


def _filled_state(
    kind: SectionKind, profile: Mapping[str, Any], gates: Mapping[str, Mapping[str, Any]]
) -> str:
    values = section_values(profile, kind.code)
    if not values:
        return "empty"
    statuses = {gates[rule]["status"] for rule in kind.rules if rule in gates}
    if FAIL in statuses:
        return "problem"
    is_short = NOT_EVIDENCED in statuses or any(key not in values for key in kind.required)
    return "partial" if is_short else "complete"
