"""Somebody without an account who fills in the check."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bantuo.interfaces.public.check_forms import recent_months
from bantuo.interfaces.web.programme import programme_now

ZH, EN = {"Accept-Language": "zh-CN"}, {"Accept-Language": "en"}


def answers(**changed: Any) -> dict[str, Any]:
    """The form of a seller who is ready today, with some answers changed."""
    on: date = programme_now().on
    return {
        "registered_on": (on - timedelta(days=900)).isoformat(),
        "business_scope": "家居用品销售;货物进出口",
        "licence_address": "示例市示例路 1 号",
        "operating_address": "示例市示例路1号",
        "papers": ["DOC-1", "DOC-2", "DOC-4", "DOC-5"],
        "account_evidence": "basic_account_filing",
        "month": recent_months(on)[1],
        "turnover": "620,000.00",
        "cross_border": "yes",
        "sell_through": "80",
        "dsr": "4.83",
        "disputes": "0.4%",
        "serious_complaints": "0",
        "brand_authorisation": "none",
        "brand_registered": "yes",
        "orders_per_day": "400",
        "return_rate": "3",
        "dsr_logistics": "4.82",
        "tenure_months": "18",
        "customs_anomalies": "0",
        "category": "home-lamps",
        "listed_times": "1",
        "attributes_required": "20",
        "attributes_missing": "0",
        "apparel": "no",
        "weight": "1.2",
        "size": "30x25x20",
        "sites": ["ZZ"],
        "electrical": "no",
        "battery": "no",
        "has_erp": "yes",
        "api_version": "3.2",
        "p95_ms": "850",
        "calls": "120",
        **changed,
    }


def post(data: dict[str, Any], *, client: Client | None = None, headers: dict[str, str] = EN) -> Any:
    return (client or Client()).post("/check/", data, headers=headers)


def upload(name: str, content: bytes) -> Any:
    return post({"upload": "1", "file": SimpleUploadedFile(name, content)})


def groups(answer: Any) -> dict[str, list[str]]:
    """The rules of the result by what became of them."""
    assert "gates" in answer.context, answer.context["form"].errors
    return {group.status: [gate["rule"] for gate in group.gates] for group in answer.context["gates"]}


def state_in(answer: Any) -> str:
    """The signed answers that the page carries on."""
    found = re.search(r'name="state" value="([^"]+)"', answer.content.decode())
    assert found is not None
    return found[1]
