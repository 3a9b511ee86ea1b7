"""The rate cards of published tables, as literal YAML beside this file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from bantuo.core.card_text import card_from_mapping
from bantuo.core.rate_card import Card

FOLDER = Path(__file__).parent / "cards"
CARD_IDS = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def card_named(card_id: str) -> Card:
    return card_from_mapping(yaml.safe_load((FOLDER / f"{card_id}.yaml").read_text("utf-8")))
