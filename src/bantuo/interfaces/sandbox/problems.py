"""Refusals as problem+json (RFC 9457): what is wrong, in words a developer can act on."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse

_TITLES = {
    "header-missing": "A signature header is missing",
    "timestamp-unreadable": "The timestamp cannot be read",
    "nonce-unreadable": "The nonce cannot be read",
    "clock-skewed": "The clock of the caller is off",
    "key-unknown": "There is no such active key",
    "signature-wrong": "The signature does not fit the call",
    "replayed": "This call was counted before",
    "too-many-calls": "Too many calls",
    "body-too-large": "The body is too large",
    "body-unreadable": "The body cannot be read",
    "method-not-allowed": "This method is not served here",
}


class Problem(Exception):
    """A call that is not served. `told` goes into the answer beside the words."""

    def __init__(self, code: str, status: int, detail: str, **told: Any) -> None:
        super().__init__(detail)
        self.code, self.status, self.detail, self.told = code, status, detail, told

    def response(self) -> JsonResponse:
        """The answer to the caller."""
        content = {
            "type": f"urn:bantuo:sandbox:{self.code}",
            "title": _TITLES[self.code],
            "status": self.status,
            "detail": self.detail,
            **self.told,
        }
        response = JsonResponse(content, status=self.status, content_type="application/problem+json")
        if "retry_after_s" in self.told:
            response.headers["Retry-After"] = str(self.told["retry_after_s"])
        return response
