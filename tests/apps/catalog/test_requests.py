"""What an operator decides of a listing under a fully managed contract (CAP-1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bantuo.apps.catalog.models import ListingChange, ListingRequest, Product
from bantuo.apps.catalog.operations import (
    NewPrices,
    NewSku,
    ReasonMissing,
    RequestDecided,
    RequestUnknown,
    approve_request,
    change_prices,
    list_skus,
    refuse_request,
    withdraw_request,
)
from tests.apps import factories as make

pytestmark = pytest.mark.django_db
OLD, NEW, NEWER = (f"https://img.example/{name}.jpg" for name in ("old", "new", "newer"))
WHEN: dict[str, Any] = {"now": make.NOW + timedelta(hours=1), "actor": "user:9"}


@pytest.fixture
def full() -> NewSku:
    """A lamp under a fully managed contract, listed with its first picture."""
    make.make_categories()
    (seller,) = make.make_active_sellers("S1")
    row = make.new_sku(seller, fully_managed=True, semi_managed=False, images=(OLD,))
    assert _list(row) == []
    return row


def _list(row: NewSku) -> list[tuple[str, str]]:
    done = list_skus([row], book=make.the_book(), on=make.DAY, now=make.NOW, actor="user:1")
    return [(refused.field, refused.rule) for refused in done.refused]


def test_a_price_is_refused_by_either_door(full: NewSku) -> None:
    assert _list(replace(full, ordinary_fen=14000)) == [("ordinary_fen", "CAP-1")]
    change = NewPrices(1, full.seller_id, full.sku_code, 14000, None)
    done = change_prices([change], book=make.the_book(), on=make.DAY, now=make.NOW, actor="user:1")
    assert [(refused.rule, refused.reason) for refused in done.refused] == [
        ("CAP-1", "changing the price is: refused")
    ]


def test_the_contract_is_not_the_sellers_to_change(full: NewSku) -> None:
    assert ("fully_managed", "CAP-1") in _list(replace(full, fully_managed=False))


def test_the_wish_waits_and_a_later_one_takes_its_place(full: NewSku) -> None:
    for images in ((NEW, OLD), (NEW, OLD), (NEWER,)):
        assert _list(replace(full, images=images)) == []
    told = list(ListingRequest.objects.order_by("id").values_list("state", "old", "new"))
    assert told == [("replaced", OLD, NEW), ("open", OLD, NEWER)]
    assert Product.objects.get().images == [OLD]
    assert len(make.outbox("catalog.listing_requested")) == 2


def test_an_approved_wish_is_made_true_once(full: NewSku) -> None:
    _list(replace(full, images=(NEW, NEWER)))
    request = ListingRequest.objects.get()
    approve_request(request.pk, **WHEN)
    approve_request(request.pk, **WHEN)
    assert Product.objects.get().images == [NEW, NEWER]
    change = ListingChange.objects.filter(field="main_image").get()
    assert (change.old, change.new, change.actor) == (OLD, NEW, "user:9")
    told = {"kind": "main_image", "outcome": "approved", "reason": "", "by": "user:9"}
    assert make.outbox("catalog.listing_request_decided") == [(f"listing_request:{request.pk}", told)]
    with pytest.raises(RequestDecided):
        refuse_request(request.pk, reason="late", **WHEN)


def test_a_refusal_has_a_reason_and_changes_nothing(full: NewSku) -> None:
    _list(replace(full, images=(NEW,)))
    request = ListingRequest.objects.get()
    with pytest.raises(ReasonMissing):
        refuse_request(request.pk, reason=" ", **WHEN)
    assert refuse_request(request.pk, reason="blurred", **WHEN).state == "refused"
    assert Product.objects.get().images == [OLD]


def test_only_the_seller_itself_withdraws(full: NewSku) -> None:
    _list(replace(full, images=(NEW,)))
    request = ListingRequest.objects.get()
    (other,) = make.make_sellers("S2")
    with pytest.raises(RequestUnknown):
        withdraw_request(request.pk, seller_id=other, **WHEN)
    assert withdraw_request(request.pk, seller_id=full.seller_id, **WHEN).state == "withdrawn"


def test_a_semi_managed_seller_changes_pictures_at_will() -> None:
    make.make_categories()
    (seller,) = make.make_active_sellers("S1")
    row = make.new_sku(seller, images=(OLD,), video="https://v.example/1")
    assert _list(row) == []
    assert _list(replace(row, images=(NEW,), video="https://v.example/2")) == []
    product = Product.objects.get()
    assert (product.images, product.video) == ([NEW], "https://v.example/2")
    assert not ListingRequest.objects.exists()
    assert _list(replace(row, images=None, video=None)) == []
    assert Product.objects.get().images == [NEW]
