"""An assessment as plain values, the same for the command line, the API and a stored report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bantuo.core.findings import Finding
from bantuo.core.policy import Source, Text
from bantuo.engine.diagnosis import Assessment, Fit

Plain = dict[str, Any]


def assessment_report(assessment: Assessment) -> Plain:
    """Keys: passed, at, book, version; findings (what is open), gates (all), warnings, fit."""
    return {
        "passed": assessment.passed,
        "at": assessment.at.isoformat(),
        "book": assessment.book,
        "version": assessment.version,
        "findings": [finding_report(finding) for finding in assessment.open_findings],
        "warnings": [finding_report(finding) for finding in assessment.warnings],
        "gates": [finding_report(finding) for finding in assessment.findings],
        "fit": [_fit_report(fit) for fit in assessment.fit],
    }


def finding_report(finding: Finding) -> Plain:
    """One finding, with everything that explains it."""
    return {
        "rule": finding.rule,
        "label": text_report(finding.label),
        "class": finding.failure_class,
        "status": finding.status,
        "observed": finding.observed or None,
        "required": finding.required,
        "evidence": list(finding.evidence),
        "fix": text_report(finding.fix),
        "fixable_now": finding.fixable_now,
        "source": _source_report(finding.source),
        "quote": finding.quote,
        "reading": [{"id": r.id, "chosen": text_report(r.chosen)} for r in finding.reading],
    }


def text_report(text: Text | None) -> Mapping[str, str] | None:
    """Both languages, or nothing."""
    return None if text is None else {"zh": text.zh, "en": text.en}


def _source_report(source: Source) -> Plain:
    published = source.published_on.isoformat() if source.published_on else None
    return {"id": source.id, "title": text_report(source.title), "published_on": published, "url": source.url}


def _fit_report(fit: Fit) -> Plain:
    return {
        "profile": fit.profile,
        "label": text_report(fit.label),
        "status": fit.status,
        "parts": [finding_report(part) for part in fit.parts],
    }
