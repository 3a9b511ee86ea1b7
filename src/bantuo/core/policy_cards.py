"""What the rate cards of a book must fulfil: every rule they name exists, and every line says why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bantuo.core.policy_checks import keys_problems
from bantuo.core.policy_tree import Entry, Problem
from bantuo.core.policy_units import NUMBER_UNITS

_CARD_KEYS = ("id", "label", "currency", "weight", "lines")


def card_problems(card: Entry, *, units: Mapping[str, Any]) -> Iterator[Problem]:
    """Wrong references and lines of one card; `units` tells the unit of every rule of the book.

    What the kinds of line mean is `core.fees`; here it matters only that they rest on rules.
    """
    yield from keys_problems(card, required=_CARD_KEYS)
    for part in card.walk():
        if "rule" in part.fields:
            yield from _reference_problems(part, units)
        for cited in part.list("cites"):
            if str(cited.plain) not in units:
                yield cited.problem(f"unknown rule {cited.plain!r}")
        if "bands" in part.fields:
            yield from _band_problems(part.fields["bands"])
    for line in card.list("lines"):
        for key in ("code", "label", "kind", "cites"):
            if key not in line.fields:
                yield line.problem(f"a line without {key!r}")
    yield from _uncited_problems(card)


def _reference_problems(part: Entry, units: Mapping[str, Any]) -> Iterator[Problem]:
    name = part.get("rule")
    yield from keys_problems(part, required=("rule",))
    if not isinstance(name, str) or name not in units:
        yield part.problem(f"unknown rule {name!r}")
    elif str(units[name]) not in NUMBER_UNITS:
        yield part.problem(f"{name} is {units[name]}, a card needs a number")


def _uncited_problems(card: Entry) -> Iterator[Problem]:
    for line in card.list("lines"):
        cited = [entry.plain for entry in line.list("cites")]
        for part in line.walk():
            name = part.get("rule")
            if name is not None and name not in cited:
                yield part.problem(f"the line takes its amount from {name} but does not cite it")


def _band_problems(bands: Entry) -> Iterator[Problem]:
    reached = 0
    for band in bands.items:
        up_to = band.get("up_to_g")
        if not isinstance(up_to, int) or up_to <= reached:
            yield band.problem(f"a hole or an overlap: up_to_g {up_to} after {reached}")
            continue
        reached = up_to
