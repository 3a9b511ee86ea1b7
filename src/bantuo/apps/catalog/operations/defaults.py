"""Which services a seller ticks for SKUs that do not say (FEE-4)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from bantuo.apps.catalog.models import ListingDefaults, Sku
from bantuo.apps.parties.operations import lock_sellers


@transaction.atomic
def set_listing_defaults(
    seller_id: int, *, label: bool, photo_qc: bool, apply_to_listed: bool, now: datetime
) -> int:
    """Keep the ticks for SKUs to come; `apply_to_listed` ticks those on sale as well.

    Returns how many SKUs on sale were changed. Orders placed before keep what was copied to them.
    """
    lock_sellers([seller_id])
    ListingDefaults.objects.update_or_create(
        seller_id=seller_id, defaults={"label": label, "photo_qc": photo_qc}
    )
    if not apply_to_listed:
        return 0
    on_sale = Sku.objects.filter(seller_id=seller_id, delisted_at__isnull=True)
    return on_sale.exclude(label=label, photo_qc=photo_qc).update(
        label=label, photo_qc=photo_qc, changed_at=now
    )
