"""Clients of the API with a key of their own, over Django's client."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.utils import timezone

from bantuo.apps.integrations.models import ApiKey, KeyKind
from bantuo.apps.integrations.operations.keys import Owner, create_key
from bantuo.apps.integrations.scopes import MARKETPLACE_SCOPES, SELLER_SCOPES
from bantuo.apps.parties.models import Seller
from tests.apps import factories as make

BASE = "/api/v3.2"


@dataclass(frozen=True)
class ApiClient:
    """Calls with one key."""

    secret: str
    key: ApiKey

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer to one call below /api/v3.2."""
        sent: dict[str, Any] = {} if body is None else {"data": body, "content_type": "application/json"}
        told = {
            "Authorization": f"Bearer {self.secret}",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        return getattr(Client(), method.lower())(f"{BASE}{path}", headers=told, **sent)


def seller_client(seller_id: int, *, scopes: Iterable[str] | None = None) -> ApiClient:
    """A seller's key with these scopes, all by default."""
    owner = Owner.of(Seller.objects.get(pk=seller_id))
    wanted = [scope.value for scope in SELLER_SCOPES] if scopes is None else list(scopes)
    given = create_key(
        owner, kind=KeyKind.KEY, title="test", scopes=wanted, now=timezone.now(), actor=make.ACTOR
    )
    return ApiClient(given.secret, given.key)


def marketplace_client(marketplace: str = make.MARKETPLACE) -> ApiClient:
    """The marketplace's own key."""
    given = create_key(
        Owner(marketplace), kind=KeyKind.KEY, title="intake", scopes=MARKETPLACE_SCOPES, now=timezone.now(),
        actor=make.ACTOR,
    )  # fmt: skip
    return ApiClient(given.secret, given.key)
