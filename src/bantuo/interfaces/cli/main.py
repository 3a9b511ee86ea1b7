"""The `bantuo` command: what needs no database starts at once, the rest sets Django up first."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bantuo import __version__
from bantuo.channels.postgres import data_folder
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


operator = typer.Typer(no_args_is_help=True, help="The people who run the programme.")
app.add_typer(operator, name="operator")
audit = typer.Typer(no_args_is_help=True, help="The log of who looked at which papers.")
app.add_typer(audit, name="audit")


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


HostOption = Annotated[str, typer.Option(help="Address to listen on.")]
PortOption = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]


@app.command()
def demo(
    serve: Annotated[
        bool, typer.Option("--serve", help="Then serve the pages, with accounts to try.")
    ] = False,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    json: JsonFlag = False,
) -> None:
    """Run the main job on a small simulated marketplace and tell what happened."""
    if serve:
        os.environ["BANTUO_DEMO"] = "1"
        os.environ.setdefault("BANTUO_EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
        os.environ.setdefault("BANTUO_EMAIL_FILES", str(data_folder() / "mails"))
        os.environ.setdefault("BANTUO_PROBE_ALLOW_LOOPBACK", "1")
        name_address(host, port)
    lazy("bantuo.interfaces.cli.demo", "run_demo", host=host, port=port, serve=serve, as_json=json)


@app.command()
def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer requests.")] = 1,
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Start a worker for the jobs as well.")
    ] = True,
    json: JsonFlag = False,
) -> None:
    """Serve the pages: bring the database up to date, answer requests, run the jobs."""
    name_address(host, port)
    lazy(
        "bantuo.interfaces.cli.serve",
        "serve",
        host=host,
        port=port,
        workers=workers,
        with_worker=worker,
        as_json=json,
    )


@app.command()
def worker(
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
    json: JsonFlag = False,
) -> None:
    """Run the jobs: notices and mails, reminders, changes that take effect on a day."""
    lazy("bantuo.interfaces.cli.serve", "work", with_parent=with_parent, as_json=json)


@app.command()
def cutover(
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Business date; today where none is given.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing, tell what would.")] = False,
    json: JsonFlag = False,
) -> None:
    """Turn the orders of SKUs that were not stated by 16:00 over to their sellers; once for a day."""
    on = date.date() if date else None
    lazy("bantuo.interfaces.cli.cutover", "cut", on=on, dry_run=dry_run, as_json=json)


def name_address(host: str, port: int) -> None:
    """Where links in mails lead and which name pages answer to, unless the environment says it."""
    os.environ.setdefault("BANTUO_BASE_URL", f"http://{host}:{port}")
    if host not in ("127.0.0.1", "localhost", "0.0.0.0", "::"):
        os.environ.setdefault("BANTUO_HOSTS", f"{host},127.0.0.1,localhost")


@operator.command("add")
def operator_add(
    email: Annotated[str, typer.Argument(help="Mail address, by which the person signs in.")],
    role: Annotated[
        list[str],
        typer.Option(
            "--role",
            help="reviewer, policy, finance, warehouse, auditor or administrator; may be repeated.",
        ),
    ],
    name: Annotated[str, typer.Option(help="The person's name.")] = "",
    json: JsonFlag = False,
) -> None:
    """Give somebody of the operator an account and print the link with which they choose a password."""
    lazy("bantuo.interfaces.cli.people", "add_operator", email=email, roles=role, name=name, as_json=json)


@audit.command("verify")
def audit_verify(
    head: Annotated[
        str | None, typer.Option(help="A head that was noted earlier: it must still be in the log.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Check the hash chain of every look at a seller's papers. Exit 1 when it is broken."""
    lazy("bantuo.interfaces.cli.audit", "verify_audit", head=head, as_json=json)


@audit.command("reseal")
def audit_reseal(json: JsonFlag = False) -> None:
    """Bring every sealed secret under the master key in use, after it was changed.

    May be stopped and run again. Exit 1 when something does not open under any key.
    """
    lazy("bantuo.interfaces.cli.audit", "reseal_secrets", as_json=json)


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


if __name__ == "__main__":
    run()
