"""Accounts: made, invited, accepted, withdrawn; one address is one person's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.accounts.operations import (
    AddressTaken,
    InvitationOver,
    PersonUnknown,
    RolesUnfit,
    accept_invitation,
    create_operator,
    create_seller_user,
    renew_invitation,
    withdraw_invitation,
)
from bantuo.apps.accounts.queries import account_history, people, users_of_seller, users_with_role
from tests.apps.factories import ACTOR, NOW, make_sellers, outbox

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def invite(email: str = "new@example.org", *roles: str, seller_id: int) -> User:
    return create_seller_user(
        email, seller_id=seller_id, name="", roles=roles or [Role.SELLER_STOCK], password=None,
        now=NOW, actor=ACTOR,
    )  # fmt: skip


def test_an_operator_with_a_password_is_in_at_once() -> None:
    made = create_operator(
        " Someone@Example.org ", name="S", roles=["operator_policy"], password="a-long-password", now=NOW,
        actor=ACTOR,
    )  # fmt: skip
    user = User.objects.get()
    assert (user.pk, user.email, user.state, user.seller, user.roles) == (
        made.pk, "someone@example.org", "active", None, ["operator_policy"],
    )  # fmt: skip
    assert user.check_password("a-long-password")
    assert outbox("account.created") == [
        (
            f"user:{user.pk}",
            {"email": "someone@example.org", "name": "S", "roles": ["operator_policy"], "by": ACTOR},
        )
    ]
    assert list(EmailAddress.objects.values_list("email", "verified")) == [("someone@example.org", True)]


def test_who_is_invited_is_nobody_until_they_accept() -> None:
    [seller] = make_sellers("S1")
    user = invite(seller_id=seller)
    assert (user.state, user.has_usable_password(), users_of_seller(seller)) == ("invited", False, [])
    accept_invitation(user, password="a-long-password", now=LATER)
    assert (user.state, user.check_password("a-long-password")) == ("active", True)
    assert users_of_seller(seller) == users_with_role("seller_stock") == [user]
    assert EmailAddress.objects.get().verified
    assert outbox("account.accepted") == [(f"user:{user.pk}", {"by": user.actor})]


def test_an_invitation_is_accepted_once() -> None:
    [seller] = make_sellers("S1")
    user = invite(seller_id=seller)
    again = User.objects.get()
    accept_invitation(user, password="a-long-password", now=LATER)
    with pytest.raises(InvitationOver):
        accept_invitation(again, password="another-password", now=LATER)
    assert User.objects.get().check_password("a-long-password")


def test_an_invitation_sent_again_ends_the_one_before() -> None:
    [seller] = make_sellers("S1")
    before = invite(seller_id=seller)
    after = renew_invitation(before.pk, now=LATER, actor=ACTOR)
    with pytest.raises(InvitationOver):
        accept_invitation(before, password="a-long-password", now=LATER)
    accept_invitation(after, password="a-long-password", now=LATER)
    with pytest.raises(InvitationOver):
        renew_invitation(before.pk, now=LATER, actor=ACTOR)


def test_an_invitation_withdrawn_gives_the_address_free() -> None:
    first, second = make_sellers("S1", "S2")
    user = invite(seller_id=first)
    with pytest.raises(AddressTaken) as refused:
        invite("NEW@example.org", seller_id=second)
    assert refused.value.is_invited
    withdraw_invitation(user.pk, now=LATER, actor=ACTOR)
    other = invite(seller_id=second)
    assert list(people()) == [other]
    with pytest.raises(InvitationOver):
        accept_invitation(user, password="a-long-password", now=LATER)
    with pytest.raises(InvitationOver):
        withdraw_invitation(user.pk, now=LATER, actor=ACTOR)
    assert [(event.topic, event.payload.get("email")) for event in account_history([user.pk])] == [
        ("account.withdrawn", "new@example.org"),
        ("account.invited", "new@example.org"),
    ]


def test_an_address_is_one_persons() -> None:
    [seller] = make_sellers("S1")
    create_operator(
        "a@example.org", name="", roles=[Role.POLICY], password="a-long-password", now=NOW, actor=ACTOR
    )
    with pytest.raises(AddressTaken) as refused:
        invite("A@EXAMPLE.ORG", seller_id=seller)
    assert (refused.value.email, refused.value.is_invited) == ("a@example.org", False)
    assert User.objects.count() == 1


@pytest.mark.parametrize("roles", [[], ["operator_policy"], ["seller_owner", "king"]])
def test_roles_that_do_not_fit_a_seller_are_refused(roles: list[str]) -> None:
    [seller] = make_sellers("S1")
    with pytest.raises(RolesUnfit):
        create_seller_user(
            "a@example.org", seller_id=seller, name="", roles=roles, password=None, now=NOW, actor=ACTOR
        )
    assert not User.objects.exists()


def test_nobody_has_that_id() -> None:
    with pytest.raises(PersonUnknown):
        renew_invitation(4711, now=NOW, actor=ACTOR)
