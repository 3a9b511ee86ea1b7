"""An ERP's calls, signed as its client would, spoilt where a test wants it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from django.utils import timezone

from bantuo.apps.open_platform.models import OpenApp
from bantuo.apps.open_platform.operations import grant_private, register_private_app
from bantuo.apps.parties.models import Seller
from bantuo.core.open_platform_signing import sign_text, signed_text
from bantuo.interfaces.web.papers import vault

ADDRESSES = {"sync": "/sync", "classic": "/router/rest"}


@dataclass(frozen=True)
class Erp:
    """A program with its key, secret and a seller's token."""

    app_key: str
    secret: str
    session: str

    def call(
        self,
        method: str,
        *,
        family: str = "sync",
        how: str = "POST",
        simplify: str = "true",
        sign_method: str = "sha256",
        off: timedelta = timedelta(),
        spoilt: dict[str, str] | None = None,
        dropped: tuple[str, ...] = (),
        **business: Any,
    ) -> Any:
        """What the answer's body says; the status is 200 whatever happens."""
        params = {
            "app_key": self.app_key,
            "timestamp": milliseconds(timezone.now() + off),
            "sign_method": sign_method,
            "session": self.session,
            "simplify": simplify,
            "format": "json",
            **{name: written(value) for name, value in business.items()},
        }
        path = method if method.startswith("/") else ""
        if not path:
            params["method"] = method
        return self.send(params, path=path, family=family, how=how, spoilt=spoilt, dropped=dropped)

    def send(
        self,
        params: dict[str, str],
        *,
        path: str = "",
        family: str = "sync",
        how: str = "POST",
        spoilt: dict[str, str] | None = None,
        dropped: tuple[str, ...] = (),
    ) -> Any:
        told = {name: value for name, value in params.items() if name not in dropped}
        text = signed_text(told, path=path)
        if "sign" not in dropped:
            told["sign"] = sign_text(text, secret=self.secret, sign_method=told.get("sign_method", "sha256"))
        told |= spoilt or {}
        return answer_of(f"/rest{path}" if family == "rest" else ADDRESSES[family], told, how)

    def with_(self, **changed: str) -> Erp:
        return replace(self, **changed)


def answer_of(address: str, params: dict[str, str], how: str = "POST") -> Any:
    """Sent in the query (GET, QUERY), in the body (POST), in both (MIXED) or as a multipart form (PARTS)."""
    client = Client(enforce_csrf_checks=True)
    if how == "GET":
        response = client.get(address, params)
    elif how == "QUERY":
        response = client.post(f"{address}?{urlencode(params)}")
    elif how == "PARTS":
        response = client.post(address, params)
    elif how == "MIXED":
        names = sorted(params)
        query = urlencode({name: params[name] for name in names[::2]})
        response = client.post(f"{address}?{query}", *form({name: params[name] for name in names[1::2]}))
    else:
        response = client.post(address, *form(params))
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json;charset=UTF-8"
    return json.loads(response.content)


def form(params: dict[str, str]) -> tuple[str, str]:
    return urlencode(params), "application/x-www-form-urlencoded;charset=UTF-8"


def written(value: Any) -> str:
    """As clients write it: objects as JSON texts."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def milliseconds(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))


def private_erp(seller: Seller) -> Erp:
    """A seller's own program with a token."""
    now = timezone.now()
    issued = register_private_app(seller.pk, "own", vault=vault(), now=now, actor="user:1")
    app = OpenApp.objects.get(pk=issued.app_id)
    tokens = grant_private(app, account="owner@example.org", now=now, actor="user:1")
    return Erp(issued.app_key, issued.secret, tokens.access_token)
