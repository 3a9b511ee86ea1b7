"""The plain tools of set-based SQL: columns arrive as they were given, statements are sent together."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from bantuo.apps.sql import Column, columns_of, fetch_rows, run_statement, sent_together

pytestmark = pytest.mark.django_db
_TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=20)
_ODD = [
    "",
    "NULL",
    "null",
    '"',
    "\\",
    '\\"',
    "{}",
    "{,}",
    "a,b",
    " a ",
    "\n",
    "\t\r",
    "'",
    "''",
    "%s",
    "中文",
    "𝄞",
]


def returned(column: Column, kind: str) -> list[Any]:
    """What the database makes of a column, in its order."""
    query = f"SELECT v FROM unnest(%s::{kind}[]) WITH ORDINALITY AS c(v, at) ORDER BY at"
    return [row[0] for row in fetch_rows(query, [column])]


@given(st.lists(st.none() | _TEXTS | st.sampled_from(_ODD), max_size=12))
def test_texts_arrive_as_they_were(values: list[str | None]) -> None:
    assert returned(Column(values), "text") == values


@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=12))
def test_whole_numbers_arrive_as_they_were(values: list[int | None]) -> None:
    assert returned(Column(values), "bigint") == values


@given(st.lists(st.none() | st.booleans(), max_size=12))
def test_truths_arrive_as_they_were(values: list[bool | None]) -> None:
    assert returned(Column(values), "bool") == values


_FIRST, _LAST = datetime.fromisoformat("0001-01-02"), datetime.fromisoformat("9999-12-30")


@given(st.lists(st.none() | st.datetimes(_FIRST, _LAST, timezones=st.just(UTC)), max_size=8))
def test_moments_arrive_as_they_were(values: list[datetime | None]) -> None:
    assert returned(Column(values), "timestamptz") == values


def test_days_and_what_else_there_may_be_arrive_as_they_were() -> None:
    days = [date(2026, 3, 1), None, date(1, 1, 1)]
    assert returned(Column(days), "date") == days
    amounts = [Decimal("1.50"), None, Decimal("-3")]
    assert returned(Column(amounts), "numeric") == amounts


@pytest.mark.parametrize("values", [["a\x00b"], ["ok", "\x00"]])
def test_a_text_is_never_cut_at_a_nul(values: list[str]) -> None:
    with pytest.raises(DataError, match="NUL"), transaction.atomic():
        returned(Column(values), "text")


def test_rows_become_columns_of_the_width_that_is_told() -> None:
    assert columns_of([(1, "a"), (2, "b")], 2) == [[1, 2], ["a", "b"]]
    assert columns_of(iter(()), 3) == [[], [], []]
    with pytest.raises(ValueError, match="2 values where 3"):
        columns_of([(1, 2)], 3)
    with pytest.raises(ValueError, match="argument 2"):
        columns_of([(1, 2), (3,)], 2)


def test_statements_sent_together_see_each_other_and_fail_as_any_other() -> None:
    run_statement("CREATE TEMP TABLE sent (n int PRIMARY KEY) ON COMMIT DROP")
    with sent_together():
        run_statement("INSERT INTO sent VALUES (1)")
        run_statement("INSERT INTO sent VALUES (2)")
        assert fetch_rows("SELECT n FROM sent ORDER BY n") == [(1,), (2,)]
    with pytest.raises(IntegrityError), transaction.atomic(), sent_together():
        run_statement("INSERT INTO sent VALUES (2)")
    assert not connection.needs_rollback
    assert fetch_rows("SELECT count(*) FROM sent") == [(2,)]
