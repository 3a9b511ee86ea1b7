"""Clients that go on while the database behind the server goes away: each knows what it may be told."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlencode

from bantuo.core.open_platform_signing import sign_text, signed_text
from tests.fire.place import SKUS, Answer, Keys, Server

PUSHED, BATCHED, STATED, LISTED, SEEN, ASKED = "pushed", "batched", "stated", "listed", "seen", "asked"
KINDS = (PUSHED, BATCHED, STATED, LISTED, SEEN, ASKED)
FIRST = 1  # the shop's own statement
ORDER_LIST = "aliexpress.trade.seller.orderlist.get"


@dataclass
class Crowd:
    """What clients sent, what they were told, and how often each kind of call succeeded."""

    server: Server
    keys: Keys
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    stated: int = FIRST
    asked: int = FIRST
    answers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    retryable: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    numbers: Any = field(default_factory=itertools.count)

    def works(self) -> list[Callable[[Random, threading.Event], None]]:
        """One client each; most push single orders, which share their commits."""
        pushing = [self._client(PUSHED, self.push)] * 12
        rest = {BATCHED: self.batch, STATED: self.state, LISTED: self.list_orders, SEEN: self.see_stock,
                ASKED: self.ask_gateway}  # fmt: skip
        return [*pushing, *(self._client(kind, work) for kind, work in rest.items())]

    def _client(self, kind: str, work: Callable[[Random], bool]) -> Callable[[Random, threading.Event], None]:
        def go_on(draw: Random, over: threading.Event) -> None:
            while not over.is_set():
                succeeded = work(draw)
                with self.lock:
                    self.answers[kind] += succeeded
                    self.retryable += not succeeded
                time.sleep(0.002 if succeeded else 0.05)

        return go_on

    def push(self, draw: Random) -> bool:
        """One order, now and then one that was sent before."""
        body = self._old(draw) if draw.random() < 0.2 else self._new(draw)
        answer = self.server.ask("POST", "/orders", body, secret=self.keys.marketplace)
        if not is_final(answer, 200, 201):
            return False
        self.keep(answer.told, is_first=answer.status == 201)
        return True

    def batch(self, draw: Random) -> bool:
        """Some orders at once, new ones and old ones."""
        bodies = [self._new(draw) for _ in range(4)] + [self._old(draw)]
        told = {"mode": draw.choice(("each", "all")), "orders": bodies}
        answer = self.server.ask("POST", "/orders/batch", told, secret=self.keys.marketplace)
        if not is_final(answer, 200):
            return False
        assert len(answer.told["orders"]) == len(bodies), answer
        for told in answer.told["orders"]:
            self.keep(told, is_first=told["outcome"] == "placed")
        return True

    def keep(self, told: Mapping[str, Any], *, is_first: bool) -> None:
        """An order is placed once and has one id, whoever asks and how often."""
        name = told["external_id"]
        assert told["outcome"] == ("placed" if is_first else "repeated"), told
        with self.lock:
            assert self.ids.setdefault(name, told["order_id"]) == told["order_id"], told

    def state(self, draw: Random) -> bool:
        """The next statement; one that was not answered is sent again as it was."""
        sequence = self.asked = max(self.asked, self.stated + 1)
        body = {"sequence": sequence, "rows": [{"sku": s, "quantity": quantity_at(sequence)} for s in SKUS]}
        answer = self.server.ask("PUT", "/stock", body, secret=self.keys.seller)
        if not is_final(answer, 200):
            return False
        assert answer.told["refused"] == [], answer
        assert answer.told["repeated"] or answer.told["stated"] == len(SKUS), answer
        self.stated = sequence
        return True

    def list_orders(self, draw: Random) -> bool:
        """A page of orders, and one that we were told was taken."""
        answer = self.server.ask("GET", "/orders?limit=20", secret=self.keys.seller)
        if not is_final(answer, 200):
            return False
        assert len(answer.told["items"]) <= 20, answer
        with self.lock:
            known = sorted(self.ids.items())
        if not known:
            return True
        name, order_id = draw.choice(known)
        answer = self.server.ask("GET", f"/orders/{order_id}", secret=self.keys.seller)
        if not is_final(answer, 200):
            return False
        assert answer.told["order"]["external_id"] == name, answer
        assert answer.told["decisions"], answer
        return True

    def see_stock(self, draw: Random) -> bool:
        """Both SKUs as one statement left them: it is never seen in part, nor one older than acknowledged."""
        known = self.stated
        answer = self.server.ask("GET", "/stock", secret=self.keys.seller)
        if not is_final(answer, 200):
            return False
        found = {item["sku"]: item for item in answer.told["items"] if item["sku"] in SKUS}
        sequences = {item["sequence"] for item in found.values()}
        assert (len(found), len(sequences)) == (len(SKUS), 1), answer
        for item in found.values():
            assert item["sequence"] >= known, answer
            assert item["sequence"] == FIRST or item["declared"] == quantity_at(item["sequence"]), answer
        return True

    def ask_gateway(self, draw: Random) -> bool:
        """The list of orders as an ERP asks for it: always a 200, which says whether to ask again."""
        params = {
            "app_key": self.keys.erp["key"], "session": self.keys.erp["session"], "method": ORDER_LIST,
            "timestamp": str(int(time.time() * 1000)), "sign_method": "sha256", "simplify": "true",
            "format": "json", "page_size": "20", "current_page": "1",
        }  # fmt: skip
        params["sign"] = sign_text(signed_text(params, path=""), secret=self.keys.erp["secret"],
                                   sign_method="sha256")  # fmt: skip
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.server.send("POST", "/sync", urlencode(params).encode(), headers)
        if answer.status == 0:
            return False
        assert answer.status == 200, answer
        if "error_response" in answer.told:
            error = answer.told["error_response"]
            assert (error["code"], error["sub_code"]) == ("ServiceUnavailable", "isp.database"), error
            return False
        assert len(answer.told["result"]["target_list"]) <= 20, answer
        return True

    def _new(self, draw: Random) -> dict[str, Any]:
        skus = draw.sample(SKUS, draw.randint(1, len(SKUS)))
        lines = [{"sku": sku, "quantity": draw.randint(1, 2), "goods_fen": 100} for sku in skus]
        with self.lock:
            name = f"K{next(self.numbers)}"
            self.bodies[name] = {
                "external_id": name, "seller": "S1", "placed_at": "2026-03-11T01:00:00Z",
                "destination": "DE", "lines": lines,
            }  # fmt: skip
            return self.bodies[name]

    def _old(self, draw: Random) -> dict[str, Any]:
        with self.lock:
            names = list(self.bodies)
        return self.bodies[draw.choice(names)] if names else self._new(draw)


def quantity_at(sequence: int) -> int:
    """What is stated of every SKU under a sequence."""
    return 40 + sequence * 7 % 60


def is_final(answer: Answer, *expected: int) -> bool:
    """Whether a call was answered; else it may be sent again, and nothing but that may be said."""
    if answer.status in (0, 503):
        assert answer.status == 0 or int(answer.headers["retry-after"]) > 0, answer
        assert answer.status == 0 or answer.headers["content-type"] == "application/problem+json", answer
        return False
    assert answer.status in expected, answer
    return True
