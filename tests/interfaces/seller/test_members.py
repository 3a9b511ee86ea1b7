"""The people of a shop: invited, given roles, let go; only by an owner, and never the last one."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client

from bantuo.apps.accounts.models import Role, User
from tests.interfaces.seller.shop import open_shop, sign_in

pytestmark = pytest.mark.django_db
NEW = {"name": "Li", "email": "li@example.org", "roles": ["seller_stock", "seller_finance"]}


def text_of(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_somebody_is_invited_by_mail_and_comes_in() -> None:
    shop = open_shop()
    owner = sign_in(shop)
    assert "An invitation went to li@example.org" in text_of(
        owner.post("/seller/people/invite/", NEW, follow=True)
    )
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (["li@example.org"], "[Bantuo] You are invited to work for Shop S1")
    guest = Client()
    form = guest.get(urlsplit(re.search(r"http://\S+", sent.body).group()).path).url
    guest.post(form, {"password1": "another-horse-8", "password2": "another-horse-8"})
    invited = User.objects.get(email="li@example.org")
    assert (invited.state, invited.seller, invited.roles) == (
        "active",
        shop,
        ["seller_finance", "seller_stock"],
    )
    assert guest.get("/seller/people/").status_code == 200
    assert guest.get("/seller/people/invite/").status_code == 403
    shown = text_of(owner.get("/seller/people/"))
    assert "Li: Invited" in shown
    assert "Li: Invitation accepted" in shown


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"email": "s1-seller_owner@example.com"}, "This address has an account already"),
        ({"email": "nobody"}, "valid email"),
        ({"roles": []}, "This field is required"),
        ({"roles": ["operator_administrator"]}, "not one of the available choices"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_an_invitation_that_cannot_be_says_why(changed: dict[str, object], said: str) -> None:
    owner = sign_in(open_shop())
    assert said in text_of(owner.post("/seller/people/invite/", {**NEW, **changed}))
    assert (User.objects.count(), mail.outbox) == (1, [])


def test_roles_change_and_the_only_owner_stays() -> None:
    shop = open_shop()
    owner = sign_in(shop)
    sign_in(shop, Role.SELLER_STOCK)
    boss, staff = User.objects.order_by("id")
    answer = owner.post(f"/seller/people/{staff.pk}/roles/", {"roles": ["seller_listing"]}, follow=True)
    assert "The roles are changed" in text_of(answer)
    staff.refresh_from_db()
    assert staff.roles == ["seller_listing"]
    answer = owner.post(f"/seller/people/{boss.pk}/roles/", {"roles": ["seller_stock"]}, follow=True)
    assert "This is the only owner" in text_of(answer)
    assert "This is the only owner" in text_of(
        owner.post(f"/seller/people/{boss.pk}/deactivate/", follow=True)
    )
    assert "Tick one role at least" in text_of(owner.post(f"/seller/people/{staff.pk}/roles/", follow=True))
    boss.refresh_from_db()
    assert (boss.roles, boss.is_active) == (["seller_owner"], True)


def test_access_ends_at_once_and_comes_back() -> None:
    shop = open_shop()
    owner, staff = sign_in(shop), sign_in(shop, Role.SELLER_STOCK)
    person = User.objects.get(roles=["seller_stock"])
    assert staff.get("/seller/people/").status_code == 200
    owner.post(f"/seller/people/{person.pk}/deactivate/")
    assert staff.get("/seller/people/").url == "/accounts/login/?next=/seller/people/"
    owner.post(f"/seller/people/{person.pk}/reactivate/")
    person.refresh_from_db()
    assert person.is_active
    shown = text_of(owner.get(f"/seller/people/{person.pk}/"))
    assert "Access given back" in shown
    assert "Access ended" in shown


def test_a_double_click_does_nothing_more() -> None:
    owner = sign_in(open_shop())
    owner.post("/seller/people/invite/", NEW)
    again = owner.post("/seller/people/invite/", NEW)
    assert "This address has an account already" in text_of(again)
    invited = User.objects.get(email="li@example.org")
    owner.post(f"/seller/people/{invited.pk}/withdraw/")
    assert owner.post(f"/seller/people/{invited.pk}/withdraw/").status_code == 404
    assert owner.get(f"/seller/people/{invited.pk}/").status_code == 404
    assert owner.post("/seller/people/invite/", NEW).status_code == 302
    assert len(mail.outbox) == 2


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_few_questions_however_long(
    count: int, django_assert_max_num_queries: object
) -> None:
    shop = open_shop()
    owner = sign_in(shop)
    for at in range(count):
        owner.post("/seller/people/invite/", {**NEW, "email": f"p{at}@example.org"})
    owner.get("/seller/people/")
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        assert owner.get("/seller/people/").status_code == 200
