"""Which orders a call may name: a seller its own, a marketplace those of all its sellers."""

from __future__ import annotations

from collections.abc import Sequence

from bantuo.apps.orders.models import Order
from bantuo.interfaces.api.callers import Caller


def orders_named(caller: Caller, ids: Sequence[int]) -> set[int]:
    """Those of these orders that a seller, or a marketplace, may name."""
    found = Order.objects.filter(pk__in=ids, marketplace=caller.marketplace)
    if caller.seller_id is not None:
        found = found.filter(seller_id=caller.seller_id)
    return set(found.values_list("id", flat=True))
