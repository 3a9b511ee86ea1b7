"""OAuth2 client credentials (RFC 6749, section 4.4): a client's id and secret buy a token for an hour."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_plus

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from bantuo.apps.integrations.operations.keys import TOKEN_LASTS, ScopesRefused, issue_token
from bantuo.apps.integrations.queries import client_named
from bantuo.apps.integrations.secrets import digest
from bantuo.interfaces.api.callers import refuse_flood

_GRANT = "client_credentials"


def issue(request: HttpRequest) -> HttpResponse:
    """A token, or an error as OAuth2 names them."""
    form = request.POST
    if form.get("grant_type") != _GRANT:
        return _error(400, "unsupported_grant_type", f"grant_type must be {_GRANT}")
    client_id, secret = _credentials(request)
    if "\x00" in client_id or not client_id:
        return _refused(request)
    client = client_named(client_id, secret_sha256=digest(secret), now=timezone.now())
    if client is None:
        return _refused(request)
    try:
        token, until = issue_token(client, scopes=form.get("scope", "").split(), now=timezone.now())
    except ScopesRefused as refusal:
        return _error(400, "invalid_scope", f"the client lacks: {refusal}")
    scopes = form.get("scope", "").split() or client.scopes
    content = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": int(TOKEN_LASTS.total_seconds()),
        "expires_at": until,
        "scope": " ".join(dict.fromkeys(scopes)),
    }
    return _json(200, content)


def _credentials(request: HttpRequest) -> tuple[str, str]:
    """From the Basic header, as servers must support, or from the form."""
    kind, _, coded = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    if kind.lower() != "basic":
        return request.POST.get("client_id", ""), request.POST.get("client_secret", "")
    try:
        client_id, _, secret = base64.b64decode(coded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeError, ValueError):
        return "", ""
    return unquote_plus(client_id), unquote_plus(secret)


def _refused(request: HttpRequest) -> HttpResponse:
    refuse_flood(request)
    response = _error(401, "invalid_client", "the client is unknown, or its secret is wrong")
    response.headers["WWW-Authenticate"] = 'Basic realm="bantuo"'
    return response


def _error(status: int, code: str, words: str) -> HttpResponse:
    return _json(status, {"error": code, "error_description": words})


def _json(status: int, content: dict[str, object]) -> HttpResponse:
    response = HttpResponse(msgspec.json.encode(content), status=status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
