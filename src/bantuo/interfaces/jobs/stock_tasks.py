"""What happens to stock by itself: warnings before the cut-off, robots, regular calls, figures."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from bantuo.apps.erp.operations import WatchTerms, watch_endpoints
from bantuo.apps.parties.queries import active_sellers
from bantuo.apps.stock.operations import (
    count_recent_sales,
    forget_old_calls,
    open_balances,
    send_robot_messages,
    warn_sellers,
)
from bantuo.channels.probe import HttpCaller
from bantuo.core.clock import operating_day
from bantuo.core.response_times import probe_terms
from bantuo.core.stock_day import stock_signals, warning_at
from bantuo.interfaces.jobs.robots import ChatTeller
from bantuo.interfaces.web.clock import moment
from bantuo.interfaces.web.papers import vault
from bantuo.interfaces.web.programme import programme_now

_ENDPOINTS_PER_JOB = 60  # sixteen beside each other at 3 s each: well within the minute


@app.periodic(cron="* * * * *")
@app.task(name="stock.warn", queueing_lock="stock.warn")
def warn_of_missing_stock(timestamp: int) -> None:
    """From the warning time to the cut-off, warn whoever's day is not complete; at other times nothing."""
    programme = programme_now()
    day = operating_day(programme.book, programme.on)
    warn_sellers(day=day, warning_at=warning_at(programme.book, programme.on), now=programme.now)


@app.periodic(cron="* * * * * */10")
@app.task(name="stock.robots", queueing_lock="stock.robots")
def tell_robots(timestamp: int) -> None:
    """Say what waits for the robots of chat groups."""
    send_robot_messages(ChatTeller(), vault=vault(), now=moment())


@app.periodic(cron="* * * * *")
@app.task(name="erp.watch", queueing_lock="erp.watch")
def watch_stock_interfaces(timestamp: int) -> None:
    """Call the stock interfaces of active sellers whose turn it is (STK-2.every)."""
    programme = programme_now()
    asked = probe_terms(programme.book, on=programme.on)
    every = timedelta(seconds=programme.book.amount("STK-2.every", programme.on))
    watch_endpoints(
        caller=HttpCaller(),
        vault=vault(),
        terms=WatchTerms(every, asked.limit_ms, asked.calls),
        most=_ENDPOINTS_PER_JOB,
        clock=timezone.now,  # signatures carry it
    )


@app.periodic(cron="20 * * * *")
@app.task(name="stock.figures", queueing_lock="stock.figures")
def count_figures(timestamp: int) -> None:
    """Recent sales (STK-1.sales_days), balances of what was listed, and calls that nobody looks at."""
    programme = programme_now()
    open_balances(active_sellers(programme.on), now=programme.now)
    count_recent_sales(days=stock_signals(programme.book, programme.on).sales_days, now=programme.now)
    forget_old_calls(now=programme.now)


TASKS = (warn_of_missing_stock, tell_robots, watch_stock_interfaces, count_figures)
