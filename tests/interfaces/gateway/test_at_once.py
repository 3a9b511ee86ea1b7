"""Calls at the same moment: none is lost, none is refused for the sake of another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

from bantuo.apps.open_platform.models import AccessGrant, AuthCode, OpenApp
from bantuo.apps.open_platform.operations import CodeRefused, Tokens, redeem_code
from bantuo.apps.open_platform.queries import token_hash
from bantuo.apps.stock.models import Declaration
from bantuo.apps.stock.queries import movement_differences
from tests.interfaces.gateway.conftest import make_shop
from tests.interfaces.gateway.test_products import STOCKS, stocks


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call gave, all begun together."""
    gate, given = threading.Barrier(len(calls)), [None] * len(calls)

    def run(at: int, call: Callable[[], Any]) -> None:
        try:
            gate.wait()
            given[at] = call()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=told) for told in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given


def test_statements_at_once_are_all_taken(committed: None) -> None:
    shop = make_shop()
    codes = "ABC" * 4

    def state(code: str, quantity: int) -> Callable[[], Any]:
        sku = shop.sku(code)
        told = {"product_id": sku.product_id, "pop_choice_sku_stock_list": stocks(sku, quantity)}
        return lambda: shop.erp.call(STOCKS, **told)

    answers = at_once(*(state(code, 10 + at) for at, code in enumerate(codes)))
    assert [answer["result"]["success"] for answer in answers] == [True] * len(codes)
    assert Declaration.objects.values("sequence").distinct().count() == len(codes)
    assert all(10 <= shop.stock(code)[0] < 22 for code in "ABC")
    assert movement_differences() == []


def test_a_code_at_once_gives_tokens_to_one_at_most(committed: None) -> None:
    shop = make_shop()
    app = OpenApp.objects.get()
    grant = AccessGrant.objects.get()
    AuthCode.objects.create(
        seller=shop.seller, app=app, code_hash=token_hash("3_x"), account="o@example.com", given_by="user:1",
        given_at=grant.granted_at, expires_at=grant.access_expires_at,
    )  # fmt: skip

    def redeem() -> Tokens | str:
        try:
            return redeem_code(app, "3_x", now=grant.granted_at)
        except CodeRefused:
            return "refused"

    given = at_once(*([redeem] * 6))
    assert given.count("refused") == 5
    made = AccessGrant.objects.exclude(pk=grant.pk).get()
    assert made.revoked_at is not None  # it was asked for twice: somebody else may hold the code
