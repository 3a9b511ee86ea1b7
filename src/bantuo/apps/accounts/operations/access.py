"""What people may do, and when their access ends. There is always an owner and an administrator left."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction

from bantuo.apps.accounts.models import OPERATOR_ROLES, SELLER_ROLES, Role, User
from bantuo.apps.accounts.operations.people import check_roles, lock_person, tell


class LastOfRole(ValueError):
    """Nobody would be left who may manage the others: `role` is owner or administrator."""

    def __init__(self, role: str) -> None:
        super().__init__(f"the last active {role} keeps the role")
        self.role = role


class ReasonMissing(ValueError):
    """The change needs a reason that can be read later."""


@transaction.atomic
def change_roles(user_id: int, *, roles: Collection[str], now: datetime, actor: str) -> bool:
    """Let somebody do other things from the next page on; False if the roles were these already.

    Raises PersonUnknown, RolesUnfit, LastOfRole.
    """
    user = lock_person(user_id)
    wanted = check_roles(roles, among=SELLER_ROLES if user.seller_id else OPERATOR_ROLES)
    if wanted == sorted(user.roles):
        return False
    _keep_one_in_charge(user, roles=wanted)
    told = {"from": sorted(user.roles), "to": wanted, "by": actor}
    user.roles = wanted
    user.save(update_fields=["roles"])
    tell("account.roles", user, told, at=now)
    return True


@transaction.atomic
def deactivate_user(user_id: int, *, reason: str, now: datetime, actor: str) -> bool:
    """End somebody's access at once, on every device; False if it had ended.

    Raises PersonUnknown, LastOfRole.
    """
    user = lock_person(user_id)
    if not user.is_active:
        return False
    _keep_one_in_charge(user, roles=[])
    user.is_active = False
    user.sign_outs += 1
    user.save(update_fields=["is_active", "sign_outs"])
    tell("account.deactivated", user, {"reason": reason, "by": actor}, at=now)
    return True


@transaction.atomic
def reactivate_user(user_id: int, *, now: datetime, actor: str) -> bool:
    """Let somebody in again whose access was ended; False if there is nothing to do. Raises PersonUnknown."""
    user = lock_person(user_id)
    if user.state != "deactivated" or not user.has_usable_password():
        return False
    user.is_active = True
    user.save(update_fields=["is_active"])
    tell("account.reactivated", user, {"by": actor}, at=now)
    return True


@transaction.atomic
def begin_second_factor(user: User, *, now: datetime) -> None:
    """Somebody proves a second factor for the first time: sessions opened without it are over.

    `user` becomes as it is now, so that the interface can keep the session it happened in.
    """
    user.sign_outs = lock_person(user.pk).sign_outs + 1
    user.save(update_fields=["sign_outs"])
    tell("account.second_factor_set", user, {"by": user.actor}, at=now)


@transaction.atomic
def reset_second_factor(user_id: int, *, reason: str, now: datetime, actor: str) -> bool:
    """Take a lost second factor away and sign the person out everywhere; False if there was none.

    An operator sets up a new one at the next sign-in. Raises PersonUnknown, ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing("why the second factor is reset")
    user = lock_person(user_id)
    removed, _ = Authenticator.objects.filter(user=user).delete()
    if not removed:
        return False
    user.sign_outs += 1
    user.save(update_fields=["sign_outs"])
    tell("account.second_factor_reset", user, {"reason": reason.strip(), "by": actor}, at=now)
    return True


def _keep_one_in_charge(user: User, *, roles: Collection[str]) -> None:
    """Refuse to take the last owner of a seller, or the last administrator, out of the role."""
    leading = Role.SELLER_OWNER if user.seller_id else Role.ADMINISTRATOR
    if leading not in user.roles or leading in roles or not user.is_active:
        return
    others = User.objects.filter(seller=user.seller, is_active=True, roles__contains=[leading])
    if not others.exclude(pk=user.pk).exists():
        raise LastOfRole(leading.value)
