"""What happens to orders by itself: answers when time is up, what sellers are told, files taken in."""

from __future__ import annotations

from procrastinate.contrib.django import app

from bantuo.apps.aftersales.operations import answer_overdue_cancels
from bantuo.apps.orders.cutoff_days import cut_day
from bantuo.apps.orders.models import OrderImport
from bantuo.apps.orders.operations.imports import run_import
from bantuo.apps.orders.operations.recipients import forget_recipients
from bantuo.apps.orders.operations.reminders import tell_came_back, tell_ship_due
from bantuo.core.clock import operating_day
from bantuo.interfaces.web.order_runs import RUN_IMPORT, defer_import
from bantuo.interfaces.web.programme import programme_now

ACTOR = "system:jobs"


@app.periodic(cron="* * * * *")
@app.task(name="orders.answers", queueing_lock="orders.answers")
def answer_cancels(timestamp: int) -> None:
    """Answer cancel requests whose time is up; tell sellers what came back, once the day is cut."""
    programme = programme_now()
    day = operating_day(programme.book, programme.on)
    answer_overdue_cancels(book=programme.book, day=day, now=programme.now)
    cut = cut_day(programme.on)
    if cut is not None and cut.finished_at is not None:
        tell_came_back(day=day, now=programme.now)


@app.periodic(cron="15 * * * *")
@app.task(name="orders.deadlines", queueing_lock="orders.deadlines")
def remind_of_deadlines(timestamp: int) -> None:
    """Remind sellers of orders to ship, and destroy addresses that nobody needs any more."""
    programme = programme_now()
    book, on, now = programme.book, programme.on, programme.now
    tell_ship_due(book=book, day=operating_day(book, on), now=now)
    while forget_recipients(days=int(book.amount("ORD-3", on)), on=on, now=now):
        pass


@app.task(name=RUN_IMPORT)
def take_import(import_id: int) -> None:
    """Take the next orders of a file in, and ask for the following ones."""
    programme = programme_now()
    day = operating_day(programme.book, programme.on)
    if run_import(import_id, book=programme.book, day=day, now=programme.now, actor=ACTOR):
        defer_import(import_id)


@app.periodic(cron="* * * * *")
@app.task(name="orders.go_on_importing", queueing_lock="orders.go_on_importing")
def go_on_importing(timestamp: int) -> None:
    """Take up files whose job was lost with its worker."""
    for held in OrderImport.objects.filter(state="running").order_by("id"):
        defer_import(held.pk)


TASKS = (answer_cancels, remind_of_deadlines, take_import, go_on_importing)
