"""Which rate quotes hold on a day, and what a policy version says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from bantuo.apps.policies.models import PolicyVersion
from bantuo.apps.sql import columns_of, fetch_rows


def granted_rates(pairs: Iterable[tuple[int, date]]) -> dict[tuple[int, date], int]:
    """The granted base fee rate in basis points of each (seller, day) that has one (FEE-7)."""
    return {
        (r[0], r[1]): r[2]
        for r in fetch_rows(
            """
            SELECT k.seller_id, k.on_day, g.rate_bp
            FROM unnest(%s::bigint[], %s::date[]) AS k(seller_id, on_day)
            JOIN policies_grantedrate g ON g.seller_id = k.seller_id
                AND g.valid_from <= k.on_day AND g.valid_until > k.on_day
            """,
            columns_of(sorted(set(pairs)), 2),
        )
    }


def published_rule(rule_id: str, *, policy_version_id: int) -> dict[str, Any]:
    """A rule as it stood when a decision cited it: values, sources, quotes, readings.

    Raises KeyError if that version has no such rule.
    """
    document: dict[str, Any] = PolicyVersion.objects.get(pk=policy_version_id).document
    rule: dict[str, Any] = document["rules"][rule_id]
    return rule
