"""Whether anybody does what pages ask for: a worker shows a sign of life every few seconds."""

from __future__ import annotations

from datetime import timedelta

from django.db.models.functions import Now
from procrastinate.contrib.django.models import ProcrastinateWorker

_SILENT = timedelta(seconds=30)  # three signs missed, which is when Procrastinate itself gives a worker up


def is_worker_running() -> bool:
    """Whether a worker has shown a sign of life lately; without one nothing happens by itself."""
    return ProcrastinateWorker.objects.filter(last_heartbeat__gt=Now() - _SILENT).exists()
