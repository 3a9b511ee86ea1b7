"""`bantuo cutover`: 16:00 by hand, or what it would do."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from bantuo.apps.orders.operations.cutover import (
    CutOffMissed,
    CutOffNotReached,
    CutOverReport,
    cut_over,
    preview_cut_over,
)
from bantuo.core.clock import operating_day
from bantuo.interfaces.cli.terminal import print_json, print_table, stop_bad_input
from bantuo.interfaces.web.programme import programme_now

ACTOR = "system:cli"
_WORDS = {
    "sellers_in_time": "sellers in time",
    "sellers_late": "sellers late",
    "orders_turned": "orders turned over to their sellers",
    "orders_split": "orders split",
    "lines_turned": "lines turned",
    "orders_turned_wide": "orders that the wide reading (A-30) turns",
}


def cut(*, on: date | None, dry_run: bool, as_json: bool) -> None:
    """Cut a business day, or say what cutting it now would change. A finished day answers with its report."""
    programme = programme_now()
    day = operating_day(programme.book, on or programme.on)
    if dry_run:
        _tell(preview_cut_over(day=day), day.on, dry_run=True, as_json=as_json)
        return
    try:
        report = cut_over(book=programme.book, day=day, now=programme.now, actor=ACTOR)
    except CutOffNotReached as early:
        stop_bad_input(f"{early}; --dry-run tells what it would change", as_json=as_json)
    except CutOffMissed as missed:
        stop_bad_input(str(missed), as_json=as_json)
    _tell(report, day.on, dry_run=False, as_json=as_json)


def _tell(report: CutOverReport, on: date, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        print_json({"business_date": on.isoformat(), "dry_run": dry_run, **asdict(report)})
        return
    title = f"{on}: {'what cutting it now would change' if dry_run else 'the report'}"
    rows = [(_WORDS[name], "–" if value is None else f"{value:,}") for name, value in asdict(report).items()]
    print_table(title, ("", ""), rows)
