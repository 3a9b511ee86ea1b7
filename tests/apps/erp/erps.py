"""An endpoint that needs no network, a vault, and calls made up front."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from bantuo.apps.erp.models import SandboxKey
from bantuo.apps.erp.operations import (
    IssuedKey,
    NewEndpoint,
    SandboxCall,
    issue_key,
    record_call,
    register_endpoint,
)
from bantuo.channels.probe import Answer
from bantuo.channels.vault import Vault
from bantuo.core.endpoints import CallRules, EndpointRefused
from tests.apps.factories import NOW

VAULT = Vault(b"k" * 32)
SELLER = "user:1"
ENDPOINT = NewEndpoint("https://erp.example.com/stock", "GET", "V3.2", "Example ERP")
RULES = CallRules()


def a_key(seller_id: int) -> IssuedKey:
    return issue_key(seller_id, vault=VAULT, now=NOW, actor=SELLER)


def an_endpoint(seller_id: int, endpoint: NewEndpoint = ENDPOINT, now: datetime = NOW) -> None:
    register_endpoint(seller_id, endpoint=endpoint, rules=RULES, now=now, actor=SELLER)


_numbers = count()


def sandbox_calls(
    app_key: str, *times: int, version: str = "3.2", failed: int = 0, now: datetime = NOW
) -> None:
    """Signed calls that took so long, the last `failed` of them refused for their body."""
    key = SandboxKey.objects.get(app_key=app_key)
    for place, took_ms in enumerate(times, start=1):
        succeeded = place <= len(times) - failed
        nonce = f"nonce-{next(_numbers):010}"
        call = SandboxCall(nonce, version, took_ms, succeeded, "200" if succeeded else "body-unreadable")
        record_call(key, call=call, now=now)


def clock(start: datetime = NOW) -> Callable[[], datetime]:
    """A clock that goes on by a second each time it is read."""
    seconds: Iterator[int] = count()
    return lambda: start + timedelta(seconds=next(seconds))


@dataclass(slots=True)
class Seen:
    verb: str
    headers: Mapping[str, str]
    body: bytes
    limit_ms: int


@dataclass(slots=True)
class Endpoint:
    """Answers as told, call after call; then always the last way."""

    answers: list[Answer]
    target: str = "/stock"
    seen: list[Seen] = field(default_factory=list)
    before_each: Callable[[int], None] = lambda number: None

    def pin(self, url: str) -> Endpoint:
        return self

    def call(self, *, verb: str, headers: Mapping[str, str], body: bytes, limit_ms: int) -> Answer:
        self.before_each(len(self.seen))
        self.seen.append(Seen(verb, headers, body, limit_ms))
        return self.answers[min(len(self.seen), len(self.answers)) - 1]


class Unreachable:
    """May not be called."""

    def pin(self, url: str) -> Endpoint:
        raise EndpointRefused("address", f"{url} is at home")


FAST = Answer(40, True, "200")
LATER = datetime(2024, 8, 1, 3, 0, tzinfo=UTC)
