"""Cursors of long lists: opaque to callers, for us the last id of the page before."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from bantuo.interfaces.api.problems import FieldError, Problem, shown

_READABLE = re.compile(r"([a-z]+):([0-9]{1,19})")
_ID_MAX = 2**63 - 1
Row = TypeVar("Row")


def read_cursor(cursor: str | None, *, of: str) -> int:
    """The id to go on after, 0 at the beginning. Raises Problem 400 for what is no cursor of this list."""
    if cursor is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"==").decode("ascii")
    except (UnicodeError, binascii.Error, ValueError):
        text = ""
    found = _READABLE.fullmatch(text)
    if found is None or found[1] != of or int(found[2]) > _ID_MAX:
        error = FieldError("cursor", shown(cursor), "cursor", "is not the `next` of a page of this list")
        raise Problem(400, "cursor-unreadable", title="The cursor cannot be read", errors=[error])
    return int(found[2])


def page_of(
    read: Callable[[int, int], Sequence[Row]],
    *,
    cursor: str | None,
    limit: int,
    of: str,
    key: Callable[[Row], int],
) -> dict[str, Any]:
    """A page of a list: `items`, and `next` while there are more.

    `read(after_id, limit)` gives rows in the order of their ids.
    """
    rows = read(read_cursor(cursor, of=of), limit + 1)
    items = list(rows[:limit])
    more = len(rows) > limit
    return {"items": items, "next": _cursor(of, key(items[-1])) if more else None}


def _cursor(of: str, after_id: int) -> str:
    return base64.urlsafe_b64encode(f"{of}:{after_id}".encode()).decode().rstrip("=")
