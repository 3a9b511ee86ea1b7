"""PostgreSQL restarted under load: callers see right answers, or ones that say: send it again."""

from __future__ import annotations

import time

import pytest

from tests.fire.clients import KINDS, Crowd, is_final, quantity_at
from tests.fire.own_postgres import OwnPostgres, own_postgres
from tests.fire.place import ROUNDS, SKUS, keep_all_calling, open_shop, rows, serving, unsound

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300 + 60 * ROUNDS)]
RECOVERY_S = 60


def _wait_for_all(crowd: Crowd, *, answers: int) -> None:
    """Until every kind of call has been answered some more times: nobody had to start the server anew."""
    before, until = dict(crowd.answers), time.monotonic() + RECOVERY_S
    while waiting := [kind for kind in KINDS if crowd.answers[kind] < before[kind] + answers]:
        assert time.monotonic() < until, f"no answers any more: {waiting}"
        time.sleep(0.05)


def _restart_under_load(postgres: OwnPostgres, crowd: Crowd) -> None:
    stop = keep_all_calling(crowd.works())
    try:
        _wait_for_all(crowd, answers=3)
        for turn in range(ROUNDS):
            postgres.restart(("fast", "immediate")[turn % 2])
            _wait_for_all(crowd, answers=3)
    finally:
        stop()


def test_only_retryable_errors_while_postgres_restarts() -> None:
    with own_postgres() as postgres:
        keys = open_shop(postgres.url)
        with serving(postgres.url) as server:
            crowd = Crowd(server, keys)
            _restart_under_load(postgres, crowd)
            _judge(postgres.url, crowd)


def _judge(url: str, crowd: Crowd) -> None:
    """What was acknowledged is there once; what was not is taken once when it is sent again."""
    query = "SELECT external_id, id FROM orders_order WHERE external_id LIKE 'K%' AND part = 0"
    kept = dict(rows(url, query))
    assert crowd.ids.items() <= kept.items()
    assert kept.keys() <= crowd.bodies.keys()
    assert unsound(url) == {}
    unknown = crowd.bodies.keys() - kept.keys()
    for name, body in crowd.bodies.items():
        answer = crowd.server.ask("POST", "/orders", body, secret=crowd.keys.marketplace)
        assert is_final(answer, 201 if name in unknown else 200), answer
        crowd.keep(answer.told, is_first=name in unknown)
    assert dict(rows(url, query)) == crowd.ids
    held = rows(
        url,
        "SELECT k.code, b.sequence, b.declared FROM stock_balance b JOIN catalog_sku k ON k.id = b.sku_id"
        " WHERE k.code IN ('A-1', 'A-2') ORDER BY k.code",
    )
    assert held == [(sku, held[0][1], quantity_at(held[0][1])) for sku in SKUS]
    assert crowd.stated <= held[0][1] <= crowd.asked
    assert rows(url, "SELECT count(*) > 0 FROM integrations_apicall WHERE status = 200") == [(True,)]
    assert unsound(url) == {}
