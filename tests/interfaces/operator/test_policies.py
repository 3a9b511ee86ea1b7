"""The policy console: a gate changes from next month on, after a look at what it does; nothing else moves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bantuo.apps.accounts.models import Role
from bantuo.apps.admission.models import ApplicationState
from bantuo.apps.policies.models import PolicyAmendment, PolicyDraft
from bantuo.apps.policies.operations import publish_draft
from bantuo.interfaces.web.programme import programme_now
from tests.interfaces.operator.policy_people import make_applicant, next_month, sign_in

pytestmark = pytest.mark.django_db


def proposal(**changed: Any) -> dict[str, Any]:
    told = {
        "value": "70%",
        "valid_from": next_month(programme_now().on).isoformat(),
        "source": "notice 7",
        "quote": "",
        "reason": "too many slow shops",
    }
    return told | changed


def drafted(client: Client, rule: str = "ELG-1", **changed: Any) -> PolicyDraft:
    response = client.post(f"/operator/policies/{rule}/", proposal(**changed))
    assert response.status_code == 302, response.content.decode()
    return PolicyDraft.objects.latest("id")


def act(client: Client, draft: PolicyDraft, what: str) -> str:
    response = client.post(f"/operator/policies/drafts/{draft.pk}/{what}/", follow=True)
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_gate_is_changed_from_next_month_on() -> None:
    """The story of the demo: propose, check, publish; today's answer stays, next month's is another."""
    make_applicant("SLOW", state=ApplicationState.ACTIVE, sell_through="66%")
    make_applicant("FAST", state=ApplicationState.IN_REVIEW, sell_through="90%")
    client, today = sign_in(Role.POLICY), programme_now().on
    first = next_month(today)
    draft = drafted(client)
    assert (draft.value, draft.valid_from) == (700_000, first)
    page = act(client, draft, "check")
    assert "Shop SLOW" in page
    assert "Shop FAST" not in page
    assert "gate-sell-through-at-limit" in page
    assert "Would no longer pass: 1." in page
    assert programme_now().book.amount("ELG-1", first) == 650_000
    page = act(client, draft, "publish")
    assert "Published by operator_policy@example.test" in page
    book = programme_now().book
    assert [book.amount("ELG-1", day) for day in (today, first - timedelta(1), first)] == [
        650_000,
        650_000,
        700_000,
    ]
    public = Client().get("/rules/ELG-1/", headers={"Accept-Language": "en"}).content.decode()
    assert "≥ 65%" in public
    assert "≥ 70%" in public


def test_the_evaluator_of_the_day_follows_the_publication() -> None:
    client, today = sign_in(Role.POLICY), programme_now().on
    draft = drafted(client, valid_from=(today + timedelta(1)).isoformat())
    act(client, draft, "check")
    act(client, draft, "publish")
    limits = [
        next(gate.limit for gate in programme_now().evaluator(day).gates.gates if gate.rule_id == "ELG-1")
        for day in (today, today + timedelta(1))
    ]
    assert limits == [650_000, 700_000]


@pytest.mark.parametrize(
    ("rule", "typed", "stored"),
    [
        ("ELG-1", "70", 700_000),
        ("ELG-1", "70.5 %", 705_000),
        ("FEE-1.rate", "3.25%", 325),
        ("DEP-1", "¥25,000.00", 2_500_000),
        ("DEP-1", "25000.5", 2_500_050),
        ("ELG-2", "4.8", 48_000),
        ("ELG-5", "200", 200),
        ("ELG-11", "3.10", 30_010),
        ("OPS-1.cutoff", "15:30", 930),
        ("OPS-1.inclusive", "false", False),
        ("ELG-8.scope", "all", "all"),
        ("FEE-1.base", ["goods"], ["goods"]),
        ("ELG-17.sites", "DE\nFR\nES", ["DE", "FR", "ES"]),
        ("ELG-13", "进出口", "进出口"),
        ("PRG-1", "2023-11-02", "2023-11-02"),
    ],
)
def test_people_write_human_units(rule: str, typed: Any, stored: Any) -> None:
    assert drafted(sign_in(Role.POLICY), rule, value=typed).value == stored


def test_a_table_is_written_as_rows() -> None:
    client = sign_in(Role.POLICY)
    page = client.get("/operator/policies/AFS-1/").content.decode()
    assert "late_to_warehouse" in page
    rows = programme_now().book.rules["AFS-1"].values[0].value
    changed = [
        {**row, "party": "nobody"} if row["cause"] == "breakage_in_jit" else row for row in map(dict, rows)
    ]
    written = str(changed).replace("'", '"')
    assert drafted(client, "AFS-1", value=written).value == changed


@pytest.mark.parametrize(
    ("rule", "changed", "told"),
    [
        ("ELG-1", {"value": "0.00001"}, "At most 4 decimals"),
        ("ELG-1", {"value": "-5"}, "without a sign"),
        ("ELG-1", {"value": "101"}, "Must be from 0% to 100%"),
        ("ELG-1", {"value": "much"}, "Write a number"),
        ("ELG-1", {"value": ""}, "This field is required"),
        ("ELG-1", {"value": "65"}, "has this value on that day already"),
        ("ELG-1", {"valid_from": "2024-01-01"}, "must be after today"),
        ("ELG-1", {"valid_from": "soon"}, "Enter a valid date"),
        ("ELG-1", {"source": " "}, "This field is required"),
        ("ELG-1", {"reason": ""}, "This field is required"),
        ("ELG-5", {"value": "180.5"}, "Write a whole number"),
        ("ELG-11", {"value": "three"}, "Write a version"),
        ("OPS-1.cutoff", {"value": "25:00"}, "Enter a valid time"),
        ("OPS-1.zone", {"value": "Mars/Base"}, "No such time zone"),
        ("ELG-8.scope", {"value": "shoes"}, "Select a valid choice"),
        ("AFS-1", {"value": "[{"}, "Not JSON"),
        ("AFS-1", {"value": '[{"cause": 1.5}]'}, "whole numbers only"),
        ("AFS-1", {"value": "[]"}, "is not a list of rows"),
        ("AFS-1", {"value": '[{"cause": "x", "party": "nobody"}]'}, "uncovered case"),
        ("FEE-1", {"value": "FEE-1.rate\nFEE-77"}, "unknown rule"),
        ("ELG-17.sites", {"value": "DE\nDE"}, "a word stands twice"),
    ],
)
def test_a_bad_value_is_told_beside_the_field_and_nothing_is_kept(
    rule: str, changed: dict[str, Any], told: str
) -> None:
    response = sign_in(Role.POLICY).post(f"/operator/policies/{rule}/", proposal(**changed))
    assert response.status_code == 422
    assert told in response.content.decode().replace("&#x27;", "'")
    assert PolicyDraft.objects.count() == 0


def test_a_double_click_drafts_and_publishes_once() -> None:
    client = sign_in(Role.POLICY)
    draft = drafted(client)
    assert drafted(client).pk == draft.pk
    act(client, draft, "check")
    act(client, draft, "publish")
    assert "Published by" in act(client, draft, "publish")
    assert PolicyAmendment.objects.count() == 1


def test_what_was_not_checked_is_not_published() -> None:
    client = sign_in(Role.POLICY)
    draft = drafted(client)
    assert "Check the draft first" in act(client, draft, "publish")
    assert PolicyAmendment.objects.count() == 0


def test_an_outdated_check_is_told_and_renewed() -> None:
    client = sign_in(Role.POLICY)
    first, second = drafted(client), drafted(client, "ELG-5", value="200")
    for draft in (first, second):
        act(client, draft, "check")
    act(client, first, "publish")
    page = client.get(f"/operator/policies/drafts/{second.pk}/").content.decode()
    assert "check outdated" in page
    assert "Another value was published since the check" in act(client, second, "publish")
    act(client, second, "check")
    act(client, second, "publish")
    assert PolicyAmendment.objects.count() == 2


def test_a_value_that_breaks_the_programme_is_told() -> None:
    client = sign_in(Role.POLICY)
    draft = drafted(client, "FEE-2.step_weight", value="0")
    assert "could not decide any more" in act(client, draft, "check")


def test_a_fee_says_that_it_decides_no_admission() -> None:
    client = sign_in(Role.POLICY)
    page = act(client, drafted(client, "FEE-2.first_fee", value="6"), "check")
    assert "does not decide admission" in page
    assert "¥" in page


def test_a_draft_can_be_discarded_and_stays_closed() -> None:
    client = sign_in(Role.POLICY)
    draft = drafted(client)
    assert "Discarded by" in act(client, draft, "discard")
    assert "closed already" in act(client, draft, "check")
    assert "closed already" in act(client, draft, "publish")


def test_a_script_in_the_reason_is_text() -> None:
    client = sign_in(Role.POLICY)
    draft = drafted(client, reason="<script>alert(1)</script>")
    page = client.get(f"/operator/policies/drafts/{draft.pk}/").content.decode()
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    "role", [Role.REVIEWER, Role.FINANCE, Role.WAREHOUSE, Role.AUDITOR, Role.ADMINISTRATOR]
)
def test_other_operators_read_and_do_not_act(role: Role) -> None:
    draft, client = drafted(sign_in(Role.POLICY)), sign_in(role)
    for address in ("", "drafts/", "published/", "ELG-1/", f"drafts/{draft.pk}/"):
        page = client.get(f"/operator/policies/{address}")
        assert page.status_code == 200
        assert "data-busy" not in page.content.decode()
    assert client.post("/operator/policies/ELG-1/", proposal()).status_code == 403
    for what in ("check", "publish", "discard"):
        assert client.post(f"/operator/policies/drafts/{draft.pk}/{what}/").status_code == 403
    assert PolicyDraft.objects.get().state == "draft"


def test_rules_are_found_by_topic_words_origin_and_plan() -> None:
    client = sign_in(Role.POLICY)
    draft = drafted(client)
    act(client, draft, "check")
    act(client, draft, "publish")

    def found(query: str) -> set[str]:
        rows = client.get(f"/operator/policies/?{query}").context["table"].rows
        return {row.record.id for row in rows}

    assert found("only=planned") == {"ELG-1"}
    assert found("q=动销率+窗口") == {"ELG-1.window_days"}
    assert found("topic=pricing") == {"PRC-1", "PRC-1.mode", "PRC-2"}
    assert "DEP-1" in found("status=seed&topic=deposit")
    assert "DEP-1.cooling_days" not in found("status=seed&topic=deposit")
    assert found("q=nothing-like-it") == set()


@pytest.mark.parametrize("order", ["id", "-id", "topic", "since", "-since", "status", "nonsense"])
def test_the_rules_can_be_sorted(order: str) -> None:
    assert sign_in(Role.POLICY).get(f"/operator/policies/?sort={order}&page=2").status_code == 200


@pytest.mark.parametrize(
    "address", ["/operator/policies/", "/operator/policies/published/", "/operator/policies/drafts/"]
)
def test_every_list_can_be_exported(address: str) -> None:
    client = sign_in(Role.POLICY)
    draft = drafted(client)
    act(client, draft, "check")
    act(client, draft, "publish")
    response = client.get(f"{address}?export=xlsx")
    assert response.headers["Content-Type"].endswith("spreadsheetml.sheet")
    assert response.content[:2] == b"PK"


def _published(client: Client, *numbers: int) -> None:
    programme = programme_now()
    for number in numbers:
        draft = drafted(client, value=f"7{number}")
        act(client, draft, "check")
        publish_draft(draft.pk, on=programme.on, now=programme.now, actor=f"user:{number}")


@pytest.mark.parametrize("address", ["published/", "drafts/"])
def test_a_list_asks_as_much_for_one_row_as_for_three(address: str) -> None:
    client, asked = sign_in(Role.POLICY), []
    for numbers in ((1,), (2, 3)):
        _published(client, *numbers)
        programme_now()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/operator/policies/{address}").status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1]


@pytest.mark.parametrize("address", ["/operator/policies/ELG-99/", "/operator/policies/drafts/4711/"])
def test_what_is_not_there_is_not_found(address: str) -> None:
    assert sign_in(Role.POLICY).get(address).status_code == 404


@pytest.mark.parametrize("rule", ["CAP-1", "FEE-1", "ELG-13", "OPS-1.cutoff", "PRG-1", "DOC-3", "CLM-9"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_kind_of_rule_has_its_form(rule: str, language: str) -> None:
    page = sign_in(Role.POLICY, language=language).get(f"/operator/policies/{rule}/")
    assert page.status_code == 200
    assert 'name="value"' in page.content.decode()
