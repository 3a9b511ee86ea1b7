"""ETags where two may edit: whoever changes a thing says which state of it they saw."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest

from bantuo.interfaces.api.problems import Problem


def etag_of(*parts: object) -> str:
    """A strong tag of what a thing shows."""
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:20]}"'


def check_if_match(request: HttpRequest, etag: str) -> None:
    """Raises Problem 428 without an If-Match, 412 when the thing has changed since."""
    said = request.headers.get("If-Match")
    if said is None:
        raise Problem(428, "if-match-needed", title="The call must say which state it changes",
                      detail="send the ETag of the last GET as If-Match")  # fmt: skip
    if said.strip() != "*" and etag not in [tag.strip() for tag in said.split(",")]:
        raise Problem(412, "changed-meanwhile", title="It was changed meanwhile",
                      detail="get it again, look at what has changed, and decide anew",
                      headers={"ETag": etag})  # fmt: skip
