"""Values of policy rules in the reader's words: quantities with their unit, codes, columns, topics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from bantuo.core.policy_units import shown
from bantuo.interfaces.web.policy_codes import COLUMNS, WORDS_OF_CODES, WORDS_OF_COLUMNS
from bantuo.interfaces.web.templatetags.ui import day, fen, tr
from bantuo.interfaces.web.words import BAD, INFO, MUTE, OK, WARN, Word, add_words

TOPICS: Mapping[str, str | Promise] = {
    "eligibility": gettext_lazy("Admission gates"),
    "documents": gettext_lazy("Documents to hand in"),
    "categories": gettext_lazy("Categories"),
    "fit": gettext_lazy("Fit profile"),
    "diagnosis": gettext_lazy("Failure classes and diagnosis"),
    "process": gettext_lazy("Joining step by step"),
    "deposit": gettext_lazy("Deposit"),
    "warehouses": gettext_lazy("Designated warehouses"),
    "pricing": gettext_lazy("Prices"),
    "operations": gettext_lazy("Daily operation"),
    "fees": gettext_lazy("Fees"),
    "settlement": gettext_lazy("Settlement"),
    "kpi": gettext_lazy("Service quality"),
    "capabilities": gettext_lazy("Rights and duties"),
    "claims": gettext_lazy("What the article claims"),
}

add_words("rule_status", {"operator": Word(pgettext_lazy("policy", "published by the operator"), OK)})
add_words(
    "rule_value",
    {
        "current": Word(pgettext_lazy("policy", "in force"), OK),
        "planned": Word(pgettext_lazy("policy", "planned"), INFO),
        "past": Word(pgettext_lazy("policy", "no longer in force"), MUTE),
        "new": Word(pgettext_lazy("policy", "new"), INFO),
    },
)
add_words(
    "policy_draft",
    {
        "draft": Word(pgettext_lazy("policy", "draft, not checked"), MUTE),
        "checked": Word(pgettext_lazy("policy", "checked"), INFO),
        "published": Word(pgettext_lazy("policy", "published"), OK),
        "discarded": Word(pgettext_lazy("policy", "discarded"), BAD),
        "outdated": Word(pgettext_lazy("policy", "check outdated"), WARN),
    },
)


def topic_word(topic: str) -> str:
    """A topic of the book as a heading; one without words is shown as it is."""
    return str(TOPICS.get(topic, topic))


def value_words(value: Any, unit: str) -> str:
    """A value as the reader writes it: `65%`, `¥20,000.00`, `180 days`, `yes`; tables by their size."""
    match unit:
        case "bp" | "ppm":
            return shown(value, unit).replace(" ", "")
        case "fen":
            return fen(value)
        case "flag":
            return _("yes") if value else _("no")
        case "date":
            return day(value) if isinstance(value, date) else str(value)
        case "set" | "rules":
            return _("; ").join(code_word(item) for item in value) or _("(none)")
        case "code" | "text":
            return code_word(value)
        case "table":
            return ngettext("table of %(n)s row", "table of %(n)s rows", len(value)) % {"n": len(value)}
        case "zone":
            return f"{_('Beijing time')} ({value})" if value == "Asia/Shanghai" else str(value)
    return _UNITS[unit](value) if unit in _UNITS else shown(value, unit)


def code_word(code: Any, column: str = "") -> str:
    """A code of the book in words; what has none is shown as it is (rule ids, text of the book)."""
    words = WORDS_OF_COLUMNS.get(column, {})
    return str(words.get(code) or WORDS_OF_CODES.get(code) or code)


def column_word(column: str) -> str:
    """The heading of a column of a table."""
    return str(COLUMNS.get(column, column))


def column_rank(column: str) -> int:
    """Where a column stands; a published version keeps no order of its own."""
    return list(COLUMNS).index(column) if column in COLUMNS else len(COLUMNS)


def cell_words(cell: Any, column: str) -> str:
    """A cell of a table by what its column's name says of the unit."""
    match cell:
        case None:
            return _("not stated")
        case bool():
            return _("yes") if cell else _("no")
        case Mapping():
            return tr(cell)
        case tuple() | list():
            return _("; ").join(cell_words(part, column) for part in cell)
        case int() if column.endswith("_ppm"):
            return value_words(cell, "ppm")
        case int() if column.endswith("_fen"):
            return fen(cell)
        case int() if column.endswith("_days"):
            return value_words(cell, "days")
    return code_word(cell, column)


def unit_word(unit: str) -> str:
    """What a rule is measured in, for the head of a form or a page."""
    return str(_UNIT_WORDS.get(unit, unit))


