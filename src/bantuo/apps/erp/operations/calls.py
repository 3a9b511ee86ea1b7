"""Signed calls to the sandbox: each counts exactly once, however often and from where it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from bantuo.apps.erp.models import Method, SandboxKey
from bantuo.apps.sql import run_statement

_LAST_USED_EVERY = timedelta(minutes=1)  # a hundred calls at once need not queue for one row


class CallReplayed(ValueError):
    """This very call has been counted before."""


@dataclass(frozen=True, slots=True)
class SandboxCall:
    """A call whose signature held, as it was answered."""

    nonce: str
    api_version: str
    took_ms: int
    succeeded: bool
    detail: str


@transaction.atomic
def record_call(key: SandboxKey, *, call: SandboxCall, now: datetime) -> None:
    """Count a signed call as evidence of the seller's ERP. Raises CallReplayed."""
    added = run_statement(
        """
        INSERT INTO erp_probecall
            (seller_id, method, call_key, api_version, took_ms, succeeded, detail, called_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (seller_id, call_key) DO NOTHING
        """,
        [key.seller_id, Method.SIGNED_CALLS.value, f"{key.app_key}:{call.nonce}", call.api_version,
         call.took_ms, call.succeeded, call.detail, now],
    )  # fmt: skip
    if not added:
        raise CallReplayed(f"{key.app_key}: nonce {call.nonce} was used before")
    if key.last_used_at is None or now - key.last_used_at >= _LAST_USED_EVERY:
        SandboxKey.objects.filter(pk=key.pk).update(last_used_at=now)
