"""Schemathesis against the WSGI application of the server, on a database of its own; prints the faults."""

from __future__ import annotations

import json
import sys
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bantuo.config.wsgi import application
from tests.interfaces.api.shop import ApiShop, make_shop

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip


def run(operation: Any, shop: ApiShop, *, examples: int) -> list[str]:
    """The faults of one operation, with calls that fit its schema and calls that do not."""
    faults: list[str] = []

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True,
        phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        try:
            case.call_and_validate(headers={"Authorization": f"Bearer {shop.client.secret}"}, checks=CHECKS)
        except FailureGroup as fault:
            faults.append(f"{operation.label}: {str(fault)[:2000]}")

    ask()
    return faults


def main() -> None:
    """All operations; what is found wrong, by operation."""
    shop = make_shop()
    schema = schemathesis.openapi.from_wsgi("/api/v3.2/openapi.json", application)
    found: dict[str, list[str]] = {}
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        asked += 1
        faults = run(operation, shop, examples=int(sys.argv[1]))
        if faults:
            found[operation.label] = faults[:2]
    print(json.dumps({"operations": asked, "faults": found}))
