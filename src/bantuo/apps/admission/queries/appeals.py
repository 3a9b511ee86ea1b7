"""A seller's objections and how they were answered."""

from __future__ import annotations

from bantuo.apps.admission.models import Appeal


def seller_appeals(seller_id: int) -> list[Appeal]:
    """The appeals of a seller with their evidence, last first."""
    found = Appeal.objects.filter(seller_id=seller_id).select_related("application")
    return list(found.prefetch_related("evidence").order_by("-id"))
