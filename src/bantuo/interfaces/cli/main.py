"""The `bantuo` command: what needs no database starts at once, the rest sets Django up first."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from bantuo import __version__
from bantuo.interfaces.cli.database import database, lazy
from bantuo.interfaces.cli.diagnose import diagnose, schema
from bantuo.interfaces.cli.policy import add_commands
from bantuo.interfaces.cli.quote import quote
from bantuo.interfaces.cli.terminal import JsonFlag, print_json

app = typer.Typer(
    name="bantuo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Runs a semi-managed (半托管) marketplace fulfilment programme.",
)
app.command()(quote)
app.command()(diagnose)
app.command()(schema)
policy = typer.Typer(no_args_is_help=True, help="The programme's rules: dated, sourced, in two languages.")
add_commands(policy)
app.add_typer(policy, name="policy")
app.add_typer(database, name="db")

ledger = typer.Typer(no_args_is_help=True, help="The double-entry books.")
app.add_typer(ledger, name="ledger")


@app.command()
def migrate(json: JsonFlag = False) -> None:
    """Bring the database up to this version's tables."""
    lazy("bantuo.interfaces.cli.upkeep", "migrate_database", as_json=json)


@ledger.command("check")
def ledger_check(json: JsonFlag = False) -> None:
    """Check that every entry balances and that statements, charges and postings agree."""
    lazy("bantuo.interfaces.cli.upkeep", "check_books", as_json=json)


@app.command()
def replay(
    source: Annotated[Path, typer.Argument(help="Folder with the source's tables.")],
    layout: Annotated[Path, typer.Option(help="How to read it (TOML).")],
    out: Annotated[Path | None, typer.Option(help="Folder for statements, tables and summary.json.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N orders of the source.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a replay that was interrupted.")
    ] = False,
    json: JsonFlag = False,
) -> None:
    """Run real orders through the whole programme in the database."""
    lazy(
        "bantuo.interfaces.cli.replay",
        "run_replay_command",
        source=source,
        layout_path=layout,
        out=out,
        limit=limit,
        resume=resume,
        as_json=json,
    )


@app.command()
def explain(
    order: Annotated[str, typer.Argument(help="The marketplace's order id, or its beginning.")],
    seller: Annotated[
        str | None, typer.Option(help="The seller's code, where several share the order.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Open one order: its decisions, events, and every fen of its charge down to rule and source."""
    lazy("bantuo.interfaces.cli.explain", "explain_order", order=order, seller=seller, as_json=json)


@app.command()
def statement(
    seller: Annotated[str, typer.Argument(help="The seller's code.")],
    run: Annotated[str | None, typer.Option(help="A settlement run's code: show its charges.")] = None,
    json: JsonFlag = False,
) -> None:
    """List a seller's statements, or every charge of one of them."""
    lazy("bantuo.interfaces.cli.explain", "show_statement", seller=seller, run=run, as_json=json)


@app.command()
def demo(json: JsonFlag = False) -> None:
    """Run the main job on a small simulated marketplace and tell what happened."""
    lazy("bantuo.interfaces.cli.demo", "run_demo", as_json=json)


@app.command()
def version(json: JsonFlag = False) -> None:
    """Print the version."""
    if json:
        print_json({"version": __version__})
    else:
        typer.echo(__version__)


def run() -> None:
    """Entry point of the `bantuo` command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bantuo.config.settings")
    app()
