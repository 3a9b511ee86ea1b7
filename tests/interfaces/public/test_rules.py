"""The rules for everybody: value on a day, words, source, readings, history, as cited, and in the drawer."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client

from bantuo.apps.policies.operations import current_book, publish_book
from bantuo.apps.policies.operations.drafts import draft_value
from bantuo.engine.books import load_book
from bantuo.interfaces.web.programme import programme_now
from tests.apps import factories as make
from tests.apps.policies.test_amendments import check, publish

pytestmark = pytest.mark.django_db


def page(address: str, *, language: str = "en") -> str:
    response = Client().get(address, headers={"Accept-Language": language})
    assert response.status_code == 200
    return str(response.content.decode())


def test_every_rule_stands_in_the_list_by_topic() -> None:
    response = Client().get("/rules/")
    listed = [line.id for _, _, lines in response.context["topics"] for line in lines]
    assert sorted(listed) == sorted(load_book().rules)
    assert response.context["topics"][0][0] == "eligibility"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=动销率", {"ELG-1", "ELG-1.window_days"}),
        ("q=sell-through", {"ELG-1", "ELG-1.window_days"}),
        ("q=PRC-1.mode", {"PRC-1.mode"}),
        ("q=nothing-like-it", set()),
        ("topic=settlement", {"SET-1", "SET-1.event", "SET-1.negative_balance"}),
    ],
)
def test_rules_are_found_in_both_languages(query: str, found: set[str]) -> None:
    topics = Client().get(f"/rules/?{query}").context["topics"]
    assert {line.id for _, _, lines in topics for line in lines} == found


def test_a_day_before_the_programme_says_so() -> None:
    assert "not in force" in page("/rules/?on=2020-01-01")
    assert "Not in force on this day" in page("/rules/ELG-1/?on=2020-01-01")


@pytest.mark.parametrize("rule", sorted(load_book().rules))
def test_every_rule_has_its_page_and_its_drawer(rule: str) -> None:
    whole, brief = page(f"/rules/{rule}/"), page(f"/rules/{rule}/drawer/")
    label = load_book().rules[rule].label
    assert label.en.replace("'", "&#x27;") in whole
    assert label.zh in whole
    assert f'href="/rules/{rule}/"' in brief
    assert "<html" not in brief


def test_a_rule_page_shows_words_source_and_reading() -> None:
    whole = page("/rules/ELG-1/", language="zh-hans")
    value = load_book().rules["ELG-1"].values[0]
    assert "≥ 65%" in whole
    assert f'<blockquote class="quote" lang="zh-Hans">{value.quote}</blockquote>' in whole
    assert value.source.title.zh in whole
    for reading in load_book().rules["ELG-1"].readings:
        assert reading.chosen.zh in whole


def test_a_claim_is_shown_as_a_claim() -> None:
    for address in ("/rules/CLM-4/", "/rules/CLM-4/drawer/"):
        assert "a claim of the article, not a fact" in page(address)
    assert "a claim of the article" not in page("/rules/ELG-1/")


@pytest.mark.parametrize(
    "address",
    ["/rules/ELG-99/", "/rules/ELG-99/drawer/", "/rules/ELG-1/?version=000000000000", "/rules/<script>/"],
)
def test_what_is_not_there_is_not_found(address: str) -> None:
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize("query", ["on=never", "on=2024-02-31", "on=", "on=99999-01-01"])
def test_nonsense_for_a_day_is_today(query: str) -> None:
    assert "In force today" in page(f"/rules/ELG-1/?{query}")
    assert Client().get(f"/rules/?{query}").status_code == 200


def test_the_page_shows_what_is_planned_and_what_a_decision_cited() -> None:
    cited = programme_now().book.version
    on = programme_now().on
    first = on + timedelta(30)
    book = current_book(now=make.NOW, actor=make.ACTOR).book
    draft = draft_value(
        "ELG-1", valid_from=first, value=700_000, source="notice 7", quote="", reason="why", book=book,
        on=on, now=make.NOW, actor=make.ACTOR,
    )  # fmt: skip
    check(draft.pk, on=on, book=book)
    publish(draft.pk, on=on)
    now = page("/rules/ELG-1/")
    assert "≥ 70%" in now
    assert "published by the operator" in now
    then = page(f"/rules/ELG-1/?version={cited}")
    assert "≥ 70%" not in then
    assert "It has changed since." in then
    assert "It is the same today." in page(f"/rules/ELG-2/?version={cited}")
    assert "≥ 70%" in page(f"/rules/ELG-1/?on={first}")


@pytest.mark.parametrize("rule", ["ELG-1", "CAP-1", "PRG-1", "FEE-1", "OPS-1.inclusive", "ELG-17.streams"])
def test_a_cited_rule_comes_back_as_it_was(rule: str) -> None:
    book = load_book()
    publish_book(book, now=make.NOW, actor=make.ACTOR)
    view = Client().get(f"/rules/{rule}/?version={book.version}&on=2024-09-01").context["view"]
    assert (view.rule, view.on) == (book.rules[rule], date(2024, 9, 1))


def test_a_table_has_its_columns_in_order_also_as_cited() -> None:
    publish_book(load_book(), now=make.NOW, actor=make.ACTOR)
    for query in ("", f"?version={load_book().version}"):
        response = Client().get(f"/rules/CAP-1/{query}", headers={"Accept-Language": "en"})
        assert response.context["view"].current.columns == ("Mode", "Right", "Answer", "Origin")
