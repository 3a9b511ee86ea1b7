"""A shop signs up: registered with its owner, once, whatever comes at the same moment."""

from __future__ import annotations

import pytest
from django.db import connection

from bantuo.apps.accounts.models import User
from bantuo.apps.accounts.operations import AddressTaken, ShopKnown, sign_up_seller
from bantuo.apps.parties.models import Seller
from bantuo.apps.parties.operations import NewSeller, SellerRefused
from tests.apps.factories import ACTOR, NOW, make_sellers, outbox
from tests.processes import start_process

pytestmark = pytest.mark.django_db


def sign_up(code: str = "S1", email: str = "owner@example.org", **changed: str) -> User:
    shop = NewSeller(
        changed.get("marketplace", "test-market"), code, changed.get("shop", "Shop"), None,
        changed.get("place", "Hangzhou"),
    )  # fmt: skip
    return sign_up_seller(
        shop, email=email, name="O", password="a-long-password", language="en", now=NOW, actor=ACTOR
    )


def test_a_shop_is_registered_with_its_owner() -> None:
    user = sign_up(place="浙江省金华市义乌市")
    seller = Seller.objects.get()
    assert (user.seller, user.roles, user.language, user.state) == (seller, ["seller_owner"], "en", "active")
    assert (seller.code, seller.name, seller.ship_from, seller.ship_from_code) == (
        "S1", "Shop", "浙江省金华市义乌市", "330782",
    )  # fmt: skip
    assert outbox("account.created") == [
        (f"user:{user.pk}", {"email": user.email, "name": "O", "roles": ["seller_owner"], "by": user.actor})
    ]


def test_a_place_that_could_be_several_is_not_guessed() -> None:
    sign_up(place="Hangzhou")
    assert Seller.objects.get().ship_from_code is None


def test_a_shop_that_is_known_is_refused() -> None:
    make_sellers("S1")
    with pytest.raises(ShopKnown):
        sign_up()
    assert not User.objects.exists()


def test_nothing_is_left_of_a_sign_up_with_a_taken_address() -> None:
    sign_up("S1")
    with pytest.raises(AddressTaken):
        sign_up("S2", "OWNER@example.org")
    assert Seller.objects.count() == User.objects.count() == 1


def test_nothing_is_left_of_a_sign_up_of_an_impossible_shop() -> None:
    with pytest.raises(SellerRefused):
        sign_up(shop="  ")
    assert not User.objects.exists()
    assert not Seller.objects.exists()


_RIVAL = """
import sys
from tests.apps.accounts.test_sign_up import sign_up
from bantuo.apps.accounts.operations import AddressTaken, ShopKnown
sys.stdin.readline()
try:
    sign_up(sys.argv[1], sys.argv[2])
    print("in")
except (AddressTaken, ShopKnown) as refused:
    print(type(refused).__name__)
"""


@pytest.mark.processes
@pytest.mark.parametrize(
    ("others", "refusal"),
    [(("S1", "b@example.org"), "ShopKnown"), (("S2", "a@example.org"), "AddressTaken")],
    ids=["same shop", "same address"],
)
def test_of_sign_ups_at_once_one_wins(scratch_database: str, others: tuple[str, str], refusal: str) -> None:
    crowd = [
        start_process(_RIVAL, *told, url=scratch_database)
        for told in (("S1", "a@example.org"), others, others)
    ]
    said = sorted(process.communicate("\n", timeout=60)[0].strip() for process in crowd)
    assert [process.returncode for process in crowd] == [0, 0, 0]
    assert said == sorted(["in", refusal, refusal]) or said == sorted(["in", "ShopKnown", "AddressTaken"])


def test_the_history_of_an_account_is_found_by_its_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'outbox_account'")
        assert "account.%" in cursor.fetchone()[0]
