"""The seller's own stock endpoint, which the pull probe calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bantuo.apps.erp.models import ProbeTarget
from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.operations import lock_sellers
from bantuo.core.endpoints import CallRules, read_endpoint
from bantuo.core.metrics import parse_version


class EndpointUnknown(LookupError):
    """The seller has registered no endpoint."""


class VersionUnreadable(ValueError):
    """Not a version like 3.2."""


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """What a seller says of its stock endpoint."""

    url: str
    verb: str
    api_version: str
    vendor: str


@transaction.atomic
def register_endpoint(
    seller_id: int, *, endpoint: NewEndpoint, rules: CallRules, now: datetime, actor: str
) -> ProbeTarget:
    """Name the endpoint to be measured. Another address, method or version starts the count anew.

    Raises EndpointRefused (of core.endpoints), VersionUnreadable, SellerUnknown.
    """
    read_endpoint(endpoint.url, rules=rules)
    version = plain_version(endpoint.api_version)
    lock_sellers([seller_id])
    held = ProbeTarget.objects.filter(seller_id=seller_id).first()
    told = {"url": endpoint.url, "verb": endpoint.verb, "api_version": version}
    is_same = held is not None and all(getattr(held, name) == value for name, value in told.items())
    if held is not None and is_same:
        held.vendor = endpoint.vendor
        held.save(update_fields=["vendor"])
        return held
    target, _ = ProbeTarget.objects.update_or_create(
        seller_id=seller_id,
        defaults={**told, "vendor": endpoint.vendor, "registered_by": actor, "registered_at": now},
    )
    payload = {**told, "by": actor}
    emit_events("erp.endpoint_registered", [(seller_id, f"probe_target:{target.pk}", payload)], at=now)
    return target


def plain_version(text: str) -> str:
    """`V3.2.1` → `3.2`: major and minor, as versions are compared. Raises VersionUnreadable."""
    try:
        number = parse_version(text)
    except ValueError as problem:
        raise VersionUnreadable(str(problem)) from problem
    return format_version(number)


def format_version(number: int) -> str:
    """30002 → `3.2`."""
    return f"{number // 10_000}.{number % 10_000}"
