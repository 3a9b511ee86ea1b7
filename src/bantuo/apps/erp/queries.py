"""What is known of a seller's ERP: its key, its endpoint, the calls that came, and what they prove."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db.models import F, QuerySet
from django.utils.timezone import localdate

from bantuo.apps.erp.models import Method, ProbeCall, ProbeRun, ProbeTarget, SandboxKey, WatchCall
from bantuo.apps.policies.queries import publications, published_amendments
from bantuo.apps.sql import fetch_rows
from bantuo.core.metrics import parse_version
from bantuo.core.policy import Book
from bantuo.core.policy_amend import amend_book
from bantuo.core.response_times import ProbeTerms, TimedCall, percentile_ms, probe_terms
from bantuo.engine.books import DEFAULT_BOOK, load_book


@dataclass(frozen=True, slots=True)
class MethodProgress:
    """How far the calls of one method have come, over the last ELG-12.calls of them."""

    method: str
    calls: int
    failed: int
    p95_ms: int | None  # the book's percentile; 95th unless it says otherwise
    api_version: str
    newest_id: int
    newest_at: datetime
    terms: ProbeTerms
    is_watched: bool = False  # the newest is one of the regular calls to an active seller

    @property
    def is_complete(self) -> bool:
        """Enough calls to be evidence."""
        return self.calls >= self.terms.calls

    @property
    def is_version_met(self) -> bool:
        """The version is ELG-11's or a later one."""
        return parse_version(self.api_version) >= self.terms.version

    @property
    def is_fast_enough(self) -> bool:
        """The percentile is within ELG-12; not said before there are enough calls."""
        return self.is_complete and self.p95_ms is not None and self.p95_ms <= self.terms.limit_ms


@dataclass(frozen=True, slots=True)
class ProbeProgress:
    """A seller's evidence as it arrives: each method, the last run, and the newest calls."""

    terms: ProbeTerms
    methods: dict[str, MethodProgress]
    chosen: MethodProgress | None
    run: ProbeRun | None
    run_calls: int
    newest: list[ProbeCall]

    @property
    def mark(self) -> str:
        """Changes whenever there is something new to show."""
        newest = self.newest[0].pk if self.newest else 0
        return f"{newest}-{self.run.pk if self.run else 0}{self.run.outcome if self.run else ''}"


def erp_evidence(seller_id: int, *, terms: ProbeTerms | None = None) -> dict[str, Any] | None:
    """The `erp` object of the seller schema as the calls show it; None while there are none.

    Over the last ELG-12.calls calls of one method in the version that the ERP speaks now. Of two
    methods, one with enough calls goes before one without, then one whose endpoint the platform calls
    regularly, then the more recent. A failed call counts
    as over the limit. `terms` are those of the day of the newest call unless given.
    """
    chosen = _chosen(_methods(seller_id, terms=terms))
    if chosen is None:
        return None
    vendor = (
        ProbeTarget.objects.filter(seller_id=seller_id).exclude(vendor="").values_list("vendor", flat=True)
    )
    named = {"vendor": name} if (name := vendor.first()) else {}
    probe = {"calls": chosen.calls, "p95_ms": chosen.p95_ms, "method": chosen.method}
    return {**named, "api_version": chosen.api_version, "probe": probe}


def probe_progress(seller_id: int, *, terms: ProbeTerms, newest: int = 10) -> ProbeProgress:
    """What the seller's page shows while calls arrive, with the `newest` last ones."""
    methods = _methods(seller_id, terms=terms)
    run = ProbeRun.objects.filter(seller_id=seller_id).order_by("-id").first()
    calls = ProbeCall.objects.filter(seller_id=seller_id).order_by("-id")
    return ProbeProgress(
        terms=terms,
        methods=methods,
        chosen=_chosen(methods),
        run=run,
        run_calls=ProbeCall.objects.filter(seller_id=seller_id, run=run).count() if run else 0,
        newest=list(calls[:newest]),
    )


def progress_mark(seller_id: int) -> str:
    """As `ProbeProgress.mark`, for asking every other second whether anything is new."""
    return str(
        fetch_rows(
            """
            SELECT coalesce((SELECT max(id) FROM erp_probecall WHERE seller_id = %s), 0) || '-' || coalesce(
                (SELECT id || outcome FROM erp_proberun WHERE seller_id = %s ORDER BY id DESC LIMIT 1), '0')
            """,
            [seller_id, seller_id],
        )[0][0]
    )


