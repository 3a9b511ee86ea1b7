"""Calling other people's servers: the address is looked up once, checked, and then called as it is.

Written on the standard library's http.client, because the connection must go to the address that
was checked, whatever a name server says a moment later; proxies and redirects are never followed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse

from bantuo.core.endpoints import CallRules, Endpoint, EndpointRefused, check_address, read_endpoint
from bantuo.core.signatures import VERSION_HEADER

SIZE_MAX = 1024 * 1024
LOOKUP_SECONDS_MAX = 5.0
_AGENT = "bantuo-probe/3.2"
_VERSION = re.compile(r"[Vv]?[0-9]{1,4}(\.[0-9]{1,4}){0,2}")


@dataclass(frozen=True, slots=True)
class Answer:
    """How one call went. `detail` is a status or what went wrong, never a body."""

    took_ms: int
    succeeded: bool
    detail: str
    api_version: str = ""


def rules_of_place() -> CallRules:
    """What may be called from this installation, by its BANTUO_PROBE_* variables."""
    http = {"http"} if os.environ.get("BANTUO_PROBE_ALLOW_HTTP") == "1" else set()
    return CallRules(
        schemes=frozenset({"https", *http}),
        allow_loopback=os.environ.get("BANTUO_PROBE_ALLOW_LOOPBACK") == "1",
    )


@dataclass(frozen=True, slots=True)
class HttpCaller:
    """Calls endpoints over HTTP; an application room's `StockCaller`."""

    rules: CallRules = field(default_factory=rules_of_place)
    size_max: int = SIZE_MAX

    def pin(self, url: str) -> PinnedCaller:
        """Look the endpoint up once; every address of its name must be one that may be called.

        Raises EndpointRefused, with code `lookup` when the name has no address.
        """
        endpoint = read_endpoint(url, rules=self.rules)
        addresses = [str(check_address(found, rules=self.rules)) for found in _look_up(endpoint)]
        return PinnedCaller(endpoint, addresses[0], size_max=self.size_max)


@dataclass(frozen=True, slots=True)
class PinnedCaller:
    """An endpoint at a checked address."""

    endpoint: Endpoint
    address: str
    size_max: int = SIZE_MAX

    @property
    def target(self) -> str:
        """The path with its query, as it is sent and signed."""
        return self.endpoint.target

    def call(self, *, verb: str, headers: Mapping[str, str], body: bytes, limit_ms: int) -> Answer:
        """One call, from opening the connection to the last byte of the answer, within `limit_ms` in all.

        Whatever the other side does, this returns shortly after the limit and reads `size_max` at most.
        """
        started = time.monotonic_ns()
        connection = PinnedConnection(self.endpoint, self.address, seconds=limit_ms / 1000)
        try:
            detail, succeeded, version = self._exchange(connection, verb=verb, headers=headers, body=body)
        except (OSError, HTTPException, ValueError) as problem:
            detail, succeeded, version = told_of(problem), False, ""
        finally:
            is_late = connection.end()
        took_ms = -(-(time.monotonic_ns() - started) // 1_000_000)
        if is_late or took_ms > limit_ms:
            return Answer(took_ms, False, f"no answer within {limit_ms} ms", version)
        return Answer(took_ms, succeeded, detail, version)

    def _exchange(
        self, connection: PinnedConnection, *, verb: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[str, bool, str]:
        whole = {
            "Host": self.endpoint.authority,
            "User-Agent": _AGENT,
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        connection.request(verb, self.endpoint.target, body=body or None, headers=whole)
        with contextlib.closing(connection.getresponse()) as response:
            return _judge(response, size_max=self.size_max)


class PinnedConnection(HTTPConnection):
    """Connects to the checked address, and is cut off at its deadline whatever it is doing then.

    A socket's own timeout begins again with every byte, so that a server which drips would hold us for
    ever; a timer that shuts the connection down does not.
    """

    def __init__(self, endpoint: Endpoint, address: str, *, seconds: float) -> None:
        super().__init__(endpoint.host, endpoint.port, timeout=seconds)
        self._endpoint, self._address = endpoint, address
        self._until = time.monotonic() + seconds
        self._is_late = False
        self._line: socket.socket | None = None
        self._cutter: threading.Timer | None = None

    def connect(self) -> None:
        """As the name says, to the pinned address; the certificate must be the host's."""
        raw = socket.create_connection((self._address, self._endpoint.port), timeout=self.timeout)
        self._line = raw.dup()  # stays valid when TLS takes the socket over
        self._cutter = threading.Timer(max(self._until - time.monotonic(), 0.0), self._cut)
        self._cutter.daemon = True
        self._cutter.start()
        if self._endpoint.scheme == "https":
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(raw, server_hostname=self._endpoint.host)
        else:
            self.sock = raw

    def end(self) -> bool:
        """Close everything; whether the deadline had cut it off."""
        if self._cutter is not None:
            self._cutter.cancel()
            self._cutter.join()
        self.close()
        if self._line is not None:
            self._line.close()
        return self._is_late

    def _cut(self) -> None:
        self._is_late = True
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)


def _judge(response: HTTPResponse, *, size_max: int) -> tuple[str, bool, str]:
    """What became of a call, whether that counts as answered, and the version the endpoint says it speaks."""
    said = response.headers.get(VERSION_HEADER, "").strip()
    version = said if _VERSION.fullmatch(said) else ""
    if 300 <= response.status < 400:
        return f"{response.status}: redirects are not followed", False, version
    if response.status != 200:
        return f"status {response.status}", False, version
    content = b"" if (response.length or 0) > size_max else response.read(size_max + 1)
    if len(content) > size_max or (response.length or 0) > size_max:
        return f"answer larger than {size_max} bytes", False, version
    if response.length:
        return "200, but the answer broke off", False, version
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return "200, but the answer is not JSON", False, version
    return "200", True, version


def told_of(problem: Exception) -> str:
    """What went wrong with a connection, in a few words that give nothing away."""
    match problem:
        case ssl.SSLCertVerificationError():
            return f"certificate: {problem.verify_message}"[:200]
        case ssl.SSLError():
            return "TLS failed"
        case TimeoutError():
            return "no answer in time"
        case ConnectionRefusedError():
            return "connection refused"
        case OSError():
            return f"connection: {problem.strerror or type(problem).__name__}"[:200]
        case _:
            return f"not HTTP: {type(problem).__name__}"


def _look_up(endpoint: Endpoint) -> list[str]:
    """Every address of the host. The system's look-up has no time limit, so a thread is left to it."""
    found: Future[list[str]] = Future()
    threading.Thread(target=_resolve, args=(endpoint, found), daemon=True).start()
    try:
        return found.result(timeout=LOOKUP_SECONDS_MAX)
    except TookTooLong as problem:
        raise EndpointRefused("lookup", f"no name server answered for {endpoint.host}") from problem
    except (OSError, UnicodeError) as problem:
        raise EndpointRefused("lookup", f"{endpoint.host} has no address") from problem


def _resolve(endpoint: Endpoint, found: Future[list[str]]) -> None:
    try:
        rows = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except Exception as problem:
        found.set_exception(problem)
    else:
        found.set_result([str(row[4][0]) for row in rows])
