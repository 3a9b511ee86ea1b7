"""Imports of listings as jobs: some batches each, so that a worker is never held up for long."""

from __future__ import annotations

from procrastinate.contrib.django import app

from bantuo.apps.catalog.operations import imports_under_way, run_batch
from bantuo.interfaces.web.listing_jobs import RUN_IMPORT, defer_import
from bantuo.interfaces.web.programme import programme_now

_BATCHES_PER_JOB = 8


@app.task(name=RUN_IMPORT)
def run_import(import_id: int, seller_id: int) -> None:
    """Carry out, or undo, the next batches of an import, and ask for the following ones."""
    for _ in range(_BATCHES_PER_JOB):
        programme = programme_now()
        going = run_batch(
            import_id, seller_id=seller_id, book=programme.book, on=programme.on, now=programme.now
        )
        if not going:
            return
    defer_import(import_id, seller_id)


@app.periodic(cron="* * * * *")
@app.task(name="listings.go_on_importing", queueing_lock="listings.go_on_importing")
def go_on_importing(timestamp: int) -> None:
    """Take up imports whose job was lost with its worker, or never asked for."""
    for import_id, seller_id in imports_under_way():
        defer_import(import_id, seller_id)


TASKS = (run_import, go_on_importing)
