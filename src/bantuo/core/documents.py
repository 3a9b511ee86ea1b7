"""The papers of an application: which are required, and which of them are missing, expired or unsound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class DocumentRule:
    """One required paper, the ticks a reviewer must be able to set, and what may stand in for it.

    `instead` are values of `bank.account_evidence` that do as well as the paper itself (A-31).
    `when` names the segment that needs it: all, branded or apparel.
    """

    kind: str
    ticks: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    when: str = "all"


def documents_missing(
    profile: Mapping[str, Any], *, on: date, rules: Sequence[DocumentRule]
) -> tuple[str, ...] | None:
    """One line per required paper that is missing or does not hold; None if no list was handed in."""
    if "documents" not in profile:
        return None
    handed: Mapping[str, Mapping[str, Any]] = {d["kind"]: d for d in profile["documents"]}
    required = [rule for rule in rules if _is_required(rule, profile)]
    lines = [line for rule in required for line in _faults(rule, handed, profile, on)]
    return tuple(lines)


def _is_required(rule: DocumentRule, profile: Mapping[str, Any]) -> bool:
    match rule.when:
        case "branded":
            return profile.get("brand", {}).get("authorisation", "none") != "none"
        case "apparel":
            return any(p.get("apparel") for p in profile.get("products", ()))
        case _:
            return True


def _faults(
    rule: DocumentRule, handed: Mapping[str, Mapping[str, Any]], profile: Mapping[str, Any], on: date
) -> tuple[str, ...]:
    document = handed.get(rule.kind)
    if document is None:
        stands_in = profile.get("bank", {}).get("account_evidence") in rule.instead
        return () if stands_in else (f"{rule.kind}: missing",)
    expires = document.get("expires_on")
    if expires and date.fromisoformat(expires) < on:
        return (f"{rule.kind}: expired on {expires}",)
    ticks: Mapping[str, bool] = document.get("ticks", {})
    unticked = [tick for tick in rule.ticks if ticks.get(tick) is False]
    return (f"{rule.kind}: {', '.join(unticked)}",) if unticked else ()
