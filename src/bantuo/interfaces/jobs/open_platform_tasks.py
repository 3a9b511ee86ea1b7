"""What happens to the open platform by itself."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from bantuo.apps.open_platform.operations import forget_writes


@app.periodic(cron="25 * * * *")
@app.task(name="open_platform.writes", queueing_lock="open_platform.writes")
def forget_signed_writes(timestamp: int) -> None:
    """Forget signatures that no repeated call can meet any more."""
    forget_writes(now=timezone.now())


TASKS = (forget_signed_writes,)
