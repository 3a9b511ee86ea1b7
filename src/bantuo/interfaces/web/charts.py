"""Charts: a Vega-Lite specification drawn as SVG on the server, with the table it shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import vl_convert
from django.utils.safestring import SafeString, mark_safe

_FONT = "PingFang SC, Microsoft YaHei, Noto Sans SC, Noto Sans CJK SC, sans-serif"
PALETTE = ("#0b6e63", "#c77700", "#2f6db5", "#8a4fa3", "#b3383d", "#5d7a1f")
_CONFIG: Mapping[str, Any] = {
    "background": "transparent",
    "font": _FONT,
    "range": {"category": list(PALETTE)},
    "axis": {"labelColor": "#4b555c", "titleColor": "#4b555c", "gridColor": "#e3e9e9",
             "domainColor": "#b9c4c4", "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"},
    "legend": {"labelColor": "#4b555c", "titleColor": "#4b555c", "labelFontSize": 12},
    "view": {"stroke": None},
    "bar": {"cornerRadiusEnd": 3},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture for the eye and a table for everybody: `title` says what both show."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    spec: Mapping[str, Any]
    note: str = ""

    @property
    def svg(self) -> SafeString:
        """The drawn chart; hidden from screen readers, which have the table."""
        return mark_safe(_draw(json.dumps(self.spec, default=str, sort_keys=True)))  # made by the library


@lru_cache(maxsize=256)
def _draw(spec: str) -> str:
    whole = {"width": 560, "height": 220, **json.loads(spec)}
    whole["config"] = {**_CONFIG, **whole.get("config", {})}
    svg: str = vl_convert.vegalite_to_svg(whole)
    return svg.replace("<svg ", '<svg role="img" aria-hidden="true" focusable="false" ', 1)


def bars(
    title: str,
    *,
    rows: Sequence[tuple[str, int]],
    columns: tuple[str, str],
    horizontal: bool = True,
    note: str = "",
) -> Chart:
    """Counts by name, one bar each, in the order given."""
    name = {"field": "name", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 220}}
    count = {
        "field": "count",
        "type": "quantitative",
        "title": columns[1],
        "axis": {"tickMinStep": 1},
    }
    x, y = (count, name) if horizontal else (name, count)
    spec = {
        "data": {"values": [{"name": str(n), "count": c} for n, c in rows]},
        "mark": {"type": "bar", "color": PALETTE[0]},
        "encoding": {"x": x, "y": y},
        "height": {"step": 28} if horizontal else 220,
    }
    return Chart(title=title, columns=columns, rows=rows, spec=spec, note=note)


def bars_beside(
    title: str,
    *,
    rows: Sequence[tuple[str, str, int | str]],
    columns: tuple[str, str, str],
    note: str = "",
) -> Chart:
    """Two or more series beside each other: rows of (name, series, number)."""
    spec = {
        "data": {"values": [{"name": str(n), "series": str(s), "count": c} for n, s, c in rows]},
        "mark": "bar",
        "height": {"step": 18},
        "encoding": {
            "y": {
                "field": "name",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"labelLimit": 220},
            },
            "yOffset": {"field": "series", "sort": None},
            "x": {"field": "count", "type": "quantitative", "title": columns[2]},
            "color": {
                "field": "series",
                "type": "nominal",
                "sort": None,
                "title": None,
                "legend": {"orient": "bottom"},
            },
        },
    }
    return Chart(title=title, columns=columns, rows=rows, spec=spec, note=note)


def lines(
    title: str,
    *,
    rows: Sequence[tuple[Any, str, int]],
    columns: tuple[str, str, str],
    limit: int | None = None,
    note: str = "",
) -> Chart:
    """A course over a running number: rows of (x, series, number); `limit` draws a line across."""
    values = [{"x": str(x), "series": str(s), "count": c} for x, s, c in rows]
    course = {
        "mark": {"type": "line", "point": {"size": 18}},
        "encoding": {
            "x": {"field": "x", "type": "ordinal", "sort": None, "title": columns[0],
                  "axis": {"labelOverlap": True, "labelAngle": 0}},
            "y": {"field": "count", "type": "quantitative", "title": columns[2]},
            "color": {"field": "series", "type": "nominal", "title": None, "legend": {"orient": "bottom"}},
        },
    }  # fmt: skip
    layers: list[dict[str, Any]] = [course]
    if limit is not None:
        layers.append(
            {
                "mark": {"type": "rule", "strokeDash": [5, 4], "color": PALETTE[4]},
                "encoding": {"y": {"datum": limit}},
            }
        )
    return Chart(
        title=title, columns=columns, rows=rows, spec={"data": {"values": values}, "layer": layers}, note=note
    )
