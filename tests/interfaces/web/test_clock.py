"""The clock of a demonstration: shifted by a file, and the real one without or with nonsense in it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from bantuo.interfaces.web.clock import moment


@pytest.mark.parametrize(
    ("written", "shift"), [("3600", 3600), ("-60", -60), ("soon", 0), ("", 0), (None, 0)]
)
def test_the_file_shifts_the_clock(written: str | None, shift: int, settings: Any, tmp_path: Path) -> None:
    settings.DEMO_CLOCK = str(tmp_path / "clock")
    if written is not None:
        (tmp_path / "clock").write_text(written, encoding="ascii")
    assert abs(moment() - timezone.now() - timedelta(seconds=shift)) < timedelta(seconds=5)


def test_without_the_setting_it_is_the_real_one(settings: Any) -> None:
    settings.DEMO_CLOCK = None
    assert abs(moment() - timezone.now()) < timedelta(seconds=5)
