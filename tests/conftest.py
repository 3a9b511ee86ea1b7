"""The database of the tests: BANTUO_TEST_DATABASE_URL, else the embedded server in a scratch folder."""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path

import pytest

from bantuo.channels.postgres import start_server

_SCRATCH = Path(tempfile.gettempdir()) / f"bantuo-tests-{os.getuid()}"


def _server_url() -> str:
    named = os.environ.get("BANTUO_TEST_DATABASE_URL")
    if named:
        return named
    os.environ.setdefault("BANTUO_VAR", str(_SCRATCH))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where a machine keeps run-time files is not ours to judge
        return start_server()


os.environ["BANTUO_DATABASE_URL"] = _server_url()
os.environ["DJANGO_SETTINGS_MODULE"] = "bantuo.config.settings"


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Each run has its own database, so that two runs on one server do not meet."""
    from django.conf import settings

    settings.DATABASES["default"]["TEST"] = {"NAME": f"test_bantuo_{os.getpid()}"}
