"""Ninja's operations, put together once for the process, and their views by method and route."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from bantuo.interfaces.api import cancels, catalogue, orders, programme, recipients, shipments, stock
from bantuo.interfaces.api.application import api
from bantuo.interfaces.api.doors import View

for part in (stock, catalogue, orders, recipients, cancels, shipments, programme):
    api.add_router("", part.router)

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


def ninja_document() -> dict[str, Any]:
    """The OpenAPI document of Ninja's part."""
    return dict(api.get_openapi_schema(path_prefix=""))


def _views() -> Iterator[tuple[str, str, View]]:
    methods = {
        route.lstrip("/"): [method.upper() for method in item]
        for route, item in ninja_document()["paths"].items()
    }
    for pattern in api.urls[0]:
        route = str(pattern.pattern)
        for method in methods.get(PARAMETER.sub(r"{\1}", route), ()):
            yield method, route, cast("View", pattern.callback)


NINJA_VIEWS = tuple(_views())
