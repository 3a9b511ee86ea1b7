"""Asking a worker for the long work on orders; the jobs themselves are `interfaces.jobs.order_tasks`."""

from __future__ import annotations

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

RUN_IMPORT = "orders.run_import"


def defer_import(import_id: int) -> None:
    """Have a worker take the next rows in; asking twice is asking once."""
    try:
        with transaction.atomic():
            task = app.configure_task(RUN_IMPORT, queueing_lock=f"{RUN_IMPORT}:{import_id}")
            task.defer(import_id=import_id)
    except AlreadyEnqueued:
        return
