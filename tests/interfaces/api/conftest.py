"""Each test of the API begins with nobody remembered and nothing counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bantuo.interfaces.api import rate_limit
from bantuo.interfaces.api.callers import forget_callers


@pytest.fixture(autouse=True)
def _nobody_is_remembered() -> Iterator[None]:
    forget_callers()
    rate_limit.CALLS.forget()
    rate_limit.FAILED_SIGN_INS.forget()
    yield
    forget_callers()
