"""The report of a check in words: the history it makes, the cases it changes, whom it reaches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.apps.policies.worked_cases import NOT_COMPUTABLE
from bantuo.core.policy import Rule
from bantuo.core.policy_amend import value_of
from bantuo.interfaces.web.policy_pages import amount_words
from bantuo.interfaces.web.templatetags.ui import fen
from bantuo.interfaces.web.words import word_of

_KINDS: Mapping[str, str | Promise] = {
    "quote": gettext_lazy("price of a parcel"),
    "gate": gettext_lazy("admission gate"),
    "listing": gettext_lazy("exclusive price"),
    "kpi": gettext_lazy("service quality"),
    "routing": gettext_lazy("cut-off"),
}


@dataclass(frozen=True, slots=True)
class Span:
    """A value in the history that the draft would make."""

    words: str
    since: date | None
    until: date | None
    source: Mapping[str, str]
    by_operator: bool
    is_new: bool


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A worked case that comes out differently."""

    id: str
    kind: str
    given: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Person:
    """A seller who would be told something else."""

    seller_id: int
    code: str
    name: str
    state: str
    before: bool
    after: bool
    gates: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Group:
    """Sellers or applicants: how many were asked, what turns, and who they are."""

    title: str
    asked: int
    unreadable: int
    to_fail: int
    to_pass: int
    gates_only: int
    who: Sequence[Person]

    @property
    def changed(self) -> int:
        return self.to_fail + self.to_pass + self.gates_only

    @property
    def unnamed(self) -> int:
        return self.changed - len(self.who)


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report as the page shows it."""

    made_on: date
    history: Sequence[Span]
    is_sound: bool
    seams: int
    cases_run: int
    past_changed: int
    cases: Sequence[CaseLine]
    decides_admission: bool
    groups: Sequence[Group]


def report_view(report: Mapping[str, Any], rule: Rule) -> ReportView:
    """A stored report in the reader's words."""
    return ReportView(
        made_on=date.fromisoformat(report["made_on"]),
        history=[_span(told, rule) for told in reversed(report["history"])],
        is_sound=all(seam["sound"] for seam in report["seams"]),
        seams=len(report["seams"]),
        cases_run=report["cases_run"],
        past_changed=len(report["past_cases_changed"]),
        cases=[_case(told) for told in report["cases_changed"]],
        decides_admission=report["decides_admission"],
        groups=list(_groups(report)),
    )


def _span(told: Mapping[str, Any], rule: Rule) -> Span:
    return Span(
        words=amount_words(rule, value_of(told["value"], unit=rule.unit)),
        since=_day(told["from"]),
        until=_day(told["until"]),
        source=told["source"],
        by_operator=told["by_operator"],
        is_new=told["is_new"],
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _case(told: Mapping[str, Any]) -> CaseLine:
    return CaseLine(
        id=told["id"],
        kind=str(_KINDS[told["kind"]]),
        given=json.dumps(told["given"], ensure_ascii=False, indent=1),
        before=outcome_words(told["kind"], told["before"]),
        after=outcome_words(told["kind"], told["after"]),
    )


def outcome_words(kind: str, outcome: Mapping[str, Any]) -> str:
    """What comes of a case, in words."""
    if NOT_COMPUTABLE in outcome:
        return _("cannot be computed: %(why)s") % {"why": outcome[NOT_COMPUTABLE]}
    match kind:
        case "quote":
            return fen(outcome["total_fen"])
        case "gate" if outcome["status"] == "absent":
            return _("%(rule)s does not apply yet") % {"rule": outcome["rule"]}
        case "gate":
            return f"{outcome['rule']}: {word_of('finding', outcome['status']).label}"
        case "listing":
            told = _("alert") if outcome["alert"] else _("no alert")
            most = _("at most %(price)s") % {"price": fen(outcome["exclusive_fen_max"])}
            return f"{told} ({most})"
        case "kpi":
            return _("met") if outcome["pass"] else _("missed")
    return _("in time") if outcome["in_time"] else _("too late")


def _groups(report: Mapping[str, Any]) -> Iterator[Group]:
    if report["decides_admission"]:
        yield _group(_("Active sellers"), report["sellers"])
        yield _group(_("Open applications"), report["applications"])


def _group(title: str, told: Mapping[str, Any]) -> Group:
    return Group(
        title=title,
        asked=told["asked"],
        unreadable=told["unreadable"],
        to_fail=told["to_fail"],
        to_pass=told["to_pass"],
        gates_only=told["gates_only"],
        who=[_person(person) for person in told["who"]],
    )


def _person(told: Mapping[str, Any]) -> Person:
    return Person(
        seller_id=told["seller_id"],
        code=told["code"],
        name=told["name"],
        state=told["state"],
        before=told["before"],
        after=told["after"],
        gates=list(_gates(told["gates"])),
    )


def _gates(gates: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str, str]]:
    for rule, (before, after) in gates.items():
        yield rule, before, after
