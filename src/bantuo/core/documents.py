"""The papers of an application: which are required, and which of them are missing, expired or unsound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bantuo.core.identifiers import check_uscc

LICENCE = "DOC-1"


@dataclass(frozen=True, slots=True)
class DocumentRule:
    """One required paper, the ticks a reviewer must be able to set, and what may stand in for it.

    `instead` are values of `bank.account_evidence` that do as well as the paper itself (A-31).
    `when` names the segment that needs it: all, branded, epr (sold to one of `sites`) or none of them.
    """

    kind: str
    ticks: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    when: str = "all"
    sites: frozenset[str] = frozenset()


def documents_missing(
    profile: Mapping[str, Any], *, on: date, rules: Sequence[DocumentRule]
) -> tuple[str, ...] | None:
    """One line per fault of a required paper: missing, expired, unticked; None if no list was handed in."""
    if "documents" not in profile:
        return None
    handed: Mapping[str, Mapping[str, Any]] = {d["kind"]: d for d in profile["documents"]}
    required = [rule for rule in rules if _is_required(rule, profile)]
    return tuple(line for rule in required for line in _faults(rule, handed, profile, on))


def _is_required(rule: DocumentRule, profile: Mapping[str, Any]) -> bool:
    match rule.when:
        case "branded":
            return bool(profile.get("brand", {}).get("authorisation", "none") != "none")
        case "epr":
            return any(rule.sites.intersection(p.get("sites", ())) for p in profile.get("products", ()))
        case when:
            return when == "all"


def _faults(
    rule: DocumentRule, handed: Mapping[str, Mapping[str, Any]], profile: Mapping[str, Any], on: date
) -> Iterator[str]:
    document = handed.get(rule.kind)
    if document is None:
        if not _is_evidenced_elsewhere(rule, profile):
            yield f"{rule.kind}: missing"
        return
    if rule.kind == LICENCE:
        yield from _licence_faults(profile.get("company", {}))
    expires = document.get("expires_on")
    if expires and date.fromisoformat(expires) < on:
        yield f"{rule.kind}: expired on {expires}"
    ticks: Mapping[str, bool] = document.get("ticks", {})
    yield from (f"{rule.kind}: not ticked: {tick}" for tick in rule.ticks if ticks.get(tick) is False)


def _licence_faults(company: Mapping[str, Any]) -> Iterator[str]:
    checked = check_uscc(company["uscc"]) if "uscc" in company else None
    if checked is not None and checked.verdict == "rejected":
        yield f"{LICENCE}: company.uscc {checked.number}: {checked.reason}"


def _is_evidenced_elsewhere(rule: DocumentRule, profile: Mapping[str, Any]) -> bool:
    """The account filing does as well as the permit (A-31); an EPR number may bring its certificate."""
    if rule.when != "epr":
        return profile.get("bank", {}).get("account_evidence") in rule.instead
    numbers = [e for p in profile.get("products", ()) for e in p.get("epr", ()) if e["site"] in rule.sites]
    return bool(numbers) and all(e.get("certificate") for e in numbers)
