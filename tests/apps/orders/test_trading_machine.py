"""A trading day in any order of events: after each one, everything that must hold is looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bantuo.apps.aftersales.operations import Cancelling, cancel_lines
from bantuo.apps.orders.models import Order
from bantuo.apps.orders.operations.advance import release_orders
from bantuo.apps.orders.operations.cutover import CutOverReport, cut_over
from bantuo.apps.orders.operations.fallback import resolve_shortages
from bantuo.apps.orders.operations.intake import IntakeResult, NewLine, NewOrder, place_orders
from bantuo.apps.orders.operations.reversal import reverse_turning
from bantuo.apps.orders.operations.shipping import NewShipment, ship_orders
from bantuo.apps.stock.operations import (
    SellerRow,
    StatedRow,
    StatementResult,
    StockStatement,
    adjust_on_hand,
    declare_stock,
    set_safety,
)
from bantuo.apps.warehouse.operations.inbound import (
    Arrival,
    notify_jit_shipments,
    pick_from_stock,
    receive_shipments,
)
from bantuo.apps.warehouse.operations.outbound import hand_over_orders, pack_orders
from bantuo.core.clock import operating_day
from tests.apps.floor import packing
from tests.apps.orders.trading_day import (
    REVERSIBLE,
    Desk,
    Line,
    by_order,
    faults,
    in_time_and_late,
    lines,
    lines_to_return,
    lines_to_turn,
    orders_to_release,
    positions,
)
from tests.apps.trading import ACTOR, World, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]  # what fails is made small first

SELLERS = ("S1", "S2")
SKUS = ("A", "B", "C")  # under the programme, with stock
OWN = "N"  # ticked by nobody: the seller ships it
EXAMPLES, STEPS = 50, 40
OPENING = 20
Orders = list[tuple[str, list[tuple[str, int]], int]]  # seller, SKUs with pieces, coupon
_seller = st.sampled_from(SELLERS)
_pieces = st.integers(0, 8)
_word = st.sampled_from((0, 1, 2, 4, 8, 16, 25, 40))
_one = st.integers(0, 1_000)  # picks one of what there is
_some = st.one_of(st.just(()), st.tuples(*[st.integers(0, 2)] * 3))  # of each line; nothing: all of it
_lines = st.lists(
    st.tuples(st.sampled_from((*SKUS, *SKUS, *SKUS, OWN)), st.integers(1, 3)), min_size=1, max_size=3
)
_orders = st.lists(st.tuples(_seller, _lines, st.integers(0, 3_000)), min_size=1, max_size=5)
_stated = st.dictionaries(st.sampled_from(SKUS), _word, min_size=1)


class TradingDay(RuleBasedStateMachine):
    """Two sellers with three SKUs each, their orders, and a clock that only goes forward."""

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.world: World = make_world()
        self.sellers = {code: self.world.seller(code, *SKUS) for code in SELLERS}
        for seller in self.sellers.values():
            self.world.sku(seller, OWN, semi=False)
        self.minute, self.is_cut = 8 * 60, False
        self.sequences = dict.fromkeys(SELLERS, 0)
        self.concerned = set[str]()
        self.placed: dict[tuple[str, str], NewOrder] = {}
        self.ids: dict[tuple[str, str], int] = {}
        self.names = count(1)
        for code in SELLERS:
            self.state(code, dict.fromkeys(SKUS, OPENING), "gross")
        self.before = positions()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @property
    def now(self) -> datetime:
        return self.world.day.starts_at + timedelta(minutes=self.minute)

    def pass_time(self) -> datetime:
        """A minute later."""
        self.minute += 1
        return self.now

    # ---- Orders come in

    @initialize(orders=_orders)
    def open_shop(self, orders: Orders) -> None:
        """Some orders wait when the day is looked at first."""
        self.place(orders, [])

    @rule(orders=_orders, again=st.lists(_one, max_size=2))
    def place(self, orders: Orders, again: list[int]) -> None:
        """New orders and some sent before, one twice in the same call."""
        now = self.pass_time()
        new = [self._new_order(*told, now) for told in orders]
        old = [self._sent(pick) for pick in again if self.placed]
        desk = Desk(positions(), self.world.day, now)
        expected = [desk.route(order) for order in new]
        book, day = self.world.book, self.world.day
        results = place_orders([*old, *new, new[0]], book=book, day=day, now=now, actor=ACTOR)
        fresh = results[len(old) : len(old) + len(new)]
        assert [(r.outcome, r.route, r.reason) for r in fresh] == [("placed", *told) for told in expected]
        for order, result in zip(new, fresh, strict=True):
            assert result.order_id is not None
            key = order.seller, order.external_id
            self.placed[key], self.ids[key] = order, result.order_id
            self.concerned.add(order.seller)
        self._must_repeat([*results[: len(old)], results[-1]])

    def _new_order(self, seller: str, wanted: list[tuple[str, int]], coupon: int, now: datetime) -> NewOrder:
        name = f"O{next(self.names)}"
        made = [
            NewLine(f"{name}/{no}", no, sku, pieces, 701 * pieces + no, 13 * no)
            for no, (sku, pieces) in enumerate(wanted, start=1)
        ]
        receipts = sum(line.goods_fen + line.freight_fen for line in made)
        return NewOrder("test", seller, name, now, "ES", made, merchant_coupon_fen=min(coupon, receipts))

    def _sent(self, pick: int) -> NewOrder:
        return list(self.placed.values())[pick % len(self.placed)]

    def _must_repeat(self, results: list[IntakeResult]) -> None:
        for result in results:
            key = result.order.seller, result.order.external_id
            assert (result.outcome, result.order_id) == ("repeated", self.ids[key])

    # ---- What there is

    @rule(code=_seller, stated=_stated, basis=st.sampled_from(("gross", "net")))
    def state(self, code: str, stated: dict[str, int], basis: str) -> None:
        """The seller's word is taken, also where it is less than what is reserved; an old one is not."""
        held, now = positions(), self.pass_time()
        self.sequences[code] += 1
        result = self._declare(code, self.sequences[code], stated, basis, now)
        assert (result.repeated, result.refused) == (False, [])
        self.concerned.add(code)
        for (seller, sku), position in positions().items():
            before = held[seller, sku]
            if seller == code and sku in stated:
                taken = before.declared_reserved if basis == "net" else 0
                assert position.declared == stated[sku] + taken
                assert (position.stated_on, position.sequence) == (self.world.day.on, self.sequences[code])
                is_first = before.stated_on != self.world.day.on
                assert position.stated_first_at == (now if is_first else before.stated_first_at)
            else:
                assert position == before
        held, stale = positions(), max(1, self.sequences[code] - len(stated) + 1)
        other = {sku: stated.get(sku, 0) + 1 for sku in SKUS}
        assert self._declare(code, stale, other, "gross", self.pass_time()).repeated
        assert positions() == held

    def _declare(
        self, code: str, sequence: int, stated: dict[str, int], basis: str, now: datetime
    ) -> StatementResult:
        rows = [StatedRow(at, sku, "WH", pieces) for at, (sku, pieces) in enumerate(stated.items(), start=1)]
        statement = StockStatement(self.sellers[code].pk, sequence, now, basis, "test", rows)
        (result,) = declare_stock([statement], day=self.world.day, now=now, actor=ACTOR)
        return result

    @rule(code=_seller, sku=st.sampled_from(SKUS), pieces=_pieces)
    def hold_back(self, code: str, sku: str, pieces: int) -> None:
        """A safety threshold takes nothing from what is reserved already."""
        held = positions()
        row = SellerRow(self.sellers[code].pk, StatedRow(1, sku, "WH", pieces))
        set_safety([row], reason="test", now=self.pass_time(), actor=ACTOR)
        assert positions() == {**held, (code, sku): held[code, sku]._replace(safety=pieces)}

    @rule(code=_seller, sku=st.sampled_from(SKUS), pieces=_pieces)
    def count_on_hand(self, code: str, sku: str, pieces: int) -> None:
        """What is counted is on hand; less than is reserved there cannot be."""
        held = positions()
        row = SellerRow(self.sellers[code].pk, StatedRow(1, sku, "WH", pieces))
        told = adjust_on_hand([row], reason="test", now=self.pass_time(), actor=ACTOR)
        is_possible = pieces >= held[code, sku].on_hand_reserved
        assert (told.taken, len(told.refused)) == (is_possible, not is_possible)
        counted = held[code, sku]._replace(on_hand=pieces) if is_possible else held[code, sku]
        assert positions() == {**held, (code, sku): counted}

    @rule()
    def resolve(self) -> None:
        """The youngest lines go back to their sellers, and no others."""
        found, due = lines(), lines_to_return(lines(), positions())
        told = resolve_shortages(book=self.world.book, now=self.pass_time(), actor=ACTOR)
        assert told.lines == len(due)
        self._must_have_turned(found, due, "shortage")
        for place, position in positions().items():
            if position.declared_reserved > position.declared:
                assert not any(line.waits for line in lines().values() if line.place == place)

    def _must_have_turned(self, before: dict[int, Line], turned: set[int], reason: str) -> None:
        after = lines()
        assert after.keys() == before.keys()
        for line in after.values():
            if line.id in turned:
                told = line.state, line.route, line.reason, line.pool, line.reserved
                assert told == ("to_ship", "self", reason, None, False)
            else:
                assert line[:4] + line[11:] == before[line.id][:4] + before[line.id][11:]
                assert line.state == before[line.id].state

    # ---- Orders go out

    @rule()
    def release(self) -> None:
        """Exactly those that may."""
        expected = orders_to_release(lines(), positions(), self.world.day)
        released = release_orders(day=self.world.day, now=self.pass_time(), actor=ACTOR)
        assert set(released) == expected

    @rule(hands_over=st.booleans())
    def work(self, hands_over: bool) -> None:
        """The floor: what was released is sent, counted in, picked and packed; some of it leaves."""
        self.release()
        now, day = self.pass_time(), self.world.day
        made = notify_jit_shipments(day=day, arrive_within=timedelta(hours=6), now=now, actor=ACTOR)
        receive_shipments([Arrival(shipment, self.pass_time()) for shipment in made], actor=ACTOR)
        pick_from_stock(now=self.pass_time(), actor=ACTOR)
        picked = list(Order.objects.filter(state="picking").values_list("id", flat=True))
        pack_orders([packing(order, self.pass_time()) for order in picked], actor=ACTOR)
        assert not any(line.state in ("released", "picking") for line in lines().values())
        if hands_over:
            packed = list(Order.objects.filter(state="packed").values_list("id", flat=True))
            moves = [(order, self.pass_time()) for order in packed]
            assert hand_over_orders(moves, code="HO", actor=ACTOR) == sorted(packed)

    @rule(pick=_one, pieces=_some)
    def ship(self, pick: int, pieces: tuple[int, ...]) -> None:
        """A seller sends an order of its own, at once or in parts; told twice, it is sent once."""
        waiting = [g for g in by_order(lines().values()).values() if g[0].state == "to_ship"]
        if not waiting:
            return
        group, now = waiting[pick % len(waiting)], self.pass_time()
        some = {line.line_no: n for line, n in zip(group, pieces, strict=False) if n}
        row = NewShipment("1", group[0].order_id, "SF", f"SF{self.minute:06}", pieces=some)
        told = {"seller_id": self.sellers[group[0].seller].pk, "now": now, "actor": ACTOR}
        (first,) = ship_orders([row], **told)
        (second,) = ship_orders([row], **told)
        expected = "refused" if first.outcome == "refused" else "repeated"
        assert (second.outcome, second.shipment_id) == (expected, first.shipment_id)

    @precondition(lambda self: self.placed)
    @rule(pick=_one, pieces=_some)
    def cancel(self, pick: int, pieces: tuple[int, ...]) -> None:
        """All of an order or pieces of it; asked for twice, it is done once."""
        groups = [g for g in by_order(lines().values()).values() if g[0].state != "cancelled"]
        if not groups:
            return
        group, now = groups[pick % len(groups)], self.pass_time()
        some = {line.line_no: n for line, n in zip(group, pieces, strict=False) if n}
        row = Cancelling("1", group[0].order_id, f"R{self.minute}", "changed mind", lines=some)
        (first,) = cancel_lines([row], seller_id=None, now=now, actor=ACTOR)
        (second,) = cancel_lines([row], seller_id=None, now=now, actor=ACTOR)
        after = [line for line in lines().values() if line.order_id == first.part_id]
        if first.outcome == "refused":
            assert second.outcome == "refused"
            assert by_order(lines().values())[group[0].order_id] == group
            return
        assert (first.outcome, second.outcome, second.part_id) == ("cancelled", "repeated", first.part_id)
        wanted = Counter(some or {line.line_no: line.quantity for line in group})
        assert {line.line_no: line.quantity for line in after} == wanted
        assert {(line.state, line.reserved) for line in after} == {("cancelled", False)}

    # ---- 16:00

    @precondition(lambda self: not self.is_cut)
    @rule(late_by=st.integers(0, 90))
    def cut(self, late_by: int) -> None:
        """What was not stated in time goes back, once, and nothing else."""
        self.minute = max(self.minute, 16 * 60) + late_by
        found, held, day = lines(), positions(), self.world.day
        turning, whole, split = lines_to_turn(found, held, day)
        report = self._cut()
        told = [report.orders_turned, report.orders_split, report.lines_turned]
        assert told == [whole, split, len(turning)]
        punctual = [report.sellers_in_time, report.sellers_late]
        assert punctual == in_time_and_late(held, self.concerned, day)
        waiting = {line.order_id for line in found.values() if line.waits}
        assert report.orders_turned_wide == len(waiting)
        self._must_have_turned(found, turning, "cutoff_fallback")
        self.is_cut = True
        after = lines()
        assert (self._cut(), lines()) == (report, after)

    def _cut(self) -> CutOverReport:
        return cut_over(book=self.world.book, day=self.world.day, now=self.now, actor=ACTOR)

    @precondition(lambda self: self.placed)
    @rule(picks=st.lists(_one, min_size=1, max_size=3))
    def take_back(self, picks: list[int]) -> None:
        """An operator takes fallbacks back, each whole or not at all."""
        before = by_order(lines().values())
        chosen = [list(before)[pick % len(before)] for pick in picks]
        told: dict[str, object] = {"book": self.world.book, "day": self.world.day, "now": self.pass_time()}
        results = reverse_turning(chosen, reason="sync was down", actor=ACTOR, **told)  # type: ignore[arg-type]
        after = by_order(lines().values())
        assert [result.order_id for result in results] == list(dict.fromkeys(chosen))
        for result in results:
            old, new = before[result.order_id], after[result.order_id]
            if result.outcome == "reversed":
                assert (old[0].state, old[0].route) == ("to_ship", "self")
                assert old[0].reason in REVERSIBLE
                assert {(x.state, x.route, x.reserved) for x in new} == {("reserved", "semi", True)}
            else:
                assert new == old

    @rule(hours=st.integers(0, 12))
    def sleep(self, hours: int) -> None:
        """The next day begins, cut or not: nothing is stated yet, and what waits goes on waiting."""
        day = operating_day(self.world.book, self.world.day.on + timedelta(days=1))
        self.world = World(self.world.book, day, self.world.warehouse)
        self.minute, self.is_cut, self.concerned = hours * 60, False, set()

    @rule(late_by=st.integers(1, 90))
    def strike_four(self, late_by: int) -> None:
        """16:00 goes by while nobody has dealt with it yet."""
        self.minute = max(self.minute, 16 * 60 + late_by)

    # ---- Some of these together, as they rarely come by chance

    @rule(code=_seller, early=_stated, late=_stated, orders=_orders, hour=st.integers(0, 15))
    def miss_a_day(
        self, code: str, early: dict[str, int], late: dict[str, int], orders: Orders, hour: int
    ) -> None:
        """A day on which one seller states some SKUs in time, some too late, and the other one none."""
        self._one_by_one(
            lambda: self.sleep(hour), lambda: self.place(orders, []),
            lambda: self.state(code, early, "gross"), lambda: self.place(orders[:1], []),
            lambda: self.strike_four(1), lambda: self.state(code, late, "gross"),
            lambda: self.place(orders[:1], [0]), lambda: None if self.is_cut else self.cut(0),
        )  # fmt: skip

    @rule(code=_seller, sku=st.sampled_from(SKUS), pieces=st.lists(st.integers(1, 4), min_size=2, max_size=5),
          left=st.integers(0, 6))  # fmt: skip
    def run_short(self, code: str, sku: str, pieces: list[int], left: int) -> None:
        """Enough was stated for these orders, and then less."""
        self._one_by_one(
            lambda: self.state(code, {sku: sum(pieces)}, "net"),
            *(lambda n=n: self.place([(code, [(sku, n)], 0)], []) for n in pieces),
            lambda: self.state(code, {sku: left}, "gross"), self.resolve,
        )  # fmt: skip

    def _one_by_one(self, *acts: Callable[[], object]) -> None:
        for act in acts:
            act()
            self.all_holds()

    # ---- After each of them

    @invariant()
    def all_holds(self) -> None:
        """Between the tables; and a reservation is only added where the word, less what is held back, covers
        all of them."""
        assert faults(self.placed) == {}
        after = positions()
        for place, position in after.items():
            if position.declared_reserved > self.before[place].declared_reserved:
                assert position.declared_reserved + position.safety <= position.declared, (place, position)
            assert position.on_hand_reserved <= position.on_hand, (place, position)
        self.before = after


def test_any_trading_day() -> None:
    run_state_machine_as_test(
        TradingDay,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
