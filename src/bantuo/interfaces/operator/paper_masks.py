"""Which papers somebody has unmasked in this session, for what reason and for how long."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import HttpRequest

_KEY = "unmasked_papers"
UNMASKED_FOR = timedelta(minutes=15)


def unmask(request: HttpRequest, document_id: int, *, reason: str, now: datetime) -> None:
    """Show a paper in clear for a while; each look is logged with the reason."""
    until = (now + UNMASKED_FOR).timestamp()
    held = {pk: told for pk, told in request.session.get(_KEY, {}).items() if told[1] > now.timestamp()}
    request.session[_KEY] = {**held, str(document_id): [reason, until]}


def mask(request: HttpRequest, document_id: int) -> None:
    """Blur it again."""
    held = dict(request.session.get(_KEY, {}))
    held.pop(str(document_id), None)
    request.session[_KEY] = held


def unmask_reason(request: HttpRequest, document_id: int, *, now: datetime) -> str:
    """The reason it was unmasked for; empty while it is masked."""
    reason, until = request.session.get(_KEY, {}).get(str(document_id), ("", 0))
    return str(reason) if until > now.timestamp() else ""
