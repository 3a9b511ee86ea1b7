"""The sandbox over the network: signed calls are answered and counted, everything else is refused by name."""

from __future__ import annotations

import json
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from bantuo.apps.erp.models import ProbeCall, SandboxKey
from bantuo.apps.erp.operations import issue_key, revoke_key, rotate_key
from bantuo.apps.erp.queries import erp_evidence
from bantuo.core.signatures import signed_text
from bantuo.interfaces.sandbox import signing
from bantuo.interfaces.web.papers import vault
from tests.apps.factories import ACTOR, NOW, make_sellers
from tests.interfaces.sandbox.callers import Erp, Sent, now_ms
from tests.interfaces.sandbox.conftest import Server


@pytest.fixture
def erp(server: Server) -> Erp:
    """A seller's ERP with a fresh key."""
    (seller,) = make_sellers("S1")
    return Erp(server.server_port, issue_key(seller, vault=vault(), now=NOW, actor=ACTOR))


def counted() -> list[tuple[str, bool, str]]:
    return list(ProbeCall.objects.order_by("id").values_list("api_version", "succeeded", "detail"))


def test_a_signed_stock_call_is_answered_row_by_row_and_counted(erp: Erp) -> None:
    rows = [
        {"sku": "A-1", "warehouse": "YIWU", "quantity": 7},
        {"sku": "A-2", "warehouse": "YIWU", "quantity": -1},
        {"sku": "马克杯-红", "warehouse": "YIWU", "quantity": 0},
    ]
    answer = erp.stock({"rows": rows}).send()

    assert (answer.status, answer.kind) == (200, "application/json")
    assert answer.content == {
        "version": "3.2",
        "accepted": 2,
        "refused": 1,
        "rows": [
            {"row": 1, "sku": "A-1", "status": "accepted"},
            {"row": 2, "sku": "A-2", "status": "refused", "field": "quantity", "value": "-1",
             "rule": "a whole number from 0 to 1000000000"},
            {"row": 3, "sku": "马克杯-红", "status": "accepted"},
        ],
        "stored": False,
        "counted": True,
        "took_ms": answer.content["took_ms"],
    }  # fmt: skip
    call = ProbeCall.objects.get()
    assert (call.method, call.api_version, call.succeeded, call.detail) == (
        "signed_calls",
        "3.2",
        True,
        "200",
    )
    assert call.took_ms == answer.content["took_ms"] >= 1


def test_a_ping_tells_that_all_is_right_and_counts_as_nothing(erp: Erp) -> None:
    answer = erp.sign("GET", "/sandbox/v3.2/ping").send()

    assert answer.status == 200
    assert answer.content == {
        "version": "3.2",
        "key": erp.key.app_key,
        "server_time_ms": answer.content["server_time_ms"],
        "counted": False,
    }
    assert abs(answer.content["server_time_ms"] - now_ms()) < 60_000
    assert counted() == []


@pytest.mark.parametrize(
    "changed",
    [
        {"body": b'{"rows":[{"sku":"A-1","warehouse":"YIWU","quantity":9}]}'},
        {"target": "/sandbox/v3.10/stock"},
        {"target": "/sandbox/v3.2/stock?dry=1"},
        {"nonce": "another-nonce-here"},
    ],
)
def test_a_call_changed_after_signing_is_refused_with_what_was_signed(
    erp: Erp, changed: dict[str, Any]
) -> None:
    spoilt = erp.stock().spoilt(**changed)
    answer = spoilt.send()

    assert (answer.told, answer.kind) == ((401, "signature-wrong"), "application/problem+json")
    assert answer.content["signed_lines"] == signed_text(spoilt.call).split("\n")
    assert spoilt.signature not in json.dumps(answer.content)
    assert counted() == []


def test_the_signature_that_would_have_been_right_is_never_told(erp: Erp) -> None:
    sent = erp.stock()
    answer = replace(sent, signature="0" * 64).send()

    assert answer.told == (401, "signature-wrong")
    assert sent.signature not in json.dumps(answer.content)


