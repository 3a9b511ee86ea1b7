"""What happens by itself: each task is a clock round one operation, and safe to repeat.

Killed anywhere, a task leaves whole transactions behind; the next run goes on from them.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from bantuo.apps.admission.operations.rebinding import apply_binding_notices
from bantuo.apps.admission.operations.retention import limit_kept_papers
from bantuo.apps.documents.operations import destroy_due, remind_expiring, sweep_store
from bantuo.apps.notices.operations import deliver_notices, remind_running_clocks, send_mails
from bantuo.interfaces.jobs import (
    erp_tasks,
    listing_tasks,
    open_platform_tasks,
    order_tasks,
    stock_tasks,
    trading_tasks,
    webhook_tasks,
)
from bantuo.interfaces.jobs.mails import DjangoMailer
from bantuo.interfaces.web.papers import store
from bantuo.interfaces.web.programme import programme_now

ACTOR = "system:jobs"
REMINDERS = ("DOC-0.reminder_first", "DOC-0.reminder_second", "DOC-0.reminder_last")
_STALLED_SECONDS = 60
_SWEEP_AGE = timedelta(days=1)


@app.periodic(cron="* * * * * */10")
@app.task(name="notices", queueing_lock="notices")
def tell_people(timestamp: int) -> None:
    """Bring what happened into the inboxes, then into the mail."""
    deliver_notices(now=timezone.now())
    send_mails(DjangoMailer(), now=timezone.now())


@app.periodic(cron="5 * * * *")
@app.task(name="documents", queueing_lock="documents")
def look_after_documents(timestamp: int) -> None:
    """Remind of papers that run out, date those of who left, destroy what is due, sweep what is nobody's."""
    programme = programme_now()
    book, on, now = programme.book, programme.on, programme.now
    stages = [0, *(int(book.amount(rule, on)) for rule in REMINDERS)]
    remind_expiring(days_before=stages, on=on, now=now)
    limit_kept_papers(book=book, on=on)
    replaced = int(book.amount("DOC-0.retention_replaced", on))
    destroy_due(on=on, replaced_days=replaced, store=store(), now=now, actor=ACTOR)
    sweep_store(store=store(), now=now, age=_SWEEP_AGE)


@app.periodic(cron="2 * * * *")
@app.task(name="bindings", queueing_lock="bindings")
def apply_bindings(timestamp: int) -> None:
    """Bind sellers to the warehouse they announced, on the day they announced it for."""
    programme = programme_now()
    apply_binding_notices(programme.on, now=programme.now, actor=ACTOR)


@app.periodic(cron="10 * * * *")
@app.task(name="clocks", queueing_lock="clocks")
def remind_of_clocks(timestamp: int) -> None:
    """Remind reviewers of rejections whose cause has to be found within the hours of DIA-1."""
    programme = programme_now()
    remind_running_clocks(hours=int(programme.book.amount("DIA-1", programme.on)), now=programme.now)


@app.periodic(cron="* * * * *")
@app.task(name="stalled", queueing_lock="stalled", pass_context=True)
async def take_up_stalled(context: JobContext, timestamp: int) -> None:
    """Give the jobs of a worker that died to another one; what comes by the clock comes again anyway."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_SECONDS):
        if job.queueing_lock:
            await manager.finish_job(job, status=Status.FAILED, delete_job=True)
        else:
            await manager.retry_job(job)


TASKS = (
    tell_people,
    look_after_documents,
    apply_bindings,
    remind_of_clocks,
    take_up_stalled,
    erp_tasks.probe,
    *listing_tasks.TASKS,
    *stock_tasks.TASKS,
    *order_tasks.TASKS,
    *trading_tasks.TASKS,
    *open_platform_tasks.TASKS,
    webhook_tasks.send_webhooks,
    webhook_tasks.keep_bounded,
)
