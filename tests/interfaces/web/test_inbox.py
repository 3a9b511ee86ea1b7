"""The inbox: what one was told, in one's language, and nobody else's; what comes by mail."""

from __future__ import annotations

from io import BytesIO

import fastexcel
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.notices.models import Notice
from bantuo.apps.notices.operations import deliver_notices
from bantuo.apps.notices.queries import mail_choices
from bantuo.apps.notices.topics import TOLD, Circle, Subject
from bantuo.interfaces.jobs.mails import mail_of
from bantuo.interfaces.web.notice_words import SUBJECTS, WORDS, show_notice
from tests.apps.factories import NOW, make_sellers
from tests.apps.notices.people import happen, make_owner, make_person, step

pytestmark = pytest.mark.django_db
NAMED = sorted({told.notice for every in TOLD.values() for told in every})
_DATES = {"expires_on": "2024-09-01", "valid_from": "2024-09-01", "from": "2024-09-01"}
SAID = {**_DATES, "kind": "DOC-2", "rule": "ELG-2", "version": "2", "categories": 3, "reason": "Anna Example",
        "answer": "Anna Example", "shop": "A shop", "orders": 3, "day": "2024-09-01", "missing": 2,
        "listed": 5, "cutoff_at": "2024-09-01T08:00:00+00:00"}  # fmt: skip


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def owner_with(*steps: str, language: str = "en") -> tuple[User, Client]:
    """An owner who was told of these steps."""
    (seller,) = make_sellers("S1")
    owner = make_owner(seller, language=language)
    for name in steps:
        step(seller, name)
    deliver_notices(now=NOW)
    return owner, signed_in(owner)


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_notice_has_words_in_both_languages_and_a_page(name: str, language: str) -> None:
    told = next(told for every in TOLD.values() for told in every if told.notice == name)
    owner = User(email="owner@example.org", language=language)
    notice = Notice(pk=1, user=owner, topic=name, payload=SAID, link=told.link.replace("{id}", "1"))
    with translation.override(language):
        shown = show_notice(notice)
        assert shown.url
        assert str(WORDS[name].title) != name
        is_chinese = any("\u4e00" <= letter <= "\u9fff" for letter in str(shown.words.title))
        assert is_chinese == (language == "zh-hans")
    mail = mail_of(notice)
    assert "Anna Example" not in f"{mail.subject}{mail.body}"
    assert "A shop" not in f"{mail.subject}{mail.body}"
    assert shown.url in mail.body


def test_every_subject_has_words() -> None:
    assert set(SUBJECTS) == set(Subject)
    assert set(WORDS) == set(NAMED)


def test_a_link_leads_into_the_console_of_whoever_is_told() -> None:
    """A number in a seller's link is looked up within that seller: of another's there is nothing to see."""
    for told in (told for every in TOLD.values() for told in every if "{id}" in told.link):
        console = "operator" if told.circle is Circle.OPERATOR else "seller"
        assert told.link.startswith(f"{console}:"), told


def test_the_inbox_shows_the_newest_first_with_what_a_reviewer_wrote() -> None:
    _, client = owner_with("approved", "rejected")
    page = client.get("/inbox/").content.decode()
    assert page.index("Application refused") < page.index("Application approved")
    assert "because" in page
    assert "Mark all 2 as read" in page


def test_the_inbox_in_chinese() -> None:
    _, client = owner_with("approved", language="zh-hans")
    page = client.get("/inbox/").content.decode()
    assert "入驻申请已通过审核" in page
    assert "全部标为已读（1条）" in page


def test_an_empty_inbox_says_what_will_stand_in_it() -> None:
    _, client = owner_with()
    assert "No notices yet" in client.get("/inbox/").content.decode()


def test_opening_a_notice_leads_to_its_page_and_marks_it_read() -> None:
    owner, client = owner_with("approved")
    notice = Notice.objects.get()
    answer = client.get(f"/inbox/{notice.pk}/")
    assert (answer.status_code, answer["Location"]) == (302, reverse("seller:agreement"))
    notice.refresh_from_db()
    assert notice.read_at is not None
    assert owner.pk == notice.user_id


