"""Users and roles: invited, found, given roles, reset, let go; by an administrator, never the last one."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail

from bantuo.apps.accounts.models import Role, User
from tests.apps.factories import make_sellers
from tests.interfaces.operator.policy_people import sign_in

pytestmark = pytest.mark.django_db
NEW = {"name": "Wang", "email": "wang@example.org", "roles": ["operator_reviewer"]}


def text_of(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def sellers_person() -> User:
    [seller] = make_sellers("S1")
    return User.objects.create_user(
        "o@example.org", "a-long-password", seller_id=seller, roles=["seller_owner"]
    )


def test_an_operator_is_invited_and_may_do_nothing_before() -> None:
    admin = sign_in(Role.ADMINISTRATOR)
    answer = admin.post("/operator/people/add/", NEW, follow=True)
    assert "An invitation went to wang@example.org" in text_of(answer)
    [sent] = mail.outbox
    assert sent.to == ["wang@example.org"]
    assert User.objects.get(email="wang@example.org").state == "invited"
    assert "has an account already" in text_of(admin.post("/operator/people/add/", NEW))


def test_the_list_is_filtered() -> None:
    sellers_person()
    admin = sign_in(Role.ADMINISTRATOR)
    sign_in(Role.POLICY)
    for query, found in (
        ("", 3), ("side=seller", 1), ("side=operator", 2), ("role=operator_policy", 1), ("q=s1", 1),
        ("q=shop+S1", 1), ("state=invited", 0), ("state=active", 3), ("state=deactivated", 0),
    ):  # fmt: skip
        page = admin.get(f"/operator/people/?{query}").content.decode()
        assert page.count('href="/operator/people/') - page.count('href="/operator/people/"') - 1 == found, (
            query
        )
    assert admin.get("/operator/people/?export=xlsx").content[:2] == b"PK"


def test_roles_change_and_the_last_administrator_stays() -> None:
    admin = sign_in(Role.ADMINISTRATOR)
    boss = User.objects.get()
    sign_in(Role.POLICY)
    person = User.objects.get(roles=["operator_policy"])
    admin.post(f"/operator/people/{person.pk}/roles/", {"roles": ["operator_finance", "operator_warehouse"]})
    person.refresh_from_db()
    assert person.roles == ["operator_finance", "operator_warehouse"]
    shown = text_of(admin.get(f"/operator/people/{person.pk}/"))
    assert "policy owner → operator finance, warehouse manager" in shown
    answer = admin.post(f"/operator/people/{boss.pk}/roles/", {"roles": ["operator_auditor"]}, follow=True)
    assert "name another one first" in text_of(answer)
    answer = admin.post(f"/operator/people/{boss.pk}/deactivate/", {"reason": "tired"}, follow=True)
    assert "name another one first" in text_of(answer)
    assert User.objects.get(pk=boss.pk).is_active


def test_ending_access_needs_a_reason_that_is_kept() -> None:
    admin = sign_in(Role.ADMINISTRATOR)
    person = sellers_person()
    User.objects.create_user("p@example.org", seller=person.seller, roles=["seller_owner"])
    answer = admin.post(f"/operator/people/{person.pk}/deactivate/", {"reason": " "}, follow=True)
    assert "Give a reason" in text_of(answer)
    answer = admin.post(f"/operator/people/{person.pk}/deactivate/", {"reason": "fraud"}, follow=True)
    assert "Access ended fraud" in text_of(answer)
    assert not User.objects.get(pk=person.pk).is_active


def test_a_second_factor_is_reset_with_a_reason() -> None:
    admin = sign_in(Role.ADMINISTRATOR)
    sign_in(Role.POLICY)
    person = User.objects.get(roles=["operator_policy"])
    admin.post(f"/operator/people/{person.pk}/second-factor/", {"reason": ""})
    assert Authenticator.objects.filter(user=person).exists()
    answer = admin.post(f"/operator/people/{person.pk}/second-factor/", {"reason": "phone lost"}, follow=True)
    assert "Second factor reset phone lost" in text_of(answer)
    assert not Authenticator.objects.filter(user=person).exists()


def test_the_administrator_gives_no_roles_to_a_sellers_people() -> None:
    admin = sign_in(Role.ADMINISTRATOR)
    person = sellers_person()
    answer = admin.post(f"/operator/people/{person.pk}/roles/", {"roles": ["operator_policy"]})
    assert (answer.status_code, User.objects.get(pk=person.pk).roles) == (404, ["seller_owner"])


def test_the_auditor_reads_and_has_no_buttons() -> None:
    person = sellers_person()
    auditor = sign_in(Role.AUDITOR)
    page = auditor.get(f"/operator/people/{person.pk}/").content.decode()
    assert "/deactivate/" not in page
    assert auditor.post(f"/operator/people/{person.pk}/deactivate/", {"reason": "x"}).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_few_questions_however_long(
    count: int, django_assert_max_num_queries: object
) -> None:
    admin = sign_in(Role.ADMINISTRATOR)
    for at in range(count):
        User.objects.create_user(f"p{at}@example.org", roles=["operator_policy"])
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        assert admin.get("/operator/people/").status_code == 200
