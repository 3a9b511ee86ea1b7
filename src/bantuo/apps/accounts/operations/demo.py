"""Accounts of the demonstration: their password is known to everybody, so they work in it only."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.db import transaction

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.accounts.operations.people import create_operator

DEMO_DOMAIN = "demo.example"  # a name that can never be anybody's (RFC 2606)
DEMO_PASSWORD = "bantuo-demo-only"  # signs in on a demonstration only, where the page shows it

_OPERATORS = (
    ("reviewer", "演示审核员甲 Demo A", Role.REVIEWER),
    ("reviewer2", "演示审核员乙 Demo B", Role.REVIEWER),
    ("policy", "演示政策 Demo policy", Role.POLICY),
    ("finance", "演示财务 Demo finance", Role.FINANCE),
    ("warehouse", "演示仓库 Demo warehouse", Role.WAREHOUSE),
    ("auditor", "演示审计 Demo audit", Role.AUDITOR),
    ("administrator", "演示管理 Demo admin", Role.ADMINISTRATOR),
)


@transaction.atomic
def make_demo_accounts(*, now: datetime, actor: str) -> list[User]:
    """An operator for each role, with a second factor; those that are there stay as they are."""
    return [_demo_operator(*told, now=now, actor=actor) for told in _OPERATORS]


def _demo_operator(place: str, name: str, role: Role, *, now: datetime, actor: str) -> User:
    email = f"{place}@{DEMO_DOMAIN}"
    user = User.objects.filter(email=email).first() or create_operator(
        email, name=name, roles=[role], password=DEMO_PASSWORD, now=now, actor=actor
    )
    activate_demo_factor(user)
    return user


def activate_demo_factor(user: User) -> None:
    """Give somebody a second factor whose codes the demonstration shows; one that is there stays."""
    secret = base64.b32encode(secrets.token_bytes(20)).decode("ascii")
    if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        Authenticator.objects.create(
            user=user, type=Authenticator.Type.TOTP, data={"secret": encrypt(secret)}
        )
