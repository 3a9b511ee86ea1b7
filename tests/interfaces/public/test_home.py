"""The first page: what it says comes from the book, claims are marked, both languages are whole."""

from __future__ import annotations

import re

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bantuo.engine.books import load_book
from bantuo.interfaces.public.home import DUTIES

pytestmark = pytest.mark.django_db
ZH, EN = {"Accept-Language": "zh-CN"}, {"Accept-Language": "en"}


def page(language: dict[str, str] = EN) -> str:
    answer = Client().get("/", headers=language)
    assert answer.status_code == 200
    return answer.content.decode()


def text(language: dict[str, str] = EN) -> str:
    """The page without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page(language)))


def test_the_golden_order_is_computed_and_every_line_leads_to_its_rule() -> None:
    shown = page()
    for amount in ("¥4.20", "¥11.00", "¥2.40", "¥2.00", "¥19.60"):
        assert amount in shown
    for rule in ("FEE-1.rate", "FEE-2.first_weight", "FEE-5.distance", "FEE-4.label"):
        assert f'href="/rules/{rule}/"' in shown


def test_who_does_what_follows_the_book() -> None:
    duties = {row["duty"] for value in load_book().rules["RSP-1"].values for row in value.value}
    assert duties == set(DUTIES)
    shown = text()
    mine, theirs, nobody = (shown.index(words) for words in (
        "You, the seller", "The programme's appointed providers", "The article does not say"))  # fmt: skip
    assert mine < shown.index("Promotions") < theirs < shown.index("Export customs") < nobody
    assert nobody < shown.index("Last mile")


def test_the_modes_differ_and_what_is_claimed_is_marked_as_a_claim() -> None:
    shown = text()
    assert re.search(r"Delivered on time 99\.1% claim CLM-9 99\.6% claim CLM-9 86\.4% claim CLM-9", shown)
    assert re.search(r"Mean time to delivery 7\.2 days claim CLM-4 9 days claim, derived", shown)
    assert re.search(r"Deposit ¥20,000\.00 DEP-1 ¥50,000\.00 claim not stated in the article", shown)
    assert shown.count("not computable") == 2  # of the other modes, without the reader's own rates
    assert "A sample of one Hangzhou lamp seller" in shown


def test_it_says_whose_numbers_these_are_and_what_to_do_next() -> None:
    shown = page()
    assert "not affiliated with any marketplace" in shown
    for address in ("/check/", "/accounts/signup/", "/accounts/login/", "/rules/"):
        assert f'href="{address}"' in shown


def test_the_page_in_chinese_has_no_english_sentence_left() -> None:
    shown = text(ZH)
    for said in (
        "店铺您做主，履约我们来。",
        "职责划分",
        "三种模式有何不同",
        "官方指定服务商",
        "无法计算",
        "宣称",
    ):
        assert said in shown
    assert re.findall(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", shown) == []


def test_accounts_to_try_are_named_in_a_demonstration_only(settings: LazySettings) -> None:
    assert "This is a demonstration" not in page()
    settings.DEMO = True
    assert "This is a demonstration" in page()


def test_it_asks_the_database_next_to_nothing() -> None:
    page()
    with CaptureQueriesContext(connection) as seen:
        page()
    assert len(seen) <= 3, [q["sql"][:90] for q in seen.captured_queries]


def test_it_only_answers_and_takes_nothing() -> None:
    assert Client().post("/").status_code == 405
