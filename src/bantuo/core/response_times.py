"""How fast a seller's stock interface is: the percentile of its calls and whether that is evidence (A-11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bantuo.core.policy import Book


@dataclass(frozen=True, slots=True)
class ProbeTerms:
    """What the book asks of a seller's ERP; `version` as `core.metrics.parse_version` reads one."""

    version: int  # ELG-11
    limit_ms: int  # ELG-12
    calls: int  # ELG-12.calls
    percentile: int  # ELG-12.percentile
    erp_required: bool  # ELG-11.erp_required


@dataclass(frozen=True, slots=True)
class TimedCall:
    """One call: how long it took, and whether it was answered as it should."""

    took_ms: int
    succeeded: bool


def probe_terms(book: Book, *, on: date) -> ProbeTerms:
    """The terms in force on a day. Raises PolicyNotInForce."""
    return ProbeTerms(
        version=book.amount("ELG-11", on),
        limit_ms=book.amount("ELG-12", on),
        calls=book.amount("ELG-12.calls", on),
        percentile=book.amount("ELG-12.percentile", on),
        erp_required=book.amount("ELG-11.erp_required", on),
    )


def counted_ms(call: TimedCall, *, limit_ms: int) -> int:
    """What a call counts: a failed one is over the limit however soon it failed, for no stock came of it."""
    return call.took_ms if call.succeeded else max(call.took_ms, limit_ms + 1)


def percentile_ms(calls: Sequence[TimedCall], *, terms: ProbeTerms) -> int | None:
    """The time within which the book's share of the calls was answered (nearest rank, whole ms).

    None without calls. Fewer calls than ELG-12.calls have a percentile too, but it is no evidence yet.
    """
    if not calls:
        return None
    counted = sorted(counted_ms(call, limit_ms=terms.limit_ms) for call in calls)
    return nearest_rank(counted, terms.percentile)


def nearest_rank(ordered: Sequence[int], percentile: int) -> int:
    """The value within which this share of them lies, by nearest rank; of a sorted, filled sequence."""
    return ordered[-(-percentile * len(ordered) // 100) - 1]
