"""JSON files: small, in UTF-8, well formed and not nested without end."""

from __future__ import annotations

import json
import re
from typing import BinaryIO

from bantuo.channels.upload_refused import UploadRefused

JSON_BYTES_MAX = 2 * 1024 * 1024
DEPTH_MAX = 32
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def check_json(file: BinaryIO) -> None:
    """Refuse JSON that is too big, too deep or not JSON."""
    file.seek(0)
    raw = file.read(JSON_BYTES_MAX + 1)
    if len(raw) > JSON_BYTES_MAX:
        raise UploadRefused("too_big", size=file.seek(0, 2), size_max=JSON_BYTES_MAX)
    try:
        text = raw.decode("utf-8-sig")
        if _depth(text) > DEPTH_MAX:
            raise UploadRefused("json_deep", depth_max=DEPTH_MAX)
        json.loads(text)
    except UploadRefused:
        raise
    except (ValueError, RecursionError) as broken:
        raise UploadRefused("json_broken") from broken
    finally:
        file.seek(0)


def _depth(text: str) -> int:
    """The deepest nesting, told without following it."""
    depth = deepest = 0
    for token in _TOKENS.finditer(text):
        mark = token.group()[0]
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
    return deepest
