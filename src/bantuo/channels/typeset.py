"""PDFs: a Typst template and its data, set with a Chinese typeface that a wheel brings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import typst

_FONTS = Path(pylopdf_fonts_zh_cn.__file__).parent


class TypesetFailed(RuntimeError):
    """A template that cannot be set: the compiler's own words."""


@cache
def _fonts() -> Any:
    return typst.Fonts(include_system_fonts=False, font_paths=[str(_FONTS)])


def pdf(template: Path, data: Mapping[str, Any]) -> bytes:
    """The PDF of a template; it reads its data as `json(bytes(sys.inputs.data))`.

    `data` holds text, whole numbers, lists and mappings; money and dates come as they are to be read.
    Typefaces: "Noto Sans SC", "Noto Serif SC". Raises TypesetFailed.
    """
    try:
        made = typst.Compiler(
            str(template),
            root=str(template.parent),
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        ).compile(format="pdf")
    except typst.TypstError as error:
        raise TypesetFailed(f"{template.name}: {error}") from error
    if not isinstance(made, bytes):
        raise TypesetFailed(f"{template.name}: not one PDF")
    return made
