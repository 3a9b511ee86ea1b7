"""Which rate quotes hold on a day, and what a policy version says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from bantuo.apps.policies.models import GrantedRate, PolicyVersion


def granted_rates(seller_ids: Sequence[int], *, on: date) -> dict[int, int]:
    """The granted base fee rate in basis points of each seller that has one on a day (FEE-7)."""
    held = GrantedRate.objects.filter(seller_id__in=seller_ids, valid_from__lte=on, valid_until__gt=on)
    return dict(held.values_list("seller_id", "rate_bp"))


def published_rule(rule_id: str, *, policy_version_id: int) -> dict[str, Any]:
    """A rule as it stood when a decision cited it: values, sources, quotes, readings.

    Raises KeyError if that version has no such rule.
    """
    document: dict[str, Any] = PolicyVersion.objects.get(pk=policy_version_id).document
    rule: dict[str, Any] = document["rules"][rule_id]
    return rule
