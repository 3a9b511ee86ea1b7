"""The rhythm of a trading day: release what was stated, mend shortages, and 16:00."""

from __future__ import annotations

from datetime import timedelta

from procrastinate.contrib.django import app

from bantuo.apps.orders.operations.advance import release_orders
from bantuo.apps.orders.operations.cutover import cut_over, is_left_to_cut
from bantuo.apps.orders.operations.fallback import resolve_shortages
from bantuo.core.clock import operating_day
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


TASKS = (let_orders_flow, apply_cutoff)
