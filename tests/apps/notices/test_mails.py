"""From inboxes into the mail: wanted ones only, once each, with patience for a server that is down."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from bantuo.apps.notices.models import Notice
from bantuo.apps.notices.operations import (
    MailFailed,
    SubjectUnknown,
    choose_mails,
    deliver_notices,
    mark_all_read,
    mark_read,
    send_mails,
)
from bantuo.apps.notices.queries import inbox_notices, mail_choices, unread_count
from tests.apps.factories import NOW, make_sellers
from tests.apps.notices.people import make_owner, step

pytestmark = pytest.mark.django_db


class Post:
    """A mail server that is down until it is up."""

    def __init__(self, *, down: bool = False) -> None:
        self.down, self.sent = down, list[tuple[str, str]]()

    def send(self, notice: Notice) -> None:
        if self.down:
            raise MailFailed("down")
        self.sent.append((notice.user.email, notice.topic))


def test_a_notice_is_mailed_once() -> None:
    (seller,) = make_sellers("S1")
    make_owner(seller)
    step(seller, "approved")
    deliver_notices(now=NOW)
    post = Post()
    assert (send_mails(post, now=NOW), send_mails(post, now=NOW)) == (1, 0)
    assert post.sent == [("owner@example.org", "approved")]
    assert list(Notice.objects.values_list("mailed_at", "mail_due_at")) == [(NOW, None)]


def test_a_subject_that_is_not_wanted_by_mail_stays_in_the_inbox() -> None:
    (seller,) = make_sellers("S1")
    owner = make_owner(seller)
    choose_mails(owner.pk, wanted={"application": False})
    step(seller, "approved")
    step(seller, "deposit:due")
    deliver_notices(now=NOW)
    post = Post()
    send_mails(post, now=NOW)
    assert post.sent == [("owner@example.org", "deposit_due")]
    assert [n.topic for n in inbox_notices(owner.pk)] == ["deposit_due", "approved"]
    choose_mails(owner.pk, wanted={"application": True})
    assert mail_choices(owner.pk)["application"] is True


def test_a_server_that_is_down_is_tried_again_later_and_given_up_in_the_end() -> None:
    (seller,) = make_sellers("S1")
    make_owner(seller)
    step(seller, "approved")
    deliver_notices(now=NOW)
    post, at, tries = Post(down=True), NOW, list[datetime]()
    while Notice.objects.filter(mail_due_at__isnull=False).exists():
        assert send_mails(post, now=at) == 0
        tries.append(at)
        at = Notice.objects.get().mail_due_at or at
    minutes = [(later - first) // timedelta(minutes=1) for first, later in pairwise(tries)]
    assert minutes == [1, 10, 60, 360, 1440]
    assert Notice.objects.get().mailed_at is None
    assert unread_count(Notice.objects.get().user_id) == 1


def test_a_server_that_came_back_gets_the_mail() -> None:
    (seller,) = make_sellers("S1")
    make_owner(seller)
    step(seller, "approved")
    deliver_notices(now=NOW)
    post = Post(down=True)
    send_mails(post, now=NOW)
    post.down = False
    assert send_mails(post, now=NOW + timedelta(seconds=59)) == 0
    assert send_mails(post, now=NOW + timedelta(minutes=1)) == 1


def test_reading_counts_down_and_touches_nobody_else() -> None:
    one, two = make_sellers("S1", "S2")
    owner, other = make_owner(one), make_owner(two, "other@example.org")
    for seller in (one, one, two):
        step(seller, "approved")
    deliver_notices(now=NOW)
    theirs = list(Notice.objects.filter(user=other).values_list("pk", flat=True))
    assert mark_read(theirs, user_id=owner.pk, now=NOW) == 0
    assert (unread_count(owner.pk), unread_count(other.pk)) == (2, 1)
    assert mark_all_read(owner.pk, now=NOW) == 2
    assert mark_all_read(owner.pk, now=NOW) == 0
    assert (unread_count(owner.pk), unread_count(other.pk)) == (0, 1)


def test_an_unknown_subject_is_refused() -> None:
    (seller,) = make_sellers("S1")
    owner = make_owner(seller)
    with pytest.raises(SubjectUnknown, match="weather"):
        choose_mails(owner.pk, wanted={"weather": False})
