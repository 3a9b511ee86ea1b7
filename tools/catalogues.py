"""The Chinese catalogues: put the parts of each area together and compile them; `--check` finds gaps.

Texts are English msgids in templates and Python. What is found in the sources but lacks a Chinese
text, stands as fuzzy, or is translated twice in different ways makes the check fail.
"""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils.translation import template as django_templates

ROOT = Path(__file__).resolve().parent.parent
INTERFACES = ROOT / "src" / "bantuo" / "interfaces"
AREAS = ("web", "public", "seller", "operator")
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2),
    "ngettext_lazy": (1, 2), "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
Key = tuple[str, str | tuple[str, ...]]  # context, msgid


def parts(area: str) -> list[Path]:
    """The files of an area's catalogue, one per topic."""
    return sorted((INTERFACES / area / "locale" / "parts").glob("*.po"))


def whole_catalogue(area: str) -> tuple[Catalog, list[str]]:
    """The parts of an area in one, and what is wrong with them."""
    whole, problems = Catalog(locale="zh_Hans", charset="utf-8"), []
    for path in parts(area):
        for message in read_po(io.BytesIO(path.read_bytes()), locale="zh_Hans"):
            if not message.id:
                continue
            known = whole.get(message.id, message.context)
            if message.fuzzy:
                problems.append(f"{path.name}: fuzzy: {message.id!r}")
            if known is not None and known.string != message.string:
                problems.append(f"{path.name}: translated twice, differently: {message.id!r}")
            whole.add(message.id, message.string, context=message.context)
    return whole, problems


def compile_all() -> list[str]:
    """Write every area's .mo file; returns what is wrong with the parts.

    Pages see all areas as one catalogue, so one text may have one translation only.
    """
    found: list[str] = []
    told: dict[Key, object] = {}
    for area in AREAS:
        whole, problems = whole_catalogue(area)
        found += problems
        for message in whole:
            if (
                message.id
                and told.setdefault((message.context or "", message.id), message.string) != message.string
            ):
                found.append(f"{area}: another area translates {message.id!r} differently")
        target = INTERFACES / area / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.mo"
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            write_mo(file, whole)
    return found


def texts_used() -> Iterator[tuple[Key, Path]]:
    """Every text that templates and Python ask a translation of."""
    for path in sorted((ROOT / "src" / "bantuo").rglob("*")):
        if path.suffix not in (".py", ".html", ".txt") or "static" in path.parts:
            continue
        source = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            source = django_templates.templatize(source, origin=str(path))
            source = "\n".join(line.strip() for line in source.splitlines())  # no Python: no indentation
        elif "gettext" not in source:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            for _, message, _, context in extract("python", io.BytesIO(source.encode()), KEYWORDS):
                yield (context or "", message if isinstance(message, str) else tuple(message)), path


def missing_texts() -> list[str]:
    """What stands in the sources but has no Chinese."""
    known: set[Key] = set()
    for area in AREAS:
        for message in whole_catalogue(area)[0]:
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            if message.id and all(strings):
                known.add((message.context or "", message.id))
                if isinstance(message.id, tuple):
                    known.add((message.context or "", message.id[0]))
    lacking = (
        (path, text) for (context, text), path in texts_used() if text and (context, text) not in known
    )
    return sorted({f"{path.relative_to(ROOT)}: no Chinese for {text!r}" for path, text in lacking})


if __name__ == "__main__":
    from django.conf import settings

    settings.configure(USE_I18N=True)
    django.setup()
    wrong = compile_all() + (missing_texts() if "--check" in sys.argv else [])
    print("\n".join(wrong) or "the catalogues are compiled")
    sys.exit(bool(wrong))