@pytest.mark.parametrize(
    "header", ["X-Bantuo-Key", "X-Bantuo-Timestamp", "X-Bantuo-Nonce", "X-Bantuo-Signature"]
)
def test_a_missing_header_is_named(erp: Erp, header: str) -> None:
    answer = erp.stock().send(without=header)

    assert answer.told == (401, "header-missing")
    assert answer.content["missing"] == [header]


@pytest.mark.parametrize("off_ms", [301_000, -301_000, 3 * 3_600_000, -3 * 3_600_000])
def test_a_clock_that_is_off_is_told_the_servers_time(erp: Erp, off_ms: int) -> None:
    answer = erp.stock(at_ms=now_ms() + off_ms).send()

    assert answer.told == (401, "clock-skewed")
    assert abs(answer.content["server_time_ms"] - now_ms()) < 60_000
    assert counted() == []


@pytest.mark.parametrize("off_ms", [-290_000, 290_000])
def test_a_clock_may_be_off_by_less_than_five_minutes(erp: Erp, off_ms: int) -> None:
    assert erp.stock(at_ms=now_ms() + off_ms).send().status == 200


@pytest.mark.parametrize(("field", "value", "code"), [
    ("timestamp", "1722477600", "timestamp-unreadable"), ("timestamp", "soon", "timestamp-unreadable"),
    ("nonce", "short", "nonce-unreadable"), ("nonce", "with space in it", "nonce-unreadable"),
])  # fmt: skip
def test_headers_of_another_shape_are_refused_by_name(erp: Erp, field: str, value: str, code: str) -> None:
    assert erp.stock().spoilt(**{field: value}).send().told == (401, code)


def test_a_replayed_call_is_refused_and_not_counted_again(erp: Erp) -> None:
    sent = erp.stock()

    assert sent.send().status == 200
    assert sent.send().told == (409, "replayed")
    assert len(counted()) == 1


def test_the_same_nonce_on_another_body_is_a_replay_too(erp: Erp) -> None:
    assert erp.stock(nonce="one-nonce-for-both").send().status == 200
    assert erp.stock(b'{"rows":1}', nonce="one-nonce-for-both").send().told == (409, "replayed")
    assert len(counted()) == 1


def test_an_unknown_key_is_refused(erp: Erp) -> None:
    stranger = Erp(erp.port, replace(erp.key, app_key="sbx-0000000000000000"))

    assert stranger.stock().send().told == (401, "key-unknown")


def test_a_revoked_or_replaced_key_is_refused_at_once(erp: Erp) -> None:
    seller = SandboxKey.objects.get().seller_id
    new = rotate_key(seller, app_key=erp.key.app_key, vault=vault(), now=NOW, actor=ACTOR)
    assert erp.stock().send().told == (401, "key-unknown")
    assert Erp(erp.port, new).stock().send().status == 200

    revoke_key(seller, app_key=new.app_key, now=NOW, actor=ACTOR)
    assert Erp(erp.port, new).stock().send().told == (401, "key-unknown")


def test_anothers_secret_does_not_sign_for_a_key(erp: Erp) -> None:
    (other,) = make_sellers("S2")
    theirs = issue_key(other, vault=vault(), now=NOW, actor=ACTOR)
    forged = Erp(erp.port, replace(erp.key, secret=theirs.secret))

    assert forged.stock().send().told == (401, "signature-wrong")
    assert counted() == []


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "line 1, column 1: Expecting value"),
        (b'{"rows":[{"sku":"A', "line 1, column 17: Unterminated string starting at"),
        (b"\xff\xff", "not JSON in UTF-8 that can be taken: UnicodeDecodeError"),
        (b"[" * 100_000, "not JSON in UTF-8 that can be taken: RecursionError"),
        (b'{"rows":[' + b"9" * 5000 + b"]}", "not JSON in UTF-8 that can be taken: ValueError"),
        (b"[]", 'an object with a list "rows" of at least one row is expected'),
        (b'{"rows":[]}', 'an object with a list "rows" of at least one row is expected'),
        (b'{"rows":{}}', 'an object with a list "rows" of at least one row is expected'),
        (json.dumps({"rows": [0] * 1001}).encode(), "1001 rows; at most 1000 go into one call"),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_a_failed_call(erp: Erp, body: bytes, detail: str) -> None:
    answer = erp.stock(body).send()

    assert answer.told == (400, "body-unreadable")
    assert answer.content["detail"] == detail
    assert counted() == [("3.2", False, "body-unreadable")]


