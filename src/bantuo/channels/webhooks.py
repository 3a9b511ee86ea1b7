"""Webhooks as they go out: signed by Standard Webhooks, to a checked address, within a limit of time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse

from standardwebhooks import Webhook

from bantuo.channels.probe import HttpCaller, PinnedConnection, told_of
from bantuo.core.endpoints import EndpointRefused

LIMIT_MS = 15_000
_ANSWER_BYTES_SHOWN = 500
_AGENT = "bantuo-webhooks/3.2"


@dataclass(frozen=True, slots=True)
class PostAnswer:
    """How one post went; `status` None: there was no answer. `answer` is only for whoever tests."""

    status: int | None
    took_ms: int
    detail: str
    retry_after_s: int | None = None
    answer: str = ""

    @property
    def is_delivered(self) -> bool:
        """Any 2xx; a redirect is a failure, since none is followed."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class HttpPoster:
    """Posts to the addresses that the probe's guard lets through; a sender's `Poster`."""

    caller: HttpCaller = field(default_factory=HttpCaller)
    limit_ms: int = LIMIT_MS

    def post(self, url: str, *, message_id: str, body: bytes, secrets: Sequence[str]) -> PostAnswer:
        """One signed POST, within `limit_ms` from opening the connection to the end of the answer's head."""
        began_ns = time.monotonic_ns()
        try:
            pinned = self.caller.pin(url)
        except EndpointRefused as refusal:
            return PostAnswer(None, _ms_since(began_ns), f"may not be called: {refusal}"[:200])
        connection = PinnedConnection(pinned.endpoint, pinned.address, seconds=self.limit_ms / 1000)
        headers = {
            "Host": pinned.endpoint.authority,
            "User-Agent": _AGENT,
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **sign(message_id, body=body, secrets=secrets, at=datetime.now(UTC)),
        }
        answer = PostAnswer(None, 0, "")
        try:
            connection.request("POST", pinned.endpoint.target, body=body, headers=headers)
            with contextlib.closing(connection.getresponse()) as response:
                answer = _read(response)
        except (OSError, HTTPException, ValueError) as problem:
            answer = PostAnswer(None, 0, told_of(problem))
        finally:
            is_late = connection.end()
        took_ms = _ms_since(began_ns)
        if is_late and not answer.is_delivered:
            return PostAnswer(None, took_ms, f"no answer within {self.limit_ms} ms")
        return PostAnswer(answer.status, took_ms, answer.detail, answer.retry_after_s, answer.answer)


def sign(message_id: str, *, body: bytes, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks; several secrets sign beside each other while one is rotated."""
    signatures = [Webhook(secret).sign(message_id, at, body.decode()) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _read(response: HTTPResponse) -> PostAnswer:
    """The status decides; a piece of the body is read for whoever tests, and may be cut off."""
    shown = b""
    with contextlib.suppress(OSError, HTTPException):
        shown = response.read(_ANSWER_BYTES_SHOWN)
    told = "redirects are not followed" if 300 <= response.status < 400 else response.reason or ""
    return PostAnswer(
        response.status,
        0,
        f"{response.status} {told}".strip()[:200],
        _retry_after_s(response.headers.get("Retry-After", "")),
        shown.decode("utf-8", "replace").replace("\x00", "\ufffd"),
    )


def _retry_after_s(said: str) -> int | None:
    """Seconds, or an HTTP date; what is neither says nothing."""
    said = said.strip()
    if said.isascii() and said.isdecimal():
        return min(int(said[:9]), 10**8)
    with contextlib.suppress(ValueError, TypeError):
        at = parsedate_to_datetime(said)
        return max(int((at - datetime.now(at.tzinfo or UTC)).total_seconds()), 0) if at.tzinfo else None
    return None


def _ms_since(began_ns: int) -> int:
    return (time.monotonic_ns() - began_ns) // 1_000_000
