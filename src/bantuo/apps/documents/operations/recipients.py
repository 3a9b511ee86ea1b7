"""A buyer's address in clear: for one look, with a reason, in the same chain as every look at a paper."""

from __future__ import annotations

import json
from datetime import datetime

from bantuo.apps.documents.operations.access import log_access
from bantuo.apps.documents.operations.papers import ReasonMissing
from bantuo.apps.documents.operations.ports import SecretVault
from bantuo.apps.orders.models import Order, OrderRecipient
from bantuo.apps.orders.operations.recipients import recipient_context


class RecipientUnknown(LookupError):
    """Nothing is kept of who this order goes to, or it was destroyed."""


def recipient_subject(order_id: int) -> str:
    """What the access log calls the recipient of an order."""
    return f"recipient:{order_id}"


def reveal_recipient(
    order_id: int,
    *,
    seller_id: int | None,
    reason: str,
    vault: SecretVault,
    now: datetime,
    actor: str,
    address: str,
    oaid: str = "",
) -> dict[str, str]:
    """The recipient of an order (any part of it) in clear, which is in the log before it is opened.

    With `oaid`, only if that is its name. Raises ReasonMissing, RecipientUnknown.
    """
    if not reason.strip():
        raise ReasonMissing("to unmask an address needs a reason")
    held = _held(order_id, seller_id=seller_id)
    if held is None or held.sealed is None or (oaid and oaid != held.oaid):
        raise RecipientUnknown(f"order {order_id}: no recipient is kept")
    log_access(
        seller_id=held.seller_id,
        document_id=None,
        subject=recipient_subject(held.order_id),
        action="unmask",
        reason=reason,
        now=now,
        actor=actor,
        address=address,
    )
    context = recipient_context(held.seller_id, held.order_id)
    told: dict[str, str] = json.loads(vault.unseal(bytes(held.sealed), context=context))
    return told


def _held(order_id: int, *, seller_id: int | None) -> OrderRecipient | None:
    order = Order.objects.filter(pk=order_id).first()
    if order is None or (seller_id is not None and order.seller_id != seller_id):
        return None
    return OrderRecipient.objects.filter(
        seller_id=order.seller_id,
        order__marketplace=order.marketplace,
        order__external_id=order.external_id,
        order__part=0,
    ).first()
