"""Asking a worker for the long work on orders; the jobs themselves are in `interfaces.jobs`."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

RUN_IMPORT = "orders.run_import"
TURN_DAY = "orders.turn_day"


def defer_import(import_id: int) -> None:
    """Have a worker take the next rows in; asking twice is asking once."""
    try:
        with transaction.atomic():
            task = app.configure_task(RUN_IMPORT, queueing_lock=f"{RUN_IMPORT}:{import_id}")
            task.defer(import_id=import_id)
    except AlreadyEnqueued:
        return


def defer_turning(on: date, *, actor: str) -> None:
    """Have a worker turn the orders of a fenced day over; asking twice is asking once.

    A job of the day at a time: one that was asked for meanwhile finds nothing left to do.
    """
    name = f"{TURN_DAY}:{on}"
    try:
        with transaction.atomic():
            task = app.configure_task(TURN_DAY, queueing_lock=name, lock=name)
            task.defer(business_date=on.isoformat(), actor=actor)
    except AlreadyEnqueued:
        return
