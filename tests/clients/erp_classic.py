"""Calls that stand in the first argument as JSON, made one after the other with PyPI aliexpress-sdk."""

from __future__ import annotations

import json
import sys
from typing import Any

import aliexpress
from aliexpress.api import rest
from aliexpress.api.base import RestApi, TopException


class Named(RestApi):  # type: ignore[misc]
    """A method that the SDK has no class for, as its own classes are made."""

    def __init__(self, host: str, port: int, method: str) -> None:
        super().__init__(host, port)
        self.__method = method

    def getapiname(self) -> str:
        return self.__method

    def getApplicationParameters(self) -> Any:
        told = super().getApplicationParameters()
        return {name: value for name, value in told.items() if not name.startswith("Named__")}


def make(call: dict[str, Any], host: str, port: int) -> Any:
    """One answer, or the exception of the SDK as it tells it."""
    request = (
        getattr(rest, call["class"])(host, port) if "class" in call else Named(host, port, call["method"])
    )
    for name, value in call.get("params", {}).items():
        setattr(request, name, value)
    try:
        return request.getResponse(call.get("session", told["session"]))
    except TopException as refused:
        return {"refused": refused.errorcode, "sub_code": refused.subcode, "sub_msg": refused.submsg}


told = json.loads(sys.argv[1])
aliexpress.setDefaultAppInfo(told["key"], told["secret"])
print(json.dumps([make(call, told["host"], told["port"]) for call in told["calls"]]))
