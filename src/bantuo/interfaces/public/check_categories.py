"""The admitted categories to choose from: the list in force, else the starter list."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bantuo.engine.books import starter_categories
from bantuo.interfaces.web.templatetags.ui import tr

GROUPS: Mapping[str, str | Promise] = {
    "home_garden": _("Home and garden"),
    "electronics_accessories": _("Consumer electronics accessories"),
    "apparel_accessories": _("Apparel and accessories"),
    "sports_outdoors": _("Sports and outdoor"),
}
Row = tuple[str, str, str, str]  # code, group, name_zh, name_en


def category_choices(listed: Sequence[Any]) -> list[tuple[Any, list[tuple[str, str]]]]:
    """Groups of (code, name) in the reader's language."""
    rows = [(c.code, c.group, c.name_zh, c.name_en) for c in listed] or list(_starter())
    groups: dict[str, list[tuple[str, str]]] = {}
    for code, group, name_zh, name_en in rows:
        groups.setdefault(group, []).append((code, tr({"zh": name_zh, "en": name_en})))
    return [(GROUPS.get(group, group), sorted(found)) for group, found in sorted(groups.items())]


@cache
def _starter() -> tuple[Row, ...]:
    rows = csv.DictReader(io.StringIO(starter_categories()))
    return tuple((row["code"], row["group"], row["name_zh"], row["name_en"]) for row in rows)
