"""A person's own filters of a list."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from bantuo.apps.orders.models import SavedFilter

NAME_MAX, QUERY_MAX, FILTERS_MAX = 60, 1_000, 20


class FilterRefused(ValueError):
    """A filter has a name and says something; there are not more than some per list."""


@transaction.atomic
def save_filter(user_id: int, *, page: str, name: str, query: str, now: datetime) -> SavedFilter:
    """Keep the conditions of a list under a name; the same name again takes the new conditions.

    Raises FilterRefused.
    """
    name, query = " ".join(name.replace("\x00", "").split()), query.replace("\x00", "")
    held = SavedFilter.objects.select_for_update().filter(user_id=user_id, page=page)
    names = set(held.values_list("name", flat=True))
    if not name or len(name) > NAME_MAX or not query or len(query) > QUERY_MAX:
        raise FilterRefused("name")
    if name not in names and len(names) >= FILTERS_MAX:
        raise FilterRefused("too_many")
    saved, _ = SavedFilter.objects.update_or_create(
        user_id=user_id, page=page, name=name, defaults={"query": query, "created_at": now}
    )
    return saved


def forget_filter(filter_id: int, *, user_id: int) -> bool:
    """Take a person's own filter away; that of somebody else stays."""
    return bool(SavedFilter.objects.filter(pk=filter_id, user_id=user_id).delete()[0])