def test_a_notice_whose_page_is_gone_leads_back_to_the_inbox() -> None:
    _, client = owner_with("approved")
    Notice.objects.update(link="seller:no-such-page")
    assert client.get(f"/inbox/{Notice.objects.get().pk}/")["Location"] == reverse("web:inbox")


def test_what_was_told_to_somebody_else_is_not_there() -> None:
    owner_with("approved")
    (other,) = make_sellers("S2")
    stranger = signed_in(make_owner(other, "other@example.org"))
    notice = Notice.objects.get()
    for answer in (stranger.get(f"/inbox/{notice.pk}/"), stranger.post(f"/inbox/{notice.pk}/read/")):
        assert answer.status_code == 404
    stranger.post("/inbox/read/")
    notice.refresh_from_db()
    assert notice.read_at is None


def test_one_or_all_can_be_marked_as_read_and_twice_does_no_harm() -> None:
    _, client = owner_with("approved", "deposit:due", "deposit_held")
    first = Notice.objects.order_by("id")[0]
    for _ in range(2):
        assert client.post(f"/inbox/{first.pk}/read/").status_code == 302
    assert Notice.objects.filter(read_at__isnull=True).count() == 2
    for _ in range(2):
        client.post("/inbox/read/")
    assert not Notice.objects.filter(read_at__isnull=True).exists()


def test_marking_needs_a_post() -> None:
    _, client = owner_with("approved")
    assert client.get("/inbox/read/").status_code == 405


def test_the_filter_finds_a_subject_and_what_is_unread() -> None:
    _, client = owner_with("approved", "deposit:due")
    page = client.get("/inbox/", {"subject": "deposit"}).content.decode()
    assert ("The deposit is due" in page, "Application approved" in page) == (True, False)
    Notice.objects.filter(topic="approved").update(read_at=timezone.now())
    page = client.get("/inbox/", {"state": "unread"}).content.decode()
    assert ("The deposit is due" in page, "Application approved" in page) == (True, False)
    assert client.get("/inbox/", {"subject": "nonsense", "page": "x", "sort": "-pw"}).status_code == 200


def test_long_inboxes_have_pages() -> None:
    _, client = owner_with(*["approved"] * 21)
    page = client.get("/inbox/", {"page": "2"}).content.decode()
    assert "21–21 of 21 rows" in page


def test_the_export_holds_words_not_markup() -> None:
    _, client = owner_with("rejected")
    answer = client.get("/inbox/", {"export": "xlsx"})
    sheet = fastexcel.read_excel(BytesIO(answer.content).read()).load_sheet(0).to_polars()
    assert sheet["Notice"].to_list() == ["Application refused because"]


@pytest.mark.parametrize("told", [1, 3])
def test_the_inbox_asks_the_same_few_questions_for_any_number_of_notices(told: int) -> None:
    _, client = owner_with(*["approved"] * told)
    client.get("/inbox/")
    with CaptureQueriesContext(connection) as seen:
        client.get("/inbox/")
    assert len(seen) <= 10, [q["sql"][:90] for q in seen.captured_queries]


def test_somebody_chooses_what_comes_by_mail() -> None:
    owner, client = owner_with()
    page = client.get("/inbox/settings/").content.decode()
    assert "Work waiting for review" not in page  # a seller never hears of that
    assert client.post("/inbox/settings/", {"application": "on"}).status_code == 302
    chosen = mail_choices(owner.pk)
    assert (chosen["application"], chosen["deposit"], chosen["review"]) == (True, False, True)


def test_an_auditor_reads_their_inbox_too() -> None:
    auditor = make_person("auditor@example.org", Role.AUDITOR)
    happen("policy.value_published", {"rule": "ELG-2", "from": "2024-09-01", "by": "user:9"}, key="x:1")
    deliver_notices(now=NOW)
    assert Notice.objects.filter(user=auditor).count() == 1


def test_nobody_without_an_account_has_an_inbox() -> None:
    assert Client().get("/inbox/")["Location"].startswith("/accounts/login/")
