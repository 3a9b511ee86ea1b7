"""The one evaluator: the gate, the seller's diagnostic, the reviewer's screen and the batch screening."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import polars as pl

from bantuo.core.admission import MASKS, Gate, fit_gates_in_force, gate_inputs, gate_rule, gates_in_force
from bantuo.core.findings import FAIL, NOT_EVIDENCED, PASS, Finding, gate_findings, gate_warnings
from bantuo.core.metrics import Measured, seller_metrics
from bantuo.core.policy import Book, PolicyNotInForce, Text
from bantuo.engine.columns import apply_rule
from bantuo.engine.mask_words import MaskWords
from bantuo.engine.terms import terms_in_force
from bantuo.engine.trace import compile_rule


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether the seller is like the sellers a profile describes: advice, never a gate (A-02)."""

    profile: str
    label: Text
    status: str  # pass: fits | fail: does not | not_evidenced
    parts: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer for one seller on one day, stamped with the rules that gave it."""

    passed: bool
    findings: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    fit: tuple[Fit, ...]
    book: str
    version: str
    at: date

    @property
    def open_findings(self) -> tuple[Finding, ...]:
        """What stands between the seller and admission."""
        return tuple(finding for finding in self.findings if finding.is_open)


class GateSet:
    """A row of gates, compiled once: one row over ints, many over columns."""

    def __init__(self, gates: Sequence[Gate]) -> None:
        self.gates = tuple(gates)
        self.inputs = gate_inputs(self.gates)
        self.rule = gate_rule(self.gates)

    @cached_property
    def _compiled(self) -> Any:
        return compile_rule(self.rule, (*self.inputs, *(f"{name}_known" for name in self.inputs)))

    def masks(self, values: Mapping[str, int]) -> dict[str, int]:
        """The three masks of one seller; a metric that is not in `values` is not known."""
        function, names = self._compiled
        known = [int(name in values) for name in self.inputs]
        return dict(zip(names, function(*(values.get(n, 0) for n in self.inputs), *known), strict=True))

    @cached_property
    def words(self) -> MaskWords:
        """Spells masks out as rule ids, `ELG-2,ELG-9`."""
        return MaskWords([gate.rule_id for gate in self.gates])

    def findings(self, measured: Measured) -> tuple[Finding, ...]:
        """Every gate in words for one seller."""
        masks = self.masks(measured.values)
        return tuple(
            gate_findings(self.gates, masks=masks, values=measured.values, evidence=measured.evidence)
        )

    def warnings(self, measured: Measured) -> tuple[Finding, ...]:
        """What refuses nobody but is worth saying to one seller."""
        return tuple(gate_warnings(self.gates, values=measured.values, evidence=measured.evidence))


class Evaluator:
    """The rules of a book on one day, ready to assess one seller or screen a million.

    Without `categories` the starter list is the admission list. Raises PolicyNotInForce on a day
    before the programme: no gate at all must not read as "passed".
    """

    def __init__(self, book: Book, on: date, *, categories: Collection[str] | None = None) -> None:
        gates = gates_in_force(book, on=on)
        if not gates:
            raise PolicyNotInForce(f"{book.id}: no gate is in force on {on}, so nobody can be assessed")
        self.book, self.on = book, on
        self.gates = GateSet(gates)
        self._fits = GateSet(fit_gates_in_force(book, on=on))
        self.terms = terms_in_force(book, on, categories=categories)

    def assess(self, profile: Mapping[str, Any]) -> Assessment:
        """May this seller join, and what must it mend? Not while any gate fails or lacks evidence."""
        measured = seller_metrics(profile, on=self.on, terms=self.terms)
        findings = self.gates.findings(measured)
        return Assessment(
            passed=not any(finding.is_open for finding in findings),
            findings=findings,
            warnings=self.gates.warnings(measured),
            fit=self._fit(measured),
            book=self.book.id,
            version=self.book.version,
            at=self.on,
        )

    def _fit(self, measured: Measured) -> tuple[Fit, ...]:
        parts: dict[str, list[Finding]] = {}
        for gate, finding in zip(self._fits.gates, self._fits.findings(measured), strict=True):
            parts.setdefault(gate.profile or "", []).append(finding)
        return tuple(
            Fit(profile=name, label=self.book.rules[name].label, status=_worst(own), parts=tuple(own))
            for name, own in parts.items()
        )

    def screen(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Many sellers at once: the frame with the answer added, one row each, in any number.

        In: a nullable Int64 column per name of `gates.inputs`; null, or no such column, is not known.
        Out: `passed` Boolean; `failed`, `not_evidenced` rule ids as text; `failed_mask`,
        `not_evidenced_mask`, `not_applicable_mask` Int64, bit i for the i-th gate.
        """
        kept = [name for name in frame.collect_schema().names() if name not in self.gates.inputs]
        masks = apply_rule(self._with_knowns(frame), self.gates.rule)
        return masks.select(
            *kept,
            ((pl.col("failed") == 0) & (pl.col("not_evidenced") == 0)).alias("passed"),
            self._spelled("failed"),
            self._spelled("not_evidenced"),
            *(pl.col(name).alias(f"{name}_mask") for name in MASKS),
        )

    def _with_knowns(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Nulls may stay: the rule looks at no value whose `_known` does not hold."""
        present = set(frame.collect_schema().names())
        absent = [name for name in self.gates.inputs if name not in present]
        frame = frame.with_columns(pl.lit(None, dtype=pl.Int64).alias(name) for name in absent)
        return frame.with_columns(
            pl.col(name).is_not_null().alias(f"{name}_known") for name in self.gates.inputs
        )

    def _spelled(self, mask: str) -> pl.Expr:
        return pl.col(mask).map_batches(self.gates.words, return_dtype=pl.String(), is_elementwise=True)


def _worst(parts: Sequence[Finding]) -> str:
    statuses = {part.status for part in parts}
    return next((status for status in (FAIL, NOT_EVIDENCED) if status in statuses), PASS)
