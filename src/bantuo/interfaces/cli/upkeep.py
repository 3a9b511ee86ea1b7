"""`bantuo migrate` and `bantuo ledger check`."""

from __future__ import annotations

import io

import typer
from django.core.management import call_command

from bantuo.apps.ledger.queries import check_ledger
from bantuo.apps.settlement.queries import reconcile_statements
from bantuo.core.money import format_fen
from bantuo.interfaces.cli.terminal import EXIT_FINDINGS, print_json, print_table


def migrate_database(*, as_json: bool) -> None:
    """Apply every migration that is not applied yet."""
    said = io.StringIO()
    call_command("migrate", verbosity=1, stdout=said)
    applied = [line.strip() for line in said.getvalue().splitlines() if line.strip().startswith("Applying")]
    if as_json:
        print_json({"applied": applied})
    else:
        typer.echo("\n".join(applied) or "nothing to migrate")


def check_books(*, as_json: bool) -> None:
    """Exit 1 when an entry does not balance or a statement disagrees with its charges or postings."""
    check, differences = check_ledger(), reconcile_statements()
    sound = not check.unbalanced and not differences
    if as_json:
        print_json(
            {
                "sound": sound,
                "entries": check.entries,
                "accounts": dict(sorted(check.accounts.items())),
                "sum_fen": sum(check.accounts.values()),
                "unbalanced": list(check.unbalanced),
                "statements_that_disagree": list(differences),
            }
        )
    else:
        rows = [(code, format_fen(fen)) for code, fen in sorted(check.accounts.items())]
        print_table("ledger (¥, debit positive)", ("account", "balance"), rows)
        typer.echo(
            f"{check.entries} entries, {len(check.unbalanced)} unbalanced,"
            f" {len(differences)} statements that disagree: {'sound' if sound else 'NOT SOUND'}"
        )
    if not sound:
        raise typer.Exit(EXIT_FINDINGS)
