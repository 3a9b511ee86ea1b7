"""Three forms of a timestamp, and wall time of Los Angeles through both changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bantuo.core.open_platform_times import (
    TimeUnreadable,
    pacific_text,
    read_pacific,
    read_timestamp,
    skew_s,
)

AT = datetime(2018, 2, 5, 8, 46, 32, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "1517820392000",
        " 1517820392000 ",
        "2018-02-05T08:46:32Z",
        "2018-02-05T08:46:32",
        "2018-02-05T16:46:32+08:00",
        "2018-02-05 16:46:32",
    ],
)
def test_all_forms_of_one_instant_are_read(text: str) -> None:
    assert read_timestamp(text) == AT


@pytest.mark.parametrize(
    "text",
    ["", "1517820392", "99999999999999", "15178203920000000", "yesterday", "2018-13-05 16:46:32", "1e12"],
)
def test_what_is_no_time_is_named(text: str) -> None:
    with pytest.raises(TimeUnreadable, match="is none of"):
        read_timestamp(text)


def test_the_skew_is_rounded_up_whichever_way_it_goes() -> None:
    assert skew_s(AT, now=AT) == 0
    assert skew_s(AT, now=AT + timedelta(seconds=7200)) == 7200
    assert skew_s(AT + timedelta(seconds=7200, microseconds=1), now=AT) == 7201
    assert skew_s(AT - timedelta(hours=3), now=AT) == 10_800


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 1, 1, 8, 0, tzinfo=UTC), "2026-01-01 00:00:00"),
        (datetime(2026, 7, 1, 8, 0, tzinfo=UTC), "2026-07-01 01:00:00"),
        (datetime(2026, 3, 8, 9, 59, 59, tzinfo=UTC), "2026-03-08 01:59:59"),
        (datetime(2026, 3, 8, 10, 0, tzinfo=UTC), "2026-03-08 03:00:00"),
        (datetime(2026, 11, 1, 8, 30, tzinfo=UTC), "2026-11-01 01:30:00"),
        (datetime(2026, 11, 1, 9, 30, tzinfo=UTC), "2026-11-01 01:30:00"),
    ],
)
def test_an_instant_is_written_in_the_wall_time_of_los_angeles(at: datetime, text: str) -> None:
    assert pacific_text(at) == text


def test_a_range_over_the_hour_that_comes_twice_leaves_nothing_out() -> None:
    assert read_pacific("2026-11-01 01:30:00") == datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    assert read_pacific("2026-11-01 01:30:00", is_end=True) == datetime(2026, 11, 1, 9, 30, tzinfo=UTC)


def test_a_bare_date_is_its_first_or_its_last_second() -> None:
    assert read_pacific("2026-01-31") == datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
    assert read_pacific("2026-01-31", is_end=True) == datetime(2026, 2, 1, 7, 59, 59, tzinfo=UTC)
    assert read_pacific("2026-11-01", is_end=True) == datetime(2026, 11, 2, 7, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-02-30", "31.01.2026", "", "2026-01-31T08:00:00Z"])
def test_a_wall_time_that_is_none_is_named(text: str) -> None:
    with pytest.raises(TimeUnreadable, match="is not a time like"):
        read_pacific(text)
