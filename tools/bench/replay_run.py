"""Run a whole replay and say what each stage took; loaded by `replay_child` once Django is set up."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from django.core.management import call_command

from bantuo.apps.orders.models import Order
from bantuo.engine.books import load_book
from bantuo.simulate.layout import load_layout
from bantuo.simulate.outputs import write_outputs
from bantuo.simulate.replay import begin_replay, open_replay, run_replay
from bantuo.simulate.steps import Steps


def report_replay(*, source: Path, layout_path: Path, out: Path, limit: int | None) -> None:
    """What `bantuo replay` does, with the work of each stage, the orders and the peak memory as JSON."""
    layout = load_layout(layout_path)
    made = open_replay(source, layout, load_book(), limit=limit)
    call_command("migrate", verbosity=0)
    replay = begin_replay(made, resume=False)
    steps = Steps(replay, on_stage=_silent, on_rows=_silent)
    run_replay(made, replay, steps=steps)
    write_outputs(out, layout=layout, replay=replay, tables=dict(made.tables), on_rows=_silent)
    told = {
        "stages": {name: [work.rows, work.nanoseconds] for name, work in steps.work.items()},
        "orders": Order.objects.count(),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    sys.stdout.write(json.dumps(told) + "\n")


def _silent(*_: object) -> None:
    """A progress bar would be measured with the work."""
