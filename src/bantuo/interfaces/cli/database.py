"""`bantuo db`: the embedded server; and how commands that need the database are started."""

from __future__ import annotations

import importlib
import os
from typing import Annotated, Any

import psycopg
import typer

from bantuo.channels.postgres import database_url, run_psql, start_server, stop_server
from bantuo.interfaces.cli.terminal import JsonFlag, print_json, stop_bad_input

database = typer.Typer(no_args_is_help=True, help="The embedded PostgreSQL server.")


def lazy(module: str, function: str, **arguments: Any) -> None:
    """Find the database, set Django up, then load and call a function that uses them.

    Modules that hold models can only be imported after the set-up, and commands that need no
    database must not wait for it: hence by name.
    """
    os.environ["BANTUO_DATABASE_URL"] = database_url()
    importlib.import_module("django").setup()
    try:
        getattr(importlib.import_module(module), function)(**arguments)
    except Exception as error:
        if not isinstance(error.__cause__, psycopg.errors.UndefinedTable):
            raise
        said = "this database lacks tables of this version: run `bantuo migrate` first"
        stop_bad_input(said, as_json=bool(arguments.get("as_json")))


@database.command()
def start(json: JsonFlag = False) -> None:
    """Start the embedded server and leave it running."""
    url = start_server(keep="always")
    if json:
        print_json({"running": True, "url": url})
    else:
        typer.echo(f"running: {url}")


@database.command()
def stop(json: JsonFlag = False) -> None:
    """Stop the embedded server."""
    stop_server()
    if json:
        print_json({"running": False})
    else:
        typer.echo("stopped")


@database.command(context_settings={"ignore_unknown_options": True})
def psql(arguments: Annotated[list[str] | None, typer.Argument(help="Passed on to psql.")] = None) -> None:
    """Open psql on the project's database."""
    raise typer.Exit(run_psql(database_url(), arguments or []))
