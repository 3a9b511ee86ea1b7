"""Calls that stand in the first argument as JSON, made one after the other with PyPI lazop-sdk."""

from __future__ import annotations

import json
import sys
from typing import Any

from lazop_sdk import LazopClient, LazopRequest

told = json.loads(sys.argv[1])


def make(call: dict[str, Any]) -> dict[str, Any]:
    """What the SDK makes of one answer."""
    client = LazopClient(told["server"], told["key"], call.get("secret", told["secret"]))
    request = LazopRequest(call["path"], call.get("how", "POST"))
    for name, value in call.get("params", {}).items():
        request.add_api_param(name, value)
    answer = client.execute(request, call.get("session", told["session"]))
    return {"code": answer.code, "type": answer.type, "message": answer.message, "body": answer.body}


print(json.dumps([make(call) for call in told["calls"]]))
