"""Shop metrics brought in from a sheet: shown in the form first where something cannot be read."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from bantuo.apps.admission.operations.drafts import DraftClosed, SectionUnreadable, save_section
from bantuo.interfaces.seller.application import WRITERS, closed_answer, show_section
from bantuo.interfaces.seller.desk import open_desk
from bantuo.interfaces.seller.product_files import SheetUnusable, read_metrics
from bantuo.interfaces.seller.section_forms import MetricsForm
from bantuo.interfaces.web.access import access
from bantuo.interfaces.web.requests import SellerRequest


@access(view=WRITERS, act=WRITERS)
@require_POST
def import_metrics(request: SellerRequest) -> HttpResponse:
    """Take the metrics of a sheet in; what cannot be read is told beside its field, the rest is kept."""
    desk = open_desk(request.seller.pk)
    file = request.FILES.get("file")
    if desk is None or file is None:
        messages.error(request, _("Choose a file first."))
        return redirect("seller:section", section="metrics")
    try:
        told = read_metrics(file)
        form = MetricsForm(told)
        values = {name: value for name, value in form.values().items() if name in told and value is not None}
        save_section(
            desk.application.pk,
            "metrics",
            values,
            revision=None,
            now=desk.programme.now,
            actor=request.user.actor,
        )
    except SheetUnusable as unusable:
        messages.error(request, str(unusable))
        return redirect("seller:section", section="metrics")
    except DraftClosed as closed:
        return closed_answer(request, closed)
    except SectionUnreadable as unreadable:
        messages.error(request, str(unreadable))
        return redirect("seller:section", section="metrics")
    taken = ngettext("%(n)s metric was taken in.", "%(n)s metrics were taken in.", len(values)) % {
        "n": len(values)
    }
    messages.success(request, taken)
    if form.errors:
        fresh = open_desk(request.seller.pk) or desk
        return show_section(request, fresh, "metrics", form, status=422)
    return redirect("seller:section", section="metrics")
