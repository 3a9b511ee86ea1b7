"""What the page shows of the calls that have arrived: figures, verdicts, the last calls, a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from bantuo.apps.erp.models import ProbeCall, WatchCall
from bantuo.apps.erp.operations.endpoint import format_version
from bantuo.apps.erp.queries import MethodProgress, ProbeProgress, evidence_calls, probe_progress
from bantuo.core.response_times import TimedCall, counted_ms, probe_terms
from bantuo.interfaces.seller.erp_words import call_words, refusal_words
from bantuo.interfaces.web.charts import PALETTE, Chart
from bantuo.interfaces.web.programme import Programme
from bantuo.interfaces.web.words import word_of

_NEWEST = 6


@dataclass(frozen=True, slots=True)
class ShownCall:
    """One call in words."""

    call: ProbeCall
    told: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one gate stands by the calls so far."""

    rule: str
    tone: str
    value: str
    note: str


def required_version(programme: Programme) -> str:
    """The version that the book asks for, as it is written."""
    return format_version(programme.book.amount("ELG-11", programme.on))


def arriving_context(seller_id: int, *, programme: Programme) -> dict[str, Any]:
    """Everything of the part that is renewed while calls arrive."""
    terms = probe_terms(programme.book, on=programme.on)
    progress = probe_progress(seller_id, terms=terms, newest=_NEWEST)
    chosen = progress.chosen
    version = format_version(terms.version)
    return {
        "progress": progress,
        "terms": terms,
        "limit": f"{terms.limit_ms:,}",
        "required_version": version,
        "version_verdict": _version_verdict(chosen, required=version),
        "calls_verdict": _calls_verdict(progress),
        "time_verdict": _time_verdict(progress),
        "calls": [ShownCall(call, call_words(call.detail)) for call in progress.newest],
        "chart": _chart(seller_id, progress) if chosen else None,
        "run_refused": refusal_words(progress.run.detail.partition(":")[0]) if progress.run else "",
    }


def _version_verdict(chosen: MethodProgress | None, *, required: str) -> Verdict:
    note = _("required: %(version)s or later") % {"version": required}
    if chosen is None:
        return Verdict("ELG-11", "", "–", note)
    return Verdict("ELG-11", "ok" if chosen.is_version_met else "bad", chosen.api_version, note)


def _calls_verdict(progress: ProbeProgress) -> Verdict:
    chosen, needed = progress.chosen, progress.terms.calls
    made = chosen.calls if chosen else 0
    note = str(word_of("erp_method", chosen.method).label) if chosen else _("no call has arrived yet")
    return Verdict("ELG-12", "ok" if made >= needed else "", f"{made} / {needed}", note)


def _time_verdict(progress: ProbeProgress) -> Verdict:
    chosen, terms = progress.chosen, progress.terms
    note = _("at most %(limit)s ms; failed calls count as over the limit") % {"limit": f"{terms.limit_ms:,}"}
    if chosen is None or chosen.p95_ms is None:
        return Verdict("ELG-12", "", "–", note)
    tone = "" if not chosen.is_complete else "ok" if chosen.is_fast_enough else "bad"
    is_by_failures = chosen.failed > 0 and chosen.p95_ms == terms.limit_ms + 1
    value = f"> {terms.limit_ms:,} ms" if is_by_failures else f"{chosen.p95_ms:,} ms"
    return Verdict("ELG-12", tone, value, note)


def _chart(seller_id: int, progress: ProbeProgress) -> Chart | None:
    """Each call as a mark, the limit as a line; the square-root scale keeps quick calls apart."""
    chosen, terms = progress.chosen, progress.terms
    if chosen is None or chosen.calls < 2:
        return None
    calls = evidence_calls(seller_id, method=chosen.method, calls=terms.calls)
    outcomes = (str(word_of("erp_call", "True").label), str(word_of("erp_call", "False").label))
    values = [_mark(number, call, outcomes, terms.limit_ms) for number, call in enumerate(calls, start=1)]
    return Chart(
        title=_("Response time of the last calls"),
        columns=(_("call"), _("ms"), _("outcome")),
        rows=[(value["call"], calls[value["call"] - 1].took_ms, value["outcome"]) for value in values],
        spec=_spec(values, outcomes, limit_ms=terms.limit_ms),
        note=_("dashed: the limit of %(limit)s ms") % {"limit": f"{terms.limit_ms:,}"},
    )


def _mark(
    number: int, call: ProbeCall | WatchCall, outcomes: tuple[str, str], limit_ms: int
) -> dict[str, Any]:
    height = counted_ms(TimedCall(call.took_ms, call.succeeded), limit_ms=limit_ms)
    return {"call": number, "ms": height, "outcome": outcomes[0] if call.succeeded else outcomes[1]}


def _spec(values: Sequence[dict[str, Any]], outcomes: tuple[str, str], *, limit_ms: int) -> dict[str, Any]:
    colour = {
        "field": "outcome",
        "type": "nominal",
        "title": None,
        "scale": {"domain": list(outcomes), "range": [PALETTE[0], PALETTE[4]]},
        "legend": {"orient": "bottom"},
    }
    marks = {
        "mark": {"type": "circle", "size": 34, "opacity": 0.85},
        "encoding": {
            "x": {"field": "call", "type": "quantitative", "title": _("call"), "axis": {"tickMinStep": 1}},
            "y": {"field": "ms", "type": "quantitative", "title": _("ms"), "scale": {"type": "sqrt"}},
            "color": colour,
        },
    }
    limit = {
        "mark": {"type": "rule", "strokeDash": [5, 4], "color": PALETTE[4]},
        "encoding": {"y": {"datum": limit_ms}},
    }
    return {"data": {"values": list(values)}, "layer": [marks, limit]}
