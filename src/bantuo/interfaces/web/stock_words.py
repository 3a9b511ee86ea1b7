"""The codes of stock in the reader's language: movements, doors, states of a day, reasons of refusal."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.interfaces.web.words import BAD, INFO, MUTE, OK, WARN, Word, add_words

add_words(
    "stock_pool",
    {
        "declared": Word(gettext_lazy("declared"), INFO),
        "on_hand": Word(gettext_lazy("on hand"), OK),
    },
)
add_words(
    "stock_move",
    {
        "declare": Word(gettext_lazy("statement"), INFO),
        "reserve": Word(gettext_lazy("reserved for an order"), MUTE),
        "release": Word(gettext_lazy("given back"), MUTE),
        "receive": Word(gettext_lazy("received for an order"), OK),
        "purchase": Word(gettext_lazy("received for the shelf"), OK),
        "return": Word(gettext_lazy("return"), WARN),
        "sale": Word(gettext_lazy("shipped"), OK),
        "adjust": Word(gettext_lazy("stock-take"), WARN),
        "scrap": Word(gettext_lazy("scrapped"), BAD),
    },
)
add_words(
    "stock_channel",
    {
        "page": Word(gettext_lazy("page"), MUTE),
        "file": Word(gettext_lazy("file"), MUTE),
        "api": Word(gettext_lazy("REST interface"), INFO),
        "gateway": Word(gettext_lazy("open-platform gateway"), INFO),
        "replay": Word(gettext_lazy("replay"), MUTE),
    },
)
add_words(
    "stock_basis",
    {
        "gross": Word(gettext_lazy("with open orders")),
        "net": Word(gettext_lazy("without open orders")),
    },
)
add_words(
    "stock_row",
    {
        "stated": Word(gettext_lazy("stated today"), OK),
        "late": Word(gettext_lazy("stated too late"), BAD),
        "missing": Word(gettext_lazy("not stated today"), WARN),
        "": Word(gettext_lazy("need not be stated"), MUTE),
    },
)
add_words(
    "stock_signal",
    {
        "shortage": Word(gettext_lazy("shortage"), BAD),
        "risk": Word(gettext_lazy("oversell risk"), BAD),
        "low": Word(gettext_lazy("low"), WARN),
    },
)
add_words(
    "stock_day",
    {
        "complete": Word(gettext_lazy("complete"), OK),
        "open": Word(gettext_lazy("not complete yet"), WARN),
        "in_time": Word(gettext_lazy("in time"), OK),
        "late": Word(gettext_lazy("late"), BAD),
        "none": Word(gettext_lazy("nothing to state"), MUTE),
    },
)
add_words(
    "shortage",
    {
        "open": Word(gettext_lazy("open"), BAD),
        "covered": Word(gettext_lazy("covered by a later statement"), OK),
        "returned": Word(gettext_lazy("orders given back"), WARN),
        "returned in part": Word(gettext_lazy("given back in part, then covered"), WARN),
    },
)
add_words(
    "robot",
    {
        "wecom": Word(gettext_lazy("WeCom group robot")),
        "dingtalk": Word(gettext_lazy("DingTalk custom robot")),
    },
)
add_words(
    "robot_message",
    {
        "waiting": Word(gettext_lazy("on its way"), INFO),
        "delivered": Word(gettext_lazy("delivered"), OK),
        "given_up": Word(gettext_lazy("given up"), BAD),
        "out_of_date": Word(gettext_lazy("too late to be of use"), MUTE),
    },
)
add_words(
    "robot_topic",
    {"day_warned": Word(gettext_lazy("stock not complete")), "test": Word(gettext_lazy("test"))},
)

# Why a row of stock was not taken, by the rule that the operation names.
_RULES: dict[str, Promise] = {
    "listed and bound": gettext_lazy("no listed semi-managed SKU of this code at this warehouse"),
    "above the last accepted": gettext_lazy("stated anew in between; look at it and state it again"),
    "one quantity in a statement": gettext_lazy("stands in several rows with different quantities"),
    "stands once in a batch": gettext_lazy("stands in several rows"),
    "a text has no NUL character": gettext_lazy("holds a character that cannot be read"),
    "whole number": gettext_lazy("must be a whole number"),
    "lost digits": gettext_lazy("has lost digits in the spreadsheet: format the cell as text"),
    "not empty": gettext_lazy("must not be empty"),
}
_RANGE = re.compile(r"0…(\d+)")
_MESSAGES: dict[str, Promise] = {
    "ok": gettext_lazy("taken"),
    "removed": gettext_lazy("the robot was removed"),
    "lookup": gettext_lazy("no address was found for its host name"),
    "address": gettext_lazy("its address is not on the public network"),
    "connection refused": gettext_lazy("connection refused"),
    "200, but not the answer of a robot": gettext_lazy("answered, but not as a robot does"),
}
_FIELDS: dict[str, Promise] = {
    "sku": gettext_lazy("SKU"),
    "warehouse": gettext_lazy("warehouse"),
    "quantity": gettext_lazy("quantity"),
    "sequence": gettext_lazy("sequence"),
}


# What the list of stock can be narrowed to.
NARROWED = (
    ("missing", gettext_lazy("not stated today")),
    ("low", gettext_lazy("low stock")),
    ("risk", gettext_lazy("oversell risk")),
    ("shortage", gettext_lazy("shortage")),
)


def day_code(*, listed: int, is_complete: bool, is_cut: bool) -> str:
    """The code of `stock_day` for a seller's day."""
    if listed == 0:
        return "none"
    if is_cut:
        return "in_time" if is_complete else "late"
    return "complete" if is_complete else "open"


def refusal_words(rule: str) -> str:
    """Why a row was refused; an unknown rule is shown as it is."""
    in_range = _RANGE.fullmatch(rule)
    if in_range:
        return _("must be from 0 to %(most)s") % {"most": f"{int(in_range[1]):,}"}
    return str(_RULES.get(rule, rule))


def field_words(name: str) -> str:
    """The name of a column of stock."""
    return str(_FIELDS.get(name, name))


def message_words(detail: str) -> str:
    """What a robot answered; what its own server said stands as it was said."""
    return str(_MESSAGES.get(detail, detail))
