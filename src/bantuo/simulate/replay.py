"""Replay a source through the whole programme, in stages that can be killed anywhere and resumed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection

from bantuo.apps.health.operations import report_week
from bantuo.apps.policies.models import PolicyVersion
from bantuo.apps.settlement.operations import run_settlement
from bantuo.apps.sql import fetch_rows, run_statement
from bantuo.channels.bank import SandboxBank
from bantuo.core.clock import business_date, operating_day
from bantuo.core.policy import Book
from bantuo.engine.diagnosis import Evaluator
from bantuo.simulate import plan, sellers, staging
from bantuo.simulate.floor import FloorDay, unfinished_orders
from bantuo.simulate.layout import Layout, LayoutProblems
from bantuo.simulate.models import Replay
from bantuo.simulate.readiness import readiness_problems
from bantuo.simulate.steps import Steps
from bantuo.simulate.trading import Shelves, TradingDay

# Every stage in the order it is first met; a progress bar has one line for each.
STAGES = (
    "prepare", "stage", "plan", "admission", "intake", "statements", "release", "cut-over", "inbound",
    "packing", "handover", "customs", "delivery", "after-sales", "charges", "settlement", "health",
)  # fmt: skip
_STAGE_ORDER = ("sellers", "products", "orders", "items")
_ACTOR = "system:settlement"


class ReplayUnfinished(RuntimeError):
    """A replay of this name was begun and not finished: resume it."""


class ReplayDiffers(RuntimeError):
    """A replay of this name exists, of other files, another layout or another limit."""


class DaysAlreadyPassed(RuntimeError):
    """The programme in this database has closed days on which the replay would trade."""


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """What a replay works on, opened and checked before anything is written."""

    layout: Layout
    book: Book
    tables: Mapping[str, staging.SourceTable]
    fingerprint: str


def open_replay(folder: Path, layout: Layout, book: Book, *, limit: int | None) -> ReplayPlan:
    """Open and check every table; raises LayoutProblems. Writes nothing."""
    if problems := readiness_problems(layout, book):
        raise LayoutProblems(problems)
    tables = staging.open_source(folder, layout, limit=limit)
    mark = hashlib.sha256(f"{layout.digest}|{book.version}|{limit}".encode())
    for name in _STAGE_ORDER:
        path = folder / layout.raw["tables"][name]["file"]
        with path.open("rb") as file:
            mark.update(hashlib.file_digest(file, "sha256").digest())
    return ReplayPlan(layout, book, tables, mark.hexdigest())


def begin_replay(made: ReplayPlan, *, resume: bool) -> Replay:
    """Find or start the replay; an unfinished one needs `resume`, another fingerprint is refused.

    A new one is refused where 16:00 has passed on later days: the days of a programme pass once,
    for all marketplaces together (raises DaysAlreadyPassed).
    """
    if not Replay.objects.filter(name=made.layout.name).exists():
        _check_days_ahead(made)
    replay, new = Replay.objects.get_or_create(
        name=made.layout.name, defaults={"fingerprint": made.fingerprint}
    )
    if replay.fingerprint != made.fingerprint:
        raise ReplayDiffers(
            f"replay {replay.name!r} in this database is of other files, layout, policy or limit;"
            " use another database, or the same arguments"
        )
    if not new and not replay.finished and not resume:
        raise ReplayUnfinished(f"replay {replay.name!r} was begun and not finished; add --resume")
    return replay


def _check_days_ahead(made: ReplayPlan) -> None:
    first = made.layout.on_day("active_on")
    ((last,),) = fetch_rows("SELECT max(business_date) FROM orders_cutover")
    if last is not None and last >= first:
        raise DaysAlreadyPassed(
            f"replay {made.layout.name!r} begins on {first}, and in this database the programme has already"
            f" run to {last}; use another one (BANTUO_VAR for another folder, or BANTUO_DATABASE_URL)"
        )


def run_replay(made: ReplayPlan, replay: Replay, *, steps: Steps) -> None:
    """Do every step that is not behind the replay yet. A finished replay changes nothing."""
    if replay.finished:
        return
    with connection.cursor() as cursor:
        # A crash of the server may undo the last steps; they are then done again.
        cursor.execute("SET synchronous_commit = off")
    # A step is all or nothing: the savepoints of the operations inside it would protect nothing.
    connection.features.uses_savepoints = False
    try:
        _Run(made, replay, steps).everything()
    finally:
        connection.features.uses_savepoints = True
        with connection.cursor() as cursor:
            cursor.execute("RESET synchronous_commit")
    Replay.objects.filter(pk=replay.pk).update(finished=True)
    replay.finished = True


@dataclass(slots=True)
class _Run:
    made: ReplayPlan
    replay: Replay
    steps: Steps
    policy_version_id: int = 0
    shelves: Shelves = field(default_factory=dict)

    def everything(self) -> None:
        layout, book, replay = self.made.layout, self.made.book, self.replay
        self.steps.run("prepare", lambda: sellers.prepare_programme(layout=layout, book=book))
        self.policy_version_id = PolicyVersion.objects.get(book=book.id, version=book.version).pk
        self._stage()
        rows = self.made.tables["orders"].rows
        for first in range(1, rows + 1, plan.BATCH):
            self._step("plan", plan.plan_orders, first, layout=layout, replay_id=replay.pk)
        self.steps.run("plan", lambda: _analyse("simulate_plannedorder"))
        admission = sellers.Admission(
            layout=layout,
            book=book,
            evaluator=Evaluator(book, layout.on_day("apply_on"), categories=sellers.admitted_codes(layout)),
            policy_version_id=self.policy_version_id,
            replay_id=replay.pk,
        )
        for first in range(1, self.made.tables["sellers"].rows + 1, sellers.BATCH):
            self._step("admission", admission.admit_sellers, first)
        self.steps.run("admission", lambda: _analyse("parties_seller", "catalog_sku", "stock_balance"))
        self._days()

    def _step(self, stage: str, work: Callable[..., int], first: int, **terms: object) -> None:
        self.steps.run(stage, partial(work, first, **terms))

    def _stage(self) -> None:
        begins = datetime.combine(
            self.made.book.amount("PRG-1", self.made.layout.on_day("apply_on")), time(), self.made.layout.zone
        )
        for name in _STAGE_ORDER:
            table = self.made.tables[name]
            stage = partial(
                staging.stage_batch, table, layout=self.made.layout, replay_id=self.replay.pk, begins=begins
            )
            for offset in table.batches():
                self.steps.run("stage", partial(stage, offset))
        self.steps.run("stage", lambda: staging.refuse_unmatched(self.replay.pk))
        staged = (f"simulate_staged{n}" for n in ("seller", "product", "order", "item"))
        self.steps.run("stage", lambda: _analyse(*staged))

    def _days(self) -> None:
        span = self._span()
        if span is None:
            return
        on, last = span
        while on <= last or self.steps.number < self.replay.position or self._something_left():
            self._day(on)
            on += timedelta(days=1)

    def _span(self) -> tuple[date, date] | None:
        ((first, last),) = fetch_rows(
            "SELECT min(placed_at), max(placed_at) FROM simulate_plannedorder WHERE replay_id = %s",
            [self.replay.pk],
        )
        zone = str(self.made.layout.zone)
        return (business_date(first, zone=zone), business_date(last, zone=zone)) if first else None

    def _something_left(self) -> bool:
        if unfinished_orders(self.replay.pk):
            return True
        ((unclaimed,),) = fetch_rows("SELECT count(*) FROM settlement_charge WHERE run_id IS NULL")
        return bool(unclaimed)

    def _day(self, on: date) -> None:
        day = operating_day(self.made.book, on)
        trading = TradingDay(self.made.layout, self.made.book, self.replay.pk, day, self.shelves)
        floor = FloorDay(trading, self.policy_version_id)
        run = self.steps.run
        if on.weekday() == 0:
            self._monday(on)
        opening, after_cut = trading.at("state_at"), day.cutoff_at + timedelta(microseconds=1)
        run("intake", lambda: trading.take_orders(day.starts_at, opening, now=opening - timedelta(seconds=1)))
        run("statements", lambda: trading.state_stock(late=False))
        run("release", lambda: trading.release(now=opening))
        run("intake", lambda: trading.take_orders(opening, after_cut, now=day.cutoff_at))
        run("release", lambda: trading.release(now=day.cutoff_at))
        run("cut-over", trading.pass_cutoff)
        run("intake", lambda: trading.take_orders(after_cut, day.ends_at, now=trading.last_second))
        run("statements", lambda: trading.state_stock(late=True))
        run("release", lambda: trading.release(now=trading.last_second))
        run("cut-over", trading.plan_turned)
        run("inbound", floor.send_goods)
        run("inbound", floor.receive_goods)
        run("inbound", floor.pick_goods_on_hand)
        run("packing", floor.pack)
        run("handover", floor.hand_over)
        run("customs", floor.clear)
        run("customs", floor.depart)
        run("delivery", floor.deliver)
        run("after-sales", floor.settle_cases)
        run("charges", floor.charge)

    def _monday(self, on: date) -> None:
        """The settlement run of the day and the health report of the week that ended."""
        now = self.made.layout.instant(on, "00:30")
        terms: dict[str, Any] = {
            "book": self.made.book,
            "policy_version_id": self.policy_version_id,
            "now": now,
            "actor": _ACTOR,
        }
        code = f"{self.made.layout.name}-{on}"

        def settle() -> int:
            return run_settlement(on, code=code, bank=SandboxBank(), **terms).charges

        self.steps.run("settlement", settle)
        self.steps.run("health", lambda: report_week(on - timedelta(days=7), **terms))


def _analyse(*tables: str) -> int:
    """Tell the planner of tables that were just filled."""
    run_statement(f"ANALYZE {', '.join(tables)}")
    return 0
