"""`bantuo demo`: the main job on a small made-up marketplace, told as a short story in figures."""

from __future__ import annotations

import importlib.resources
import io
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management import call_command

from bantuo.apps.accounts.operations import DEMO_PASSWORD
from bantuo.apps.health.queries import health_reports
from bantuo.apps.parties.queries import sellers_named
from bantuo.channels.postgres import data_folder
from bantuo.core.money import format_fen
from bantuo.core.policy import Book
from bantuo.core.routing import REASON_WORDS, Reason
from bantuo.engine.books import load_book
from bantuo.interfaces.cli.demo_accounts import make_demo
from bantuo.interfaces.cli.replay import reporting
from bantuo.interfaces.cli.serve import check_port_free, prepare_database
from bantuo.interfaces.cli.serve import serve as serve_pages
from bantuo.interfaces.cli.terminal import out, print_json, stop_bad_input
from bantuo.simulate.layout import load_layout
from bantuo.simulate.marketplace import make_marketplace
from bantuo.simulate.outputs import example_order, write_outputs
from bantuo.simulate.replay import DaysAlreadyPassed, ReplayDiffers, begin_replay, open_replay, run_replay
from bantuo.simulate.steps import Steps


def run_demo(*, host: str, port: int, serve: bool, as_json: bool) -> None:
    """Make the marketplace, run it through the programme (or find it already run), tell the story.

    With `serve`, then make the accounts to try and answer requests until told to stop.
    """
    if serve:
        check_port_free(host, port, as_json=as_json)
    example = tell_story(as_json=as_json)
    if serve:
        _offer_accounts(active_seller=example, as_json=as_json)
        serve_pages(host=host, port=port, workers=1, with_worker=True, as_json=as_json)


def _offer_accounts(*, active_seller: str, as_json: bool) -> None:
    prepare_database()
    accounts = make_demo(active_seller=active_seller)
    if as_json:
        print_json({"password": DEMO_PASSWORD, "accounts": [asdict(account) for account in accounts]})
        return
    _say("[bold]Accounts to try[/]  the sign-in page lists them with their one-time codes;")
    _say(f"          password of all: [bold]{DEMO_PASSWORD}[/] (works in a demonstration only)")
    for account in accounts:
        _say(f"  {account.email:34} {account.told}")
    _say("")


def tell_story(*, as_json: bool) -> str:
    """Run the simulated marketplace and say what happened; returns the code of its example seller."""
    source, folder = data_folder() / "demo" / "source", data_folder() / "demo" / "out"
    make_marketplace(source)
    call_command("migrate", verbosity=0)
    book = load_book()
    with importlib.resources.as_file(importlib.resources.files("bantuo.simulate") / "demo.toml") as path:
        layout = load_layout(path)
    made = open_replay(source, layout, book, limit=None)
    try:
        replay = begin_replay(made, resume=True)
    except ReplayDiffers:
        stop_bad_input(
            "this database holds the demonstration of another version of Bantuo;"
            " run `make demo BANTUO_VAR=another-folder`, or use another database",
            as_json=as_json,
        )
    except DaysAlreadyPassed as error:
        stop_bad_input(str(error), as_json=as_json)
    said = io.StringIO()
    with redirect_stdout(said), reporting({"intake": made.tables["orders"].rows}) as reporter:
        steps = Steps(replay, on_stage=reporter.on_stage, on_rows=reporter.on_rows)
        run_replay(made, replay, steps=steps)
        summary = write_outputs(
            folder, layout=layout, replay=replay, tables=dict(made.tables), on_rows=reporter.on_rows
        )
    example = example_order(layout)
    if as_json:
        print_json(summary)
    else:
        _tell(summary, example=example, book=book, folder=folder)
    return example[1]


