"""`bantuo replay`: a progress bar over the stages, exit codes that scripts can trust."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management import call_command
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from bantuo.core.money import format_fen
from bantuo.engine.books import load_book
from bantuo.interfaces.cli.terminal import err, print_json, print_table, stop_bad_input
from bantuo.simulate.layout import LayoutProblems, load_layout
from bantuo.simulate.outputs import write_outputs
from bantuo.simulate.replay import (
    DaysAlreadyPassed,
    ReplayDiffers,
    ReplayUnfinished,
    begin_replay,
    open_replay,
    run_replay,
)
from bantuo.simulate.steps import ReplayMovedOn, Steps


@dataclass(slots=True)
class Reporter:
    """Shows each stage with its count, rate and time left; plain lines where there is no terminal."""

    progress: Progress
    totals: dict[str, int]
    tasks: dict[str, TaskID] = field(default_factory=dict)
    stage: str = ""

    def on_stage(self, stage: str) -> None:
        if stage != self.stage and not err.is_terminal:
            sys.stderr.write(f"stage {stage}\n")
            sys.stderr.flush()
        self.stage = stage
        if stage not in self.tasks:
            self.tasks[stage] = self.progress.add_task(stage, total=self.totals.get(stage), rate="")

    def on_rows(self, stage: str, rows: int) -> None:
        if stage not in self.tasks:
            self.on_stage(stage)
        task = self.progress.tasks[self.tasks[stage]]
        self.progress.update(task.id, advance=rows)
        elapsed = task.elapsed or 0
        if elapsed:
            self.progress.update(task.id, rate=f"{task.completed / elapsed:,.0f}/s")


@contextmanager
def reporting(totals: dict[str, int]) -> Iterator[Reporter]:
    """A progress display on stderr for as long as the work goes on."""
    columns = (
        TextColumn("{task.description:>12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal) as progress:
        yield Reporter(progress, totals)


def run_replay_command(
    *, source: Path, layout_path: Path, out: Path | None, limit: int | None, resume: bool, as_json: bool
) -> None:
    """Check everything, then replay, then write the outputs and print the summary."""
    try:
        layout = load_layout(layout_path)
        made = open_replay(source, layout, load_book(), limit=limit)
    except LayoutProblems as error:
        stop_bad_input(str(error), as_json=as_json, problems=error.problems)
    folder = out or Path("out") / layout.name
    _check_folder(folder, as_json=as_json)
    call_command("migrate", verbosity=0)
    try:
        replay = begin_replay(made, resume=resume)
    except (ReplayUnfinished, ReplayDiffers, DaysAlreadyPassed) as error:
        stop_bad_input(str(error), as_json=as_json)
    begun = datetime.now(UTC)
    rows = {name: table.rows for name, table in made.tables.items()}
    totals = {
        "stage": sum(rows.values()), "plan": rows["orders"], "intake": rows["orders"],
        "inbound": 0, "packing": rows["orders"], "handover": rows["orders"], "delivery": rows["orders"],
    }  # fmt: skip
    with reporting({name: total for name, total in totals.items() if total}) as reporter:
        steps = Steps(replay, on_stage=reporter.on_stage, on_rows=reporter.on_rows)
        try:
            run_replay(made, replay, steps=steps)
        except ReplayMovedOn as error:
            stop_bad_input(str(error), as_json=as_json)
        reporter.on_stage("outputs")
        summary = write_outputs(
            folder, layout=layout, replay=replay, tables=dict(made.tables), on_rows=reporter.on_rows
        )
    seconds = int((datetime.now(UTC) - begun).total_seconds())
    if as_json:
        print_json(summary)
    else:
        _print_summary(summary, folder, seconds)


def _check_folder(folder: Path, *, as_json: bool) -> None:
    """Hours of work must not end at a name that cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        problem = {"field": "--out", "value": str(folder), "rule": error.strerror or str(error)}
        stop_bad_input("the outputs cannot be written there", as_json=as_json, problems=[problem])


def _print_summary(summary: dict[str, Any], folder: Path, seconds: int) -> None:
    print_table(
        f"{summary['title']} — {seconds} s",
        ("table", "rows in", "used", "refused", "unaccounted"),
        [(name, *account.values()) for name, account in summary["rows"].items()],
    )
    print_table("orders (route/state)", ("", "orders"), summary["orders"].items())
    print_table("why they took their route", ("reason", "decisions"), summary["routing_reasons"].items())
    print_table("charges (¥)", ("", "total"), [(k, format_fen(v)) for k, v in summary["charges"].items()])
    print_table(
        "ledger (¥, debit positive)",
        ("account", "balance"),
        [(k, format_fen(v)) for k, v in summary["ledger"].items()],
    )
    checks = ("unbalanced_entries", "statements_that_disagree", "oversold_skus", "stock_differences")
    print_table("must be 0", ("", ""), [(name, summary[name]) for name in checks])
    err.print(f"written to {folder}", highlight=False)
