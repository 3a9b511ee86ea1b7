"""Roles change, access ends, second factors are reset; somebody always stays in charge."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.accounts.operations import (
    DEMO_DOMAIN,
    DEMO_PASSWORD,
    LastOfRole,
    ReasonMissing,
    RolesUnfit,
    change_roles,
    create_operator,
    create_seller_user,
    deactivate_user,
    make_demo_accounts,
    reactivate_user,
    reset_second_factor,
)
from bantuo.apps.accounts.queries import people, users_at
from tests.apps.factories import ACTOR, NOW, make_sellers, outbox

pytestmark = pytest.mark.django_db


def operator(email: str, *roles: str, password: str | None = "a-long-password") -> User:
    return create_operator(email, name="", roles=roles, password=password, now=NOW, actor=ACTOR)


def owner(email: str, seller: int, *, password: str | None = "a-long-password") -> User:
    return create_seller_user(
        email, seller_id=seller, name="", roles=[Role.SELLER_OWNER], password=password, now=NOW, actor=ACTOR
    )


def test_roles_change_and_say_so() -> None:
    user = operator("a@example.org", Role.POLICY)
    assert change_roles(user.pk, roles=["operator_finance", "operator_policy"], now=NOW, actor=ACTOR)
    assert not change_roles(user.pk, roles=["operator_policy", "operator_finance"], now=NOW, actor=ACTOR)
    assert User.objects.get().roles == ["operator_finance", "operator_policy"]
    assert outbox("account.roles") == [
        (
            f"user:{user.pk}",
            {"from": ["operator_policy"], "to": ["operator_finance", "operator_policy"], "by": ACTOR},
        )
    ]
    with pytest.raises(RolesUnfit):
        change_roles(user.pk, roles=["seller_owner"], now=NOW, actor=ACTOR)


def test_the_last_administrator_stays() -> None:
    first = operator("a@example.org", Role.ADMINISTRATOR)
    operator("b@example.org", Role.ADMINISTRATOR, password=None)  # invited only: could not act
    with pytest.raises(LastOfRole):
        deactivate_user(first.pk, reason="left", now=NOW, actor=ACTOR)
    with pytest.raises(LastOfRole):
        change_roles(first.pk, roles=[Role.AUDITOR], now=NOW, actor=ACTOR)
    operator("c@example.org", Role.ADMINISTRATOR)
    assert deactivate_user(first.pk, reason="left", now=NOW, actor=ACTOR)


def test_the_last_owner_of_each_seller_stays() -> None:
    one, two = make_sellers("S1", "S2")
    first = owner("a@example.org", one)
    owner("b@example.org", two)  # of another seller: does not count
    with pytest.raises(LastOfRole):
        change_roles(first.pk, roles=[Role.SELLER_STOCK], now=NOW, actor=ACTOR)
    owner("c@example.org", one)
    assert change_roles(first.pk, roles=[Role.SELLER_STOCK], now=NOW, actor=ACTOR)


def test_access_ends_and_comes_back() -> None:
    user = operator("a@example.org", Role.POLICY)
    before = user.get_session_auth_hash()
    assert deactivate_user(user.pk, reason="left", now=NOW, actor=ACTOR)
    assert not deactivate_user(user.pk, reason="left", now=NOW, actor=ACTOR)
    user.refresh_from_db()
    assert (user.state, user.get_session_auth_hash() != before) == ("deactivated", True)
    assert reactivate_user(user.pk, now=NOW, actor=ACTOR)
    assert not reactivate_user(user.pk, now=NOW, actor=ACTOR)
    assert outbox("account.deactivated") == [(f"user:{user.pk}", {"reason": "left", "by": ACTOR})]
    assert outbox("account.reactivated") == [(f"user:{user.pk}", {"by": ACTOR})]


def test_an_invitation_cannot_be_turned_into_access_by_reactivating() -> None:
    user = operator("a@example.org", Role.POLICY, password=None)
    assert not reactivate_user(user.pk, now=NOW, actor=ACTOR)
    assert User.objects.get().state == "invited"


def test_a_second_factor_is_reset_with_a_reason_only() -> None:
    user = operator("a@example.org", Role.POLICY)
    assert not reset_second_factor(user.pk, reason="phone lost", now=NOW, actor=ACTOR)
    Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})
    Authenticator.objects.create(user=user, type="recovery_codes", data={"seed": "x"})
    assert people().get().second_factor
    with pytest.raises(ReasonMissing):
        reset_second_factor(user.pk, reason="  ", now=NOW, actor=ACTOR)
    before = user.get_session_auth_hash()
    assert reset_second_factor(user.pk, reason="phone lost ", now=NOW, actor=ACTOR)
    assert (Authenticator.objects.count(), people().get().second_factor) == (0, False)
    assert User.objects.get().get_session_auth_hash() != before
    assert outbox("account.second_factor_reset") == [
        (f"user:{user.pk}", {"reason": "phone lost", "by": ACTOR})
    ]


def test_the_demonstration_has_somebody_for_every_role_and_makes_them_once() -> None:
    first = make_demo_accounts(now=NOW, actor=ACTOR)
    assert make_demo_accounts(now=NOW, actor=ACTOR) == first == users_at(DEMO_DOMAIN)
    assert {role for user in first for role in user.roles} == {
        role.value for role in Role if role.value.startswith("operator_")
    }
    assert all(user.check_password(DEMO_PASSWORD) for user in first[:1])
    assert Authenticator.objects.filter(type="totp").count() == len(first)
