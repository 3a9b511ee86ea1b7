"""A draft on its way: what it would change, and whether it is published or put aside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bantuo.apps.catalog.queries import admitted_categories
from bantuo.apps.policies.models import DraftState, PolicyDraft
from bantuo.apps.policies.operations import (
    CheckMissing,
    CheckOutdated,
    DraftClosed,
    DraftUnknown,
    check_draft,
    discard_draft,
    publish_draft,
)
from bantuo.apps.policies.queries import open_drafts
from bantuo.core.policy_amend import AmendmentRefused, value_of
from bantuo.engine.books import load_cases
from bantuo.interfaces.operator.policy_forms import refusal_words
from bantuo.interfaces.operator.policy_reach import everybody
from bantuo.interfaces.operator.policy_reports import ReportView, report_view
from bantuo.interfaces.operator.policy_tables import DraftFilter, Drafts, change_words
from bantuo.interfaces.web.access import OPERATOR_ROLES, Role, access
from bantuo.interfaces.web.policy_pages import rule_view, table_view
from bantuo.interfaces.web.programme import Programme, programme_now
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.tables import list_page


@access(view=OPERATOR_ROLES)
@require_safe
def list_drafts(request: UserRequest) -> HttpResponse:
    """Every proposal with its state."""
    return list_page(
        request,
        table=Drafts,
        filter=DraftFilter,
        queryset=PolicyDraft.objects.defer("report"),
        title=_("Drafts"),
        template="operator/policies.html",
        context={"tab": "drafts", "drafts_open": open_drafts().count()},
        table_options={"book": programme_now().book},
    )


@access(view=OPERATOR_ROLES)
@require_safe
def show_draft(request: UserRequest, pk: int) -> HttpResponse:
    """One proposal with the report of its check."""
    draft, programme = get_object_or_404(PolicyDraft, pk=pk), programme_now()
    rule = programme.book.rules.get(draft.rule)
    if rule is None:
        raise Http404(f"no rule {draft.rule}")
    is_open = draft.state in (DraftState.DRAFT, DraftState.CHECKED)
    is_outdated = draft.state == DraftState.CHECKED and draft.checked_version != programme.book.version
    context = {
        "draft": draft,
        "view": rule_view(programme.book, rule, on=programme.on),
        "words": change_words(programme.book, draft),
        "table": table_view(value_of(draft.value, unit=rule.unit)) if rule.unit == "table" else None,
        "report": _report(draft, programme),
        "is_open": is_open,
        "is_outdated": is_outdated,
        "is_late": is_open and draft.valid_from <= programme.on,
        "state": "outdated" if is_outdated else draft.state,
        "may_act": Role.POLICY in request.user.roles and is_open,
        "amendment": getattr(draft, "amendment", None),
    }
    return render(request, "operator/policy_draft.html", context)


def _report(draft: PolicyDraft, programme: Programme) -> ReportView | None:
    return report_view(draft.report, programme.book.rules[draft.rule]) if draft.report else None


@access(view=(), act={Role.POLICY})
@require_POST
def check(request: UserRequest, pk: int) -> HttpResponse:
    """Compute what the draft would change."""
    programme = programme_now()
    draft = get_object_or_404(PolicyDraft, pk=pk)

    def checked() -> Any:
        return check_draft(
            pk,
            book=programme.book,
            cases=load_cases(programme.book.id),
            reached=everybody(),
            categories=admitted_categories(draft.valid_from),
            on=programme.on,
            now=programme.now,
            actor=request.user.actor,
        )

    return _tried(request, pk, checked, _("Checked. Read what it would change before you publish."))


@access(view=(), act={Role.POLICY})
@require_POST
def publish(request: UserRequest, pk: int) -> HttpResponse:
    """Make the draft part of the book in force."""
    programme = programme_now()

    def published() -> Any:
        return publish_draft(pk, on=programme.on, now=programme.now, actor=request.user.actor)

    return _tried(request, pk, published, _("Published: decisions use it from its first day on."))


@access(view=(), act={Role.POLICY})
@require_POST
def discard(request: UserRequest, pk: int) -> HttpResponse:
    """Put the draft aside for good."""
    programme = programme_now()

    def discarded() -> Any:
        return discard_draft(pk, now=programme.now, actor=request.user.actor)

    return _tried(request, pk, discarded, _("The draft is discarded; nothing has changed."))


def _tried(request: UserRequest, pk: int, act: Callable[[], Any], done: str) -> HttpResponse:
    """Do it and say so, or say why not; either way back to the draft."""
    try:
        act()
    except DraftUnknown:
        raise Http404(f"no draft {pk}") from None
    except DraftClosed:
        messages.warning(request, _("The draft is closed already: it was published or discarded."))
    except CheckMissing:
        messages.error(request, _("Check the draft first: nobody has seen what it would change."))
    except CheckOutdated:
        told = _("Another value was published since the check. Check again, then publish.")
        messages.error(request, told)
    except AmendmentRefused as refused:
        messages.error(request, refusal_words(refused))
    else:
        messages.success(request, done)
    return redirect("operator:policy_draft", pk)
