"""From a draft to a value in force: checked first, published once, and never changing what is over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import Error as DatabaseError
from django.test.utils import CaptureQueriesContext

from bantuo.apps.policies.models import PolicyAmendment, PolicyDraft, PolicyVersion
from bantuo.apps.policies.operations import (
    CheckMissing,
    CheckOutdated,
    DraftClosed,
    DraftUnknown,
    ProgrammeBreaks,
    Reached,
    check_draft,
    current_book,
    discard_draft,
    draft_value,
    publish_draft,
)
from bantuo.apps.policies.queries import published_amendments
from bantuo.apps.policies.reach import Candidate
from bantuo.core.policy_amend import (
    AmendmentRefused,
    NotInFuture,
    RuleUnknown,
    ValueUnchanged,
    ValueUnfit,
    WordsMissing,
)
from bantuo.engine.books import load_cases
from tests.apps import factories as make
from tests.processes import start_process

pytestmark = pytest.mark.django_db

NEXT_MONTH = date(2024, 9, 1)
LAST_DAY = date(2024, 8, 31)


def draft(rule: str = "ELG-1", value: Any = 700_000, **changed: Any) -> PolicyDraft:
    told: dict[str, Any] = {
        "valid_from": NEXT_MONTH,
        "value": value,
        "source": "notice 7",
        "quote": "",
        "reason": "too many slow shops",
        "book": current_book(now=make.NOW, actor=make.ACTOR).book,
        "on": make.DAY,
        "now": make.NOW,
        "actor": make.ACTOR,
    }
    return draft_value(rule, **(told | changed))


def candidate(code: str, **metrics: Any) -> Candidate:
    return Candidate(1, code, f"Shop {code}", "active", make.seller_profile(code, **metrics))


def check(draft_id: int, *, sellers: list[Candidate] | None = None, **changed: Any) -> PolicyDraft:
    told: dict[str, Any] = {
        "book": current_book(now=make.NOW, actor=make.ACTOR).book,
        "cases": load_cases(),
        "reached": Reached(sellers or [], []),
        "categories": None,
        "on": make.DAY,
        "now": make.NOW,
        "actor": make.ACTOR,
    }
    return check_draft(draft_id, **(told | changed))


def publish(draft_id: int, **changed: Any) -> PolicyAmendment:
    told: dict[str, Any] = {"on": make.DAY, "now": make.NOW, "actor": make.ACTOR}
    return publish_draft(draft_id, **(told | changed))


def report(draft_id: int, **changed: Any) -> Mapping[str, Any]:
    made: Mapping[str, Any] = check(draft_id, **changed).report or {}
    return made


def test_without_amendments_the_book_is_the_one_that_ships() -> None:
    current = current_book(now=make.NOW, actor=make.ACTOR)
    assert current.book is make.the_book()
    assert current.version_id == make.policy_version()


def test_a_gate_changes_from_next_month_on() -> None:
    before = current_book(now=make.NOW, actor=make.ACTOR)
    made = draft()
    check(made.pk)
    amendment = publish(made.pk)
    after = current_book(now=make.NOW, actor=make.ACTOR)
    days = (make.DAY, LAST_DAY, NEXT_MONTH)
    assert [after.book.amount("ELG-1", on) for on in days] == [650_000, 650_000, 700_000]
    assert before.book.amount("ELG-1", NEXT_MONTH) == 650_000
    assert (amendment.base_version, amendment.version) == (before.book.version, after.book.version)
    cited = PolicyVersion.objects.get(pk=after.version_id)
    assert (cited.version, len(cited.document["rules"]["ELG-1"]["values"])) == (after.book.version, 2)
    assert make.outbox("policy.value_published") == [
        (
            f"policy_amendment:{amendment.pk}",
            {
                "book": "aliexpress-semi",
                "version": after.book.version,
                "rule": "ELG-1",
                "from": "2024-09-01",
                "reason": "too many slow shops",
                "by": make.ACTOR,
            },
        )
    ]


def test_the_book_in_force_costs_one_small_query() -> None:
    made = draft()
    check(made.pk)
    publish(made.pk)
    current_book(now=make.NOW, actor=make.ACTOR)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        current_book(now=make.NOW, actor=make.ACTOR)
    assert len(asked) == 1


def test_nothing_decides_by_a_draft() -> None:
    made = draft()
    check(made.pk)
    current = current_book(now=make.NOW, actor=make.ACTOR)
    assert current.book.amount("ELG-1", NEXT_MONTH) == 650_000


@pytest.mark.parametrize(
    ("rule", "value", "changed", "error"),
    [
        ("ELG-1", 700_000, {"valid_from": make.DAY}, NotInFuture),
        ("ELG-1", 700_000, {"valid_from": date(2023, 1, 1)}, NotInFuture),
        ("ELG-1", 0.7, {}, ValueUnfit),
        ("ELG-1", -1, {}, ValueUnfit),
        ("ELG-1", 1_000_001, {}, ValueUnfit),
        ("ELG-1", "70%", {}, ValueUnfit),
        ("ELG-1", 650_000, {}, ValueUnchanged),
        ("ELG-99", 1, {}, RuleUnknown),
        ("ELG-1", 700_000, {"reason": " "}, WordsMissing),
        ("ELG-1", 700_000, {"source": ""}, WordsMissing),
        ("ELG-8.scope", "shoes", {}, ValueUnfit),
        ("DEP-1.release_conditions", ("no_open_order", "nothing"), {}, ValueUnfit),
        ("FEE-1", ("FEE-1.rate", "FEE-77"), {}, ValueUnfit),
        ("CAP-1", ({"capability": "x"},), {}, ValueUnfit),
    ],
)
def test_a_value_that_may_not_be_is_refused_before_anything_is_written(
    rule: str, value: Any, changed: dict[str, Any], error: type[AmendmentRefused]
) -> None:
    with pytest.raises(error):
        draft(rule, value, **changed)
    assert PolicyDraft.objects.count() == 0


def test_the_same_proposal_again_is_the_first_one() -> None:
    first = draft()
    assert draft().pk == first.pk
    assert draft(actor="operator:other").pk != first.pk
    assert draft(value=710_000).pk != first.pk


def test_the_report_shows_a_history_without_gap_or_overlap() -> None:
    made = report(draft().pk)
    assert [(v["from"], v["until"], v["value"], v["is_new"]) for v in made["history"]] == [
        ("2024-06-15", "2024-09-01", 650_000, False),
        ("2024-09-01", None, 700_000, True),
    ]
    assert made["seams"] == [{"ends": "2024-09-01", "begins": "2024-09-01", "sound": True}]


def test_the_report_names_the_cases_that_come_out_differently() -> None:
    made = report(draft().pk)
    assert made["cases_run"] == len(load_cases())
    assert made["past_cases_changed"] == []
    assert {(c["id"], c["before"]["status"], c["after"]["status"]) for c in made["cases_changed"]} == {
        ("gate-sell-through-at-limit", "pass", "fail"),
        ("gate-sell-through-counts", "pass", "fail"),
    }


def test_the_report_prices_the_cases_of_a_fee() -> None:
    made = report(draft("FEE-2.first_fee", 600).pk)
    kinds = {case["kind"] for case in made["cases_changed"]}
    dearer = {c["after"]["total_fen"] - c["before"]["total_fen"] for c in made["cases_changed"]}
    assert kinds == {"quote"}
    assert dearer == {100}


def test_the_age_of_a_licence_is_told_on_the_day_of_the_new_value() -> None:
    made = report(draft("ELG-5", 181, valid_from=date(2031, 3, 1)).pk)
    assert [(c["id"], c["after"]["status"]) for c in made["cases_changed"]] == [
        ("gate-licence-180-days", "fail")
    ]


def test_the_report_counts_and_names_whom_the_value_reaches() -> None:
    sellers = [
        candidate("A", sell_through="69.9%"),
        candidate("B", sell_through="70%"),
        candidate("C", sell_through="66%", serious_complaints=2),
    ]
    made = report(draft().pk, sellers=sellers)["sellers"]
    counts = {name: made[name] for name in ("asked", "to_fail", "to_pass", "gates_only", "unreadable")}
    assert counts == {"asked": 3, "to_fail": 1, "to_pass": 0, "gates_only": 1, "unreadable": 0}
    assert [(w["code"], w["before"], w["after"], w["gates"]) for w in made["who"]] == [
        ("A", True, False, {"ELG-1": ["pass", "fail"]}),
        ("C", False, False, {"ELG-1": ["pass", "fail"]}),
    ]


def test_a_looser_gate_lets_applicants_in() -> None:
    waiting = Reached([], [candidate("A", sell_through="60%")])
    made = report(draft(value=600_000).pk, reached=waiting)
    assert (made["sellers"]["asked"], made["applications"]["to_pass"]) == (0, 1)


@pytest.mark.parametrize(
    ("rule", "value", "decides"),
    [
        ("FEE-2.first_fee", 600, False),
        ("ELG-1.window_days", 60, False),
        ("ELG-12.calls", 200, True),
        ("ELG-14.months", 6, True),
        ("ELG-11.erp_required", False, True),
        ("ELG-8.scope", "all", True),
    ],
)
def test_nobody_is_asked_about_a_rule_that_decides_no_admission(rule: str, value: Any, decides: bool) -> None:
    made = report(draft(rule, value).pk, sellers=[candidate("A")])
    assert (made["decides_admission"], made["sellers"]["asked"]) == (decides, int(decides))


def test_a_profile_that_cannot_be_read_is_counted_not_hidden() -> None:
    broken = Candidate(1, "X", "Shop X", "active", {"code": "X", "metrics": {"dsr": "very good"}})
    made = report(draft().pk, sellers=[broken])["sellers"]
    assert (made["asked"], made["unreadable"], made["who"]) == (1, 1, [])


@pytest.mark.parametrize(("rule", "value"), [("FEE-2.step_weight", 0), ("FEE-3.divisor", 10**9)])
def test_a_value_that_would_break_the_programme_is_refused(rule: str, value: int) -> None:
    made = draft(rule, value)
    with pytest.raises(ProgrammeBreaks):
        check(made.pk)
    made.refresh_from_db()
    assert (made.state, made.report) == ("draft", None)


def test_what_was_not_checked_is_not_published() -> None:
    made = draft()
    with pytest.raises(CheckMissing):
        publish(made.pk)
    assert PolicyAmendment.objects.count() == 0


def test_a_check_is_worth_nothing_once_the_book_has_changed() -> None:
    first, second = draft(), draft("ELG-2", 48_000)
    check(first.pk)
    check(second.pk)
    publish(first.pk)
    with pytest.raises(CheckOutdated):
        publish(second.pk)
    check(second.pk)
    publish(second.pk)
    book = current_book(now=make.NOW, actor=make.ACTOR).book
    assert (book.amount("ELG-1", NEXT_MONTH), book.amount("ELG-2", NEXT_MONTH)) == (700_000, 48_000)
    assert [amendment.rule for amendment in published_amendments(book.id)] == ["ELG-1", "ELG-2"]


def test_a_checked_draft_whose_day_has_come_is_refused() -> None:
    made = draft()
    check(made.pk)
    with pytest.raises(NotInFuture):
        publish(made.pk, on=NEXT_MONTH)


def test_publishing_twice_is_publishing_once() -> None:
    made = draft()
    check(made.pk)
    first = publish(made.pk)
    assert publish(made.pk, actor="operator:other") == first
    assert PolicyAmendment.objects.get().published_by == make.ACTOR


def test_a_planned_value_can_be_replaced_before_its_day() -> None:
    for value in (700_000, 680_000):
        made = draft(value=value)
        check(made.pk)
        publish(made.pk)
    values = current_book(now=make.NOW, actor=make.ACTOR).book.rules["ELG-1"].values
    assert [(v.since, v.value) for v in values] == [(date(2024, 6, 15), 650_000), (NEXT_MONTH, 680_000)]
    assert PolicyAmendment.objects.count() == 2


def test_a_discarded_draft_is_closed_for_good() -> None:
    made = draft()
    assert discard_draft(made.pk, now=make.NOW, actor=make.ACTOR).state == "discarded"
    later = make.NOW + timedelta(hours=1)
    assert discard_draft(made.pk, now=later, actor="operator:other").closed_at == make.NOW
    with pytest.raises(DraftClosed):
        check(made.pk)
    with pytest.raises(DraftClosed):
        publish(made.pk)


def test_a_published_draft_cannot_be_discarded_or_checked_again() -> None:
    made = draft()
    check(made.pk)
    publish(made.pk)
    with pytest.raises(DraftClosed):
        discard_draft(made.pk, now=make.NOW, actor=make.ACTOR)
    with pytest.raises(DraftClosed):
        check(made.pk)


def test_a_draft_that_is_not_there_is_unknown() -> None:
    for ask in (check, publish):
        with pytest.raises(DraftUnknown):
            ask(4711)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE policies_policyamendment SET value = '1'",
        "DELETE FROM policies_policyamendment",
    ],
)
def test_what_was_published_is_never_changed(statement: str) -> None:
    made = draft()
    check(made.pk)
    publish(made.pk)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


_PREPARE = """
import json
from tests.apps.policies.test_amendments import check, draft
made = [draft().pk, draft(value=680_000).pk]
for pk in made: check(pk)
print(json.dumps(made))
"""
_PUBLISH = """
import json, sys, time
from django.db import transaction
from bantuo.apps.policies.operations import CheckOutdated
from tests.apps.policies.test_amendments import publish
try:
    with transaction.atomic():
        publish(int(sys.argv[1]))
        time.sleep(1)
    print(json.dumps("published"))
except CheckOutdated as refused:
    print(json.dumps("refused"))
"""


def _said(process: Any) -> Any:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return json.loads(out)


@pytest.mark.processes
def test_of_two_values_published_at_once_one_is_refused(scratch_database: str) -> None:
    drafts = _said(start_process(_PREPARE, url=scratch_database))
    rivals = [start_process(_PUBLISH, str(pk), url=scratch_database) for pk in drafts]
    assert sorted(_said(rival) for rival in rivals) == ["published", "refused"]
