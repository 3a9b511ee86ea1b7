"""A signed write is done once, its answer given again; what raised may be sent again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from bantuo.apps.open_platform.models import AccessGrant, OpenApp, SignedWrite
from bantuo.apps.open_platform.operations import (
    forget_writes,
    grant_private,
    register_private_app,
    write_once,
)
from bantuo.apps.open_platform.operations.writes import KEPT, SAME_SECOND
from bantuo.core.open_platform_times import SKEW_S_MAX
from bantuo.interfaces.web.papers import vault
from tests.apps.factories import make_sellers

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def grant() -> AccessGrant:
    (seller,) = make_sellers("S1")
    issued = register_private_app(seller, "own", vault=vault(), now=NOW, actor="user:1")
    app = OpenApp.objects.get(pk=issued.app_id)
    return grant_private(app, account="o@example.com", now=NOW, actor="user:1").grant


def write(grant: AccessGrant, done: list[str], what: str, *, sign: str = "A", at: datetime = NOW) -> Any:
    def work() -> dict[str, str]:
        done.append(what)
        return {"did": what}

    return write_once(grant, sign=sign, work=work, now=at)


def test_a_write_that_comes_again_is_answered_as_before(grant: AccessGrant) -> None:
    done: list[str] = []
    assert write(grant, done, "first") == ({"did": "first"}, False)
    later = NOW + SAME_SECOND + timedelta(microseconds=1)
    assert write(grant, done, "again", at=later) == ({"did": "first"}, True)
    assert write(grant, done, "other", sign="B", at=later) == ({"did": "other"}, False)
    assert done == ["first", "other"]


def test_clients_that_sign_by_the_second_are_heard_each_time(grant: AccessGrant) -> None:
    """5, 7 and 5 again within one second carry two signatures, and the last word is 5."""
    done: list[str] = []
    for what, sign in (("5", "A"), ("7", "B"), ("5", "A")):
        write(grant, done, what, sign=sign, at=NOW + SAME_SECOND)
    assert done == ["5", "7", "5"]


def test_what_raised_is_not_kept(grant: AccessGrant) -> None:
    def work() -> dict[str, str]:
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        write_once(grant, sign="A", work=work, now=NOW)
    assert SignedWrite.objects.count() == 0


def test_signatures_are_forgotten_when_no_clock_lets_them_in_any_more(grant: AccessGrant) -> None:
    assert timedelta(seconds=2 * SKEW_S_MAX) < KEPT
    write(grant, [], "old", at=NOW - KEPT - timedelta(seconds=1))
    write(grant, [], "new", sign="B", at=NOW - KEPT)
    assert forget_writes(now=NOW) == 1
    assert [kept.answer for kept in SignedWrite.objects.all()] == [{"did": "new"}]
