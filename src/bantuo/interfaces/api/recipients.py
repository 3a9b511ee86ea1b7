"""Who an order goes to: changed by its seller or by the marketplace, until it is released."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Path, Router

from bantuo.apps.integrations.scopes import Scope
from bantuo.apps.orders.operations.incoming import Refusal
from bantuo.apps.orders.operations.recipients import NewRecipient, change_address
from bantuo.apps.orders.order_rows import orders_by_id
from bantuo.interfaces.api.application import CallerRequest, NeedsScope
from bantuo.interfaces.api.callers import Caller, caller_of, key_holder
from bantuo.interfaces.api.order_schemas import RecipientIn, RecipientOut
from bantuo.interfaces.api.own_orders import orders_named
from bantuo.interfaces.api.problems import Problem, field_error, invalid, not_found
from bantuo.interfaces.api.schemas import Id
from bantuo.interfaces.web.clock import moment
from bantuo.interfaces.web.papers import vault

router = Router(tags=["orders"])


class _SellerOrMarketplace(NeedsScope):
    """A seller's key changes its orders; a marketplace's may tell anew what it told with the order."""

    def __call__(self, request: HttpRequest) -> Caller:
        scope = Scope.ORDERS_INTAKE if key_holder(request).seller_id is None else self.scope
        return caller_of(request, scope=scope)


@router.put(
    "/orders/{order}/recipient",
    response=RecipientOut,
    auth=_SellerOrMarketplace(Scope.ORDERS_WRITE),
    operation_id="changeRecipient",
)
def change_recipient(request: CallerRequest, order: Path[Id], body: RecipientIn) -> Any:
    """Send an order elsewhere within its country, until any part of it is released or sent (409).

    All of the recipient is stated; the former one is forgotten, and the answer is masked. A marketplace's
    key needs orders:intake.
    """
    caller = request.auth
    if order not in orders_named(caller, [order]):
        raise not_found(f"order {order}")
    rows = [NewRecipient("", order, body.dict(exclude={"oaid"}), body.oaid)]
    (result,) = change_address(
        rows, seller_id=caller.seller_id, vault=vault(), now=moment(), actor=caller.actor
    )
    if result.refusal is not None:
        raise _refused(result.refusal)
    shown = orders_by_id([order])[0]
    return {
        "order": order, "oaid": shown.oaid, "country": shown.country, "region": shown.region,
        "name_masked": shown.name_masked, "phone_masked": shown.phone_masked,
    }  # fmt: skip


def _refused(refusal: Refusal) -> Problem:
    """What is wrong with the address is mended and sent again; an order that has gone on stays as it is."""
    if refusal.field != "order":
        return invalid([field_error(refusal)])
    return Problem(409, "address-fixed", title="The address can no longer be changed",
                   detail=refusal.reason, errors=[field_error(refusal)])  # fmt: skip
