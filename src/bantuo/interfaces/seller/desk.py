"""One application as its pages see it: the profile of this moment, its gates, and how far each section is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bantuo.apps.admission.models import Application
from bantuo.apps.admission.operations.drafts import EDITABLE
from bantuo.apps.admission.queries import deciding_report, latest_application, report_gates
from bantuo.apps.admission.queries.drafts import composed_profile, missing_consent
from bantuo.core.findings import FAIL, NOT_EVIDENCED
from bantuo.engine.diagnosis import Assessment
from bantuo.engine.profiles import profile_problems
from bantuo.engine.report import finding_report
from bantuo.interfaces.seller.sections import SectionState, mend_url, section_states
from bantuo.interfaces.web.finding_words import gate_words
from bantuo.interfaces.web.programme import Programme, programme_now

Gate = Mapping[str, Any]


@dataclass
class Desk:
    """What an application's pages show, worked out once per request."""

    application: Application
    programme: Programme

    @property
    def is_editable(self) -> bool:
        """Whether the seller may still change it: a draft, or asked for more."""
        return self.application.state in EDITABLE

    @cached_property
    def profile(self) -> dict[str, Any]:
        """What it would be decided on now; once handed in, what it was decided on."""
        return composed_profile(self.application) if self.is_editable else dict(self.application.profile)

    @cached_property
    def problems(self) -> list[dict[str, Any]]:
        """What keeps it from being assessed at all."""
        return profile_problems(self.profile)

    @cached_property
    def answer(self) -> Assessment | None:
        """The evaluation as a dry run: nothing of it is kept. None when it cannot be read."""
        return None if self.problems else self.programme.evaluator().assess(self.profile)

    @cached_property
    def missing_consent(self) -> str | None:
        return missing_consent(self.application.seller_id)

    @cached_property
    def gates(self) -> dict[str, Gate]:
        """Every gate with its words and where to mend it: a dry run on a draft, else the report."""
        if self.is_editable:
            told = [finding_report(finding) for finding in self.answer.findings] if self.answer else []
        else:
            report = deciding_report(self.application)
            told = report_gates(report) if report else []
        return {gate["rule"]: with_mend(gate, self.programme) for gate in told}

    @property
    def open_gates(self) -> list[Gate]:
        return [gate for gate in self.gates.values() if gate["status"] in (FAIL, NOT_EVIDENCED)]

    @cached_property
    def states(self) -> list[SectionState]:
        return section_states(self.profile, self.gates, missing_consent=self.missing_consent)

    def state_of(self, section: str) -> SectionState:
        return next(state for state in self.states if state.kind.code == section)


def with_mend(gate: Gate, programme: Programme) -> dict[str, Any]:
    """A gate with its words and, when it is open, the address of the field that mends it."""
    told = gate_words(gate, programme.book)
    is_open = gate["status"] in (FAIL, NOT_EVIDENCED)
    url = mend_url(gate["rule"], gate["evidence"], book=programme.book) if is_open else None
    return {**told, "is_open": is_open, "mend_url": url}


def open_desk(seller_id: int) -> Desk | None:
    """The latest application of a seller on the desk; None when they never began one."""
    application = latest_application(seller_id)
    return Desk(application, programme_now()) if application else None
