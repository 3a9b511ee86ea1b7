"""What a draft holds as it would be assessed now, and whether it may be handed in."""

from __future__ import annotations

from typing import Any

from bantuo.apps.admission.models import Application
from bantuo.apps.documents.models import LegalRepresentative
from bantuo.apps.documents.queries import profile_documents
from bantuo.apps.erp.queries import erp_evidence


def composed_profile(application: Application) -> dict[str, Any]:
    """What the seller stated, with the papers, the reviewers' ticks and the ERP evidence of this moment."""
    profile: dict[str, Any] = dict(application.profile)
    profile["documents"] = profile_documents(application.seller_id)
    return profile | _erp(profile, erp_evidence(application.seller_id))


def _erp(profile: dict[str, Any], evidence: dict[str, Any] | None) -> dict[str, Any]:
    """Measured facts win over typed ones. Who declares to have none has none, whatever was measured."""
    declared_none = "erp" in profile and profile["erp"] is None
    if evidence is None or declared_none:
        return {}
    return {"erp": {**(profile.get("erp") or {}), **evidence}}


def missing_consent(seller_id: int) -> str | None:
    """`consent` or `identity` when the legal representative's is not there (PIPL 29), else None."""
    held = LegalRepresentative.objects.filter(seller_id=seller_id).first()
    if held is None or held.withdrawn_at is not None:
        return "consent"
    return "identity" if held.sealed is None else None
