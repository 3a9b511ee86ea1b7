"""Whether the policy book and the programme can work with a layout: asked before anything is written."""

from __future__ import annotations

from collections.abc import Iterator

from bantuo.core.policy import Book
from bantuo.engine.profiles import profile_problems
from bantuo.simulate.layout import Layout
from bantuo.simulate.sellers import seller_profile

Problem = dict[str, str]


def readiness_problems(layout: Layout, book: Book) -> list[Problem]:
    """Dates before the programme, warehouses no rule names, profiles that cannot be assessed."""
    return [*_before_the_programme(layout, book), *_unknown_warehouses(layout, book), *_bad_profiles(layout)]


def _before_the_programme(layout: Layout, book: Book) -> Iterator[Problem]:
    opened = [value.value for value in book.rules["PRG-1"].values]
    for name in ("apply_on", "active_on"):
        if layout.on_day(name) < min(opened):
            rule = f"no earlier than the programme (PRG-1: {min(opened)})"
            yield {"field": f"admission.{name}", "value": str(layout.on_day(name)), "rule": rule}


def _unknown_warehouses(layout: Layout, book: Book) -> Iterator[Problem]:
    known = sorted(rule for rule in book.rules if f"{rule}.supervision" in book.rules)
    for code, rule in layout.raw["warehouses"].items():
        if code != "words" and rule not in known:
            said = f"a warehouse rule of the book: {', '.join(known)}"
            yield {"field": f"warehouses.{code}", "value": rule, "rule": said}


def _bad_profiles(layout: Layout) -> Iterator[Problem]:
    for fault in layout.raw["admission"]["faults"]:
        for problem in profile_problems(seller_profile(layout, "S", "category", fault)):
            field = f"admission.profile.{problem['path']} (fault {fault})"
            yield {"field": field, "value": str(problem["value"])[:120], "rule": problem["rule"]}
