"""A command sets the environment of its own process; here that is everybody's, so it is taken back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest.mock import patch

import pytest


@pytest.fixture(autouse=True)
def environment_is_taken_back() -> Iterator[None]:
    with patch.dict(os.environ):
        yield
