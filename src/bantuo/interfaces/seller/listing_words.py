"""Refusals, fields and states of listings in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.apps.catalog.operations import RefusedRow
from bantuo.core.money import format_centimetres
from bantuo.engine.attributes import attribute_sheet
from bantuo.engine.listing_columns import ATTRIBUTE, BY_NAME
from bantuo.interfaces.web.templatetags.ui import bp, fen, tr
from bantuo.interfaces.web.words import BAD, INFO, MUTE, OK, WARN, Word, add_words

add_words("listing_mode", {
    "semi": Word(gettext_lazy("semi-managed"), OK),
    "full": Word(gettext_lazy("fully managed"), INFO),
    "self": Word(gettext_lazy("own fulfilment"), MUTE),
})  # fmt: skip
add_words("listing_state", {
    "listed": Word(gettext_lazy("on sale"), OK),
    "delisted": Word(gettext_lazy("off sale"), MUTE),
})  # fmt: skip
add_words("promotion", {
    "planned": Word(gettext_lazy("planned"), INFO),
    "running": Word(gettext_lazy("running"), OK),
    "over": Word(gettext_lazy("over"), MUTE),
    "ended": Word(gettext_lazy("called off"), MUTE),
})  # fmt: skip
add_words("listing_import", {
    "mapping": Word(gettext_lazy("columns to be matched"), INFO),
    "checked": Word(gettext_lazy("ready to import"), INFO),
    "running": Word(gettext_lazy("under way"), INFO),
    "done": Word(gettext_lazy("imported"), OK),
    "undoing": Word(gettext_lazy("being undone"), WARN),
    "undone": Word(gettext_lazy("undone"), MUTE),
    "dropped": Word(gettext_lazy("put aside"), MUTE),
})  # fmt: skip
add_words("import_row", {
    "new": Word(gettext_lazy("new SKU"), OK),
    "change": Word(gettext_lazy("change"), INFO),
    "same": Word(gettext_lazy("the same"), MUTE),
    "bad": Word(gettext_lazy("cannot be imported"), BAD),
    "ready": Word(gettext_lazy("waiting"), INFO),
    "listed": Word(gettext_lazy("imported"), OK),
    "refused": Word(gettext_lazy("refused"), BAD),
    "undone": Word(gettext_lazy("undone"), MUTE),
    "kept": Word(gettext_lazy("kept"), WARN),
    "read": Word(gettext_lazy("read"), MUTE),
})  # fmt: skip
add_words("epr_stream", {
    "packaging": Word(gettext_lazy("packaging")),
    "weee": Word(gettext_lazy("electrical")),
    "battery": Word(gettext_lazy("battery")),
})  # fmt: skip
add_words("sheet_origin", {
    "bantuo": Word(gettext_lazy("our template")),
    "dianxiaomi": Word(gettext_lazy("店小秘 (Dianxiaomi)"), INFO),
    "lingxing": Word(gettext_lazy("领星 (Lingxing)"), INFO),
    "other": Word(gettext_lazy("other headings")),
})  # fmt: skip

_FIELDS: Mapping[str, str | Promise] = {
    "attributes": gettext_lazy("Attributes"),
    "attributes_missing": gettext_lazy("Required attributes missing"),
    "attributes_required": gettext_lazy("Attributes required by the category"),
    "fully_managed": gettext_lazy("Fully managed contract"),
    "price_fen": gettext_lazy("Promotional price"),
    "main_image": gettext_lazy("Main image"),
    "pictures": gettext_lazy("Pictures"),
    "ordinary": gettext_lazy("Ordinary price"),
    "exclusive": gettext_lazy("Exclusive price"),
}
_WITH_UNIT = frozenset({"money", "weight", "length"})
_Words = Callable[[re.Match[str]], str]
_REASONS: tuple[tuple[re.Pattern[str], _Words], ...] = (
    (re.compile(r"is missing"), lambda m: _("is missing")),
    (
        re.compile(r"must be from (\S+) to (\S+)"),
        lambda m: _("must be from %(low)s to %(high)s") % {"low": m[1], "high": m[2]},
    ),
    (re.compile(r"is not on the admission list"), lambda m: _("is not on the admission list")),
    (
        re.compile(r"a semi-managed SKU has an exclusive price"),
        lambda m: _("a semi-managed SKU needs an exclusive price"),
    ),
    (re.compile(r"the seller is not active.*"), lambda m: _("your shop is not active in the programme yet")),
    (
        re.compile(r"the SKU belongs to product (.*)"),
        lambda m: _("the SKU belongs to product %(code)s") % {"code": m[1]},
    ),
    (re.compile(r"stands twice in this batch"), lambda m: _("stands twice in this sheet")),
    (
        re.compile(r"changing the price is: refused"),
        lambda m: _("under a fully managed contract the platform sets the price"),
    ),
    (
        re.compile(r"(?:changing it|a promotion of one's own|changing the price) is: (.*)"),
        lambda m: _("needs the operator's consent"),
    ),
    (
        re.compile(r"the contract of a product.*"),
        lambda m: _("the contract of a product cannot be changed here"),
    ),
    (
        re.compile(r"a product under a fully managed contract.*"),
        lambda m: _("a product under a fully managed contract is not semi-managed"),
    ),
    (re.compile(r"is not listed"), lambda m: _("is not on sale")),
    (
        re.compile(r"more than (\d+) ppm of the attributes are missing"),
        lambda m: (
            _("more than %(share)s of the required attributes are missing") % {"share": bp(int(m[1]) // 100)}
        ),
    ),
    (
        re.compile(r"is above (\d+) bp of the ordinary price (\d+)"),
        lambda m: (
            _("is above %(share)s of the ordinary price %(price)s")
            % {"share": bp(int(m[1])), "price": fen(int(m[2]))}
        ),
    ),
    (
        re.compile(r"a link that begins with.*"),
        lambda m: _("must be a link that begins with http:// or https://"),
    ),
    (re.compile(r"at most (\d+) pictures"), lambda m: _("at most %(n)s pictures") % {"n": m[1]}),
    (re.compile(r"must be one of (.*)"), lambda m: _("must be one of: %(choices)s") % {"choices": m[1]}),
    (re.compile(r"must be a number"), lambda m: _("must be a number")),
    (re.compile(r"must be yes or no"), lambda m: _("must be yes or no")),
    (
        re.compile(r"scientific notation has lost digits.*"),
        lambda m: _("the spreadsheet has shortened this number: format the cell as text and enter it again"),
    ),
    (
        re.compile(r"must be an amount in yuan.*"),
        lambda m: _("must be an amount in yuan with at most two decimals"),
    ),
    (
        re.compile(r"amounts are in CNY, not (.*)"),
        lambda m: _("amounts are in yuan, not %(currency)s") % {"currency": m[1]},
    ),
    (
        re.compile(r"must be (?:a weight|a length) in (\w+).*"),
        lambda m: _("must be a number in %(unit)s") % {"unit": m[1]},
    ),
    (
        re.compile(r"countries are two capital letters.*"),
        lambda m: _("countries are two capital letters, as in DE, FR"),
    ),
    (re.compile(r"is no JSON"), lambda m: _("is no JSON")),
    (re.compile(r"is out of range"), lambda m: _("is out of range")),
    (
        re.compile(r"has (\d+) cells, the headings are (\d+)"),
        lambda m: (
            _("this line has %(cells)s cells, the headings are %(headings)s")
            % {"cells": m[1], "headings": m[2]}
        ),
    ),
    (
        re.compile(r"is no line of a CSV.*"),
        lambda m: _("this line is broken: a quotation mark is not closed"),
    ),
    (
        re.compile(r"a cell holds more than.*"),
        lambda m: _("a cell of this line is far too long or holds characters that cannot be printed"),
    ),
    (
        re.compile(r"has changed since the import.*"),
        lambda m: _("was changed after the import and stays as it is now"),
    ),
    (
        re.compile(r"a share needs an ordinary price.*"),
        lambda m: _("a percentage needs an ordinary price in the same row"),
    ),
    (re.compile(r"(\d+)…(\d+) characters, no NUL"), lambda m: _("1 to %(n)s characters") % {"n": m[2]}),
    (re.compile(r"at most (\d+) characters, no NUL"), lambda m: _("at most %(n)s characters") % {"n": m[1]}),
    (re.compile(r"missing"), lambda m: _("there is no size chart")),
)


def reason_words(reason: str) -> str:
    """Why a cell or a row is refused; a reason without words of ours is shown as it is."""
    for pattern, words in _REASONS:
        found = pattern.fullmatch(reason)
        if found:
            return words(found)
    return reason


def field_words(name: str) -> str:
    """What a field of a listing is called."""
    if name in _FIELDS:
        return str(_FIELDS[name])
    if name in BY_NAME:
        return tr(BY_NAME[name].label)
    if name.startswith(ATTRIBUTE):
        short = name.removeprefix(ATTRIBUTE)
        return next((tr(a.label) for a in attribute_sheet() if a.name == short), short)
    if name.startswith("size_chart"):
        return tr(BY_NAME["size_chart"].label)
    return name


def change_words(name: str) -> str:
    """What a field is called beside its value, which tells its unit itself."""
    words = field_words("pictures" if name == "images" else name)
    column = BY_NAME.get(name)
    return words.partition("(")[0].strip() if column and column.kind in _WITH_UNIT else words


def problem_words(problem: Mapping[str, Any]) -> str:
    """A problem of a row in one sentence: the field, what stood there, why not."""
    told = reason_words(str(problem["reason"]))
    name = field_words(str(problem["field"])) if problem["field"] else ""
    value = f"“{problem['value']}”" if problem["value"] else ""
    return " ".join(part for part in (name, value, told) if part)


def refusal_words(refused: RefusedRow) -> str:
    """A refusal of the catalogue in one sentence."""
    return problem_words({"field": refused.field, "value": "", "reason": refused.reason})


def value_words(name: str, value: Any) -> str:
    """A value of a listing as people read it."""
    if value in (None, "", []):
        return "–"
    if name.endswith("_fen"):
        return fen(int(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name.endswith("_mm"):
        return f"{format_centimetres(int(value))} cm"
    if name == "weight_g":
        return f"{int(value):,} g"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{field_words(ATTRIBUTE + key)}: {text}" for key, text in value.items())
    return str(value)
