"""Papers as the operator sees them: masked, ticked, listed, and every look in the log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from bantuo.apps.accounts.models import Role
from bantuo.apps.documents.models import Document
from bantuo.apps.documents.operations import record_tick
from bantuo.apps.documents.queries import verify_chain
from bantuo.apps.parties.models import Seller
from bantuo.channels.uploads import UploadRefused
from bantuo.interfaces.web.papers import refused_words
from bantuo.interfaces.web.programme import programme_now
from tests.apps.documents.papers import NUMBER
from tests.channels.uploaded import pdf, picture
from tests.interfaces.operator.review_people import text_of
from tests.interfaces.seller.shop import open_shop, sign_in
from tests.interfaces.web.documents.papers import (
    IDENTITY,
    actions,
    agree,
    all_codes,
    chequered,
    is_clear,
    operator,
    upload,
    uploaded,
)

pytestmark = pytest.mark.django_db


def test_a_sensitive_paper_is_masked_until_there_is_a_reason(client: Client, seller: Seller) -> None:
    paper = uploaded(client, seller, chequered(), name="card.png", kind="DOC-2", subject="front")
    reviewer = operator(Role.REVIEWER, name="Reviewer One")
    page = reverse("operator:document_page", args=[paper.pk, 1])
    assert not is_clear(reviewer.get(page).content)
    unmask = reverse("operator:document_unmask", args=[paper.pk])
    assert reviewer.post(unmask, {"reason": " "}).status_code == 422
    assert reviewer.post(unmask, {"reason": "to read the expiry"}).status_code == 302
    assert is_clear(reviewer.get(page).content)
    reviewer.post(reverse("operator:document_mask", args=[paper.pk]))
    assert not is_clear(reviewer.get(page).content)
    assert actions()[1:] == [("preview", ""), ("unmask", "to read the expiry"), ("preview", "")]
    seen = text_of(client.get(reverse("seller:document", args=[paper.pk])))
    assert "to read the expiry" in seen
    assert "Reviewer One" in seen


def test_the_auditor_reads_masked_and_acts_nowhere(client: Client, seller: Seller) -> None:
    paper = uploaded(client, seller, picture(), name="card.jpg", kind="DOC-2", subject="front")
    auditor = operator(Role.AUDITOR)
    page = auditor.get(reverse("operator:document", args=[paper.pk]))
    assert (page.status_code, b'name="reason"' in page.content) == (200, False)
    for name in ("operator:document_unmask", "operator:document_ticks", "operator:document_file"):
        assert auditor.post(reverse(name, args=[paper.pk]), {"reason": "x"}).status_code == 403
    assert (
        auditor.post(reverse("operator:representative", args=[seller.pk]), {"reason": "x"}).status_code == 403
    )


def test_finance_sees_proofs_of_payment_in_clear_and_nothing_of_an_application(
    client: Client, seller: Seller
) -> None:
    paper = uploaded(client, seller)
    finance = operator(Role.FINANCE)
    assert (
        finance.post(reverse("operator:document_unmask", args=[paper.pk]), {"reason": "x"}).status_code == 404
    )
    Document.objects.filter(pk=paper.pk).update(kind="deposit_proof")
    assert (
        finance.post(reverse("operator:document_unmask", args=[paper.pk]), {"reason": "x"}).status_code == 302
    )


def test_a_reviewer_ticks_and_the_seller_reads_what_is_wrong(client: Client, seller: Seller) -> None:
    paper = uploaded(client, seller, kind="DOC-5")
    reviewer, url = operator(Role.REVIEWER), reverse("operator:document_ticks", args=[paper.pk])
    told = {
        "platform_template": "yes",
        "hand_signed": "",
        "seal_across_pages": "no",
        "seal_across_pages_note": "",
    }
    silent = reviewer.post(url, told)
    assert (silent.status_code, "Say what is wrong" in text_of(silent)) == (422, True)
    assert reviewer.post(url, {**told, "seal_across_pages_note": "no seal on page 2"}).status_code == 302
    listed = text_of(client.get(reverse("seller:documents")))
    assert "seal across the pages: no seal on page 2" in listed
    assert "not accepted" in listed
    upload(client, pdf(pages=3), kind="DOC-5")
    late = reviewer.post(url, told | {"seal_across_pages": "yes"}, follow=True)
    assert "replaced this paper meanwhile" in text_of(late)


def test_the_representative_is_in_clear_for_one_look(client: Client, seller: Seller) -> None:
    agree(client)
    client.post(reverse("seller:representative"), IDENTITY)
    reviewer, url = operator(Role.REVIEWER), reverse("operator:representative", args=[seller.pk])
    assert NUMBER not in text_of(reviewer.get(url))
    assert NUMBER in text_of(reviewer.post(url, {"reason": "licence names somebody else"}))
    assert NUMBER not in text_of(reviewer.get(url))
    assert actions()[-1] == ("unmask", "licence names somebody else")


def test_the_list_finds_papers_by_kind_seller_and_expiry(client: Client, seller: Seller) -> None:
    soon = programme_now().on + timedelta(days=5)
    uploaded(client, seller, expires_on=soon.isoformat(), name="first.pdf")
    other = open_shop("S2")
    uploaded(sign_in(other), other, pdf(pages=3), name="second.pdf", kind="DOC-5")
    reviewer, url = operator(Role.REVIEWER), reverse("operator:documents")
    for query, found in (
        ({}, {"first.pdf", "second.pdf"}),
        ({"kind": "DOC-5"}, {"second.pdf"}),
        ({"seller": "s1"}, {"first.pdf"}),
        ({"expiry": "7"}, {"first.pdf"}),
        ({"expiry": "expired"}, set()),
        ({"state": "destroyed"}, set()),
        ({"seller": "' OR 1=1 --"}, set()),
        ({"kind": "no such", "seller": "\x00"}, {"first.pdf", "second.pdf"}),
    ):
        told = text_of(reviewer.get(url, query))
        assert {name for name in ("first.pdf", "second.pdf") if name in told} == found, query
    assert reviewer.get(url, {"export": "xlsx"}).content.startswith(b"PK")


@pytest.mark.parametrize("name", ["operator:documents", "operator:audit"])
def test_a_list_asks_as_often_for_three_rows_as_for_one(seller: Seller, client: Client, name: str) -> None:
    reader = operator(Role.ADMINISTRATOR)
    uploaded(client, seller)
    reader.get(reverse(name))
    with CaptureQueriesContext(connection) as one:
        reader.get(reverse(name))
    for code in ("S2", "S3"):
        other = open_shop(code)
        uploaded(sign_in(other), other)
    with CaptureQueriesContext(connection) as three:
        assert reader.get(reverse(name)).status_code == 200
    assert len(three) == len(one)


def test_the_checklist_asks_as_often_for_three_papers_as_for_one(seller: Seller, client: Client) -> None:
    uploaded(client, seller)
    client.get(reverse("seller:documents"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("seller:documents"))
    uploaded(client, seller, kind="DOC-5")
    uploaded(client, seller, kind="DOC-3", subject="permit")
    with CaptureQueriesContext(connection) as three:
        client.get(reverse("seller:documents"))
    assert len(three) == len(one)


def test_the_access_log_shows_whether_its_chain_is_whole(client: Client, seller: Seller) -> None:
    uploaded(client, seller)
    auditor, url = operator(Role.AUDITOR), reverse("operator:audit")
    told = text_of(auditor.get(url))
    assert "The chain is whole: all 1 entries fit each other." in told
    assert verify_chain().head_hash in told
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE documents_documentaccess SET actor = 'user:999'")
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert "The log is not whole." in text_of(auditor.get(url))
    assert operator(Role.REVIEWER).get(url).status_code == 403


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_refusal_has_words_of_its_own_in_both_languages(language: str) -> None:
    with translation.override(language):
        fallback = refused_words(UploadRefused("no such code"))
        told = [refused_words(refused) for refused in all_codes()]
    assert fallback not in told
    assert "%(" not in "".join(told)
    is_chinese = [any("\u4e00" <= letter <= "\u9fff" for letter in words) for words in told]
    assert is_chinese == [language == "zh-hans"] * len(told)


def test_ticks_by_an_operation_are_what_the_page_shows(client: Client, seller: Seller) -> None:
    paper = uploaded(client, seller)
    now = programme_now().now
    record_tick(paper.pk, tick="company_seal", ticked=True, note="", now=now, actor="user:1")
    assert "looked at, in order" in text_of(client.get(reverse("seller:documents")))