def _grams(n: int) -> str:
    return f"{n // 1000:,} kg" if n and n % 1000 == 0 else f"{n:,} g"


def _metres(n: int) -> str:
    return f"{n // 1000:,} km" if n and n % 1000 == 0 else f"{n:,} m"


def _volume(n: int) -> str:
    return f"{n // 1000:,} cm³" if n % 1000 == 0 else f"{n:,} mm³"


def _tenths(n: int, counted: Callable[[int, str], str]) -> str:
    """Tenths of a unit; anything but a whole number is a plural."""
    return counted(n // 10, f"{n // 10:,}") if n % 10 == 0 else counted(2, f"{n // 10:,}.{n % 10}")


def _days(n: int, written: str = "") -> str:
    return ngettext("%(n)s day", "%(n)s days", n) % {"n": written or f"{n:,}"}


def _working_days(n: int, written: str = "") -> str:
    return ngettext("%(n)s working day", "%(n)s working days", n) % {"n": written or f"{n:,}"}


_UNITS: Mapping[str, Callable[[int], str]] = {
    "g": _grams,
    "m": _metres,
    "mm": lambda n: f"{n:,} mm",
    "mm3": _volume,
    "mm3_per_g": lambda n: f"{n:,} cm³/kg",
    "seconds": lambda n: ngettext("%(n)s second", "%(n)s seconds", n) % {"n": f"{n:,}"},
    "ms": lambda n: ngettext("%(n)s millisecond", "%(n)s milliseconds", n) % {"n": f"{n:,}"},
    "hours": lambda n: ngettext("%(n)s hour", "%(n)s hours", n) % {"n": f"{n:,}"},
    "days": _days,
    "tenth_days": lambda n: _tenths(n, _days),
    "working_days": _working_days,
    "tenth_working_days": lambda n: _tenths(n, _working_days),
    "months": lambda n: ngettext("%(n)s month", "%(n)s months", n) % {"n": f"{n:,}"},
    "day_of_month": lambda n: _("day %(n)s of the month") % {"n": n},
    "count": lambda n: f"{n:,}",
    "orders": lambda n: ngettext("%(n)s order", "%(n)s orders", n) % {"n": f"{n:,}"},
    "orders_per_day": lambda n: ngettext("%(n)s order a day", "%(n)s orders a day", n) % {"n": f"{n:,}"},
    "pieces": lambda n: ngettext("%(n)s piece", "%(n)s pieces", n) % {"n": f"{n:,}"},
    "percentile": lambda n: _("P%(n)s (percentile)") % {"n": n},
}

_UNIT_WORDS: Mapping[str, str | Promise] = {
    "bp": pgettext_lazy("unit", "percent"),
    "ppm": pgettext_lazy("unit", "percent"),
    "fen": pgettext_lazy("unit", "yuan"),
    "usd_cent": pgettext_lazy("unit", "US dollars"),
    "g": pgettext_lazy("unit", "grams"),
    "m": pgettext_lazy("unit", "metres"),
    "mm": pgettext_lazy("unit", "millimetres"),
    "mm3": pgettext_lazy("unit", "cubic millimetres"),
    "mm3_per_g": pgettext_lazy("unit", "cm³ per kg"),
    "seconds": pgettext_lazy("unit", "seconds"),
    "ms": pgettext_lazy("unit", "milliseconds"),
    "hours": pgettext_lazy("unit", "hours"),
    "days": pgettext_lazy("unit", "days"),
    "tenth_days": pgettext_lazy("unit", "days"),
    "working_days": pgettext_lazy("unit", "working days"),
    "tenth_working_days": pgettext_lazy("unit", "working days"),
    "months": pgettext_lazy("unit", "months"),
    "day_of_month": pgettext_lazy("unit", "day of the month"),
    "count": pgettext_lazy("unit", "number"),
    "orders": pgettext_lazy("unit", "orders"),
    "orders_per_day": pgettext_lazy("unit", "orders a day"),
    "pieces": pgettext_lazy("unit", "pieces"),
    "score_1e4": pgettext_lazy("unit", "points"),
    "percentile": pgettext_lazy("unit", "percentile"),
    "version": pgettext_lazy("unit", "version"),
    "time_of_day": pgettext_lazy("unit", "time of day, Beijing time"),
    "flag": pgettext_lazy("unit", "yes or no"),
    "text": pgettext_lazy("unit", "text"),
    "code": pgettext_lazy("unit", "one of a list"),
    "date": pgettext_lazy("unit", "date"),
    "zone": pgettext_lazy("unit", "time zone"),
    "set": pgettext_lazy("unit", "some of a list"),
    "rules": pgettext_lazy("unit", "its parts"),
    "table": pgettext_lazy("unit", "table"),
}
