"""Reviewers are reminded of a rejection whose cause nobody named, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bantuo.apps.admission.models import Application, ApplicationState, ReviewItem
from bantuo.apps.notices.models import Notice
from bantuo.apps.notices.operations import deliver_notices, remind_running_clocks
from tests.apps.factories import NOW, make_sellers, seller_profile
from tests.apps.notices.people import make_reviewer

pytestmark = pytest.mark.django_db
HOURS = 72
HALF = timedelta(hours=36)


def rejected(code: str) -> Application:
    (seller,) = make_sellers(code)
    return Application.objects.create(
        seller_id=seller,
        attempt=1,
        state=ApplicationState.REJECTED,
        profile=seller_profile(code),
        decided_at=NOW,
    )


def say(application: Application, verdict: str) -> None:
    ReviewItem.objects.create(
        seller_id=application.seller_id, application=application, subject="ELG-16", verdict=verdict,
        reason="seen", decided_by="user:1", decided_at=NOW,
    )  # fmt: skip


def test_a_rejection_without_a_cause_is_brought_up_once_when_half_of_the_time_is_gone() -> None:
    make_reviewer()
    application = rejected("S1")
    assert remind_running_clocks(hours=HOURS, now=NOW + HALF - timedelta(seconds=1)) == 0
    assert remind_running_clocks(hours=HOURS, now=NOW + HALF) == 1
    assert remind_running_clocks(hours=HOURS, now=NOW + HALF + HALF) == 0
    deliver_notices(now=NOW + HALF)
    assert list(Notice.objects.values_list("topic", "link")) == [
        ("clock_running_out", f"operator:application {application.pk}")
    ]


def test_a_named_cause_stops_the_clock_unless_it_was_taken_back() -> None:
    named, taken_back = rejected("S1"), rejected("S2")
    say(named, "not_ok")
    say(taken_back, "not_ok")
    say(taken_back, "ok")
    assert remind_running_clocks(hours=HOURS, now=NOW + HALF) == 1


def test_the_next_rejection_of_the_same_application_is_brought_up_again() -> None:
    application = rejected("S1")
    assert remind_running_clocks(hours=HOURS, now=NOW + HALF) == 1
    application.decided_at = NOW + HALF
    application.save()
    assert remind_running_clocks(hours=HOURS, now=NOW + HALF + HALF) == 1
