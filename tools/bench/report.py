"""The results as a table on the terminal and as `docs/benchmarks.md`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tools.bench.row import Row

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "benchmarks.md"
_HEADING = "## Group: "
_COLUMNS = ("work", "measured", "limit, in the same run", "limit measured", "ratio", "target", "met", "note")
_READING = """\
# Benchmarks

`make bench` writes this page. `python -m tools.bench --only NAME` runs one group and prints it; with
`--write` its section is written anew. Each section says when and on what it was measured.

## How to read it

- **Only the ratios mean something.** The machine is shared and noisy: the same work has taken twice as
  long an hour later. Compare a row with its own limit, never with a row of another run.
- A *limit* is what the machine needs for the input and output alone, without any rule: summing the
  columns, reading and writing the file, the bare SQL. It is the quickest way we know, not a slow stand-in.
- Limit and work run in turn (limit, work, limit, work …), one round is dropped as a warm-up, and the
  ratio is the median of the rounds' own ratios; the least and greatest stand in brackets.
- A replay takes minutes and runs once. Its limit is the median of five rounds of bare SQL right after it,
  on the same server and database: the same rows in the same batches, with commits. The bare SQL keeps
  indexes and checks but no foreign keys, reasons, outbox rows, stock movements or ledger, which the real
  stage writes as well; a ratio of 1 is out of reach. `orders/s` is all the replay's orders over the
  stage's seconds. Days on which nothing happens cost the replay a step each, and the bare SQL nothing.
- *Peak* is the high-water mark of the process, the sampled rows included; the database server is not.
- All rows are drawn from a seed when the benchmark runs. No test is timed: a slow machine fails nothing.
"""


def print_rows(rows: Sequence[Row], console: Console) -> None:
    """The short table for a person at a terminal; the page says what each limit is."""
    table = Table("work", "measured", "limit", "ratio", "target", "met", expand=False)
    for row in rows:
        met = {True: "yes", False: "[red]NO[/red]", None: ""}[row.met]
        table.add_row(row.work, row.measured, row.limit_measured, row.ratio, row.target, met)
    console.print(table)


def write_document(groups: Mapping[str, Sequence[Row]], facts: Mapping[str, str]) -> Path:
    """The page for the reader of the project. Groups that were not measured now stay as they stand in it."""
    sections = _held() | {name: _section(name, rows, facts) for name, rows in groups.items()}
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text("\n".join([_READING, *sections.values()]), encoding="utf-8")
    return DOCUMENT


def _section(name: str, rows: Sequence[Row], facts: Mapping[str, str]) -> str:
    machine = "; ".join(f"{what}: {value}" for what, value in facts.items())
    table = "\n".join(_line(cells) for cells in (_COLUMNS, ["---"] * len(_COLUMNS), *map(_cells, rows)))
    return f"{_HEADING}{name}\n\n{machine}\n\n{table}\n"


def _held() -> dict[str, str]:
    """The sections of the page as it is, by group."""
    text = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
    parts = ("\n" + text).split(f"\n{_HEADING}")[1:]
    return {part.partition("\n")[0]: f"{_HEADING}{part.rstrip()}\n" for part in parts}


def _cells(row: Row) -> list[str]:
    met = {True: "yes", False: "**no**", None: ""}[row.met]
    return [row.work, row.measured, row.limit, row.limit_measured, row.ratio, row.target, met, row.note]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
