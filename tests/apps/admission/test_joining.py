"""From application to active: every step, its reason, what is refused by name, what a repeat does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import Error as DatabaseError

from bantuo.apps.admission import operations as admission
from bantuo.apps.admission.models import (
    Agreement,
    Application,
    ApplicationEvent,
    Assessment,
    Deposit,
    Finding,
)
from bantuo.apps.admission.queries import applications_by_state, refused_sellers, seller_standing
from bantuo.apps.events.models import OutboxEvent
from bantuo.apps.ledger.models import Entry, Posting
from bantuo.apps.ledger.queries import check_ledger, seller_balances
from bantuo.apps.parties.models import Binding, Seller
from bantuo.apps.parties.operations import BindingRefused, SellerUnknown
from bantuo.engine.diagnosis import Evaluator
from tests.apps import factories as make
from tests.apps.admission import steps

pytestmark = pytest.mark.django_db

_TABLES: tuple[Any, ...] = (
    Seller,
    Binding,
    Application,
    ApplicationEvent,
    Assessment,
    Finding,
    Agreement,
    Deposit,
    Entry,
    Posting,
    OutboxEvent,
)


@pytest.fixture
def seller() -> int:
    (seller,) = make.make_sellers("S1")
    return seller


def test_the_whole_way_in(seller: int) -> None:
    steps.submit(seller)
    assert steps.assess(seller) == {seller: True}
    assert [steps.approve(seller), steps.sign(seller), steps.hold(seller), steps.activate(seller)] == [1] * 4
    assert steps.timeline(seller) == [
        ("submitted", "handed in"),
        ("assessed_pass", "every gate passed"),
        ("in_review", "papers are sound"),
        ("approved", "papers are sound"),
        ("agreement_signed", "agreement version 1 signed by owner"),
        ("deposit:due", "DEP-1: CNY 20000.00"),
        ("deposit:held", "DEP-1: CNY 20000.00 received"),
        ("deposit_held", "DEP-1: CNY 20000.00 received"),
        ("warehouse_bound", f"warehouse {make.make_warehouse()}, 250000 m"),
        ("active", f"served from {make.DAY}"),
    ]
    told = Seller.objects.get(pk=seller)
    assert (told.programme_state, told.active_from) == ("active", make.DAY)
    assert seller_balances([seller]) == {(seller, "bank"): 2_000_000, (seller, "seller_deposit"): -2_000_000}
    assert [payload["step"] for _, payload in make.outbox("admission.step")] == [
        step for step, _ in steps.timeline(seller)
    ]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert check_ledger().is_sound


def test_every_step_again_changes_nothing() -> None:
    sellers = steps.joined("S1", "S2")
    before = [list(model.objects.order_by("pk").values()) for model in _TABLES]
    steps.submit(*sellers)
    assert steps.assess(*sellers) == dict.fromkeys(sellers, True)
    later = [step(*sellers) for step in (steps.approve, steps.sign, steps.hold, steps.activate)]
    assert later == [0, 0, 0, 0]
    assert [list(model.objects.order_by("pk").values()) for model in _TABLES] == before


def test_a_refused_seller_is_told_every_rule(seller: int) -> None:
    steps.submit(seller, dsr="4.7799", disputes="0.8001%", serious_complaints=0)
    assert steps.assess(seller) == {seller: False}
    assert steps.timeline(seller)[-1] == ("assessed_fail", "failed: ELG-2, ELG-9")
    assert refused_sellers() == [(seller, "assessed_fail", "failed: ELG-2, ELG-9")]
    standing = seller_standing(seller)
    assert standing is not None
    assert standing.assessment is not None
    assert [(f.rule, f.status) for f in standing.findings[:2]] == [("ELG-2", "fail"), ("ELG-9", "fail")]
    assert {f.status for f in standing.findings[2:]} <= {"pass", "not_applicable"}
    failed = standing.findings[0]
    assert (failed.observed, failed.required) == ("4.7799", "≥ 4.78")
    assert failed.fix_zh
    assert failed.fix_en


def test_every_finding_is_kept(seller: int) -> None:
    steps.submit(seller)
    steps.assess(seller)
    answer = Evaluator(make.the_book(), make.DAY).assess(make.seller_profile())
    kept = Finding.objects.order_by("id").values_list("rule", "status", "observed", "required")
    assert list(kept) == [(f.rule, f.status, f.observed, f.required) for f in answer.findings]
    report = Assessment.objects.get()
    assert (report.passed, report.rated_on) == (True, make.DAY)
    assert [part["profile"] for part in report.fit] == [fit.profile for fit in answer.fit]


def test_a_metric_that_is_missing_never_passes(seller: int) -> None:
    profile = make.seller_profile()
    del profile["metrics"]["dsr"]
    admission.submit_applications([admission.NewApplication(seller, profile)], **steps.WHEN)
    assert steps.assess(seller) == {seller: False}
    assert steps.timeline(seller)[-1] == ("assessed_fail", "not evidenced: ELG-2")


def test_one_sellers_refusal_does_not_touch_another() -> None:
    good, bad = make.make_sellers("S1", "S2")
    steps.submit(good)
    steps.submit(bad, dsr="1.0")
    assert steps.assess(good, bad) == {good: True, bad: False}
    assert applications_by_state() == {"assessed_fail": 1, "assessed_pass": 1}


def test_a_mended_application_is_the_next_attempt(seller: int) -> None:
    steps.submit(seller, dsr="4.5")
    mended = admission.NewApplication(seller, make.seller_profile(dsr="4.9"), attempt=2)
    with pytest.raises(admission.AttemptOutOfOrder, match="attempt 1 is submitted"):
        admission.submit_applications([mended], **steps.WHEN)
    steps.assess(seller)
    with pytest.raises(admission.ApplicationDiffers, match="attempt 1 has another profile"):
        steps.submit(seller, dsr="4.9")
    admission.submit_applications([mended], **steps.WHEN)
    assert steps.assess(seller) == {seller: True}
    assert list(Application.objects.order_by("id").values_list("attempt", "state")) == [
        (1, "assessed_fail"),
        (2, "assessed_pass"),
    ]


def test_an_unreadable_profile_is_refused_whole(seller: int) -> None:
    profile = {**make.seller_profile(), "identity_number": "11010519491231002X"}
    with pytest.raises(admission.ApplicationUnreadable, match=f"seller {seller}") as caught:
        admission.submit_applications([admission.NewApplication(seller, profile)], **steps.WHEN)
    assert len(caught.value.problems) == 1
    assert Application.objects.count() == 0


def test_an_appeal_is_approved_as_an_override(seller: int) -> None:
    steps.submit(seller, dsr="4.7799")
    steps.assess(seller)
    with pytest.raises(admission.IllegalTransition, match="assessed_fail → approved"):
        steps.approve(seller)
    assert admission.appeal_applications([seller], reason="score counted twice", **steps.WHEN) == 1
    steps.approve(seller)
    assert steps.timeline(seller)[-2:] == [
        ("in_review", "appeal: score counted twice"),
        ("approved", "override of ELG-2: papers are sound"),
    ]


def test_a_reviewer_rejects_and_the_seller_appeals(seller: int) -> None:
    steps.submit(seller)
    steps.assess(seller)
    assert admission.reject_applications([seller], reason="seal illegible", **steps.WHEN) == 1
    assert admission.reject_applications([seller], reason="seal illegible", **steps.WHEN) == 0
    assert refused_sellers() == [(seller, "rejected", "seal illegible")]
    admission.appeal_applications([seller], reason="new scan", **steps.WHEN)
    assert steps.state_of(seller) == "in_review"


def test_a_withdrawn_application_goes_no_further(seller: int) -> None:
    steps.submit(seller)
    admission.withdraw_applications([seller], reason="changed plans", **steps.WHEN)
    assert steps.state_of(seller) == "withdrawn"
    with pytest.raises(admission.IllegalTransition, match="withdrawn → approved"):
        steps.approve(seller)


@pytest.mark.parametrize("step", [steps.approve, steps.sign, steps.hold, steps.activate])
def test_no_step_is_skipped(seller: int, step: Callable[..., int]) -> None:
    steps.submit(seller)
    with pytest.raises(admission.IllegalTransition) as caught:
        step(seller)
    assert (caught.value.seller_id, caught.value.before) == (seller, "submitted")
    assert steps.state_of(seller) == "submitted"
    assert Deposit.objects.count() == 0


def test_an_illegal_step_of_one_stops_the_batch() -> None:
    ready, early = make.make_sellers("S1", "S2")
    steps.submit(ready, early)
    steps.assess(ready)
    with pytest.raises(admission.IllegalTransition, match=f"seller {early}"):
        steps.approve(ready, early)
    assert (steps.state_of(ready), steps.state_of(early)) == ("assessed_pass", "submitted")


@pytest.mark.parametrize("decide", [admission.approve_applications, admission.reject_applications])
def test_a_decision_needs_a_reason(seller: int, decide: Callable[..., int]) -> None:
    steps.submit(seller)
    steps.assess(seller)
    with pytest.raises(admission.ReasonMissing):
        decide([seller], reason=" ", **steps.WHEN)


def test_who_never_applied_is_named(seller: int) -> None:
    with pytest.raises(admission.ApplicationUnknown, match=str(seller)):
        steps.assess(seller)
    with pytest.raises(SellerUnknown, match="4711"):
        steps.submit(4711)
    assert seller_standing(seller) is None


def test_a_report_cites_the_book_that_made_it(seller: int) -> None:
    steps.submit(seller)
    version, evaluator = make.policy_version(), Evaluator(make.the_book(), make.DAY)
    stamp: dict[str, Any] = {"policy_version_id": version, **steps.WHEN}
    with pytest.raises(admission.DayDiffers):
        admission.assess_applications([seller], evaluator=evaluator, on=make.DAY + timedelta(1), **stamp)
    other = Evaluator(replace(make.the_book(), version="0" * 12), make.DAY)
    with pytest.raises(admission.VersionDiffers):
        admission.assess_applications([seller], evaluator=other, on=make.DAY, **stamp)


@pytest.mark.parametrize(
    "broken", [{"version": " "}, {"signed_by": ""}, {"text_sha256": "abc"}, {"text_sha256": "G" * 64}]
)
def test_an_agreement_says_what_was_signed(seller: int, broken: dict[str, str]) -> None:
    signed: dict[str, Any] = {"version": "1", "text_sha256": steps.HASH, "signed_by": "owner", **broken}
    with pytest.raises(admission.AgreementUnreadable):
        admission.sign_agreements([seller], **signed, **steps.WHEN)


def test_a_distance_without_evidence_activates_nobody(seller: int) -> None:
    steps.submit(seller)
    for step in (steps.assess, steps.approve, steps.sign, steps.hold):
        step(seller)
    with pytest.raises(BindingRefused, match="FEE-5"):
        admission.bind_and_activate([(seller, make.make_warehouse(), 1, " ")], on=make.DAY, **steps.WHEN)
    assert (steps.state_of(seller), Binding.objects.count()) == ("deposit_held", 0)


def test_a_suspended_seller_is_not_served_until_reinstated() -> None:
    (seller,) = steps.joined("S1")
    assert admission.suspend_sellers([seller], reason="repeated late stock", **steps.WHEN) == 1
    assert Seller.objects.get(pk=seller).programme_state == "suspended"
    with pytest.raises(admission.IllegalTransition, match="suspended → warehouse_bound"):
        steps.activate(seller)
    assert admission.reinstate_sellers([seller], reason="mended", **steps.WHEN) == 1
    assert Seller.objects.get(pk=seller).programme_state == "active"
    assert admission.reinstate_sellers([seller], reason="mended", **steps.WHEN) == 0


def test_reinstating_is_no_way_round_the_steps(seller: int) -> None:
    steps.submit(seller)
    with pytest.raises(admission.IllegalTransition, match="submitted → active"):
        admission.reinstate_sellers([seller], reason="please", **steps.WHEN)


def test_the_number_of_queries_does_not_grow_with_the_sellers(
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    sellers = make.make_sellers(*[f"S{at}" for at in range(60)])
    make.make_warehouse()
    for step, limit in (
        (steps.submit, 15),
        (steps.assess, 22),
        (steps.approve, 15),
        (steps.sign, 15),
        (steps.hold, 35),
        (steps.activate, 30),
    ):
        with django_assert_max_num_queries(limit):
            step(*sellers)
    assert applications_by_state() == {"active": 60}


@pytest.mark.parametrize("table", ["applicationevent", "assessment", "finding", "agreement"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET seller_id = seller_id", "DELETE FROM {}"])
def test_what_was_decided_is_append_only(table: str, statement: str) -> None:
    steps.joined("S1")
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(f"admission_{table}"))


def test_the_database_holds_one_open_application_per_seller(seller: int) -> None:
    steps.submit(seller)
    with pytest.raises(IntegrityError, match="application_one_open"), transaction.atomic():
        Application.objects.create(seller_id=seller, attempt=2, state="submitted", profile={})


def test_the_database_knows_the_states(seller: int) -> None:
    steps.submit(seller)
    with pytest.raises(IntegrityError, match="application_state_known"), transaction.atomic():
        Application.objects.update(state="perhaps")