def _tell(summary: dict[str, Any], *, example: tuple[str, str], book: Book, folder: Path) -> None:
    say = _say
    say("\n[bold]半托 Bantuo — a simulated marketplace, run through the whole programme[/]")
    say("Everything below is made up from a seed; the rules are the article's, each with its source.\n")
    _tell_admission(summary, book=book)
    _tell_orders(summary)
    _tell_money(summary)
    _tell_health(example[1], book=book)
    sound = not (summary["unbalanced_entries"] or summary["statements_that_disagree"])
    say(
        f"[bold]Checks[/]  ledger {'sound' if sound else 'NOT SOUND'}: {summary['entries']} entries,"
        f" {summary['unbalanced_entries']} unbalanced, sum ¥{format_fen(sum(summary['ledger'].values()))};"
        f" oversold SKUs {summary['oversold_skus']}; stock differences {summary['stock_differences']}"
    )
    unaccounted = sum(account["unaccounted"] for account in summary["rows"].values())
    say(f"        source rows unaccounted for: {unaccounted}\n")
    order, seller = example
    say("[bold]Where to look next[/]")
    for command in (
        f"bantuo explain {order}",
        f"bantuo statement {seller}",
        "bantuo ledger check",
        "bantuo policy show FEE-2.step_fee --at 2026-07-06",
        "bantuo diagnose examples/seller_not_ready.json",
        "bantuo quote --receipts 120.00 --size 30x25x20 --weight 1.2 --distance 250 --label",
    ):
        say(f"  .venv/bin/{command}")
    say(f"  tables and statements: {folder}")


def _say(line: str) -> None:
    out.print(line, highlight=False, soft_wrap=True)


def _tell_admission(summary: dict[str, Any], *, book: Book) -> None:
    states = summary["applications"]
    refused = sum(n for state, n in states.items() if state in ("assessed_fail", "rejected"))
    admitted = states.get("active", 0)
    _say(f"[bold]Sellers[/] {sum(states.values())} applied, {admitted} admitted, {refused} refused:")
    for name, count in summary["refused_by_rule"].items():
        rule, status = name.split()
        label = book.rules[rule].label
        _say(f"          {count:4} × {rule} {label.zh} / {label.en} ({status})")
    skus = summary["rows"]["skus"]
    _say(f"[bold]SKUs[/]    {skus['used']} listed, {skus['refused']} refused")


def _tell_orders(summary: dict[str, Any]) -> None:
    orders = summary["orders"]
    late, turned, split, wide = summary["cut_over"].values()
    _say(f"[bold]Orders[/]  {sum(orders.values())} taken in; decisions and why:")
    for reason, count in summary["routing_reasons"].items():
        words = REASON_WORDS[Reason(reason)]
        _say(f"          {count:4} × {words.zh} / {words.en}")
    _say(
        f"[bold]16:00[/]   {late} late seller-days; {turned} orders turned to their sellers, {split} split"
        f" (the wide reading would have turned {wide})"
    )
    ended = ", ".join(f"{name.replace('/', ' ')} {count}" for name, count in orders.items())
    _say(f"[bold]Ended[/]   {ended}")


def _tell_money(summary: dict[str, Any]) -> None:
    charges = summary["charges"]
    lines = ", ".join(
        f"{name.removesuffix('_fen')} {format_fen(fen)}"
        for name, fen in charges.items()
        if name not in ("receipts_fen", "total_fen", "net_fen")
    )
    rows = summary["charge_rows"]
    receipts, total = format_fen(charges["receipts_fen"]), format_fen(charges["total_fen"])
    _say(
        f"[bold]Charges[/] {rows.get('order', 0)} orders and {rows.get('refund', 0)} refunds:"
        f" receipts ¥{receipts}, fees ¥{total} ({lines})"
    )
    _say(f"[bold]Payouts[/] ¥{format_fen(summary['payouts_fen'])} to sellers, through the sandbox bank")


def _tell_health(seller: str, *, book: Book) -> None:
    """One weekly report, of the seller whose order is the example."""
    reports = [r for found in sellers_named(seller) for r in health_reports(found, book=book)]
    if not reports:
        _say("[bold]Health[/]  no weekly report is due yet")
        return
    report = reports[0]
    _say(f"[bold]Health[/]  {seller}, week of {report.week_start}:")
    for kpi in report.kpis:
        label, result = kpi.cite.rule.label, kpi.result
        judged = "no evidence" if result.met is None else "met" if result.met else "missed"
        _say(
            f"          {result.rule} {label.zh} / {label.en}: {result.numerator}/{result.denominator},"
            f" {judged} ({result.accountable} answers for it)"
        )
