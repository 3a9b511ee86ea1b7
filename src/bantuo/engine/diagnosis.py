"""The one evaluator: the gate, the seller's diagnostic, the reviewer's screen and the batch screening."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.resources import files
from typing import Any

import polars as pl

from bantuo.core.admission import MASKS, Gate, gate_inputs, gate_rule, gates_in_force
from bantuo.core.documents import DocumentRule
from bantuo.core.findings import FAIL, NOT_EVIDENCED, PASS, Finding, gate_findings, mask_rules
from bantuo.core.metrics import EprStream, Measured, Terms, seller_metrics
from bantuo.core.policy import Book
from bantuo.engine.columns import apply_rule
from bantuo.engine.trace import compile_rule


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether the seller is like the sellers a profile describes: advice, never a gate (A-02)."""

    profile: str
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

    def findings(self, measured: Measured) -> tuple[Finding, ...]:
        """Every gate in words for one seller."""
        masks = self.masks(measured.values)
        return tuple(
            gate_findings(self.gates, masks=masks, values=measured.values, evidence=measured.evidence)
        )


class Evaluator:
    """The rules of a book on one day, ready to assess one seller or screen a million."""

    def __init__(self, book: Book, on: date, *, categories: Collection[str] | None = None) -> None:
        self.book, self.on = book, on
        self.gates = GateSet(gates_in_force(book, on=on))
        self._fits = GateSet(gates_in_force(book, on=on, topic_prefix="FIT-"))
        self.terms = terms_in_force(book, on, categories=categories)

    def assess(self, profile: Mapping[str, Any]) -> Assessment:
        """May this seller join, and what must it mend? Not while any gate fails or lacks evidence."""
        measured = seller_metrics(profile, on=self.on, terms=self.terms)
        findings = self.gates.findings(measured)
        return Assessment(
            passed=not any(finding.is_open for finding in findings),
            findings=findings,
            warnings=(),
            fit=_fits(self._fits.findings(measured)),
            book=self.book.id,
            version=self.book.version,
            at=self.on,
        )

    def screen(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Many sellers at once: the frame with `passed`, `failed_rules`, `not_evidenced_rules` and masks.

        In: a nullable Int64 column per name of `gates.inputs`; null, or no such column, is not known.
        Out: `passed` Boolean; `failed`, `not_evidenced`, `not_applicable` Int64 masks; the rule ids
        of the first two as text, spelled out once per distinct mask.
        """
        rated = apply_rule(self._with_knowns(frame), self.gates.rule)
        return rated.drop(f"{name}_known" for name in self.gates.inputs).with_columns(
            ((pl.col("failed") == 0) & (pl.col("not_evidenced") == 0)).alias("passed"),
            self._spelled("failed"),
            self._spelled("not_evidenced"),
        )

    def _with_knowns(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        present = set(frame.collect_schema().names())
        absent = [name for name in self.gates.inputs if name not in present]
        frame = frame.with_columns(pl.lit(None, dtype=pl.Int64).alias(name) for name in absent)
        return frame.with_columns(
            *(pl.col(name).is_not_null().cast(pl.Int64).alias(f"{name}_known") for name in self.gates.inputs),
            *(pl.col(name).fill_null(0) for name in self.gates.inputs),
        )

    def _spelled(self, mask: str) -> pl.Expr:
        return (
            pl.col(mask)
            .map_batches(self._spell, return_dtype=pl.String, is_elementwise=True)
            .alias(f"{mask}_rules")
        )

    def _spell(self, masks: pl.Series) -> pl.Series:
        distinct = masks.unique()
        words = [mask_rules(self.gates.gates, mask=mask) for mask in distinct.to_list()]
        return masks.replace_strict(distinct, pl.Series(words, dtype=pl.String), return_dtype=pl.String)


def _fits(findings: Sequence[Finding]) -> tuple[Fit, ...]:
    profiles = dict.fromkeys(finding.rule.partition(".")[0] for finding in findings)
    return tuple(_fit(name, [f for f in findings if f.rule.partition(".")[0] == name]) for name in profiles)


def _fit(name: str, parts: Sequence[Finding]) -> Fit:
    statuses = {part.status for part in parts}
    worst = next((s for s in (FAIL, NOT_EVIDENCED) if s in statuses), PASS)
    return Fit(profile=name, status=worst, parts=tuple(parts))
