"""`bantuo audit verify` and `bantuo audit reseal`."""

from __future__ import annotations

import typer

from bantuo.apps.documents.queries import ChainState, verify_chain
from bantuo.interfaces.cli.terminal import EXIT_FINDINGS, print_json, print_table
from bantuo.interfaces.web.papers import vault
from bantuo.interfaces.web.sealed import reseal_all

_FAULTS = {
    "changed": "entry {at} does not fit: it, or the entry before it, was changed",
    "missing": "entry {at} is missing",
    "truncated": "entries were cut off or rewritten: the head given is not in the log",
}


def verify_audit(*, as_json: bool, head: str | None = None) -> None:
    """Exit 1 when an entry of the access log was changed, is missing, or was cut off after `head`."""
    state = verify_chain(head=head)
    if as_json:
        print_json(
            {
                "whole": state.is_whole,
                "entries": state.entries,
                "head": state.head_hash,
                "broken_at": state.broken_at,
                "fault": state.fault,
            }
        )
    else:
        typer.echo(_told(state))
    if not state.is_whole:
        raise typer.Exit(EXIT_FINDINGS)


def _told(state: ChainState) -> str:
    if state.is_whole:
        return f"{state.entries} entries, whole; head {state.head_hash}"
    fault = _FAULTS[state.fault].format(at=state.broken_at)
    return f"{state.entries} entries are whole, then NOT WHOLE: {fault}"


def reseal_secrets(*, as_json: bool) -> None:
    """Bring every sealed secret under the master key in use; exit 1 when some open under no key."""
    done = list(reseal_all(vault()))
    total, unopened = sum(one.sealed_anew for one in done), sum(one.unopened for one in done)
    if as_json:
        kinds = {one.kind: one.sealed_anew for one in done}
        print_json({"resealed": total, "unopened": unopened, "kinds": kinds})
    else:
        rows = [(one.kind, f"{one.sealed_anew:,}", f"{one.unopened:,}") for one in done]
        print_table("Sealed under the master key in use", ("", "sealed anew", "do not open"), rows)
        typer.echo(f"{total} sealed anew; a former master key may go once this says 0 and all of it opens")
    if unopened:
        raise typer.Exit(EXIT_FINDINGS)
