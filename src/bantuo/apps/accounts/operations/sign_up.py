"""A merchant comes by itself: the shop is registered and its owner gets an account, in one step."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.accounts.operations.people import add_person, hold_people
from bantuo.apps.parties.divisions import find_divisions
from bantuo.apps.parties.operations import NewSeller, register_sellers, set_ship_from
from bantuo.apps.parties.queries import seller_ids


class ShopKnown(ValueError):
    """The shop is registered already: its owner invites whoever should work for it."""

    def __init__(self, marketplace: str, code: str) -> None:
        super().__init__(f"{marketplace}:{code}: is registered")
        self.marketplace, self.code = marketplace, code


@transaction.atomic
def sign_up_seller(
    seller: NewSeller, *, email: str, name: str, password: str, language: str, now: datetime, actor: str
) -> User:
    """Register a shop and make its owner's account. The place is found on the map if it is unmistakable.

    Raises ShopKnown, AddressTaken, SellerRefused; of two sign-ups at once one wins.
    """
    hold_people()
    if seller_ids([seller.code], marketplace=seller.marketplace):
        raise ShopKnown(seller.marketplace, seller.code)
    seller_id = register_sellers([seller], now=now, actor=actor)[seller.code]
    owner = User(email=email, name=name, roles=[Role.SELLER_OWNER], seller_id=seller_id, language=language)
    add_person(owner, password=password, now=now, actor=None, verified=False)
    places = find_divisions(seller.ship_from, limit=2)
    if len(places) == 1:
        set_ship_from(seller_id, code=places[0].code, now=now, actor=actor)
    return owner
