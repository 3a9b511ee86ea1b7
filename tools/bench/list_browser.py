"""The database of the list benchmark, and the browser in front of it; Django is set up by the caller."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from bantuo.apps.accounts.models import OPERATOR_ROLES, User
from bantuo.apps.parties.models import Seller
from bantuo.interfaces.web.programme import programme_now
from tools.bench.list_filling import fill_database

_PERSON = "bench@example.test"


def fill(number: int) -> None:
    """Make the tables, fill them, and let the database learn what is in them."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    fill_people()
    programme = programme_now()
    fill_database(
        number, evaluator=programme.evaluator(), version_id=programme.policy_version_id, now=programme.now
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")  # what the filling wrote is not what a page waits for


def fill_people() -> None:
    """The operator's person who looks at the lists."""
    User.objects.create_user(_PERSON, name="bench", roles=sorted(OPERATOR_ROLES), language="zh-hans")


def browser_of_seller(code: str) -> Client:
    """The owner of a shop, signed in."""
    settings.ALLOWED_HOSTS = ["testserver"]
    person = User.objects.create_user(
        f"{code.lower()}@example.test", name="bench", roles=["seller_owner"],
        seller=Seller.objects.get(code=code), language="zh-hans",
    )  # fmt: skip
    client = Client()
    client.force_login(person)
    return client


def browser_of_all_roles() -> Client:
    """Somebody who may look at every page, signed in with a second factor."""
    settings.ALLOWED_HOSTS = ["testserver"]
    person = User.objects.get(email=_PERSON)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "x"})
    client = Client()
    client.force_login(person)
    return client
