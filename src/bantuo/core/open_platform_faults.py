"""Why a call is not served, in the two languages of the open-platform protocol: texts and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of refusal: its text code, its number on `/router/rest`, what is said, and whose fault it is.

    `whose`: ISV the caller's, ISP the service's, SYSTEM the gateway's.
    """

    code: str
    number: int
    message: str
    whose: str = "ISV"


KINDS: Mapping[str, Kind] = {
    "parameter_missing": Kind("MissingParameter", 40, "The input parameter that is mandatory is missing"),
    "parameter_wrong": Kind("InvalidParameter", 41, "The input parameter is invalid"),
    "method_missing": Kind("MissingParameter", 21, "The API is not named"),
    "method_unknown": Kind("InvalidApiPath", 22, "The specified API is not served here"),
    "format_unknown": Kind("InvalidFormat", 23, "The specified format is not served here"),
    "signature_missing": Kind("IncompleteSignature", 24, "The request is not signed"),
    "signature_wrong": Kind(
        "IncompleteSignature", 25, "The request signature does not conform to platform standards"
    ),
    "session_missing": Kind("IllegalAccessToken", 26, "The access token is missing"),
    "session_wrong": Kind("IllegalAccessToken", 27, "The specified access token is invalid or expired"),
    "refresh_wrong": Kind("IllegalRefreshToken", 27, "The specified refresh token is invalid or expired"),
    "code_wrong": Kind("InvalidCode", 27, "The specified authorization code is invalid, used or expired"),
    "app_missing": Kind("MissingParameter", 28, "The app key is missing"),
    "app_unknown": Kind("InvalidAppKey", 29, "The specified app key is not known or closed"),
    "timestamp_missing": Kind("MissingParameter", 30, "The timestamp is missing"),
    "timestamp_wrong": Kind("IllegalTimestamp", 31, "The timestamp is unreadable or too far from our clock"),
    "permission_missing": Kind("InsufficientPermission", 11, "The app may not call this API for this seller"),
    "call_limit": Kind("ApiCallLimit", 7, "The app calls more often than it may"),
    "body_wrong": Kind("InvalidParameter", 3, "The body of the request cannot be read"),
    "business": Kind("15", 15, "Remote service error", "ISP"),
    "unavailable": Kind("ServiceUnavailable", 10, "The service is not available now; try again", "SYSTEM"),
}


class Fault(Exception):
    """A call that is not served. `sub_code` and `sub_msg` say what exactly is wrong with it."""

    kinds: ClassVar[Mapping[str, Kind]] = KINDS

    def __init__(self, kind: str, sub_msg: str = "", *, sub_code: str = "") -> None:
        super().__init__(f"{kind}: {sub_code} {sub_msg}")
        self.kind, self.sub_code, self.sub_msg = self.kinds[kind], sub_code, sub_msg

    def classic(self, request_id: str) -> dict[str, Any]:
        """As `/router/rest` tells it: the code is a number."""
        told = {"code": self.kind.number, "msg": self.kind.message, **self._sub(), "request_id": request_id}
        return {"error_response": told}

    def named(self, request_id: str) -> dict[str, Any]:
        """As `/sync` tells it: the code is a text."""
        told = {"type": self.kind.whose, "code": self.kind.code, "msg": self.kind.message}
        return {"error_response": {**told, **self._sub(), "request_id": request_id}}

    def bare(self, request_id: str) -> dict[str, Any]:
        """As `/rest` tells it: at the top, with `message`."""
        told = {"type": self.kind.whose, "code": self.kind.code, "message": self._whole_message()}
        return {**told, **self._sub(), "request_id": request_id}

    def _whole_message(self) -> str:
        return f"{self.kind.message}: {self.sub_msg}" if self.sub_msg else self.kind.message

    def _sub(self) -> dict[str, str]:
        told = {"sub_code": self.sub_code, "sub_msg": self.sub_msg}
        return {name: text for name, text in told.items() if text}
