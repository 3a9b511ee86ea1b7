"""The seller's first page: what comes next, by when, and how everything stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from bantuo.apps.admission.models import Agreement, Application, Deposit
from bantuo.apps.admission.queries import latest_application
from bantuo.apps.catalog.models import Sku
from bantuo.apps.documents.queries import expiring_documents
from bantuo.apps.notices.queries import inbox_notices
from bantuo.apps.parties.models import Binding, Seller
from bantuo.apps.stock.models import Balance
from bantuo.interfaces.seller.steps import next_action, page_url, seller_steps
from bantuo.interfaces.web.access import SELLER_ROLES, access
from bantuo.interfaces.web.finding_words import paper_label
from bantuo.interfaces.web.notice_words import show_notice
from bantuo.interfaces.web.programme import Programme, programme_now
from bantuo.interfaces.web.requests import SellerRequest

NOTICES = 5
_RUNNING = ("active", "suspended")


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day by which something happens or has to."""

    on: date
    text: str
    url: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Duty:
    """One of steps ⑤ to ⑦ of an active seller: whether it is taken, and what is missing."""

    rule: str
    is_done: bool
    text: str
    url: str = ""


@access(view=SELLER_ROLES)
@require_GET
def home(request: SellerRequest) -> HttpResponse:
    """The next action, the way in, deadlines, notices, and the state of papers, deposit and agreement."""
    programme = programme_now()
    application = latest_application(request.seller.pk)
    state = application.state if application else None
    duties = list(_duties(request.seller, programme)) if state in _RUNNING else []
    done = frozenset(int(duty.rule.removeprefix("STEP-")) for duty in duties if duty.is_done)
    return render(
        request,
        "seller/home.html",
        {
            "application": application,
            "steps": seller_steps(state, programme, done=done),
            "next": next_action(state),
            "duties": duties,
            "deadlines": sorted(_deadlines(request.seller, programme), key=lambda deadline: deadline.on),
            "notices": [show_notice(notice) for notice in inbox_notices(request.user.pk)[:NOTICES]],
            "inbox_url": page_url("web:inbox"),
            **_standing(request.seller, application),
        },
    )


def _standing(seller: Seller, application: Application | None) -> dict[str, Any]:
    """Deposit, agreement and warehouse, where there are any."""
    deposit = Deposit.objects.filter(application=application).first() if application else None
    agreement = Agreement.objects.filter(seller=seller).order_by("-id").first()
    binding = (
        Binding.objects.filter(seller=seller, unbound_at__isnull=True).select_related("warehouse").first()
    )
    return {
        "deposit": deposit,
        "agreement": agreement,
        "binding": binding,
        "agreement_url": page_url("seller:agreement"),
        "deposit_url": page_url("seller:deposit"),
        "warehouse_url": page_url("seller:warehouse"),
    }


def _deadlines(seller: Seller, programme: Programme) -> Iterator[Deadline]:
    documents, ahead = (
        page_url("seller:documents"),
        programme.book.amount("DOC-0.reminder_first", programme.on),
    )
    for paper in expiring_documents(on=programme.on, within_days=int(ahead), seller_id=seller.pk):
        if paper.expires_on is not None:
            name = paper_label(paper.kind, programme.book)
            is_late = paper.expires_on < programme.on
            told = _("%(paper)s has expired") if is_late else _("%(paper)s expires")
            yield Deadline(paper.expires_on, told % {"paper": name}, documents, is_late)
    cooling = Deposit.objects.filter(seller=seller, state="cooling").first()
    if cooling is not None and cooling.cooling_until is not None:
        told = _("The deposit may be paid back")
        yield Deadline(cooling.cooling_until, told, page_url("seller:deposit"), False)


def _duties(seller: Seller, programme: Programme) -> Iterator[Duty]:
    """Steps ⑤ to ⑦, from what the catalogue, the stock and the calendar say."""
    listed = Sku.objects.filter(seller=seller, semi_managed=True, delisted_at__isnull=True).count()
    yield Duty("STEP-5", listed > 0, _("%(n)s SKUs listed with an exclusive price") % {"n": listed})
    balances = Balance.objects.filter(seller=seller, sku__semi_managed=True, sku__delisted_at__isnull=True)
    total, stated = balances.count(), balances.filter(stated_on=programme.on).count()
    yield Duty(
        "STEP-6",
        total > 0 and stated == total,
        _("%(stated)s of %(total)s SKU × warehouse stated today") % {"stated": stated, "total": total},
        page_url("seller:stock"),
    )
    if seller.active_from is not None:
        days = int(programme.book.amount("OPS-2.days", programme.on))
        first = seller.active_from + timedelta(days=days)
        told = _("the first weekly report follows from %(day)s") % {"day": first}
        yield Duty("STEP-7", programme.on >= first, told)
