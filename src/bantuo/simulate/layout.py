"""The layout of a replay: which tables and columns, which units, and how missing facts are derived."""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jsonschema import Draft202012Validator, ValidationError

from bantuo.core.vocabulary import Ints, half_up
from bantuo.simulate.facts import Facts
from bantuo.simulate.layout_rules import meaning_problems

_RATE_SCALE = 10_000


class LayoutProblems(ValueError):
    """A layout that cannot be used: each problem with its place, value and rule."""

    def __init__(self, problems: list[dict[str, str]]) -> None:
        super().__init__(f"the layout has {len(problems)} problem(s)")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Layout:
    """A checked layout. Money arrives in the source's minor units and leaves in fen (CNY)."""

    raw: Mapping[str, Any]
    digest: str
    facts: Facts
    zone: ZoneInfo
    shift: timedelta
    rate_e4: int

    @property
    def name(self) -> str:
        return str(self.raw["name"])

    @property
    def marketplace(self) -> str:
        return str(self.raw["marketplace"])

    def hours(self, name: str) -> timedelta:
        """One of the `[day]` durations."""
        return timedelta(hours=self.raw["day"][name])

    def on_day(self, name: str) -> date:
        """One of the `[admission]` dates."""
        return date.fromisoformat(str(self.raw["admission"][name]))

    def instant(self, on: date, clock: str) -> datetime:
        """A wall-clock time of a business day as a UTC instant."""
        return datetime.fromisoformat(f"{on}T{clock}").replace(tzinfo=self.zone).astimezone(UTC)

    def to_fen(self, minor_units: int) -> int:
        """The source's minor units at the stated rate, in fen."""
        converted: int = half_up(Ints(), minor_units * self.rate_e4, _RATE_SCALE)
        return converted

    def moved(self, wall_clock: datetime) -> datetime:
        """A naive source time, shifted and read in the layout's zone, as a UTC instant."""
        return (wall_clock + self.shift).replace(tzinfo=self.zone).astimezone(UTC)


def load_layout(path: Path) -> Layout:
    """Read and check a layout file; raises LayoutProblems naming every place, value and rule."""
    try:
        text = path.read_bytes()
        raw = tomllib.loads(text.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LayoutProblems([{"field": str(path), "value": "", "rule": str(error)}]) from error
    problems = _schema_problems(raw) or meaning_problems(raw)
    if problems:
        raise LayoutProblems(problems)
    return Layout(
        raw=raw,
        digest=hashlib.sha256(text).hexdigest(),
        facts=Facts(seed=raw["seed"], specs=raw["facts"]),
        zone=ZoneInfo(raw["time"]["zone"]),
        shift=timedelta(days=raw["time"]["shift_days"]),
        rate_e4=int(raw["money"]["rate_to_cny"].replace(".", "")),
    )


def _schema_problems(raw: Mapping[str, Any]) -> list[dict[str, str]]:
    schema = json.loads(
        importlib.resources.files("bantuo.simulate").joinpath("layout.schema.json").read_text()
    )
    plain = json.loads(json.dumps(raw, default=str))
    return [
        {
            "field": ".".join(str(part) for part in error.absolute_path) or "(the layout)",
            "value": json.dumps(error.instance, ensure_ascii=False)[:120],
            "rule": _rule(error),
        }
        for error in Draft202012Validator(schema).iter_errors(plain)
    ]


def _rule(error: ValidationError) -> str:
    """The message without the value, which is told beside it."""
    if error.validator == "oneOf":
        return "must be given in exactly one way: share_bp, range, pick"
    return error.message.replace(repr(error.instance), "it")[:200]
