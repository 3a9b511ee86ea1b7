"""Asking for the next batches of an import; the job itself is `interfaces.jobs.listing_tasks`."""

from __future__ import annotations

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

RUN_IMPORT = "listings.run_import"


def defer_import(import_id: int, seller_id: int) -> None:
    """Have a worker go on with an import; asking twice is asking once."""
    try:
        with transaction.atomic():
            task = app.configure_task(RUN_IMPORT, queueing_lock=f"{RUN_IMPORT}:{import_id}")
            task.defer(import_id=import_id, seller_id=seller_id)
    except AlreadyEnqueued:
        return
