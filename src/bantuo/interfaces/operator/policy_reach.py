"""Who is compared when a rule or the admission list changes: active sellers and applicants."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from bantuo.apps.admission.models import Application, ApplicationState
from bantuo.apps.parties.models import ProgrammeState
from bantuo.apps.policies.operations import Reached
from bantuo.apps.policies.reach import Candidate

_ROWS = 1_000
# Handed in and not decided against; a draft is not, its papers are not in the profile yet.
HANDED_IN = (
    ApplicationState.SUBMITTED,
    ApplicationState.ASSESSED_PASS,
    ApplicationState.IN_REVIEW,
    ApplicationState.NEEDS_MORE,
    ApplicationState.APPROVED,
    ApplicationState.AGREEMENT_SIGNED,
    ApplicationState.DEPOSIT_HELD,
    ApplicationState.WAREHOUSE_BOUND,
)


def everybody() -> Reached:
    """Active sellers and open applications, each by the profile last handed in; read in portions."""
    return Reached(sellers=active_sellers(), applications=open_applications())


def active_sellers() -> Iterator[Candidate]:
    """Sellers in the programme, by the application that brought them in."""
    rows = Application.objects.filter(
        state=ApplicationState.ACTIVE, seller__programme_state=ProgrammeState.ACTIVE
    )
    return _candidates(rows)


def open_applications() -> Iterator[Candidate]:
    """Applications that were handed in; a seller has at most one."""
    return _candidates(Application.objects.filter(state__in=HANDED_IN))


def _candidates(rows: QuerySet[Application]) -> Iterator[Candidate]:
    for application in rows.select_related("seller").order_by("seller_id").iterator(chunk_size=_ROWS):
        seller = application.seller
        yield Candidate(seller.pk, seller.code, seller.name, application.state, application.profile)
