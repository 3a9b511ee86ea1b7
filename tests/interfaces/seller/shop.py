"""A seller who is signed in, as the pages of the seller centre see it."""

from __future__ import annotations

from typing import Any

from django.test import Client

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.admission.models import Application
from bantuo.apps.admission.operations.drafts import start_draft, submit_draft
from bantuo.apps.parties.models import Seller
from bantuo.interfaces.web.programme import programme_now
from tests.apps import factories as make
from tests.apps.admission import applicants

HTMX = {"HX-Request": "true"}


def open_shop(code: str = "S1") -> Seller:
    """A seller outside the programme."""
    (seller,) = make.make_sellers(code)
    return Seller.objects.get(pk=seller)


def sign_in(seller: Seller, *roles: Role, language: str = "en") -> Client:
    """The browser of somebody of this seller, the owner unless told otherwise."""
    told = [role.value for role in roles or (Role.SELLER_OWNER,)]
    email = f"{seller.code}-{'-'.join(told)}@example.com".lower()
    user = User.objects.create_user(email, "a long password", seller=seller, roles=told, language=language)
    client = Client()
    client.force_login(user)
    return client


def begin(seller: Seller) -> Application:
    """An empty draft."""
    return start_draft(seller.pk, **applicants.WHEN)


def ready(seller: Seller, **metrics: Any) -> Application:
    """A draft that passes today, but for the metrics changed."""
    return applicants.ready_draft(seller.pk, **metrics)


def hand_in(application: Application) -> Application:
    """Handed in today."""
    programme = programme_now()
    submit_draft(
        application.pk,
        evaluator=programme.evaluator(),
        policy_version_id=programme.policy_version_id,
        on=programme.on,
        now=programme.now,
        actor="user:1",
    )
    application.refresh_from_db()
    return application


def refused(seller: Seller, **metrics: Any) -> Application:
    """Refused by the evaluator, for its score unless told otherwise."""
    return hand_in(ready(seller, **(metrics or {"dsr": "4.5"})))
