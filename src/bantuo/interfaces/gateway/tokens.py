"""Tokens: change a code into them, and replace them; by path, and as the first generation asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bantuo.apps.open_platform.operations import (
    CodeRefused,
    RefreshRefused,
    Tokens,
    redeem_code,
    refresh_tokens,
)
from bantuo.core.open_platform_faults import Fault
from bantuo.interfaces.gateway.arguments import text_of
from bantuo.interfaces.gateway.calls import Call

_PLATFORM = "seller_center"
# Left out by the `security` answers: the client class of theirs has no field for them.
_PERSONAL = ("account", "account_platform", "havana_id", "user_nick")


def create(call: Call) -> Mapping[str, Any]:
    """`/auth/token/create`: an authorization code becomes tokens, once."""
    try:
        return _told(redeem_code(call.app, text_of(call.params, "code"), now=call.now), now=call.now)
    except CodeRefused as refused:
        raise Fault("code_wrong", str(refused), sub_code="isv.code-invalid") from refused


def refresh(call: Call) -> Mapping[str, Any]:
    """`/auth/token/refresh`: both tokens are replaced."""
    try:
        tokens = refresh_tokens(call.app, text_of(call.params, "refresh_token"), now=call.now)
    except RefreshRefused as refused:
        raise Fault("refresh_wrong", str(refused), sub_code="isv.refresh-token-invalid") from refused
    return _told(tokens, now=call.now)


def create_security(call: Call) -> Mapping[str, Any]:
    """`/auth/token/security/create`: the same without what names a person."""
    return _without_person(create(call))


def refresh_security(call: Call) -> Mapping[str, Any]:
    """`/auth/token/security/refresh`."""
    return _without_person(refresh(call))


def create_classic(call: Call) -> Mapping[str, Any]:
    """`taobao.top.auth.token.create`: the same as one JSON text."""
    return {"token_result": json.dumps({**create(call), "token_type": "Bearer"}, ensure_ascii=False)}


def refresh_classic(call: Call) -> Mapping[str, Any]:
    """`taobao.top.auth.token.refresh`."""
    return {"token_result": json.dumps({**refresh(call), "token_type": "Bearer"}, ensure_ascii=False)}


def _without_person(told: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in told.items() if name not in _PERSONAL}


def _told(tokens: Tokens, *, now: datetime) -> Mapping[str, Any]:
    grant = tokens.grant
    seller = str(grant.seller_id)
    return {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "expires_in": _seconds(grant.access_expires_at, now),
        "refresh_expires_in": _seconds(grant.refresh_expires_at, now),
        "expire_time": _milliseconds(grant.access_expires_at),
        "refresh_token_valid_time": _milliseconds(grant.refresh_expires_at),
        "account": grant.account,
        "account_id": None,  # as the protocol has it for `seller_center`
        "account_platform": _PLATFORM,
        "seller_id": seller,
        "user_id": seller,
        "user_nick": grant.seller.code,
        "havana_id": seller,
        "locale": "zh_CN",
        "sp": "ae",
    }


def _seconds(until: datetime, now: datetime) -> int:
    return int((until - now).total_seconds())


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1000 + at.microsecond // 1000
