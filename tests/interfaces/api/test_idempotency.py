"""Idempotency-Key: once per key and caller, under concurrency, and never with another body."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bantuo.apps.catalog.models import PriceChange
from bantuo.apps.integrations.models import KeptAnswer
from bantuo.apps.integrations.operations.calls import ANSWERS_KEPT, forget_answers
from tests.apps import factories as make
from tests.interfaces.api.callers import ApiClient, seller_client
from tests.processes import start_process

pytestmark = pytest.mark.django_db


def _client(code: str = "S1") -> ApiClient:
    (seller,) = make.make_active_sellers(code)
    make.policy_version()
    make.make_skus(seller, "A-1")
    return seller_client(seller)


def _price(client: ApiClient, fen: int, key: str) -> Any:
    rows = [{"sku_code": "A-1", "exclusive_fen": fen}]
    return client.call("POST", "/prices", {"rows": rows}, Idempotency_Key=key)


def _changes() -> int:
    return PriceChange.objects.filter(old_fen__isnull=False).count()


def test_a_repeated_call_gets_the_same_answer_and_is_done_once() -> None:
    client = _client()
    first, again = _price(client, 11000, "k-1"), _price(client, 11000, "k-1")
    assert first.json()["changed"] == 1
    assert (again.status_code, again.content) == (200, first.content)
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert _price(client, 11000, "k-2").json()["changed"] == 0
    assert _changes() == 1


def test_a_key_belongs_to_one_call_of_one_caller() -> None:
    client = _client()
    _price(client, 11000, "k-1")
    other_body = _price(client, 10000, "k-1")
    assert other_body.status_code == 422
    assert other_body.json()["errors"][0]["rule"] == "idempotency-key"
    other_path = client.call("POST", "/delistings", {"sku_codes": ["A-1"]}, Idempotency_Key="k-1")
    assert other_path.status_code == 422
    second = seller_client(client.key.seller_id or 0)
    assert _price(second, 10000, "k-1").json()["changed"] == 1


def test_a_refused_call_may_be_mended_under_its_key() -> None:
    client = _client()
    assert client.call("POST", "/prices", {"rows": []}, Idempotency_Key="k-1").status_code == 422
    assert KeptAnswer.objects.count() == 0
    assert _price(client, 11000, "k-1").json()["changed"] == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "schlüssel"])
def test_an_unusable_key_is_named(key: str) -> None:
    answer = _price(_client(), 11000, key)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "Idempotency-Key")
    assert _changes() == 0


def test_answers_are_forgotten_after_a_day() -> None:
    client = _client()
    _price(client, 11000, "k-1")
    now = timezone.now()
    assert forget_answers(now=now + ANSWERS_KEPT - timedelta(minutes=1)) == 0
    assert forget_answers(now=now + ANSWERS_KEPT + timedelta(minutes=1)) == 1


@pytest.mark.processes
def test_of_many_calls_at_once_one_is_done(scratch_database: str) -> None:
    answer = json.dumps({"changed": 1, "alerts": 0, "refused": []}, separators=(",", ":"))
    assert _play("same", scratch_database) == {"answers": [[200, answer]], "replayed": 7, "changes": 1}


@pytest.mark.processes
def test_whoever_waits_too_long_is_told_to_come_again(scratch_database: str) -> None:
    assert _play("slow", scratch_database) == {"late": 409, "wait": "5", "changed": 1}


def _play(scene: str, url: str) -> Any:
    process = start_process("from tests.interfaces.api.rivals import main; main()", scene, url=url)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return json.loads(out.splitlines()[-1])
