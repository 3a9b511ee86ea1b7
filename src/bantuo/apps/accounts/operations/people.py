"""Accounts: made with a password or by invitation; an invitation is accepted, sent again or withdrawn.

An invited person is a user that is not active: nobody signs in as it and nothing is told to it until
the invitation has been accepted. The link in the mail is a one-use token of the interface; an
invitation that is withdrawn gives its address free again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from bantuo.apps.accounts.models import OPERATOR_ROLES, SELLER_ROLES, User
from bantuo.apps.events.operations import emit_events

_LOCK = 0x6163_636F  # the advisory lock of this app: "acco"


class AddressTaken(ValueError):
    """Somebody has an account with that mail address already: `is_invited` when it only waits for them."""

    def __init__(self, email: str, *, is_invited: bool) -> None:
        super().__init__(f"{email}: has an account")
        self.email, self.is_invited = email, is_invited


class RolesUnfit(ValueError):
    """No role, or one that does not fit a seller's person or the operator's."""


class PersonUnknown(LookupError):
    """No account has that id."""


class InvitationOver(ValueError):
    """The invitation was accepted or withdrawn meanwhile."""


@transaction.atomic
def create_operator(
    email: str, *, name: str, roles: Collection[str], password: str | None, now: datetime, actor: str
) -> User:
    """Give somebody of the operator an account. Without a password they are invited to set one.

    Raises AddressTaken, RolesUnfit.
    """
    made = User(email=email, name=name, roles=check_roles(roles, among=OPERATOR_ROLES))
    return add_person(made, password=password, now=now, actor=actor)


@transaction.atomic
def create_seller_user(
    email: str,
    *,
    seller_id: int,
    name: str,
    roles: Collection[str],
    password: str | None,
    language: str = "zh-hans",
    now: datetime,
    actor: str,
) -> User:
    """Give somebody of a seller an account. Without a password they are invited to set one.

    Raises AddressTaken, RolesUnfit.
    """
    checked = check_roles(roles, among=SELLER_ROLES)
    made = User(email=email, name=name, roles=checked, seller_id=seller_id, language=language)
    return add_person(made, password=password, now=now, actor=actor)


@transaction.atomic
def renew_invitation(user_id: int, *, now: datetime, actor: str) -> User:
    """Send a waiting invitation again: the link sent before no longer works. Raises InvitationOver."""
    user = _waiting(user_id)
    user.invited_at = now
    user.save(update_fields=["invited_at"])
    tell("account.invited", user, {"again": True, "by": actor}, at=now)
    return user


@transaction.atomic
def withdraw_invitation(user_id: int, *, now: datetime, actor: str) -> User:
    """End a waiting invitation and give its address free. Raises InvitationOver."""
    user = _waiting(user_id)
    tell("account.withdrawn", user, {"email": user.email, "by": actor}, at=now)
    user.name, user.invited_at = user.name or user.email[:100], None
    user.email = f"withdrawn-{user.pk}@invitation.invalid"
    user.save(update_fields=["name", "email", "invited_at"])
    EmailAddress.objects.filter(user=user).delete()
    return user


@transaction.atomic
def accept_invitation(user: User, *, password: str, now: datetime) -> None:
    """Let an invited person in, with the password they chose: the mail has proved their address.

    `user` becomes as it is now. Raises InvitationOver.
    """
    waiting = _waiting(user.pk)
    if waiting.invited_at != user.invited_at:
        raise InvitationOver(f"user {user.pk}: a later invitation was sent")
    user.set_password(password)
    user.is_active, user.invited_at = True, None
    user.save(update_fields=["password", "is_active", "invited_at"])
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )
    tell("account.accepted", user, {"by": user.actor}, at=now)


def add_person(
    user: User, *, password: str | None, now: datetime, actor: str | None, verified: bool = True
) -> User:
    """Write a new person, invited if there is no password; must run inside the caller's transaction.

    Raises AddressTaken. Whoever makes somebody an account answers for the address; one who signs up
    has it confirmed by mail.
    """
    hold_people()
    user.email = user.email.strip().lower()
    known = User.objects.filter(email=user.email).first()
    if known is not None:
        raise AddressTaken(user.email, is_invited=known.state == "invited")
    user.password = make_password(password)
    user.created_at = now
    user.is_active = password is not None
    user.invited_at = None if user.is_active else now
    user.save()
    is_proved = verified and user.is_active
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=is_proved)
    topic = "account.created" if user.is_active else "account.invited"
    told = {"email": user.email, "name": user.name, "roles": user.roles, "by": actor or user.actor}
    tell(topic, user, told, at=now)
    return user


def check_roles(roles: Collection[str], *, among: frozenset[str]) -> list[str]:
    """The roles in order; raises RolesUnfit when there is none or a strange one."""
    wanted = sorted({str(role) for role in roles})
    if not wanted or not among.issuperset(wanted):
        raise RolesUnfit(f"roles {wanted}: one or more of {sorted(among)}")
    return wanted


def hold_people() -> None:
    """One change of accounts at a time: whose an address is, and who is the last of a role."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def lock_person(user_id: int) -> User:
    """A person whose account is about to change; raises PersonUnknown."""
    hold_people()
    user = User.objects.select_for_update(of=("self",)).filter(pk=user_id).first()
    if user is None:
        raise PersonUnknown(f"no user {user_id}")
    return user


def tell(topic: str, user: User, payload: Mapping[str, Any], *, at: datetime) -> None:
    """Record what happened to somebody's account."""
    emit_events(topic, [(user.seller_id, f"user:{user.pk}", payload)], at=at)


def _waiting(user_id: int) -> User:
    user = lock_person(user_id)
    if user.state != "invited":
        raise InvitationOver(f"user {user_id}: no invitation waits")
    return user
