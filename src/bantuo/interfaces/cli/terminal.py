"""How every command speaks: JSON or a table on stdout, messages on stderr, three exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

EXIT_DONE, EXIT_FINDINGS, EXIT_BAD_INPUT = 0, 1, 2

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]

out = Console()
err = Console(stderr=True)


def print_json(value: Any) -> None:
    """One JSON document on stdout, Chinese left readable."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on stdout; every cell is turned into text as it is."""
    table = Table(title=title, title_justify="left", show_lines=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    out.print(table)


def stop_bad_input(message: str, *, as_json: bool, problems: Sequence[Mapping[str, Any]] = ()) -> NoReturn:
    """End with exit code 2 after saying which field, value and rule; nothing was written."""
    if as_json:
        print_json({"error": message, "problems": list(problems)})
    else:
        err.print(f"[bold red]✗[/] {message}", highlight=False)
        for problem in problems:
            err.print(
                "  " + ", ".join(f"{k}: {v}" for k, v in problem.items()), markup=False, highlight=False
            )
    raise typer.Exit(EXIT_BAD_INPUT)
