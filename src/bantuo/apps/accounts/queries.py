"""Who people are: their names behind actors, who holds a role, and what happened to an account."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet

from bantuo.apps.accounts.models import User
from bantuo.apps.events.models import OutboxEvent

HISTORY = "account."


def actor_names(actors: Iterable[str]) -> dict[str, str]:
    """The names behind `user:12`; an actor that is no person is left out."""
    ids = {int(actor[5:]) for actor in actors if actor.startswith("user:") and actor[5:].isdecimal()}
    people = User.objects.filter(pk__in=ids).values_list("pk", "name", "email")
    return {f"user:{pk}": name or email for pk, name, email in people}


def users_with_role(role: str) -> list[User]:
    """The active people who hold a role, in order."""
    return list(User.objects.filter(is_active=True, roles__contains=[role]).order_by("id"))


def users_of_seller(seller_id: int) -> list[User]:
    """The active people of a seller, in order."""
    return list(User.objects.filter(is_active=True, seller_id=seller_id).order_by("id"))


def people() -> QuerySet[User]:
    """Everybody with an account or an invitation, with `second_factor`; not who was only ever invited."""
    factor = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
    shown = User.objects.exclude(email__endswith="@invitation.invalid")
    return shown.annotate(second_factor=Exists(factor)).select_related("seller")


def account_history(user_ids: Collection[int], *, limit: int = 100) -> list[OutboxEvent]:
    """What happened to these accounts, latest first."""
    keys = [f"user:{user_id}" for user_id in user_ids]
    told = OutboxEvent.objects.filter(topic__startswith=HISTORY, key__in=keys)
    return list(told.order_by("-id")[:limit])


def users_at(domain: str) -> list[User]:
    """The active people with an address of a domain, in order."""
    found = User.objects.filter(is_active=True, email__endswith=f"@{domain}")
    return list(found.select_related("seller").order_by("id"))
