"""The agreement's text: what is hashed, how it is parted, what a new version changes."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bantuo.core.agreement import (
    Difference,
    Paragraph,
    differences,
    normalise_text,
    paragraphs,
    text_sha256,
)

TEXT = "# 协议\n\n## 一、范围\n\n1.1 甲方\n提供仓储。\n\n- 入库\n- 打包\n"


def test_the_hash_is_of_both_languages() -> None:
    expected = hashlib.sha256("6\n协议\nagreement".encode()).hexdigest()
    assert text_sha256(zh="协议", en="agreement") == expected


@pytest.mark.parametrize("other", ["协议\r\n条款\r\n", "协议 \n条款", "\n协议\r条款\t\n\n"])
def test_line_ends_and_blanks_at_their_ends_do_not_change_the_hash(other: str) -> None:
    assert normalise_text(other) == "协议\n条款"
    assert text_sha256(zh=other, en="x") == text_sha256(zh="协议\n条款", en="x")


@pytest.mark.parametrize(
    ("zh", "en"), [("协议。", "agreement"), ("协议", "Agreement"), ("协议\nagreement", "")]
)
def test_any_other_change_changes_the_hash(zh: str, en: str) -> None:
    assert text_sha256(zh=zh, en=en) != text_sha256(zh="协议", en="agreement")


@given(st.text(), st.text(), st.text(), st.text())
def test_two_pairs_share_a_hash_only_when_they_are_the_same_text(a: str, b: str, c: str, d: str) -> None:
    def readable(text: str) -> str:
        return normalise_text(text.encode(errors="replace").decode())

    one, two = (readable(a), readable(b)), (readable(c), readable(d))
    assert (text_sha256(zh=one[0], en=one[1]) == text_sha256(zh=two[0], en=two[1])) is (one == two)


def test_a_text_is_parted_into_headings_clauses_and_items() -> None:
    assert paragraphs(TEXT) == (
        Paragraph("title", "协议"),
        Paragraph("heading", "一、范围"),
        Paragraph("text", "甲方 提供仓储。", "1.1"),
        Paragraph("item", "入库"),
        Paragraph("item", "打包"),
    )


def test_an_empty_text_has_no_paragraphs() -> None:
    assert paragraphs(" \n\n ") == ()


def test_a_new_version_shows_what_it_adds_changes_and_removes() -> None:
    before = "# 协议\n\n1.1 甲\n\n1.2 乙\n\n1.3 丙"
    after = "# 协议\n\n1.1 甲方\n\n1.3 丙\n\n1.4 丁"
    assert differences(before, after) == (
        Difference("same", "协议", "协议"),
        Difference("changed", "1.1 甲", "1.1 甲方"),
        Difference("removed", "1.2 乙", ""),
        Difference("same", "1.3 丙", "1.3 丙"),
        Difference("added", "", "1.4 丁"),
    )


def test_the_same_text_differs_in_nothing() -> None:
    assert {difference.kind for difference in differences(TEXT, TEXT)} == {"same"}
