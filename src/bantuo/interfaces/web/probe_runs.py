"""Asking for the next calls of a seller's pull probe; the job itself is `interfaces.jobs.erp_tasks`."""

from __future__ import annotations

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

RUN_PROBE = "erp.run_probe"


def defer_probe(seller_id: int) -> None:
    """Have a worker make the next calls; asking twice is asking once."""
    try:
        with transaction.atomic():
            task = app.configure_task(RUN_PROBE, queueing_lock=f"{RUN_PROBE}:{seller_id}")
            task.defer(seller_id=seller_id)
    except AlreadyEnqueued:
        return
