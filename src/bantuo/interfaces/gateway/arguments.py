"""Read the arguments of a method; what cannot be read is named with its value and the rule."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

from bantuo.core.open_platform_faults import Fault
from bantuo.core.open_platform_times import TimeUnreadable, read_pacific

ID_MAX = 2**63 - 1
PAGE_MAX = 10_000
_TEXT_LENGTH_MAX = 2_000
_SHOWN = 80


def refuse(field: str, value: object, rule: str) -> NoReturn:
    """Raise the Fault of an argument that is not taken."""
    raise Fault("parameter_wrong", f"{field}: {shown(value)}: {rule}", sub_code="isv.invalid-parameter")


def shown(value: object) -> str:
    """A value as a message tells it: short, and of plain characters."""
    text = value if isinstance(value, str) and value.isascii() and value.isprintable() else ascii(value)
    return text[:_SHOWN]


def json_of(params: Mapping[str, Any], name: str) -> Any:
    """What a parameter holds that is JSON inside a text. Raises Fault, also where it is missing."""
    text = params.get(name)
    if isinstance(text, Mapping | list):
        return text
    if not isinstance(text, str) or not text.strip():
        missing(name)
    try:
        return json.loads(text, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as problem:
        refuse(name, text, f"is no JSON: {problem.msg} at character {problem.pos}")
    except (ValueError, RecursionError):
        refuse(name, text, "is no JSON that can be taken")


def fields_of(params: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The fields of a query, which some clients send as JSON under `name` and others one by one."""
    if not params.get(name):
        return params
    found = json_of(params, name)
    if not isinstance(found, Mapping):
        refuse(name, found, "must be a JSON object")
    return found


def objects_of(params: Mapping[str, Any], name: str, *, most: int) -> list[Mapping[str, Any]]:
    """A list of one to `most` objects."""
    found = json_of(params, name)
    if not isinstance(found, list) or not found:
        refuse(name, found, "must be a JSON list with something in it")
    if len(found) > most:
        refuse(name, len(found), f"at most {most} go into one call")
    wrong = next((at for at, one in enumerate(found) if not isinstance(one, Mapping)), None)
    if wrong is not None:
        refuse(f"{name}[{wrong}]", found[wrong], "must be a JSON object")
    return found


def whole(fields: Mapping[str, Any], name: str, *, least: int = 0, most: int = ID_MAX) -> int:
    """A whole number, as JSON number or text."""
    found = fields.get(name)
    if found is None or found == "":
        missing(name)
    text = str(found).strip() if isinstance(found, int | str) and not isinstance(found, bool) else ""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 19 and least <= int(text) <= most):
        refuse(name, found, f"must be a whole number from {least} to {most}")
    return int(text)


def whole_or(fields: Mapping[str, Any], name: str, default: int, *, most: int) -> int:
    """A whole number from 1, or what holds where none is given."""
    return whole(fields, name, least=1, most=most) if fields.get(name) not in (None, "") else default


def text_of(fields: Mapping[str, Any], name: str, *, most: int = _TEXT_LENGTH_MAX) -> str:
    """A text that a database can hold; numbers are taken as their digits."""
    found = fields.get(name)
    if found is None or found == "":
        missing(name)
    return _text(name, found, most)


def text_or(fields: Mapping[str, Any], name: str, default: str = "", *, most: int = _TEXT_LENGTH_MAX) -> str:
    """The same, or what holds where none is given."""
    found = fields.get(name)
    return default if found is None or found == "" else _text(name, found, most)


def texts_of(fields: Mapping[str, Any], name: str) -> Sequence[str]:
    """A list of texts, as JSON, as a JSON text, or as one text; nothing where it is missing."""
    found = fields.get(name)
    if isinstance(found, str) and found.lstrip().startswith("["):
        found = json_of(fields, name)
    if found is None or found == "":
        return []
    told = found if isinstance(found, list) else [found]
    return [_text(name, one, _TEXT_LENGTH_MAX) for one in told]


def pacific_or_none(fields: Mapping[str, Any], name: str, *, is_end: bool = False) -> datetime | None:
    """A US Pacific wall time, None where none is given."""
    text = text_or(fields, name)
    if not text:
        return None
    try:
        return read_pacific(text, is_end=is_end)
    except TimeUnreadable:
        refuse(name, text, "must be US Pacific time like 2026-01-31 08:00:00")


def missing(name: str) -> NoReturn:
    """Raise the Fault of an argument that must be there."""
    raise Fault("parameter_missing", name, sub_code="isv.missing-parameter")


def _text(name: str, found: Any, most: int) -> str:
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    if not isinstance(found, str):
        refuse(name, found, "must be a text")
    if len(found) > most or "\x00" in found or not _is_storable(found):
        refuse(name, found, f"must be a text of at most {most} characters, without NUL")
    return found.strip()


def _is_storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
