"""Run the jobs of the programme until told to stop."""

from __future__ import annotations

import os
import signal
import sys
import threading

from procrastinate.contrib.django import app

from bantuo.interfaces.jobs import tasks

# A job is short and safe to repeat: one that was killed with its worker is taken up again.
_GRACE_SECONDS = 20
# Jobs at once, so that a slow answer to a webhook holds up no cut-off.
_JOBS_AT_ONCE = 4


def run_worker() -> None:
    """Take jobs until SIGINT or SIGTERM; a running one is finished first."""
    assert tasks.TASKS  # imported, so that the app knows every one
    with app.replace_connector(app.connector.get_worker_connector()) as working:  # type: ignore[attr-defined]
        working.run_worker(
            concurrency=_JOBS_AT_ONCE,
            delete_jobs="successful",
            listen_notify=True,
            shutdown_graceful_timeout=_GRACE_SECONDS,
        )


def stop_with_parent() -> None:
    """Stop this process when the one that started it is gone: the end of the pipe on stdin says so."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):  # past Python's buffer, whose lock must be free at the end
        pass
    os.kill(os.getpid(), signal.SIGTERM)
