"""`python -m tools.bench [--only NAME] [--rows N]`: print a table; a complete run writes the page."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from tools.bench.groups import BENCHMARKS, measured_rows
from tools.bench.machine import machine_facts
from tools.bench.report import print_rows, write_document
from tools.bench.row import Row


def bench(
    only: Annotated[str | None, typer.Option(help=f"One of {', '.join(BENCHMARKS)}.")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write the one group's section of the page.")
    ] = False,
    rows: Annotated[int | None, typer.Option(min=1, help="Fewer or more rows than the target names.")] = None,
) -> None:
    """Measure, print a table and, after a complete run, write docs/benchmarks.md."""
    if only is not None and only not in BENCHMARKS:
        raise typer.BadParameter(f"known are {', '.join(BENCHMARKS)}", param_hint="--only")
    console, facts = Console(), machine_facts()
    measured: dict[str, list[Row]] = {}
    for name in [only] if only else BENCHMARKS:
        console.print(f"{name} …", highlight=False)
        measured[name] = measured_rows(name, number=rows)
    print_rows([row for group in measured.values() for row in group], console)
    if (only is None or write) and rows is None:
        console.print(f"written to {write_document(measured, facts)}", highlight=False)


if __name__ == "__main__":
    typer.run(bench)
