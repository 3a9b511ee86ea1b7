"""The admission list as sellers choose from it: imported by an operator, else the starter list."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bantuo.apps.catalog.queries import category_list_in_force
from bantuo.core.policy import Text
from bantuo.engine.books import starter_categories
from bantuo.interfaces.web.templatetags.ui import tr

GROUPS: Mapping[str, str | Promise] = {
    "home_garden": _("Home and garden"),
    "electronics_accessories": _("Consumer electronics accessories"),
    "apparel_accessories": _("Apparel and accessories"),
    "sports_outdoors": _("Sports and outdoor"),
    "other": _("Other"),
}


@dataclass(frozen=True, slots=True)
class Category:
    """One admitted category."""

    code: str
    group: str
    name_zh: str
    name_en: str


def admission_list(on: date) -> Sequence[Category]:
    """The categories that may be applied for on a day, by group and code."""
    held = category_list_in_force(on)
    if held is None:
        return _starter()
    rows = held.entries.order_by("group", "code")
    return [Category(row.code, row.group, row.name_zh, row.name_en) for row in rows]


def category_names(on: date) -> Mapping[str, Text]:
    """The name of each category of a day, by its code."""
    return {known.code: Text(known.name_zh, known.name_en) for known in admission_list(on)}


@cache
def _starter() -> tuple[Category, ...]:
    rows = csv.DictReader(io.StringIO(starter_categories()))
    made = (Category(row["code"], row["group"], row["name_zh"], row["name_en"]) for row in rows)
    return tuple(sorted(made, key=lambda row: (row.group, row.code)))


def category_word(category: Category) -> str:
    """The category's name in the reader's language, with its code."""
    return f"{tr({'zh': category.name_zh, 'en': category.name_en})} ({category.code})"


def matching(categories: Sequence[Category], words: str) -> list[Category]:
    """The categories whose code or name in either language contains the words; all without words."""
    wanted = words.strip().casefold()
    return [c for c in categories if wanted in f"{c.code} {c.name_zh} {c.name_en}".casefold()]
