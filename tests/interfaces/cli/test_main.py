"""The command as a whole: its help, its exit codes, JSON everywhere, and no Django where none is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer
from typer.testing import CliRunner

from bantuo import __version__
from bantuo.interfaces.cli.main import app
from tests.processes import ROOT

HELP = Path(__file__).with_name("help.txt")
SELLER = ROOT / "examples" / "seller_not_ready.json"
QUOTE = ("quote", "--receipts", "120.00", "--size", "30x25x20", "--weight", "1.2", "--distance", "250")
WITHOUT_DATABASE = {
    "quote": (*QUOTE, "--label"),
    "diagnose": ("diagnose", str(SELLER), "--at", "2024-06-30"),
    "schema": ("schema", "seller"),
    "policy list": ("policy", "list"),
    "policy show": ("policy", "show", "FEE-1.rate", "--at", "2024-07-01"),
    "policy check": ("policy", "check"),
    "policy diff": ("policy", "diff", "2024-06-30", "2024-07-01"),
    "version": ("version",),
}
EXITS = [
    (("version",), 0),
    (("policy", "check"), 0),
    (WITHOUT_DATABASE["diagnose"], 1),
    (("quote", "--receipts", "1.2E+15"), 2),
    (("policy", "show", "NO-1"), 2),
    (("diagnose", "nowhere.json"), 2),
    (("quote", "--no-such-option"), 2),
    (("no-such-command",), 2),
]


def commands(command: click.Command, names: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group, in the order of the help."""
    yield names
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*names, name))


def help_of(names: tuple[str, ...]) -> str:
    env = {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", "TERMINAL_WIDTH": "100"}
    done = CliRunner().invoke(app, [*names, "--help"], env=env, prog_name="bantuo")
    assert done.exit_code == 0, done.output
    return "\n".join(line.rstrip() for line in done.output.strip().splitlines())


def test_the_help_is_the_one_committed() -> None:
    """`BANTUO_WRITE_SNAPSHOTS=1 pytest tests/interfaces/cli/test_main.py` writes it anew."""
    made = "\n\n".join(help_of(names) for names in commands(typer.main.get_command(app))) + "\n"
    if os.environ.get("BANTUO_WRITE_SNAPSHOTS"):
        HELP.write_text(made, "utf-8")
    assert made == HELP.read_text("utf-8")


def test_every_command_but_psql_has_json() -> None:
    root = typer.main.get_command(app)
    for names in commands(root):
        command = root
        for name in names:
            command = getattr(command, "commands")[name]  # noqa: B009 (a group, which click does not type)
        if not hasattr(command, "commands") and names != ("db", "psql"):
            assert "--json" in {o for p in command.params for o in p.opts}, names


@pytest.mark.parametrize("arguments", WITHOUT_DATABASE.values(), ids=WITHOUT_DATABASE)
def test_json_is_one_valid_document(arguments: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code in (0, 1), done.output
    assert json.loads(done.stdout) not in ({}, [])


@pytest.mark.parametrize(("arguments", "code"), EXITS)
def test_exit_codes(arguments: tuple[str, ...], code: int) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == code


def test_bad_input_as_json_names_its_problems() -> None:
    done = CliRunner().invoke(app, ["quote", "--receipts", "1.2E+15", "--json"])
    assert done.exit_code == 2
    assert "1.2E+15" in done.stdout
    assert set(json.loads(done.stdout)) == {"error", "problems"}


def test_what_needs_no_database_does_not_load_django() -> None:
    code = (
        "import json, sys\n"
        "from typer.testing import CliRunner\n"
        "from bantuo.interfaces.cli.main import app\n"
        "for arguments in json.loads(sys.argv[1]):\n"
        "    done = CliRunner().invoke(app, arguments)\n"
        "    assert done.exit_code in (0, 1), done.output\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] == 'django'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(list(WITHOUT_DATABASE.values()))],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert done.stdout == "[]\n"


def test_version() -> None:
    assert CliRunner().invoke(app, ["version"]).stdout == f"{__version__}\n"