def evidence_calls(seller_id: int, *, method: str, calls: int) -> list[ProbeCall | WatchCall]:
    """The calls that the evidence of a method rests on, oldest first: those of runs and the regular ones."""
    newest = _newest(seller_id, method=method)
    if newest is None:
        return []
    version = newest.api_version
    found: list[ProbeCall | WatchCall] = [
        *reversed(_current(seller_id, method=method).filter(api_version=version)[:calls]),
        *_watched(seller_id, method=method).filter(api_version=version),
    ]
    return sorted(found, key=lambda call: call.called_at)[-calls:]


def watch_calls(seller_id: int) -> list[WatchCall]:
    """The regular calls that are kept of an active seller's endpoint, latest first."""
    return list(WatchCall.objects.filter(seller_id=seller_id).order_by("-called_at"))


def active_key(seller_id: int) -> SandboxKey | None:
    """The seller's key that has not been revoked."""
    return SandboxKey.objects.filter(seller_id=seller_id, revoked_at__isnull=True).first()


def key_named(app_key: str) -> SandboxKey | None:
    """The key of this name, revoked or not."""
    return SandboxKey.objects.filter(app_key=app_key).first()


def open_runs() -> list[ProbeRun]:
    """Runs that have not ended, whoever was working on them."""
    return list(ProbeRun.objects.filter(ended_at__isnull=True).order_by("id"))


def terms_in_force(on: date) -> ProbeTerms:
    """What the programme's book asks of an ERP on a day, with what operators have published."""
    return probe_terms(_book(publications(DEFAULT_BOOK)[0]), on=on)


@lru_cache(maxsize=8)
def _book(newest: int | None) -> Book:
    """Amendments are append-only, so the newest one settles the content."""
    shipped = load_book(DEFAULT_BOOK)
    return amend_book(shipped, published_amendments(shipped.id, up_to=newest)) if newest else shipped


def _methods(seller_id: int, *, terms: ProbeTerms | None) -> dict[str, MethodProgress]:
    found = {method.value: _progress(seller_id, method=method.value, terms=terms) for method in Method}
    return {method: progress for method, progress in found.items() if progress is not None}


def _chosen(methods: dict[str, MethodProgress]) -> MethodProgress | None:
    return max(methods.values(), key=lambda p: (p.is_complete, p.is_watched, p.newest_id), default=None)


def _progress(seller_id: int, *, method: str, terms: ProbeTerms | None) -> MethodProgress | None:
    newest = _newest(seller_id, method=method)
    if newest is None:
        return None
    asked = terms or terms_in_force(localdate(newest.called_at))
    calls = evidence_calls(seller_id, method=method, calls=asked.calls)
    timed = [TimedCall(call.took_ms, call.succeeded) for call in calls]
    return MethodProgress(
        method=method,
        calls=len(calls),
        failed=sum(not call.succeeded for call in calls),
        p95_ms=percentile_ms(timed, terms=asked),
        api_version=newest.api_version,
        newest_id=newest.pk if isinstance(newest, ProbeCall) else 0,
        newest_at=newest.called_at,
        terms=asked,
        is_watched=isinstance(newest, WatchCall),
    )


def _newest(seller_id: int, *, method: str) -> ProbeCall | WatchCall | None:
    """The last call of a method, of a run or a regular one."""
    last = [
        _current(seller_id, method=method).first(),
        _watched(seller_id, method=method).order_by("-called_at").first(),
    ]
    return max((call for call in last if call), key=lambda call: call.called_at, default=None)


def _watched(seller_id: int, *, method: str) -> QuerySet[WatchCall]:
    """The regular calls to the endpoint registered now; they are of one method."""
    calls = WatchCall.objects.filter(seller_id=seller_id)
    if method != Method.PULL_PROBE:
        return calls.none()
    return calls.filter(seller__probetarget__registered_at__lte=F("called_at"))


def _current(seller_id: int, *, method: str) -> QuerySet[ProbeCall]:
    """Calls of a method, newest first; of the pull probe only those to the endpoint registered now."""
    calls = ProbeCall.objects.filter(seller_id=seller_id, method=method).order_by("-id")
    if method == Method.PULL_PROBE:
        return calls.filter(seller__probetarget__registered_at__lte=F("called_at"))
    return calls
