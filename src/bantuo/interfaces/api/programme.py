"""What the programme says: quotes, the diagnosis, the policy in force."""

from __future__ import annotations

from datetime import date
from typing import Any

from ninja import Path, Router

from bantuo.apps.admission.models import Assessment, Finding
from bantuo.apps.admission.operations import ApplicationUnknown, ApplicationUnreadable
from bantuo.apps.admission.operations.diagnosis import run_diagnosis
from bantuo.apps.integrations.scopes import Scope
from bantuo.apps.policies.queries import granted_rates
from bantuo.core.card_inputs import InputsRefused
from bantuo.core.policy import Rule
from bantuo.engine.quotes import quoter_for
from bantuo.interfaces.api.application import CallerRequest, NeedsScope
from bantuo.interfaces.api.problems import FieldError, Problem, invalid, not_found, shown
from bantuo.interfaces.api.schemas import Code, Day, DiagnosisOut, PolicyOut, QuoteIn, QuoteOut, RuleOut
from bantuo.interfaces.web.programme import programme_now

router = Router(tags=["programme"])
_READS = NeedsScope(Scope.PROGRAMME_READ)
_CARD = "semi"


@router.post("/quotes", response=QuoteOut, auth=_READS, operation_id="quoteParcel")
def quote_parcel(request: CallerRequest, body: QuoteIn) -> Any:
    """What one parcel costs today, line by line with formula and rules. Nothing is stored."""
    programme = programme_now()
    inputs = body.model_dump()
    if inputs["granted_rate_bp"] is None:
        inputs["granted_rate_bp"] = _granted(request.auth.seller_id, programme.on)
    quoter = quoter_for(programme.book, _CARD, on=programme.on)
    try:
        quote = quoter.quote({name: int(value) for name, value in inputs.items()})
    except InputsRefused as refusal:
        problems = [
            FieldError(p.field, shown(p.value), p.rule, "is outside of what the card prices")
            for p in refusal.problems
        ]
        raise invalid(problems) from refusal
    return {
        "card": quote.card, "currency": quote.currency, "book": quote.book, "version": quote.version,
        "on": programme.on, "inputs": dict(quote.inputs), "lines": quote.lines, "total_fen": quote.total_fen,
    }  # fmt: skip


def _granted(seller_id: int | None, on: date) -> int:
    return 0 if seller_id is None else granted_rates([(seller_id, on)]).get((seller_id, on), 0)


@router.post("/diagnoses", response=DiagnosisOut, auth=_READS, operation_id="runDiagnosis")
def run(request: CallerRequest) -> Any:
    """Run the diagnostic tool over the seller's application as it is now; it decides nothing."""
    caller, programme = request.auth, programme_now()
    try:
        found = run_diagnosis(
            caller.seller, evaluator=programme.evaluator(), policy_version_id=programme.policy_version_id,
            on=programme.on, now=programme.now, actor=caller.actor,
        )  # fmt: skip
    except ApplicationUnknown as unknown:
        raise not_found("an application") from unknown
    except ApplicationUnreadable as unreadable:
        raise Problem(409, "application-incomplete", title="The application cannot be assessed yet",
                      detail=str(unreadable)) from unreadable  # fmt: skip
    return _told(found)


@router.get("/diagnoses/last", response=DiagnosisOut, auth=_READS, operation_id="getLastDiagnosis")
def last(request: CallerRequest) -> Any:
    """The last run, whoever asked for it."""
    found = Assessment.objects.filter(seller_id=request.auth.seller).order_by("-id").first()
    if found is None:
        raise not_found("a diagnosis")
    return _told(found)


def _told(run: Assessment) -> dict[str, Any]:
    findings = [
        {
            "rule": f.rule, "failure_class": f.failure_class, "status": f.status, "observed": f.observed,
            "required": f.required, "evidence": {"zh": f.evidence_zh, "en": f.evidence_en},
            "fix": {"zh": f.fix_zh, "en": f.fix_en}, "fixable_now": f.fixable_now,
        }
        for f in Finding.objects.filter(assessment=run).order_by("id")
    ]  # fmt: skip
    return {"id": run.pk, "rated_on": run.rated_on, "purpose": run.purpose, "passed": run.passed,
            "findings": findings}  # fmt: skip


@router.get("/policy", response=PolicyOut, auth=_READS, operation_id="getPolicy")
def policy(request: CallerRequest, on: Day | None = None) -> Any:
    """Every rule in force today, or on a day that is named."""
    programme = programme_now()
    day = on or programme.on
    rules = [told for rule in programme.book.rules.values() if (told := _in_force(rule, day)) is not None]
    return {"book": programme.book.id, "version": programme.book.version, "on": day, "rules": rules}


@router.get("/policy/{rule}", response=RuleOut, auth=_READS, operation_id="getRule")
def one_rule(request: CallerRequest, rule: Path[Code], on: Day | None = None) -> Any:
    """One rule as it stands today, or on a day that is named."""
    programme = programme_now()
    found = programme.book.rules.get(rule)
    told = _in_force(found, on or programme.on) if found else None
    if told is None:
        raise not_found(f"a rule {shown(rule)} in force")
    return told


def _in_force(rule: Rule, on: date) -> dict[str, Any] | None:
    value = next((value for value in rule.values if value.covers(on)), None)
    if value is None:
        return None
    return {
        "id": rule.id, "topic": rule.topic, "label": rule.label, "unit": rule.unit, "status": rule.status,
        "value": value.value, "since": value.since, "until": value.until, "source": value.source.title,
    }  # fmt: skip
