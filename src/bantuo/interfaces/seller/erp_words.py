"""The codes and remarks of the ERP evidence in the reader's language."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.interfaces.web.words import BAD, INFO, MUTE, OK, WARN, Word, add_words

add_words(
    "erp_method",
    {
        "signed_calls": Word(gettext_lazy("signed calls to the sandbox"), INFO),
        "pull_probe": Word(gettext_lazy("calls to your endpoint"), INFO),
    },
)
add_words(
    "erp_run",
    {
        "": Word(gettext_lazy("running"), INFO),
        "finished": Word(gettext_lazy("finished"), OK),
        "stopped": Word(gettext_lazy("stopped"), MUTE),
        "refused": Word(gettext_lazy("endpoint may not be called"), BAD),
    },
)
add_words(
    "erp_call",
    {"True": Word(gettext_lazy("answered"), OK), "False": Word(gettext_lazy("failed"), WARN)},
)

add_words(
    "erp_version",
    {"True": Word(gettext_lazy("late enough"), OK), "False": Word(gettext_lazy("too old"), BAD)},
)

# What the rooms below say of a call, by its shape; `%s` takes what stands in the brackets.
_DETAILS: tuple[tuple[str, Promise], ...] = (
    (r"200", gettext_lazy("answered")),
    (r"no answer within (\d+) ms", gettext_lazy("no complete answer within %s ms")),
    (r"no answer in time", gettext_lazy("no connection in time")),
    (r"status (\d+)", gettext_lazy("answered with status %s instead of 200")),
    (r"(\d+): redirects are not followed", gettext_lazy("redirected (%s); redirects are not followed")),
    (r"answer larger than (\d+) bytes", gettext_lazy("answer larger than %s bytes")),
    (r"200, but the answer is not JSON", gettext_lazy("the answer is not JSON")),
    (r"200, but the answer broke off", gettext_lazy("the answer broke off")),
    (r"connection refused", gettext_lazy("connection refused: nobody listens on that port")),
    (r"certificate: (.*)", gettext_lazy("certificate not accepted (%s)")),
    (r"TLS failed", gettext_lazy("no secure connection could be made")),
    (r"connection: (.*)", gettext_lazy("connection failed (%s)")),
    (r"not HTTP: (.*)", gettext_lazy("the answer is not HTTP (%s)")),
    (r"body-unreadable", gettext_lazy("signed, but the body could not be read")),
)

_REFUSED: dict[str, Promise] = {
    "too-long": gettext_lazy("The address is too long."),
    "unreadable": gettext_lazy(
        "The address cannot be read: a space, a wrong port, or a character that is not percent-encoded."
    ),
    "scheme": gettext_lazy("The address must begin with https://."),
    "credentials": gettext_lazy("Leave name and password out of the address: our calls are signed instead."),
    "host": gettext_lazy("There is no host name in the address, or it is not an ordinary one."),
    "port": gettext_lazy("That port is not called. Use 443 or 8443."),
    "address": gettext_lazy("That address is not on the public network, so we do not call it."),
    "lookup": gettext_lazy("No address was found for that host name."),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One answer of the sandbox that is not 200."""

    status: int
    code: str
    meaning: Promise


REFUSALS = (
    Refusal(
        400, "body-unreadable", gettext_lazy("The body is not the JSON expected. The call counts as failed.")
    ),
    Refusal(401, "header-missing", gettext_lazy("A signature header is missing; the answer names it.")),
    Refusal(401, "key-unknown", gettext_lazy("The app key does not exist, or was replaced or revoked.")),
    Refusal(401, "signature-wrong", gettext_lazy("Compare your five lines with those in the answer.")),
    Refusal(401, "clock-skewed", gettext_lazy("Your clock is off. The answer tells the time here.")),
    Refusal(409, "replayed", gettext_lazy("This nonce was used before. The call is not counted again.")),
    Refusal(413, "body-too-large", gettext_lazy("The body is larger than 2 MB.")),
    Refusal(429, "too-many-calls", gettext_lazy("Too many calls; the answer says how long to wait.")),
)


def call_words(detail: str) -> str:
    """What happened to a call; something unknown is shown as it is."""
    for pattern, words in _DETAILS:
        found = re.fullmatch(pattern, detail)
        if found:
            return str(words) % found.groups() if found.groups() else str(words)
    return detail


def refusal_words(code: str) -> str:
    """Why an address is not called, by the code of EndpointRefused."""
    return str(_REFUSED.get(code) or _("The address is not one that we call."))
