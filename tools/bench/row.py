"""One line of the report."""

from __future__ import annotations

from dataclasses import dataclass

from tools.bench.rounds import Pair


@dataclass(frozen=True, slots=True)
class Row:
    """What was done, against which limit, and whether the target was met (None: no target)."""

    work: str
    measured: str
    limit: str = ""
    limit_measured: str = ""
    ratio: str = ""
    target: str = ""
    met: bool | None = None
    note: str = ""


def pair_row(pair: Pair, *, work: str, limit: str, most: float | None, note: str = "") -> Row:
    """The line of an alternating measurement; `most` is the greatest ratio that meets the target."""
    return Row(
        work=work,
        measured=milliseconds(pair.work_ns),
        limit=limit,
        limit_measured=milliseconds(pair.limit_ns),
        ratio=f"{pair.ratio:.2f} × ({pair.ratio_least:.2f}–{pair.ratio_most:.2f})",
        target="" if most is None else f"≤ {most} ×",
        met=None if most is None else pair.ratio <= most,
        note=note,
    )


def milliseconds(nanoseconds: int) -> str:
    """`1,234 ms`."""
    return f"{nanoseconds / 1e6:,.0f} ms"


def count(number: int) -> str:
    """`5 M`, `20,000`."""
    return f"{number // 1_000_000} M" if number and number % 1_000_000 == 0 else f"{number:,}"
