"""A profile as a file: JSON by the seller schema, or the filled-in template; every problem by its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bantuo.channels.uploads import JSON, XLSX, UploadRefused, inspect_upload
from bantuo.engine.profiles import ProfileUnreadable, parse_profile, profile_problems
from bantuo.interfaces.public.check_sheet import SheetUnusable, read_workbook
from bantuo.interfaces.web.papers import refused_words

BYTES_MAX = 2 * 1024 * 1024
PROBLEMS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Answers:
    """What a file said: a profile, or why there is none."""

    profile: dict[str, Any] | None = None
    message: str = ""
    problems: list[dict[str, Any]] = field(default_factory=list)


def read_answers(file: UploadedFile[Any]) -> Answers:
    """The profile in an uploaded file, or what is wrong with it."""
    try:
        upload = inspect_upload(cast("BinaryIO", file.file), file.name or "", size_max=BYTES_MAX)
        if upload.media_type not in (JSON, XLSX):
            return Answers(message=_("Only a JSON file or an XLSX workbook is taken here."))
        content = b"".join(upload.chunks())
        profile, places = (
            (parse_profile(content.decode("utf-8-sig")), {})
            if upload.media_type == JSON
            else read_workbook(content)
        )
    except UploadRefused as refused:
        return Answers(message=refused_words(refused))
    except (ProfileUnreadable, UnicodeDecodeError) as wrong:
        return Answers(
            message=_("This is not a seller profile: %(fault)s") % {"fault": _printable(str(wrong))}
        )
    except SheetUnusable as wrong:
        told = [_in_words(problem) for problem in wrong.problems[:PROBLEMS_SHOWN]]
        return Answers(message=_("Some cells cannot be read."), problems=told)
    return _judged(profile, places)


def _judged(profile: dict[str, Any], places: dict[str, str]) -> Answers:
    problems = profile_problems(profile)
    if not problems:
        return Answers(profile=profile)
    told = [
        {
            "row": places.get(p["path"], ""),
            "field": _printable(p["path"]),
            "value": _printable(p["value"]),
            "rule": _printable(p["rule"]),
        }
        for p in problems[:PROBLEMS_SHOWN]
    ]
    return Answers(message=_("The file is not a seller profile as it has to be."), problems=told)


def _in_words(problem: dict[str, Any]) -> dict[str, Any]:
    rule: str = problem["rule"]
    return {**problem, "rule": _(rule)}


def _printable(value: Any) -> Any:
    """Half characters, which JSON lets in and no page can show, written out as what they are."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


# What `check_sheet` and `core.money` say of a cell; named here so that it is found and translated.
_RULES = (
    gettext_noop("is no key of the template"),
    gettext_noop("is no column of the template"),
    gettext_noop("must not be empty (a merged cell counts for its first row only)"),
    gettext_noop("must be a whole number"),
    gettext_noop("must be yes or no"),
    gettext_noop("the column is missing"),
    gettext_noop("must be an amount in yuan"),
    gettext_noop("must be an amount in yuan with at most 2 decimals"),
    gettext_noop("scientific notation has lost digits: format the cell as text"),
)
