"""The log of the last calls: kept in memory for a moment, written in batches by a thread of the server."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field

from django.db import DatabaseError, connection
from django.http import HttpRequest
from django.utils import timezone

from bantuo.apps.integrations.operations.calls import NewCall, record_calls
from bantuo.interfaces.api.problems import request_id_of

_log = logging.getLogger(__name__)
_EVERY_S = 1.0
_WAITING_MAX = 20_000


@dataclass(slots=True)
class _Waiting:
    """Calls that are not written yet. Without a writing thread each is written at once."""

    calls: list[NewCall] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_written_by_thread: bool = False


_WAITING = _Waiting()


def note_call(request: HttpRequest, *, status: int, took_ms: int) -> None:
    """Put one call in the log of its key; a call without a good key has none."""
    caller = getattr(request, "api_caller", None)
    if caller is None:
        return
    call = NewCall(
        caller.key_id, request.method or "", request.path, status, took_ms, request_id_of(request),
        timezone.now(),
    )  # fmt: skip
    with _WAITING.lock:
        if len(_WAITING.calls) < _WAITING_MAX:  # the log is for people: rather lose lines than memory
            _WAITING.calls.append(call)
    if not _WAITING.is_written_by_thread:
        write_calls()


def write_calls() -> None:
    """Write what waits. A log that cannot be written stops no call."""
    with _WAITING.lock:
        calls, _WAITING.calls = _WAITING.calls, []
    if not calls:
        return
    try:
        record_calls(calls)
    except DatabaseError:
        _log.exception("%s calls were not logged", len(calls))


def write_in_background() -> None:
    """Have a thread of this process write the log, so that no call waits for it; once is enough."""
    if not _WAITING.is_written_by_thread:
        _WAITING.is_written_by_thread = True
        threading.Thread(target=_keep_writing, name="call-log", daemon=True).start()


def _keep_writing() -> None:
    while True:
        time.sleep(_EVERY_S)
        if _WAITING.calls:
            write_calls()
            connection.close_if_unusable_or_obsolete()
