"""Changes of content that an operator decides: a main image or a film under full management (CAP-1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from bantuo.apps.catalog.models import ListingChange, ListingRequest, Product
from bantuo.apps.catalog.operations.contents import MAIN_IMAGE, Asked
from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.operations import lock_sellers

OPEN, APPROVED, REFUSED, REPLACED, WITHDRAWN = "open", "approved", "refused", "replaced", "withdrawn"


class RequestUnknown(LookupError):
    """There is no such request."""


class RequestDecided(ValueError):
    """Somebody has decided, or a newer request stands in its place."""


class ReasonMissing(ValueError):
    """A refusal says why."""


def ask_operator(asked: Sequence[tuple[Product, Asked]], *, now: datetime, actor: str) -> int:
    """Ask for changes; a newer wish takes the place of an open one, the same wish again changes nothing.

    Runs inside the caller's transaction, which holds the sellers. Returns how many were asked.
    """
    open_ones = {
        (request.product_id, request.kind): request
        for request in ListingRequest.objects.filter(
            product_id__in={product.pk for product, _ in asked}, state=OPEN
        )
    }
    fresh = []
    for product, change in asked:
        held = open_ones.get((product.pk, change.kind))
        if held is not None and held.new == change.new:
            continue
        if held is not None:
            ListingRequest.objects.filter(pk=held.pk).update(state=REPLACED, decided_at=now, decided_by=actor)
        fresh.append(
            ListingRequest.objects.create(
                seller_id=product.seller_id,
                product=product,
                kind=change.kind,
                old=change.old,
                new=change.new,
                requested_by=actor,
                requested_at=now,
            )
        )
    emit_events(
        "catalog.listing_requested",
        [(r.seller_id, f"listing_request:{r.pk}", {"kind": r.kind, "by": actor}) for r in fresh],
        at=now,
    )
    return len(fresh)


@transaction.atomic
def approve_request(request_id: int, *, now: datetime, actor: str) -> ListingRequest:
    """Let a change be made, at once. Raises RequestUnknown, RequestDecided."""
    request = _lock(request_id)
    if request.state == APPROVED:
        return request
    _check_open(request)
    product = Product.objects.get(pk=request.product_id)
    field = "images" if request.kind == MAIN_IMAGE else "video"
    if request.kind == MAIN_IMAGE:
        rest = [link for link in product.images if link not in (request.old, request.new)]
        product.images = [request.new, *rest]
    else:
        product.video = request.new
    product.changed_at = now
    product.save(update_fields=[field, "changed_at"])
    ListingChange.objects.create(
        seller_id=request.seller_id,
        product=product,
        field=request.kind,
        old=request.old,
        new=request.new,
        changed_at=now,
        actor=actor,
    )
    return _decide(request, state=APPROVED, reason="", now=now, actor=actor)


@transaction.atomic
def refuse_request(request_id: int, *, reason: str, now: datetime, actor: str) -> ListingRequest:
    """Leave the listing as it is. Raises RequestUnknown, RequestDecided, ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing("a refusal needs a reason")
    request = _lock(request_id)
    if request.state == REFUSED:
        return request
    _check_open(request)
    return _decide(request, state=REFUSED, reason=reason.strip(), now=now, actor=actor)


@transaction.atomic
def withdraw_request(request_id: int, *, seller_id: int, now: datetime, actor: str) -> ListingRequest:
    """Take back one's own wish. Raises RequestUnknown, RequestDecided."""
    request = _lock(request_id)
    if request.seller_id != seller_id:
        raise RequestUnknown(f"request {request_id}")
    if request.state == WITHDRAWN:
        return request
    _check_open(request)
    return _decide(request, state=WITHDRAWN, reason="", now=now, actor=actor)


def _lock(request_id: int) -> ListingRequest:
    """The seller first, as every operation of the catalogue does, then the request."""
    found = ListingRequest.objects.filter(pk=request_id).values_list("seller_id", flat=True).first()
    if found is None:
        raise RequestUnknown(f"request {request_id}")
    lock_sellers([found])
    return ListingRequest.objects.select_for_update().get(pk=request_id)


def _check_open(request: ListingRequest) -> None:
    if request.state != OPEN:
        raise RequestDecided(f"request {request.pk} is {request.state}")


def _decide(request: ListingRequest, *, state: str, reason: str, now: datetime, actor: str) -> ListingRequest:
    request.state, request.reason = state, reason
    request.decided_by, request.decided_at = actor, now
    request.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    told = {"kind": request.kind, "outcome": state, "reason": reason, "by": actor}
    emit_events(
        "catalog.listing_request_decided",
        [(request.seller_id, f"listing_request:{request.pk}", told)],
        at=now,
    )
    return request
