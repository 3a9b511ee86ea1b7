"""The review queue and the application page, as reviewers and readers use them."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

import polars as pl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.admission.models import Application, Override
from bantuo.apps.admission.operations.appeals import open_appeal
from bantuo.apps.admission.operations.assignment import take_application
from bantuo.apps.admission.operations.overrides import request_override
from bantuo.apps.admission.operations.reviewing import reject_application
from bantuo.apps.admission.queries.review import current_items
from tests.apps import factories as make
from tests.apps.admission import applicants, reviewers, steps
from tests.apps.admission.reviewers import by
from tests.interfaces.operator.review_people import client_of, text_of

pytestmark = pytest.mark.django_db
QUEUE = "/operator/applications/"


@pytest.fixture
def ann() -> User:
    return reviewers.make_person("ann")


@pytest.fixture
def ben() -> User:
    return reviewers.make_person("ben")


@pytest.fixture
def at_ann(ann: User) -> Client:
    return client_of(ann)


def page(application: Application) -> str:
    return f"{QUEUE}{application.pk}/"


def post(client: Client, name: str, pk: int, **told: Any) -> Any:
    return client.post(reverse(f"operator:{name}", args=[pk]), told, follow=True)


def rows(client: Client, **asked: str) -> list[str]:
    """The shops on the list, in its order."""
    body = client.get(QUEUE, asked).content.decode()
    return re.findall(r'<span class="d-block text-secondary">([^<]+)</span>', body)


def test_the_queue_is_what_waits_the_longest_waiting_first(at_ann: Client) -> None:
    reviewers.in_queue("S2")
    (refused,) = make.make_sellers("S3")
    applicants.refused(refused)
    reviewers.in_queue("S1")
    assert rows(at_ann) == ["S2", "S1"]
    assert "assessed: passed" in text_of(at_ann.get(QUEUE))
    assert rows(at_ann, state="all") == ["S2", "S1", "S3"]
    assert rows(at_ann, state="assessed_fail") == ["S3"]
    assert rows(at_ann, state="nonsense") == ["S2", "S1"]


def test_the_queue_is_filtered_by_who_and_what(at_ann: Client, ann: User, ben: User) -> None:
    mine, his, free = (reviewers.in_queue(code) for code in ("S1", "S2", "S3"))
    take_application(mine.pk, **by(ann))
    take_application(his.pk, **by(ben))
    (seller,) = make.make_sellers("S4")
    refused = applicants.refused(seller, disputes="1.5%")
    assert rows(at_ann, assigned="me") == ["S1"]
    assert rows(at_ann, assigned="nobody") == ["S3"]
    assert rows(at_ann, assigned=str(ben.pk)) == ["S2"]
    assert rows(at_ann, state="all", failure="F2") == ["S4"]
    assert rows(at_ann, state="all", failure="none") == []
    assert rows(at_ann, needs="overdue") == ["S1", "S2", "S3"]
    request_override(refused.pk, rules=["ELG-9"], reason="old", **by(ann))
    assert rows(at_ann, needs="override") == ["S4"]
    assert rows(at_ann, since="2024-08-02") == []
    assert len(rows(at_ann, since="2024-08-01", until="2024-08-01")) == 4
    assert free.pk


@pytest.mark.parametrize("words", ["S2", "s2", "hop S2", "91000000MA00000157", " S2 "])
def test_the_queue_is_searched_by_shop_and_credit_code(at_ann: Client, words: str) -> None:
    reviewers.in_queue("S1")
    other = reviewers.in_queue("S2")
    Application.objects.exclude(pk=other.pk).update(profile={"code": "S1"})
    assert rows(at_ann, search=words) == ["S2"]


@pytest.mark.parametrize("words", ["%", "_", "\\", "<script>", "x' OR 1=1"])
def test_signs_in_a_search_are_only_signs(at_ann: Client, words: str) -> None:
    reviewers.in_queue("S1")
    assert rows(at_ann, search=words) == []


def test_the_list_asks_as_much_for_three_rows_as_for_one(at_ann: Client, ann: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert at_ann.get(QUEUE).status_code == 200
        return len(asked)

    first = reviewers.in_queue("S1")
    take_application(first.pk, **by(ann))
    queries()
    one = queries()
    for code in ("S2", "S3"):
        take_application(reviewers.in_queue(code).pk, **by(ann))
    assert queries() == one


def test_the_page_asks_as_much_for_a_long_trail_as_for_a_short_one(at_ann: Client, ann: User) -> None:
    application = reviewers.in_queue("S1")
    take_application(application.pk, **by(ann))

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert at_ann.get(page(application)).status_code == 200
        return len(asked)

    post(at_ann, "application_judge", application.pk, **judged("ELG-16", "more", "which street?"))
    short = queries()
    for rule in ("ELG-1", "ELG-2", "ELG-5"):
        post(at_ann, "application_judge", application.pk, **judged(rule, "ok"))
    assert queries() == short


def judged(subject: str, verdict: str, reason: str = "") -> dict[str, str]:
    prefix = f"judge-{subject}"
    return {
        "prefix": prefix,
        f"{prefix}-subject": subject,
        f"{prefix}-verdict": verdict,
        f"{prefix}-reason": reason,
    }


def test_the_list_leaves_as_a_workbook(at_ann: Client) -> None:
    reviewers.in_queue("S1")
    answer = at_ann.get(QUEUE, {"export": "xlsx"})
    frame = pl.read_excel(io.BytesIO(answer.content), engine="calamine")
    assert frame.height == 1
    assert frame["Shop"].to_list() == ["S1"]
    assert frame["State"].to_list() == ["assessed: passed"]
    assert frame["Open gates"].to_list() == [0]
    assert frame["Handed in"].to_list()[0].date() == date(2024, 8, 1)


def test_an_application_shows_what_a_reviewer_needs(at_ann: Client) -> None:
    application = reviewers.in_queue("S1")
    text = text_of(at_ann.get(page(application)))
    for told in (
        "Shop S1", "assessed: passed", "A reviewer looks at the papers and decides", "overdue by",
        "Every gate passed", "not looked at", "company seal", "91000000MA00000157", "check digit fits",
        "SIM-LAMP-01", "FR packaging", "signed calls to the sandbox", "张**", "110105********002X",
        "As of then, as of now", "handed in", "Audit trail",
    ):  # fmt: skip
        assert told in text, told


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_readers_read_and_act_nowhere(role: Role) -> None:
    application = reviewers.in_queue("S1")
    client = client_of(reviewers.make_person("eve", role.value))
    answer = client.get(page(application))
    assert answer.status_code == 200
    assert '<form method="post" action="/operator/' not in answer.content.decode()
    for name in ("take", "accept", "reject", "more", "judge", "assess", "override", "assign", "release"):
        assert client.post(reverse(f"operator:application_{name}", args=[application.pk])).status_code == 403
    assert client.post("/operator/applications/bulk/").status_code == 403
    assert steps.state_of(application.seller_id) == "assessed_pass"


@pytest.mark.parametrize("role", [Role.FINANCE, Role.WAREHOUSE, Role.POLICY])
def test_other_roles_do_not_see_applications(role: Role) -> None:
    application = reviewers.in_queue("S1")
    client = client_of(reviewers.make_person("eve", role.value))
    assert client.get(QUEUE).status_code == 403
    assert client.get(page(application)).status_code == 403


def test_take_judge_tick_assess_accept(at_ann: Client, ann: User) -> None:
    application = reviewers.in_queue("S1")
    assert "The application is yours" in text_of(post(at_ann, "application_take", application.pk))
    post(at_ann, "application_judge", application.pk, **judged("ELG-16", "ok"))
    reviewers.tick_all(application, ann, at=reviewers.LATER)
    refused = post(at_ann, "application_accept", application.pk, **{"accept-reason": "all sound"})
    assert refused.status_code == 422
    assert "assess again first" in text_of(refused)
    assert "all sound" in refused.content.decode()
    assert "every gate passed" in text_of(post(at_ann, "application_assess", application.pk))
    done = post(at_ann, "application_accept", application.pk, **{"accept-reason": "all sound"})
    assert "let in" in text_of(done)
    assert steps.timeline(application.seller_id)[-1] == ("approved", "all sound")
    again = post(at_ann, "application_accept", application.pk, **{"accept-reason": "all sound"})
    assert again.status_code == 200
    assert steps.timeline(application.seller_id)[-1] == ("approved", "all sound")


def test_a_form_without_a_reason_keeps_what_was_typed(at_ann: Client) -> None:
    application = reviewers.in_queue("S1")
    told = {"more-subject_1": "DOC-4", "more-cause_1": "page 2 is missing", "more-reason": " "}
    answer = post(at_ann, "application_more", application.pk, **told)
    assert answer.status_code == 422
    assert 'value="page 2 is missing"' in answer.content.decode()
    assert steps.state_of(application.seller_id) == "assessed_pass"


def test_asking_for_more_part_by_part(at_ann: Client) -> None:
    application = reviewers.in_queue("S1")
    told = {
        "more-subject_1": "DOC-4",
        "more-cause_1": "page 2 is missing",
        "more-subject_2": "company",
        "more-cause_2": "as on the lease",
        "more-reason": "please mend",
    }
    assert "asked for more" in text_of(post(at_ann, "application_more", application.pk, **told))
    assert {s: i.reason for s, i in current_items(application).items()} == {
        "DOC-4": "page 2 is missing",
        "company": "as on the lease",
    }
    assert steps.state_of(application.seller_id) == "needs_more"


def test_half_a_part_is_pointed_out(at_ann: Client) -> None:
    application = reviewers.in_queue("S1")
    told = {"reject-subject_1": "DOC-4", "reject-cause_2": "what?", "reject-reason": "no"}
    text = text_of(post(at_ann, "application_reject", application.pk, **told))
    assert "Say what is wrong with it." in text
    assert "Choose the part that this is about." in text


def test_refusing_without_a_cause_is_refused(at_ann: Client) -> None:
    application = reviewers.in_queue("S1")
    answer = post(at_ann, "application_reject", application.pk, **{"reject-reason": "no"})
    assert "Name at least one part" in text_of(answer)
    assert steps.state_of(application.seller_id) == "assessed_pass"


def test_who_comes_second_is_told_who_was_quicker(at_ann: Client, ben: User) -> None:
    application = reviewers.in_queue("S1")
    reject_application(application.pk, causes={"DOC-1": "seal"}, reason="no", **by(ben))
    answer = post(at_ann, "application_accept", application.pk, **{"accept-reason": "fine"})
    assert (answer.status_code, "ben was quicker" in text_of(answer)) == (422, True)


def test_what_another_holds_is_taken_over_with_a_reason(at_ann: Client, ann: User, ben: User) -> None:
    application = reviewers.in_queue("S1")
    take_application(application.pk, **by(ben))
    shown = text_of(at_ann.get(page(application)))
    assert "ben reviews it" in shown
    assert "Judge it" not in shown
    assert "ben holds it" in text_of(post(at_ann, "application_take", application.pk, **{"take-reason": ""}))
    post(at_ann, "application_take", application.pk, **{"take-reason": "ben is on leave"})
    application.refresh_from_db()
    assert application.assigned_to == ann


def test_an_override_from_request_to_confirmation(at_ann: Client, ben: User) -> None:
    (seller,) = make.make_sellers("S1")
    refused = applicants.refused(seller)
    asked = {"override-rules": ["ELG-2"], "override-reason": "score of another shop"}
    assert "second reviewer" in text_of(post(at_ann, "application_override", refused.pk, **asked))
    override = Override.objects.get()
    own = text_of(at_ann.get(page(refused)))
    assert "You asked for it" in own
    answer = {"answer": "confirm", "answer_override-reason": "seen"}
    assert "A second person has to answer" in text_of(post(at_ann, "override_answer", override.pk, **answer))
    assert "set aside" in text_of(post(client_of(ben), "override_answer", override.pk, **answer))
    override.refresh_from_db()
    assert (override.confirmed, override.decided_by) == (True, ben.actor)


def test_only_open_gates_can_be_asked_for(at_ann: Client) -> None:
    application = reviewers.in_queue("S1")
    asked = {"override-rules": ["ELG-1"], "override-reason": "why not"}
    assert post(at_ann, "application_override", application.pk, **asked).status_code == 422
    assert Override.objects.count() == 0


def test_an_appeal_is_answered_by_the_other_reviewer(at_ann: Client, ann: User, ben: User) -> None:
    application = reviewers.in_queue("S1")
    reject_application(application.pk, causes={"DOC-1": "seal"}, reason="no", **by(ann))
    paper = applicants.hand_in(application.seller_id, "appeal", subject="1")
    appeal = open_appeal(
        application.seller_id, reason="look again", document_ids=[paper.pk], **applicants.WHEN
    )
    told = {"answer": "uphold", "answer_appeal-reason": "the seal is right"}
    assert "You refused it" in text_of(at_ann.get(page(application)))
    assert post(at_ann, "appeal_answer", appeal.pk, **told).status_code == 422
    at_ben = client_of(ben)
    shown = text_of(at_ben.get(page(application)))
    assert "look again" in shown
    assert paper.name in shown
    assert "The appeal is upheld" in text_of(post(at_ben, "appeal_answer", appeal.pk, **told))
    appeal.refresh_from_db()
    assert (appeal.upheld, appeal.answer) == (True, "the seal is right")


def test_a_bulk_step_says_what_became_of_each_row(at_ann: Client, ann: User, ben: User) -> None:
    clear, unseen, held = (reviewers.in_queue(code) for code in ("S1", "S2", "S3"))
    for application in (clear, held):
        reviewers.tick_all(application, ann)
    take_application(held.pk, **by(ben))
    every = {"step": "accept", "reason": "clear", "every": "on"}
    shown = [str(application.pk) for application in (clear, unseen, held)]
    answer = at_ann.post("/operator/applications/bulk/", {**every, "shown": shown}, follow=True)
    text = text_of(answer)
    assert "Done for 1: Shop S1" in text
    assert "Not done for Shop S2: Nobody has looked at these items" in text
    assert "Not done for Shop S3: ben holds it" in text
    states = {a.pk: a.state for a in Application.objects.all()}
    assert states == {clear.pk: "approved", unseen.pk: "assessed_pass", held.pk: "assessed_pass"}


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"step": "nonsense"},
        {"step": "assign", "chosen": ["1"]},
        {"step": "take", "chosen": ["x", "999999", ""]},
        {"step": "take"},
    ],
)
def test_a_bulk_step_without_sense_changes_nothing(at_ann: Client, told: dict[str, Any]) -> None:
    reviewers.in_queue("S1")
    answer = at_ann.post("/operator/applications/bulk/", told, follow=True)
    assert answer.status_code == 200
    assert Application.objects.get().assigned_to is None


def test_bulk_work_is_given_taken_and_put_back(at_ann: Client, ben: User) -> None:
    application = reviewers.in_queue("S1")
    bulk: dict[str, Any] = {"chosen": [str(application.pk)], "query": "assigned=nobody"}

    def holder(**told: Any) -> str | None:
        answer = at_ann.post("/operator/applications/bulk/", {**bulk, **told}, follow=True)
        assert answer.request["QUERY_STRING"] == "assigned=nobody"
        held = Application.objects.get().assigned_to
        return held.name if held else None

    assert holder(step="assign", reviewer=str(ben.pk)) == "ben"
    assert holder(step="release") == "ben"
    assert holder(step="release", reason="ben is on leave") is None
    assert holder(step="take") == "ann"


def test_a_report_opens_as_of_then_and_as_of_now(at_ann: Client) -> None:
    application = reviewers.in_queue("S1")
    report = application.assessments.get()
    text = text_of(at_ann.get(f"{page(application)}reports/{report.pk}/"))
    assert "Then (1 Aug 2024)" in text
    assert "not installed" not in text
    assert at_ann.get(f"{QUEUE}{application.pk + 1}/reports/{report.pk}/").status_code == 404


def test_the_page_is_chinese_for_who_reads_chinese(ben: User) -> None:
    application = reviewers.in_queue("S1")
    text = text_of(client_of(ben, language="zh-hans").get(page(application)))
    for told in ("审核结论", "资料", "审核轨迹", "待审核员核对资料"):
        assert told in text, told


def test_nobody_sees_an_application_that_is_not_there(at_ann: Client) -> None:
    assert at_ann.get(f"{QUEUE}999999/").status_code == 404
    assert post(at_ann, "application_take", 999_999).status_code == 404
