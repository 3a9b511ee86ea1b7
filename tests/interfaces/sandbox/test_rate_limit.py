"""The limit per minute and caller."""

from __future__ import annotations

from bantuo.interfaces.sandbox.rate_limit import RateLimit


def test_calls_beyond_the_limit_wait_for_the_next_minute() -> None:
    limit = RateLimit(calls=2)

    assert [limit.wait_s("a", now_s=1210) for _ in range(3)] == [0, 0, 50]
    assert limit.wait_s("a", now_s=1260) == 0


def test_one_caller_does_not_use_up_anothers_calls() -> None:
    limit = RateLimit(calls=1)

    assert [limit.wait_s(caller, now_s=1200) for caller in ("a", "b", "a")] == [0, 0, 60]


def test_forgetting_begins_anew() -> None:
    limit = RateLimit(calls=1)
    limit.wait_s("a", now_s=1200)
    limit.forget()

    assert limit.wait_s("a", now_s=1200) == 0
