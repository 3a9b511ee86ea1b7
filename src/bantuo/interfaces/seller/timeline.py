"""What happened to an application, in the reader's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.apps.admission.models import ApplicationEvent
from bantuo.interfaces.web.joining_words import reason_told
from bantuo.interfaces.web.programme import Programme
from bantuo.interfaces.web.templatetags.ui import tr
from bantuo.interfaces.web.words import word_of


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the time line."""

    at: datetime
    title: str
    text: str
    actor: str
    tone: str


_PLAIN: Mapping[str, Promise] = {
    "begun": gettext_lazy("begun"),
    "handed in": gettext_lazy("handed in"),
    "every gate passed": gettext_lazy("every gate passed"),
    "mended and sent back": gettext_lazy("mended and sent back"),
    "the deposit is paid back": gettext_lazy("the deposit is paid back"),
}
_INTERNAL = "review:"
_AGAIN = re.compile(r"begun again after attempt (\d+) \((\w+)\)")
_ASSESSED = re.compile(r"(failed|not evidenced): ([A-Z0-9, -]+)")


def application_timeline(events: Iterable[ApplicationEvent], programme: Programme) -> list[Happening]:
    """The steps of an application, the latest first, without what reviewers did among themselves."""
    told = [event for event in events if not event.state.startswith(_INTERNAL)]
    return [_happening(event, programme) for event in reversed(told)]


def _happening(event: ApplicationEvent, programme: Programme) -> Happening:
    kind, _colon, code = event.state.rpartition(":")
    word = word_of(kind or "application", code)
    title = _("deposit: %(state)s") % {"state": word.label} if kind == "deposit" else str(word.label)
    return Happening(event.happened_at, title, reason_words(event.reason, programme), event.actor, word.tone)


def reason_words(reason: str, programme: Programme) -> str:
    """A recorded reason in the reader's language where the system wrote it; a person's words as they are."""
    if reason in _PLAIN:
        return str(_PLAIN[reason])
    again = _AGAIN.fullmatch(reason)
    if again:
        state = word_of("application", again[2]).label
        return _("begun again after attempt %(number)s (%(state)s)") % {"number": again[1], "state": state}
    if reason.startswith("appeal: "):
        return _("appeal: %(reason)s") % {"reason": reason.removeprefix("appeal: ")}
    parts = reason.split("; ")
    if all(_ASSESSED.fullmatch(part) for part in parts):
        return "; ".join(_assessed(part, programme) for part in parts)
    return reason_told(reason)


def _assessed(part: str, programme: Programme) -> str:
    what, _colon, rules = part.partition(": ")
    named = ", ".join(_label(rule, programme) for rule in rules.split(", "))
    return _VERDICTS[what](named)


_VERDICTS: Mapping[str, Callable[[str], str]] = {
    "failed": lambda rules: _("not passed: %(rules)s") % {"rules": rules},
    "not evidenced": lambda rules: _("not evidenced: %(rules)s") % {"rules": rules},
}


def _label(rule_id: str, programme: Programme) -> str:
    rule = programme.book.rules.get(rule_id)
    return f"{tr(rule.label)} ({rule_id})" if rule else rule_id
