"""The pull probe as jobs: a few calls each, so that a worker is never held up for long."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from bantuo.apps.erp.operations import run_probe
from bantuo.apps.erp.queries import open_runs, terms_in_force
from bantuo.channels.probe import HttpCaller
from bantuo.interfaces.web.papers import vault
from bantuo.interfaces.web.probe_runs import RUN_PROBE, defer_probe

_CALLS_PER_JOB = 5  # at 3 s each within the time that a worker is given to stop


@app.task(name=RUN_PROBE)
def probe(seller_id: int) -> None:
    """Make the next calls of a seller's run, and ask for the following ones."""
    made = run_probe(
        seller_id,
        caller=HttpCaller(),
        vault=vault(),
        limit_ms=terms_in_force(timezone.localdate()).limit_ms,
        calls_max=_CALLS_PER_JOB,
        clock=timezone.now,
    )
    if made == _CALLS_PER_JOB:
        defer_probe(seller_id)


@app.periodic(cron="* * * * *")
@app.task(name="erp.go_on_probing", queueing_lock="erp.go_on_probing")
def go_on_probing(timestamp: int) -> None:
    """Take up runs whose job was lost with its worker, or never asked for."""
    for run in open_runs():
        defer_probe(run.seller_id)
