"""The programme as it stands now: the book in force, the business date, and the evaluator of the day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from bantuo.apps.catalog.queries import admitted_categories
from bantuo.apps.policies.operations import current_book
from bantuo.core.policy import Book
from bantuo.engine.diagnosis import Evaluator
from bantuo.interfaces.web.clock import moment

_ACTOR = "system:web"


@dataclass(frozen=True, slots=True)
class Programme:
    """What every page decides by: the book, the version that its decisions cite, and the day."""

    book: Book
    policy_version_id: int
    on: date
    now: datetime

    def evaluator(self, on: date | None = None) -> Evaluator:
        """The evaluator of the business date, or of another day, with the admission list of that day."""
        day = on or self.on
        return _evaluator(_Asked(self.book, (self.book.version, day, admitted_categories(day))))


def programme_now() -> Programme:
    """The programme at this moment, with everything that operators have published."""
    now = moment()
    current = current_book(now=now, actor=_ACTOR)
    on = now.astimezone(ZoneInfo(current.book.zone)).date()
    return Programme(book=current.book, policy_version_id=current.version_id, on=on, now=now)


def programme_of(request: HttpRequest) -> Programme:
    """The programme at the moment of a request, looked up once for all that shares its page."""
    held: Programme | None = getattr(request, "programme", None)
    if held is None:
        held = programme_now()
        request.programme = held  # type: ignore[attr-defined]
    return held


@dataclass(frozen=True, slots=True)
class _Asked:
    """A book, a day and a list; the book's version stands for its content."""

    book: Book = field(compare=False)
    key: tuple[str, date, frozenset[str] | None]


@lru_cache(maxsize=16)
def _evaluator(asked: _Asked) -> Evaluator:
    _, on, categories = asked.key
    return Evaluator(asked.book, on, categories=categories)
