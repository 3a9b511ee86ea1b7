"""Plain views of the hot paths (msgspec, no Ninja), and what the OpenAPI document says of them.

A hot view is an ordinary Django view that asks `caller_of(request, scope=…)` itself and may raise
Problem; it needs no decorator, as `doors.door` puts one round it (CSRF, problem answers, rate-limit
headers, log of calls). Put it into PLAIN_VIEWS by method and route below /api/v3.2/, and its
OpenAPI path item into FRAGMENTS: `{"/orders": {"post": {operationId, summary, tags, requestBody,
responses, …}}}`. A fragment's schemas stand in SCHEMAS (components/schemas).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponseBase

from bantuo.interfaces.api import hot_document, intake, stock_sync

PLAIN_VIEWS: Mapping[tuple[str, str], Callable[..., HttpResponseBase]] = {
    ("POST", "orders"): intake.post_order,
    ("POST", "orders/batch"): intake.post_orders,
    ("PUT", "stock"): stock_sync.put_stock,
}
FRAGMENTS: Mapping[str, Mapping[str, Any]] = hot_document.FRAGMENTS
SCHEMAS: Mapping[str, Any] = hot_document.SCHEMAS
