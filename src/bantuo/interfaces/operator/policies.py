"""The policy console: which rules hold, what is planned, and a new value from a day on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bantuo.apps.policies.models import PolicyAmendment, PolicyDraft
from bantuo.apps.policies.operations import draft_value
from bantuo.apps.policies.queries import open_drafts
from bantuo.core.policy import Rule
from bantuo.core.policy_amend import AmendmentRefused
from bantuo.interfaces.operator.policy_forms import ValueForm
from bantuo.interfaces.operator.policy_tables import (
    AmendmentFilter,
    Amendments,
    RuleFinder,
    Rules,
    change_words,
    lines_found,
)
from bantuo.interfaces.web.access import OPERATOR_ROLES, Role, access
from bantuo.interfaces.web.policy_pages import rule_lines, rule_view
from bantuo.interfaces.web.programme import Programme, programme_now
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.tables import list_page


@access(view=OPERATOR_ROLES)
@require_safe
def list_policies(request: UserRequest) -> HttpResponse:
    """Every rule with the value of today and what is planned."""
    programme = programme_now()
    form = RuleFinder(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    lines = rule_lines(
        programme.book, on=programme.on, wanted=asked.get("q", ""), topic=asked.get("topic", "")
    )
    lines = lines_found(lines, status=asked.get("status", ""), only=asked.get("only", ""))
    return list_page(
        request,
        table=Rules,
        queryset=cast(QuerySet[Any], lines),
        title=_("Policies"),
        template="operator/policies.html",
        context={
            "filter": SimpleNamespace(form=form),
            "is_filtered": any(asked.values()),
            "tab": "rules",
            "drafts_open": open_drafts().count(),
            "version": programme.book.version,
            "on": programme.on,
        },
    )


@access(view=OPERATOR_ROLES)
@require_safe
def list_amendments(request: UserRequest) -> HttpResponse:
    """What operators have published, with who, when and why."""
    return list_page(
        request,
        table=Amendments,
        filter=AmendmentFilter,
        queryset=PolicyAmendment.objects.all(),
        title=_("Published changes"),
        template="operator/policies.html",
        context={"tab": "published", "drafts_open": open_drafts().count()},
        table_options={"book": programme_now().book},
    )


@access(view=OPERATOR_ROLES, act={Role.POLICY})
@require_http_methods(["GET", "HEAD", "POST"])
def show_policy(request: UserRequest, rule_id: str) -> HttpResponse:
    """One rule with its history; a policy owner proposes its next value here."""
    programme = programme_now()
    rule = programme.book.rules.get(rule_id)
    if rule is None:
        raise Http404(f"no rule {rule_id}")
    form = _form(request, rule, programme)
    if request.method == "POST" and form.is_valid():
        draft = _drafted(form, request, programme)
        if draft is not None:
            messages.success(request, _("The draft is kept. Check what it would change, then publish it."))
            return redirect("operator:policy_draft", draft.pk)
    context = {
        "view": rule_view(programme.book, rule, on=programme.on),
        "form": form,
        "may_act": Role.POLICY in request.user.roles,
        "drafts": [
            (draft, change_words(programme.book, draft)) for draft in open_drafts().filter(rule=rule_id)
        ],
        "version": programme.book.version,
    }
    return render(request, "operator/policy.html", context, status=422 if form.errors else 200)


def _form(request: UserRequest, rule: Rule, programme: Programme) -> ValueForm:
    newest = rule.values[-1].value
    posted = request.POST if request.method == "POST" else None
    return ValueForm(posted, rule=rule, held=newest, today=programme.on)


def _drafted(form: ValueForm, request: UserRequest, programme: Programme) -> PolicyDraft | None:
    """The draft, unless the book refuses it; then the form says why."""
    told = form.proposal
    try:
        return draft_value(
            form.rule.id,
            valid_from=told.valid_from,
            value=told.value,
            source=told.source,
            quote=told.quote,
            reason=told.reason,
            book=programme.book,
            on=programme.on,
            now=programme.now,
            actor=request.user.actor,
        )
    except AmendmentRefused as refused:
        form.refuse(refused)
        return None
