"""Operators and sellers for tests of the policy console and of the admission list."""

from __future__ import annotations

from datetime import date
from typing import Any

from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.admission.models import Application, ApplicationState
from tests.apps import factories as make


def sign_in(*roles: Role, language: str = "en") -> Client:
    """The browser of an operator with these roles, second factor and all."""
    user = User.objects.create_user(f"{'-'.join(roles)}@example.test", roles=list(roles), language=language)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    client = Client()
    client.force_login(user)
    return client


def make_applicant(code: str, *, state: ApplicationState, **metrics: Any) -> int:
    """A seller with an application in a state, who is ready but for the metrics given."""
    maker = make.make_active_sellers if state == ApplicationState.ACTIVE else make.make_sellers
    (seller,) = maker(code)
    Application.objects.create(
        seller_id=seller,
        attempt=1,
        state=state,
        profile=make.seller_profile(code, **metrics),
        submitted_at=timezone.now(),
    )
    return seller


def next_month(today: date) -> date:
    """The first day of the month after."""
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)
