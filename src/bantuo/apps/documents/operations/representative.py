"""法人: consent first, then name and identity number, sealed; shown masked, unmasked with a reason."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate

from bantuo.apps.documents.models import Document, LegalRepresentative
from bantuo.apps.documents.operations.access import log_access
from bantuo.apps.documents.operations.papers import ReasonMissing, destroy_documents
from bantuo.apps.documents.operations.ports import SecretVault, Store
from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.operations import lock_sellers
from bantuo.core.identifiers import check_identity_number, mask_identity_number

SUBJECT = "legal_representative"
IDENTITY_PHOTOS = "DOC-2"


class ConsentMissing(ValueError):
    """Identity data may be kept only after consent to it was recorded (PIPL 29)."""


class NameMissing(ValueError):
    """The legal representative has a name."""


class IdentityNumberRefused(ValueError):
    """Not a resident identity number (GB 11643); says which check it fails, never the number."""


class IdentityCardExpired(ValueError):
    """The identity card ran out on `expires_on`: a valid one is needed."""

    def __init__(self, expires_on: date) -> None:
        super().__init__(f"expired on {expires_on}")
        self.expires_on = expires_on


class RepresentativeUnknown(LookupError):
    """Nothing is kept of this seller's legal representative."""


@dataclass(frozen=True, slots=True)
class Revealed:
    """The legal representative in clear; `expires_on` None: a card without expiry (长期)."""

    name: str
    number: str
    expires_on: date | None


def representative_context(seller_id: int) -> str:
    """What the sealed identity belongs to: under another seller it does not open."""
    return f"{SUBJECT}|{seller_id}"


def mask_name(name: str) -> str:
    """As shown by default: 张**."""
    return f"{name[:1]}**"


@transaction.atomic
def record_consent(
    seller_id: int,
    *,
    version: str,
    text_sha256: str,
    now: datetime,
    actor: str,
    address: str = "",
    channel: str = "web",
) -> LegalRepresentative:
    """Record that the seller agreed to this text before any identity data is kept; again changes nothing."""
    lock_sellers([seller_id])
    held = LegalRepresentative.objects.filter(seller_id=seller_id).first()
    if held and held.withdrawn_at is None and held.consent_sha256 == text_sha256:
        return held
    told = {
        "consent_version": version,
        "consent_sha256": text_sha256,
        "consented_by": actor,
        "consented_at": now,
        "consent_channel": channel,
        "withdrawn_at": None,
    }
    kept, _ = LegalRepresentative.objects.update_or_create(seller_id=seller_id, defaults=told)
    payload = {"version": version, "by": actor}
    emit_events("document.consented", [(seller_id, f"seller:{seller_id}", payload)], at=now)
    _log(
        seller_id, action="consent", reason=f"{version} {text_sha256}", now=now, actor=actor, address=address
    )
    return kept


@transaction.atomic
def keep_legal_representative(
    seller_id: int,
    *,
    name: str,
    number: str,
    expires_on: date | None,
    vault: SecretVault,
    now: datetime,
    actor: str,
    address: str,
) -> LegalRepresentative:
    """Keep name, identity number and the card's expiry (None: 长期), sealed.

    Raises ConsentMissing, NameMissing, IdentityNumberRefused, IdentityCardExpired.
    """
    lock_sellers([seller_id])
    held = LegalRepresentative.objects.filter(seller_id=seller_id, withdrawn_at__isnull=True).first()
    if held is None:
        raise ConsentMissing("consent to keeping identity data comes first")
    name, number = _checked(name, number, expires_on, on=localdate(now))
    secret = json.dumps({"name": name, "number": number}, ensure_ascii=False).encode()
    held.sealed = vault.seal(secret, context=representative_context(seller_id))
    held.name_masked, held.number_masked = mask_name(name), mask_identity_number(number)
    held.expires_on = expires_on
    held.save()
    emit_events("document.representative_kept", [(seller_id, f"seller:{seller_id}", {"by": actor})], at=now)
    _log(seller_id, action="keep", reason="", now=now, actor=actor, address=address)
    return held


def _checked(name: str, number: str, expires_on: date | None, *, on: date) -> tuple[str, str]:
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise NameMissing("a name is needed")
    checked = check_identity_number(number)
    if checked.verdict == "rejected":
        raise IdentityNumberRefused(checked.reason)
    if expires_on is not None and expires_on < on:
        raise IdentityCardExpired(expires_on)
    return name, checked.number


def reveal_legal_representative(
    seller_id: int, *, reason: str, vault: SecretVault, now: datetime, actor: str, address: str
) -> Revealed:
    """Name and number in clear for one look, which is in the log before they are opened.

    Raises ReasonMissing, RepresentativeUnknown.
    """
    if not reason.strip():
        raise ReasonMissing("to unmask an identity needs a reason")
    held = LegalRepresentative.objects.filter(seller_id=seller_id, sealed__isnull=False).first()
    if held is None or held.sealed is None:
        raise RepresentativeUnknown(f"seller {seller_id}: no legal representative is kept")
    _log(seller_id, action="unmask", reason=reason, now=now, actor=actor, address=address)
    secret = json.loads(vault.unseal(bytes(held.sealed), context=representative_context(seller_id)))
    return Revealed(secret["name"], secret["number"], held.expires_on)


@transaction.atomic
def withdraw_consent(seller_id: int, *, store: Store, now: datetime, actor: str, address: str) -> int:
    """Take consent back (PIPL 15): identity data and the photographs of the card are destroyed.

    Returns how many photographs were destroyed.
    """
    lock_sellers([seller_id])
    LegalRepresentative.objects.filter(seller_id=seller_id, withdrawn_at__isnull=True).update(
        sealed=None, name_masked="", number_masked="", expires_on=None, withdrawn_at=now
    )
    photos = Document.objects.filter(seller_id=seller_id, kind=IDENTITY_PHOTOS, destroyed_at__isnull=True)
    emit_events("document.consent_withdrawn", [(seller_id, f"seller:{seller_id}", {"by": actor})], at=now)
    destroyed = destroy_documents(
        list(photos.values_list("id", flat=True)),
        reason="consent withdrawn",
        store=store,
        now=now,
        actor=actor,
        address=address,
    )
    _log(seller_id, action="withdraw", reason="", now=now, actor=actor, address=address)
    return destroyed


def _log(seller_id: int, *, action: str, reason: str, now: datetime, actor: str, address: str) -> None:
    log_access(
        seller_id=seller_id,
        document_id=None,
        subject=SUBJECT,
        action=action,
        reason=reason,
        now=now,
        actor=actor,
        address=address,
    )