def test_a_body_of_megabytes_is_refused(erp: Erp) -> None:
    assert erp.stock(b" " * (3 * 1024 * 1024)).send().told == (413, "body-too-large")
    assert counted() == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_stock_is_posted(erp: Erp, method: str) -> None:
    answer = erp.sign(method, "/sandbox/v3.2/stock").send()

    assert answer.told == (405, "method-not-allowed")
    assert answer.content["allowed"] == ["POST"]


@pytest.mark.parametrize("version", ["3.1", "2.0", "3.10"])
def test_the_version_that_an_erp_calls_is_what_is_found(erp: Erp, version: str) -> None:
    assert erp.stock(version=version).send().content["version"] == version
    evidence = erp_evidence(SandboxKey.objects.get().seller_id)

    assert evidence is not None
    assert evidence["api_version"] == version


@pytest.mark.parametrize(
    "path", ["/sandbox/v3/stock", "/sandbox/v03.2/stock", "/sandbox/v3.x/stock", "/sandbox/v3.99999/stock"]
)
def test_a_version_that_is_none_is_not_found(path: str) -> None:
    with pytest.raises(Resolver404):
        resolve(path)


def test_a_hundred_calls_at_once_count_a_hundred(erp: Erp) -> None:
    calls = [erp.stock() for _ in range(100)]
    with ThreadPoolExecutor(20) as crowd:
        statuses = Counter(answer.status for answer in crowd.map(Sent.send, calls))

    assert statuses == {200: 100}
    evidence = erp_evidence(SandboxKey.objects.get().seller_id)
    assert evidence is not None
    assert evidence["api_version"] == "3.2"
    assert (evidence["probe"]["calls"], evidence["probe"]["method"]) == (100, "signed_calls")
    assert 0 < evidence["probe"]["p95_ms"] <= max(ProbeCall.objects.values_list("took_ms", flat=True))


def test_one_call_sent_from_twenty_threads_counts_once(erp: Erp) -> None:
    with ThreadPoolExecutor(20) as crowd:
        statuses = Counter(answer.status for answer in crowd.map(Sent.send, [erp.stock()] * 20))

    assert statuses == {200: 1, 409: 19}
    assert len(counted()) == 1


def test_too_many_calls_are_told_when_to_come_back(erp: Erp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing.CALLS_PER_KEY, "calls", 3)
    answers = [erp.stock().send() for _ in range(4)]

    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert answers[3].told == (429, "too-many-calls")
    assert answers[3].headers["Retry-After"] == str(answers[3].content["retry_after_s"])
    assert len(counted()) == 3


def test_a_stranger_who_tries_keys_is_slowed_down(erp: Erp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing.CALLS_PER_ADDRESS, "calls", 2)
    tries = [replace(erp.stock(), app_key=f"sbx-{number}").send().told for number in range(3)]

    assert tries == [(401, "key-unknown"), (401, "key-unknown"), (429, "too-many-calls")]


def test_a_body_that_stops_half_way_counts_as_nothing(erp: Erp) -> None:
    sent = erp.stock()
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.headers.items())
    with socket.create_connection(("127.0.0.1", erp.port), timeout=10) as line:
        begin = f"POST {sent.call.target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n"
        line.sendall(f"{begin}{head}\r\n".encode())
        line.sendall(sent.call.body[:20])
        line.shutdown(socket.SHUT_WR)
        told = line.recv(100)

    assert told.startswith(b"HTTP/1.1 401")
    assert counted() == []


@pytest.mark.django_db
def test_no_session_or_token_of_a_browser_is_asked_for() -> None:
    answer = Client(enforce_csrf_checks=True).post(
        "/sandbox/v3.2/stock", b"{}", content_type="application/json"
    )

    assert (answer.status_code, answer.json()["type"]) == (401, "urn:bantuo:sandbox:header-missing")
    assert answer.cookies == {}
