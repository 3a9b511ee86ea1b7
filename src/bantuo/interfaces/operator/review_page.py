"""One application as a reviewer sees it: everything worked out once per request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from bantuo.apps.accounts.models import Role
from bantuo.apps.accounts.queries import actor_names
from bantuo.apps.admission.models import Appeal, Application, Assessment, Override
from bantuo.apps.admission.operations.assignment import ASSIGNABLE, WAITING
from bantuo.apps.admission.queries import deciding_report, diagnosis_runs, open_by_report, report_gates
from bantuo.apps.admission.queries.review import (
    active_reviewers,
    current_items,
    has_newer_papers,
    open_appeal_of,
    overridden_rules,
    unseen_items,
    waiting_override,
)
from bantuo.apps.admission.queries.review_trail import application_trail
from bantuo.apps.admission.sections import SECTIONS
from bantuo.apps.documents.models import Document, DocumentTick, LegalRepresentative
from bantuo.apps.documents.queries import current_documents, current_ticks, legal_representative
from bantuo.core.findings import FAIL, NOT_EVIDENCED
from bantuo.core.review_time import ReviewTime
from bantuo.interfaces.operator.review_forms import (
    AnswerForm,
    AssignForm,
    JudgeForm,
    OptionalReasonForm,
    OverrideForm,
    PartsForm,
    ReasonForm,
    SubjectForm,
)
from bantuo.interfaces.operator.review_tables import waited
from bantuo.interfaces.operator.review_words import (
    TIME_TONES,
    Happening,
    due_words,
    next_words,
    subject_words,
    time_words,
    trail_words,
)
from bantuo.interfaces.web.finding_words import TICKS, gate_words, paper_label
from bantuo.interfaces.web.programme import Programme
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.templatetags.ui import tr


@dataclass(frozen=True, slots=True)
class Judged:
    """A reviewer's last word on a part, with the reviewer's name."""

    verdict: str
    reason: str
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper in use with its tick-list."""

    document: Document
    label: str
    ticks: Sequence[tuple[Any, DocumentTick | None]]
    item: Judged | None
    form: JudgeForm | None


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate of the report with a reviewer's word on it."""

    told: Mapping[str, Any]
    item: Judged | None
    is_set_aside: bool
    form: JudgeForm | None


