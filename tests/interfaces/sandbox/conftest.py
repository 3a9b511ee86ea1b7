"""A real server on a database of its own, so that calls from many threads really compete."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test.testcases import QuietWSGIRequestHandler
from psycopg.conninfo import conninfo_to_dict
from pytest_django import DjangoDbBlocker

from bantuo.interfaces.sandbox.signing import CALLS_PER_ADDRESS, CALLS_PER_KEY


class Server(ThreadedWSGIServer):
    """Waits for no thread when it ends; a caller that hangs up is no error."""

    request_queue_size = 128
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), QuietWSGIRequestHandler)
        self.set_app(get_wsgi_application())

    def handle_error(self, request: Any, client_address: Any) -> None: ...


@pytest.fixture
def place(scratch_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The whole process works on a scratch database: its rows are committed, and dropped with it."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = conninfo_to_dict(scratch_database)["dbname"]
    CALLS_PER_ADDRESS.forget()
    CALLS_PER_KEY.forget()
    try:
        with django_db_blocker.unblock():
            yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


@pytest.fixture
def server(place: None) -> Iterator[Server]:
    """Where the sandbox is served."""
    serving = Server()
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield serving
    finally:
        serving.shutdown()
        thread.join()
        serving.server_close()
