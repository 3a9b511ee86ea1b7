"""The reviewers' work list: every application with what the list shows and filters by, and open work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KT
from django.db.models.functions import Collate, Upper

from bantuo.apps.admission.models import Appeal, Application, ApplicationState, Override
from bantuo.apps.parties.models import Seller
from bantuo.apps.sql import fetch_rows

USCC = Upper(KT("profile__company__uscc"))
_FEW = 5000
_WAITING = [ApplicationState.ASSESSED_PASS.value, ApplicationState.IN_REVIEW.value]


def queued_applications() -> QuerySet[Application]:
    """Every application as the queue shows it: seller and reviewer at hand, the profile left behind."""
    waiting = {"application": OuterRef("pk"), "decided_at__isnull": True}
    return (
        Application.objects.select_related("seller", "assigned_to")
        .defer("profile")
        .annotate(
            has_appeal=Exists(Appeal.objects.filter(**waiting)),
            has_override=Exists(Override.objects.filter(**waiting)),
        )
    )


def waits_for_review() -> Q:
    """Whose next step is a reviewer's."""
    return Q(waiting_since__isnull=False)


def has_open_gate(failure_class: str) -> Q:
    """Whose last report has an open gate of a class; the empty text is: of no class."""
    return Q(open_gates__gt=0, open_classes__contains=[failure_class])


def is_overdue(last_day: date | None, *, zone: str) -> Q:
    """What came into the queue on `last_day` or before (see `core.review_time.overdue_from`)."""
    if last_day is None:
        return Q(pk__isnull=True)
    return Q(waiting_since__lt=start_of(last_day + timedelta(days=1), zone=zone))


def start_of(day: date, *, zone: str) -> datetime:
    """The instant at which a business date begins."""
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone))


def matching_applications(words: str) -> Q:
    """By the beginning of the shop code, a part of the shop name, or the unified social credit code.

    Latin letters match in either case.
    """
    told = "".join(c.upper() if c.isascii() else c for c in words.replace("\x00", "").strip())
    shops = _shops_called(told)
    by_shop = Application.objects.filter(seller__in=shops).order_by().values("pk")
    by_number = Application.objects.annotate(uscc=USCC).filter(uscc=told).order_by().values("pk")
    found = by_shop.union(by_number)
    few = [row["pk"] for row in found[: _FEW + 1]]  # asked once: a list counts its rows and then shows some
    listed = RawSQL("SELECT unnest(%s::bigint[])", [few])  # one parameter, however many they are
    return Q(pk__in=listed if len(few) <= _FEW else found)


def _shops_called(told: str) -> QuerySet[Seller]:
    """Words without Latin letters are compared as they stand, which is quicker."""
    if not any(c.isascii() and c.isalpha() for c in told):
        return Seller.objects.filter(Q(code__startswith=told) | Q(name__contains=told))
    spelled = Seller.objects.annotate(code_upper=_upper("code"), name_upper=_upper("name"))
    return spelled.filter(Q(code_upper__startswith=told) | Q(name_upper__contains=told))


def _upper(field: str) -> Upper:
    """Only a to z, which is much quicker than what a language asks for."""
    return Upper(Collate(field, "C"))


def open_work(*, last_day: date | None, zone: str) -> Mapping[str, int]:
    """How much of each kind of work waits for the operator's people, by kind."""
    overdue = None if last_day is None else start_of(last_day + timedelta(days=1), zone=zone)
    (row,) = fetch_rows(
        """
        SELECT
            (SELECT count(*) FROM admission_application WHERE waiting_since IS NOT NULL),
            (SELECT count(*) FROM admission_application WHERE waiting_since < %(overdue)s),
            (SELECT count(*) FROM admission_application
             WHERE waiting_since IS NOT NULL AND assigned_to_id IS NULL),
            (SELECT count(*) FROM admission_override o JOIN admission_application a ON a.id = o.application_id
             WHERE o.decided_at IS NULL AND a.state = ANY(%(waiting)s)),
            (SELECT count(*) FROM admission_appeal WHERE decided_at IS NULL),
            (SELECT count(*) FROM admission_depositpayment WHERE decided_at IS NULL),
            (SELECT count(*) FROM admission_deposit WHERE state = 'release_requested'),
            (SELECT count(*) FROM policies_policydraft WHERE state IN ('draft', 'checked'))
        """,
        {"overdue": overdue, "waiting": _WAITING},
    )
    return dict(zip(WORK, row, strict=True))


WORK = (
    "queue", "overdue", "unassigned", "overrides", "appeals", "payments", "releases", "policy_drafts",
)  # fmt: skip
