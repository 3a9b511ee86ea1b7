"""The hashed static files that the frontend build wrote."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

STATIC_FOLDER = Path(__file__).resolve().parent.parent / "static"


class AssetsMissing(RuntimeError):
    """The frontend was not built: `make setup` does it."""


@cache
def _manifest() -> dict[str, str]:
    try:
        names: dict[str, str] = json.loads((STATIC_FOLDER / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise AssetsMissing("the frontend is not built; run `make setup`") from missing
    return names


def asset_url(name: str) -> str:
    """The address of a built file by its plain name, `app.css`."""
    return f"/static/{_manifest()[name]}"
