"""Words of orders: states, reasons, who acts next, why a row was refused."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bantuo.apps.orders.operations.incoming import Refusal
from bantuo.core.routing import REASON_WORDS, Reason
from bantuo.interfaces.web.templatetags.ui import tr
from bantuo.interfaces.web.words import BAD, INFO, MUTE, OK, WARN, Word, add_words

add_words(
    "order_state",
    {
        "reserved": Word(_("reserved"), INFO),
        "released": Word(_("released to the warehouse"), INFO),
        "picking": Word(_("being picked"), INFO),
        "packed": Word(_("packed"), INFO),
        "handed_over": Word(_("handed over"), INFO),
        "export_cleared": Word(_("export cleared"), INFO),
        "departed": Word(_("on the first leg"), INFO),
        "delivered": Word(_("delivered"), OK),
        "completed": Word(_("completed"), OK),
        "to_ship": Word(_("to be shipped by the seller"), WARN),
        "shipped": Word(_("shipped by the seller"), INFO),
        "cancelled": Word(_("cancelled"), MUTE),
        "returned": Word(_("returned"), BAD),
        "cancel_asked": Word(_("cancellation asked for"), BAD),
        "shipped_in_part": Word(_("shipped in part"), WARN),
        "address_changed": Word(_("address changed"), INFO),
        "tracking_corrected": Word(_("tracking number corrected"), INFO),
        "cancel_requested": Word(_("cancellation asked for"), WARN),
        "cancel_refused": Word(_("cancellation refused"), MUTE),
        "cancel_accepted": Word(_("cancellation accepted"), MUTE),
        "cancelled_in_part": Word(_("cancelled in part"), WARN),
    },
)
add_words("order_route", {"semi": Word(_("the programme"), OK), "self": Word(_("the seller"), WARN)})
add_words(
    "order_who",
    {
        "seller": Word(_("seller")),
        "warehouse": Word(pgettext_lazy("who acts", "warehouse")),
        "customs": Word(pgettext_lazy("who acts", "customs")),
        "carrier": Word(pgettext_lazy("who acts", "carrier")),
        "platform": Word(pgettext_lazy("who acts", "platform")),
    },
)
add_words(
    "order_what",
    {
        "state_stock": Word(_("state the stock of its SKUs")),
        "send_to_warehouse": Word(_("send the goods to the warehouse")),
        "release": Word(_("release it to the warehouse")),
        "pack": Word(_("pick and pack it")),
        "hand_over": Word(_("hand it over to the carrier")),
        "clear_export": Word(_("clear the export")),
        "depart": Word(_("begin the first leg")),
        "deliver": Word(_("deliver it")),
        "settle": Word(_("settle it")),
        "ship": Word(_("ship it and enter the tracking number")),
        "answer_cancel": Word(_("answer the cancel request")),
    },
)
add_words(
    "cancel_answer",
    {
        "": Word(_("open"), WARN),
        "accepted": Word(_("accepted"), OK),
        "refused": Word(_("refused"), MUTE),
    },
)
add_words(
    "row_outcome",
    {
        "shipped": Word(_("shipped"), OK),
        "shipped_in_part": Word(_("shipped in part"), OK),
        "corrected": Word(_("corrected"), OK),
        "repeated": Word(_("known already"), MUTE),
        "refused": Word(_("refused"), BAD),
        "placed": Word(_("taken in"), OK),
        "": Word(_("waiting"), INFO),
    },
)
add_words(
    "responsible",
    {
        "buyer": Word(_("the buyer")),
        "seller": Word(_("the seller")),
        "provider": Word(_("the provider")),
        "platform": Word(_("the platform")),
    },
)
add_words(
    "cut_state",
    {
        "True": Word(_("dealt with"), OK),
        "running": Word(_("begun, not finished"), WARN),
        "False": Word(_("not yet run"), MUTE),
    },
)
add_words(
    "cut_scope",
    {
        "unsynced_lines": Word(_("lines not stated in time"), INFO),
        "all_unreleased": Word(_("all that is not released"), WARN),
    },
)
add_words(
    "import_state",
    {
        "draft": Word(_("read, not taken in"), WARN),
        "running": Word(_("being taken in"), INFO),
        "done": Word(_("taken in"), OK),
        "refused": Word(_("refused as a whole"), BAD),
        "discarded": Word(_("discarded"), MUTE),
    },
)

# Why operations refuse a row, as people read it.
REFUSALS: Mapping[str, Promise] = {
    "the order is not known": _("the order is not known"),
    "a carrier has a name": _("a carrier has a name"),
    "a spreadsheet has shortened this number": _(
        "a spreadsheet has shortened this number: format the column as text"
    ),
    "not a tracking number": _("not a tracking number"),
    "not a web address": _("not a web address"),
    "the programme ships this order": _("the programme ships this order"),
    "the order is not waiting to be shipped": _("the order is not waiting to be shipped"),
    "answer the cancel request first": _("answer the cancel request first"),
    "the order has no such line": _("the order has no such line"),
    "more than is left of the line": _("more than is left of the line"),
    "everything of it was sent already": _("everything of it was sent already"),
    "the shipment is not known": _("the shipment is not known"),
    "the order has arrived: its number stays": _("the order has arrived: its number stays"),
    "another shipment of the order has this number": _("another shipment of the order has this number"),
    "a reason is needed": _("a reason is needed"),
    "not known to be responsible": _("not known to be responsible"),
    "the order has left or is closed": _("the order has left or is closed"),
    "pieces of it were sent already": _("pieces of it were sent already"),
    "it is packed: cancel all of it": _("it is packed: cancel all of it"),
    "after release only whole lines are cancelled": _("after release only whole lines are cancelled"),
    "the order stands in another row": _("the order stands in another row"),
    "no cancel request of it is open": _("no cancel request of it is open"),
    "a cancel request is open already": _("a cancel request is open already"),
    "a recipient has a name, a country and an address": _("a recipient has a name, a country and an address"),
    "a text is too long or cannot be printed": _("a text is too long or cannot be printed"),
    "a country has two capital letters": _("a country has two capital letters"),
    "the order is released or sent": _("the order is released or sent"),
    "the order is cancelled": _("the order is cancelled"),
    "it is the name of another order's address": _("it is the name of another order's address"),
    "the country of an order stays": _("the country of an order stays"),
    "not another warehouse": _("not another warehouse"),
    "not enough on hand at that warehouse": _("not enough on hand at that warehouse"),
    "an order has an id": _("an order has an id"),
    "a text has no NUL character": _("a text has no NUL character"),
    "an order has at least one line": _("an order has at least one line"),
    "the seller is not known": _("the seller is not known"),
    "the seller is not active": _("the seller is not active"),
    "the SKU is not listed": _("the SKU is not listed"),
    "not a quantity": _("not a quantity"),
    "not a line number": _("not a line number"),
    "not an amount of money": _("not an amount of money"),
    "the line number is taken": _("the line number is taken"),
    "above what is paid": _("above what is paid"),
    "not a time": _("not a time"),
    "differs from the row before": _("differs from the first row of the order"),
    "the cell is empty": _("the cell is empty"),
    "several orders have this number": _("several parts of the order wait: say which by the part"),
}
_REASONS = frozenset(reason.value for reason in Reason)
_REVERSALS: Mapping[str, Promise] = {
    "not_known": _("the order is not known"),
    "not_turned": _("it did not come back at a cut-off"),
    "moved_on": _("it has moved on: sent, cancelled, or its cancellation is asked for"),
}
_STEPS: Mapping[str, Promise] = {
    "stated": _("its stock was stated in time"),
    "received": _("its goods arrived"),
    "on_hand": _("its goods lie at the warehouse"),
    "tracking": _("tracking number entered"),
    "parted": _("parted from the order"),
    "nothing_left": _("what was not sent is cancelled"),
    "packed": _("packed"),
    "handed over": _("handed over"),
    "not answered in time": _("not answered in time"),
}


def refusal_text(refusal: Refusal) -> str:
    """Why a row was refused, in the reader's language."""
    if refusal.reason.startswith("line "):
        return str(_("another line of the order was refused"))
    return str(REFUSALS.get(refusal.reason, refusal.reason))


def reason_text(code: str) -> str:
    """A reason of routing, of a step, or as somebody wrote it."""
    if code in _REASONS:
        return tr(REASON_WORDS[Reason(code)])
    return str(_STEPS.get(code, REFUSALS.get(code, code)))


def reversal_text(code: str) -> str:
    """Why a fallback could not be taken back."""
    return str(_REVERSALS[code]) if code in _REVERSALS else reason_text(code)


def reason_choices() -> list[tuple[str, str]]:
    """Every reason of routing, for a select."""
    return [(reason.value, tr(REASON_WORDS[reason])) for reason in Reason]
