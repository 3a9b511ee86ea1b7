"""An ERP's calls, signed as the page tells it, and then spoilt in one place."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from typing import Any
from uuid import uuid4

from bantuo.apps.erp.operations import IssuedKey
from bantuo.core.signatures import SignedCall, sign_call

ROWS = {"rows": [{"sku": "A-1", "warehouse": "YIWU", "quantity": 7}]}


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Erp:
    """A client with its key."""

    port: int
    key: IssuedKey

    def sign(
        self, method: str, target: str, body: bytes = b"", *, at_ms: int | None = None, nonce: str = ""
    ) -> Sent:
        """A call ready to be sent, or spoilt."""
        call = SignedCall(method, target, str(at_ms or now_ms()), nonce or uuid4().hex, body)
        return Sent(self.port, call, self.key.app_key, sign_call(call, secret=self.key.secret))

    def stock(self, content: Any = ROWS, *, version: str = "3.2", **signed: Any) -> Sent:
        """A stock call; bytes are sent as they are."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.sign("POST", f"/sandbox/v{version}/stock", body, **signed)


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    kind: str
    headers: dict[str, str]
    content: Any

    @property
    def told(self) -> tuple[int, str]:
        """Status and the end of the problem's type."""
        return self.status, self.content["type"].rpartition(":")[2]


@dataclass(frozen=True)
class Sent:
    """A signed call."""

    port: int
    call: SignedCall
    app_key: str
    signature: str

    def spoilt(self, **changed: Any) -> Sent:
        """With something of the call changed after signing."""
        return replace(self, call=replace(self.call, **changed))

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-Bantuo-Key": self.app_key,
            "X-Bantuo-Timestamp": self.call.timestamp,
            "X-Bantuo-Nonce": self.call.nonce,
            "X-Bantuo-Signature": self.signature,
            "Content-Type": "application/json",
        }

    def send(self, *, without: str = "") -> Answered:
        """Over the network, leaving a header out if named."""
        headers = {name: value for name, value in self.headers.items() if name != without}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(self.call.method, self.call.target, body=self.call.body, headers=headers)
            answer = connection.getresponse()
            kind = answer.headers.get_content_type()
            return Answered(answer.status, kind, dict(answer.headers), json.loads(answer.read()))
        finally:
            connection.close()
