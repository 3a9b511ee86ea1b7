"""The review queue and the page of one application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bantuo.apps.accounts.models import Role
from bantuo.apps.admission.models import Application, Assessment
from bantuo.apps.admission.queries.review import active_reviewers
from bantuo.apps.admission.queries.review_queue import queued_applications
from bantuo.interfaces.operator.review_facts import (
    PRODUCTS_SHOWN,
    bank_facts,
    company_facts,
    erp_facts,
    metric_facts,
    products_shown,
)
from bantuo.interfaces.operator.review_forms import BulkForm
from bantuo.interfaces.operator.review_page import ReviewFile
from bantuo.interfaces.operator.review_reruns import compare_reports
from bantuo.interfaces.operator.review_tables import Queue, QueueFilter, review_goal
from bantuo.interfaces.web.access import access
from bantuo.interfaces.web.programme import programme_now
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.tables import list_page

READERS = frozenset({Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR})
ACTING = frozenset({Role.REVIEWER})


@access(view=READERS)
@require_safe
def list_applications(request: UserRequest) -> HttpResponse:
    """What waits for a reviewer, the longest waiting first; any application by filter or search."""
    programme = programme_now()
    may_act = Role.REVIEWER.value in request.user.roles
    days, _warn = review_goal(programme)
    return list_page(
        request,
        table=Queue,
        filter=QueueFilter,
        queryset=queued_applications(),
        title=_("Review queue"),
        template="operator/applications.html",
        context={
            "bulk": BulkForm(reviewers=active_reviewers()) if may_act else None,
            "days": days,
        },
        table_options={"programme": programme, "may_act": may_act},
    )


@access(view=READERS)
@require_safe
def show_application(request: UserRequest, pk: int) -> HttpResponse:
    """Everything about one application: findings beside papers, facts, reports, trail, and the decision."""
    return application_page(request, _application(pk))


@access(view=READERS)
@require_safe
def show_report(request: UserRequest, pk: int, report_pk: int) -> HttpResponse:
    """One stored report, and what the rules of then and of now say of the profile as it is."""
    report = get_object_or_404(
        Assessment.objects.select_related("policy_version").defer("policy_version__document"),
        pk=report_pk,
        application=pk,
    )
    context = {
        "application": _application(pk),
        "report": report,
        "comparison": compare_reports(report, programme_now()),
    }
    return render(request, "operator/application_report.html", context)


def application_page(
    request: UserRequest,
    application: Application,
    *,
    bound: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page; with forms that came back with mistakes in place of the fresh ones."""
    programme = programme_now()
    profile, terms = application.profile, programme.evaluator().terms
    products = profile.get("products", ())
    context = {
        "file": ReviewFile(application, request, programme, bound or {}),
        "application": application,
        "company": company_facts(profile),
        "bank": bank_facts(profile, months=terms.turnover_months),
        "metrics": metric_facts(profile),
        "erp": erp_facts(profile),
        "products": products_shown(profile, streams=terms.epr_streams),
        "products_number": len(products),
        "products_limit": PRODUCTS_SHOWN,
    }
    return render(request, "operator/application.html", context, status=status)


def _application(pk: int) -> Application:
    return get_object_or_404(Application.objects.select_related("seller", "assigned_to"), pk=pk)
