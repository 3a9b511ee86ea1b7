"""The rhythm of a trading day: release what was stated, mend shortages, and 16:00."""

from __future__ import annotations

from datetime import date, timedelta

from procrastinate.contrib.django import app

from bantuo.apps.orders.operations.advance import release_orders
from bantuo.apps.orders.operations.cutover import cut_over, is_left_to_cut
from bantuo.apps.orders.operations.fallback import resolve_shortages
from bantuo.apps.orders.operations.reminders import tell_came_back
from bantuo.core.clock import operating_day
from bantuo.interfaces.web.order_runs import TURN_DAY
from bantuo.interfaces.web.programme import programme_now

ACTOR = "system:jobs"
_DAYS_BACK = 1


@app.periodic(cron="* * * * *")
@app.task(name="orders.flow", queueing_lock="orders.flow")
def let_orders_flow(timestamp: int) -> None:
    """Give back what stock no longer covers, then release whatever was stated in time."""
    programme = programme_now()
    day = operating_day(programme.book, programme.on)
    resolve_shortages(book=programme.book, now=programme.now, actor=ACTOR)
    release_orders(day=day, now=programme.now, actor=ACTOR)


@app.periodic(cron="* * * * * */5")
@app.task(name="orders.cut_over", queueing_lock="orders.cut_over", lock="orders.cut_over")
def apply_cutoff(timestamp: int) -> None:
    """Cut today once its time has come, and close what was left of yesterday's."""
    programme = programme_now()
    book, now = programme.book, programme.now
    for back in range(_DAYS_BACK, -1, -1):
        day = operating_day(book, programme.on - timedelta(days=back))
        if is_left_to_cut(day, now=now):
            cut_over(book=book, day=day, now=now, actor=ACTOR)


@app.task(name=TURN_DAY)
def turn_day(business_date: str, actor: str) -> None:
    """Turn the orders of a day that an operator has fenced, then tell their sellers.

    Its lock is not that of the clock's job, which so goes on at once where this one died with its worker.
    """
    programme = programme_now()
    day = operating_day(programme.book, date.fromisoformat(business_date))
    cut_over(book=programme.book, day=day, now=programme.now, actor=actor)
    tell_came_back(day=day, now=programme.now)


TASKS = (let_orders_flow, apply_cutoff, turn_day)
