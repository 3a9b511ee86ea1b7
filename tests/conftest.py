"""The database of the tests: BANTUO_TEST_DATABASE_URL, else the embedded server in a scratch folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import django
import pytest
from django.conf import settings

from bantuo.channels.postgres import start_server

pytest_plugins = ["tests.processes"]

_SCRATCH = Path(tempfile.gettempdir()) / f"bantuo-tests-{os.getuid()}"


def _server_url() -> str:
    named = os.environ.get("BANTUO_TEST_DATABASE_URL")
    if named:
        return named
    os.environ.setdefault("BANTUO_VAR", str(_SCRATCH))
    return start_server()


os.environ["BANTUO_DATABASE_URL"] = _server_url()
os.environ["DJANGO_SETTINGS_MODULE"] = "bantuo.config.settings"
django.setup()


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Each run has its own database, so that two runs on one server do not meet."""
    settings.DATABASES["default"]["TEST"]["NAME"] = f"test_bantuo_{os.getpid()}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browsers come last: Playwright keeps an event loop in the process, in which Django answers nobody."""
    items.sort(key=lambda item: "browser" in item.path.parts)