@dataclass
class ReviewFile:
    """What the page shows. `bound` are forms that came back with a mistake, by name."""

    application: Application
    request: UserRequest
    programme: Programme
    bound: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def may_act(self) -> bool:
        return Role.REVIEWER.value in self.request.user.roles

    @cached_property
    def is_waiting(self) -> bool:
        return self.application.state in WAITING

    @cached_property
    def is_held_by_other(self) -> bool:
        holder = self.application.assigned_to_id
        return holder is not None and holder != self.request.user.pk

    @cached_property
    def may_decide(self) -> bool:
        """Whether this reader can act on it now: a reviewer, while it waits, unless another holds it."""
        return self.may_act and self.is_waiting and not self.is_held_by_other

    @property
    def is_assignable(self) -> bool:
        """Whether it can be given to somebody."""
        return self.application.state in ASSIGNABLE

    @cached_property
    def time(self) -> ReviewTime | None:
        since = self.application.waiting_since
        return waited(since, self.programme) if since else None

    @property
    def time_left(self) -> dict[str, str]:
        """The time left in words, until when, and how urgent."""
        if self.time is None:
            return {}
        tone = {"bad": "bad", "warn": "warn"}.get(TIME_TONES.get(self.time.state, ""), "")
        return {"words": time_words(self.time), "until": due_words(self.time), "tone": tone}

    @cached_property
    def next_step(self) -> str:
        return next_words(
            self.application, has_appeal=self.appeal is not None, has_override=self.override is not None
        )

    @cached_property
    def report(self) -> Assessment | None:
        return deciding_report(self.application)

    @cached_property
    def is_stale(self) -> bool:
        """Whether papers or ticks changed after the report."""
        report = self.report
        return report is not None and has_newer_papers(self.application.seller_id, since=report.assessed_at)

    @cached_property
    def items(self) -> dict[str, Judged]:
        items = current_items(self.application)
        names = actor_names(item.decided_by for item in items.values())
        return {
            subject: Judged(
                item.verdict, item.reason, names.get(item.decided_by, item.decided_by), item.decided_at
            )
            for subject, item in items.items()
        }

    @cached_property
    def set_aside(self) -> frozenset[str]:
        return overridden_rules(self.application)

    @cached_property
    def gates(self) -> list[Gate]:
        told = report_gates(self.report) if self.report else []
        return [self._gate(gate) for gate in told]

    def _gate(self, told: Mapping[str, Any]) -> Gate:
        rule = told["rule"]
        return Gate(
            gate_words(told, self.programme.book),
            self.items.get(rule),
            rule in self.set_aside,
            self._judge(rule),
        )

    @property
    def open_gates(self) -> list[Gate]:
        return [gate for gate in self.gates if gate.told["status"] in (FAIL, NOT_EVIDENCED)]

    @property
    def closed_gates(self) -> list[Gate]:
        return [gate for gate in self.gates if gate.told["status"] not in (FAIL, NOT_EVIDENCED)]

    @property
    def standing_gates(self) -> list[Gate]:
        return [gate for gate in self.open_gates if not gate.is_set_aside]

    @cached_property
    def papers(self) -> list[Paper]:
        documents = [d for d in current_documents(self.application.seller_id) if d.kind.startswith("DOC-")]
        ticks = current_ticks([document.pk for document in documents])
        wanted = {rule.kind: rule.ticks for rule in self.programme.evaluator().terms.documents}
        return [
            Paper(
                document,
                paper_label(document.kind, self.programme.book),
                [(TICKS.get(t, t), ticks[document.pk].get(t)) for t in wanted.get(document.kind, ())],
                self.items.get(document.kind),
                self._judge(document.kind),
            )
            for document in documents
        ]

    @cached_property
    def unseen(self) -> list[str]:
        """Items of the tick-lists that nobody has looked at."""
        rules = self.programme.evaluator().terms.documents
        found = unseen_items(self.application.seller_id, rules)
        return [subject_words(subject, self.programme.book) for subject in found]

    @cached_property
    def other_items(self) -> list[tuple[str, Judged]]:
        """Words on parts that are neither gates nor papers of this page."""
        shown = {gate.told["rule"] for gate in self.gates} | {p.document.kind for p in self.papers}
        book = self.programme.book
        return [(subject_words(s, book), item) for s, item in self.items.items() if s not in shown]

    @cached_property
    def against(self) -> list[tuple[str, Judged]]:
        """The parts that a reviewer refuses or wants more of."""
        book = self.programme.book
        return [(subject_words(s, book), item) for s, item in self.items.items() if item.verdict != "ok"]

    @cached_property
    def override(self) -> Override | None:
        return waiting_override(self.application)

    @cached_property
    def overrides(self) -> list[Override]:
        return list(self.application.overrides.order_by("-id"))

    @cached_property
    def appeal(self) -> Appeal | None:
        return open_appeal_of(self.application)

    @cached_property
    def appeals(self) -> list[Appeal]:
        return list(self.application.appeals.prefetch_related("evidence").order_by("-id"))

    @property
    def may_answer_override(self) -> bool:
        asked = self.override
        return self.may_act and asked is not None and asked.requested_by != self.request.user.actor

    @property
    def may_answer_appeal(self) -> bool:
        appeal = self.appeal
        return self.may_act and appeal is not None and appeal.refused_by != self.request.user.actor

    @cached_property
    def representative(self) -> LegalRepresentative | None:
        return legal_representative(self.application.seller_id)

    @cached_property
    def warnings(self) -> list[dict[str, Any]]:
        report = self.report
        return [gate_words(told, self.programme.book) for told in report.warnings] if report else []

    @cached_property
    def runs(self) -> list[tuple[Assessment, int]]:
        reports = diagnosis_runs(self.application)
        open_rules = open_by_report(reports)
        return [(report, len(open_rules.get(report.pk, ()))) for report in reports]

    @cached_property
    def trail(self) -> list[Happening]:
        told = [trail_words(entry, self.programme.book) for entry in application_trail(self.application)]
        names = actor_names(line.actor for line in told)
        return [replace(line, actor=names.get(line.actor, line.actor)) for line in told]

    @cached_property
    def forms(self) -> dict[str, Any]:
        """Every form of the page, a bound one with its mistakes in place of the fresh one."""
        made = {
            "accept": ReasonForm(prefix="accept"),
            "more": PartsForm(prefix="more", subjects=self.subjects),
            "reject": PartsForm(prefix="reject", subjects=self.subjects),
            "override": OverrideForm(prefix="override", gates=self._gate_choices()),
            "answer_override": AnswerForm(prefix="answer_override"),
            "answer_appeal": AnswerForm(prefix="answer_appeal"),
            "take": OptionalReasonForm(prefix="take"),
            "release": OptionalReasonForm(prefix="release"),
            "assign": AssignForm(prefix="assign", reviewers=active_reviewers()),
            "judge": SubjectForm(prefix="judge", subjects=self.subjects),
        }
        return {**made, **self.bound}

    @cached_property
    def subjects(self) -> list[tuple[str, Any]]:
        """What can be judged: the gates of the report, the papers of the checklist, the sections."""
        book = self.programme.book
        gates = [gate["rule"] for gate in (report_gates(self.report) if self.report else [])]
        kinds = [rule.kind for rule in self.programme.evaluator().terms.documents]
        return [(subject, subject_words(subject, book)) for subject in (*gates, *kinds, *SECTIONS)]

    def _gate_choices(self) -> list[tuple[str, str]]:
        return [
            (gate.told["rule"], f"{gate.told['rule']} {tr(gate.told['label'])}")
            for gate in self.standing_gates
        ]

    def _judge(self, subject: str) -> JudgeForm | None:
        if not self.may_decide:
            return None
        prefix = judge_prefix(subject)
        bound = self.bound.get(prefix)
        return bound or JudgeForm(prefix=prefix, initial=self._initial(subject))

    def _initial(self, subject: str) -> dict[str, str]:
        item = self.items.get(subject)
        held = {"verdict": item.verdict, "reason": item.reason} if item else {}
        return {"subject": subject, **held}


def judge_prefix(subject: str) -> str:
    """The prefix of the form that judges a part; an id of the page too."""
    return "judge-" + "".join(c if c.isalnum() else "-" for c in subject)
