"""Steps that can be killed anywhere: the mark of a step is written in the transaction of its work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from django.db import transaction

from bantuo.apps.sql import run_statement
from bantuo.simulate.models import Replay

_MARK = "UPDATE simulate_replay SET position = %s WHERE id = %s AND position = %s - 1"


class ReplayMovedOn(RuntimeError):
    """Another process did this step meanwhile: two of them must not work at one replay."""


@dataclass(slots=True)
class StageWork:
    """What a stage has done in this process: rows and seconds."""

    rows: int = 0
    nanoseconds: int = 0


@dataclass(slots=True)
class Steps:
    """Runs numbered steps once each; those a former process finished are passed over.

    The order and number of steps must follow from the staged source alone, never from the clock.
    """

    replay: Replay
    on_stage: Callable[[str], None]
    on_rows: Callable[[str, int], None]
    number: int = 0
    work: dict[str, StageWork] = field(default_factory=dict)

    def run(self, stage: str, step: Callable[[], int]) -> None:
        """Mark one step done and do it, together or not at all. `step` returns the rows it handled.

        The mark comes first: its row lock makes a second process wait, then see that it came too late.
        """
        self.number += 1
        if self.number <= self.replay.position:
            return
        self.on_stage(stage)
        begun = perf_counter()
        with transaction.atomic():
            is_ours = run_statement(_MARK, [self.number, self.replay.pk, self.number])
            rows = step() if is_ours else 0
        if not is_ours:
            raise ReplayMovedOn(f"another process works at replay {self.replay.name!r}; let it finish")
        self.replay.position = self.number
        done = self.work.setdefault(stage, StageWork())
        done.rows += rows
        done.nanoseconds += int((perf_counter() - begun) * 1_000_000_000)
        self.on_rows(stage, rows)
