"""What holds for every page: headers, words for every code, charts without style, one catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from bantuo.apps.accounts.models import Role
from bantuo.apps.admission.models import ApplicationState, DepositState
from bantuo.interfaces.web.charts import bars, bars_beside, lines
from bantuo.interfaces.web.words import WORDS, word_of
from tests.processes import ROOT
from tools.catalogues import compile_all, missing_texts

PAGES = ROOT / "src" / "bantuo" / "interfaces"


def _templates() -> list[Path]:
    return sorted(path for path in PAGES.rglob("*.html") if "static" not in path.parts)


@pytest.mark.django_db
def test_no_page_may_run_what_is_not_ours() -> None:
    policy = Client().get("/accounts/login/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.django_db
def test_every_answer_carries_the_id_of_its_request() -> None:
    assert (
        Client().get("/healthz", headers={"X-Request-ID": "asked-by-us"}).headers["X-Request-ID"]
        == "asked-by-us"
    )
    made = Client().get("/healthz", headers={"X-Request-ID": "bad id\n"}).headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)


@pytest.mark.parametrize("path", _templates(), ids=lambda path: str(path.relative_to(PAGES)))
def test_no_template_has_inline_script_or_style(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=\"|hx-on|javascript:", text) == []
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert re.findall(r"https?://(?!www\.w3\.org)", text) == []


def test_every_state_has_a_word() -> None:
    assert set(WORDS["application"]) == set(ApplicationState.values)
    assert set(WORDS["deposit"]) == set(DepositState.values)
    assert set(WORDS["role"]) == {role.value for role in Role}


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert (word_of("application", "strange").label, word_of("application", "strange").tone) == (
        "strange",
        "mute",
    )


def test_charts_are_drawn_without_style_and_without_script() -> None:
    made = [
        bars("t", rows=[("资质瑕疵", 3), ("<script>", 1)], columns=("a", "b")).svg,
        bars_beside("t", rows=[("a", "s", 1)], columns=("a", "s", "b")).svg,
        lines("t", rows=[(1, "s", 1), (2, "s", 4)], columns=("a", "s", "b"), limit=3).svg,
    ]
    for svg in made:
        assert svg.startswith("<svg ")
        assert "style=" not in svg
        assert "<script" not in svg
    assert "资质瑕疵" in made[0]


def test_every_text_has_its_chinese_and_only_one() -> None:
    assert compile_all() == []
    assert missing_texts() == []
