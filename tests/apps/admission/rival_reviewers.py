"""What one of several processes decides about the same application at the same moment."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from bantuo.apps.accounts.models import User
from bantuo.apps.admission.models import Application, ApplicationEvent
from bantuo.apps.admission.operations.assignment import HeldByAnother
from bantuo.apps.admission.operations.reviewing import (
    DecidedAlready,
    ask_for_more,
    reject_application,
)
from tests.apps.admission import reviewers
from tests.apps.admission.reviewers import by

_DECISIONS = ("approved", "rejected", "needs_more")


def prepare() -> str:
    ann = reviewers.make_person("ann")
    reviewers.make_person("ben")
    reviewers.make_person("cat")
    reviewers.tick_all(reviewers.in_queue(), ann)
    return "done"


def _as(name: str, decide: Callable[[Application, User], object]) -> str:
    try:
        decide(Application.objects.get(), User.objects.get(name=name))
    except (DecidedAlready, HeldByAnother) as refusal:
        return type(refusal).__name__
    return "done"


def accept() -> str:
    return _as("ann", reviewers.accept)


def reject() -> str:
    return _as(
        "ben",
        lambda application, ben: reject_application(
            application.pk, causes={"DOC-1": "seal"}, reason="no", **by(ben)
        ),
    )


def more() -> str:
    return _as(
        "cat",
        lambda application, cat: ask_for_more(
            application.pk, items={"DOC-4": "page 2"}, reason="please", **by(cat)
        ),
    )


def judge() -> list[Any]:
    decisions = ApplicationEvent.objects.filter(state__in=_DECISIONS).count()
    return [Application.objects.get().state, decisions]


ROLES: dict[str, Callable[[], Any]] = {role.__name__: role for role in (prepare, accept, reject, more, judge)}


def main() -> None:
    """Plays the role named on the command line and prints what came of it."""
    print(json.dumps(ROLES[sys.argv[1]]()))
