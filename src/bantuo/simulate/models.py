"""What a replay must remember between processes: which source, which steps are behind it.

The staged facts are the replay's own copy of the outside world (buyers, carriers, the floor);
the programme's tables never refer to them.
"""

from django.db import models


class Replay(models.Model):
    """One replay of one source under one layout."""

    name = models.TextField(unique=True)
    fingerprint = models.TextField(help_text="hash of layout, source files and limit")
    finished = models.BooleanField(default=False)


class ReplayStep(models.Model):
    """A step whose operations are all done; operations are idempotent, so this only saves time."""

    replay = models.ForeignKey(Replay, models.CASCADE, related_name="steps")
    step = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["replay", "step"], name="replay_step_once")]
