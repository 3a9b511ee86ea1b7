"""A marketplace that pushes orders over HTTP from a process of its own: many connections, all kept busy."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from dataclasses import asdict, dataclass
from uuid import uuid4


@dataclass(frozen=True, slots=True)
class Push:
    """Where to push, with what, how long and from how many connections."""

    port: int
    secret: str
    seconds: float
    clients: int
    sellers: int
    skus: int
    is_hot: bool
    batch: int = 0  # orders in a call; 0: single orders


@dataclass(frozen=True, slots=True)
class Pushed:
    """What came of it; latencies in milliseconds of a call."""

    orders: int
    seconds: float
    p50_ms: float
    p99_ms: float
    faults: int

    @property
    def rate(self) -> float:
        """Orders a second."""
        return self.orders / self.seconds


async def push(asked: Push) -> Pushed:
    """Push until the time is over."""
    base, taken, state = uuid4().hex[:12], list[float](), {"number": 0, "orders": 0, "faults": 0}

    def order() -> dict[str, object]:
        state["number"] += 1
        seller = 0 if asked.is_hot else random.randrange(asked.sellers)
        sku = 1 if asked.is_hot else random.randrange(1, asked.skus + 1)
        line = {"sku": f"K{sku}", "quantity": 1, "goods_fen": 9000, "freight_fen": 100}
        return {"external_id": f"{base}-{state['number']}", "seller": f"S{seller}", "destination": "DE",
                "placed_at": "2026-01-01T00:00:00Z", "lines": [line]}  # fmt: skip

    def call() -> bytes:
        path = "/orders/batch" if asked.batch else "/orders"
        body = json.dumps(
            {"orders": [order() for _ in range(asked.batch)]} if asked.batch else order()
        ).encode()
        head = (
            f"POST /api/v3.2{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {asked.secret}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    async def client(until: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", asked.port)
        while time.perf_counter() < until:
            begun = time.perf_counter()
            writer.write(call())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            taken.append(time.perf_counter() - begun)
            if head[9:12] in (b"200", b"201"):
                state["orders"] += asked.batch or 1
            else:
                state["faults"] += 1
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(client(begun + asked.seconds) for _ in range(asked.clients)))
    spent = time.perf_counter() - begun
    ordered = sorted(taken)
    return Pushed(
        state["orders"], spent, 1e3 * ordered[len(ordered) // 2], 1e3 * ordered[int(len(ordered) * 0.99)],
        state["faults"],
    )  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(push(Push(**json.loads(sys.argv[1])))))))
