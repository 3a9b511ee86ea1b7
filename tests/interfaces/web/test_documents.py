"""The pages of papers: uploads good and bad, own papers only, masks, ticks, consent, the access log."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from PIL import Image

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.documents.models import Document, DocumentAccess
from bantuo.apps.documents.operations import record_tick
from bantuo.apps.documents.queries import current_documents, legal_representative, verify_chain
from bantuo.apps.parties.models import Seller
from bantuo.channels.uploads import UploadRefused
from bantuo.interfaces.web import consent
from bantuo.interfaces.web.papers import refused_words
from bantuo.interfaces.web.programme import programme_now
from bantuo.interfaces.web.upload_cap import BODY_BYTES_MAX, UploadCap
from tests.apps.documents.papers import NUMBER
from tests.channels.uploaded import BILLION_LAUGHS, pdf, pdf_with_script, picture, png_of_size, workbook_with
from tests.interfaces.operator.review_people import client_of, text_of
from tests.interfaces.seller.shop import HTMX, begin, open_shop, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_store(settings: Any, tmp_path: Any) -> None:
    settings.DOCUMENT_STORE = tmp_path / "papers"


@pytest.fixture
def seller() -> Seller:
    return open_shop()


@pytest.fixture
def client(seller: Seller) -> Client:
    return sign_in(seller)


def upload(
    client: Client, content: bytes, name: str = "licence.pdf", *, kind: str = "DOC-1", **told: Any
) -> Any:
    headers = told.pop("headers", None)
    file = SimpleUploadedFile(name, content)
    url = reverse("seller:document_upload", args=[kind])
    return client.post(url, {"file": file, **told}, headers=headers)


def uploaded(client: Client, seller: Seller, content: bytes | None = None, **told: Any) -> Document:
    assert upload(client, content or pdf(pages=2), **told).status_code == 302
    return Document.objects.filter(seller=seller).latest("id")


def operator(role: Role, *, name: str = "") -> Client:
    person = User.objects.create_user(
        f"{role.value}@example.com", "a long password", roles=[role.value], name=name
    )
    return client_of(person)


def actions() -> list[tuple[str, str]]:
    return list(DocumentAccess.objects.order_by("id").values_list("action", "reason"))


def test_a_paper_is_uploaded_seen_and_downloaded_as_it_was(client: Client, seller: Seller) -> None:
    content = pdf(pages=2)
    paper = uploaded(client, seller, content, expires_on="2031-02-03")
    assert (paper.kind, paper.name, paper.pages, str(paper.expires_on)) == (
        "DOC-1",
        "licence.pdf",
        2,
        "2031-02-03",
    )
    listed = text_of(client.get(reverse("seller:documents")))
    assert "licence.pdf" in listed
    assert "good until 3 Feb 2031" in listed
    page = client.get(reverse("seller:document_page", args=[paper.pk, 2]))
    with Image.open(io.BytesIO(page.content)) as image:
        assert (image.format, max(image.size)) == ("PNG", 1600)
    download = client.get(reverse("seller:document_file", args=[paper.pk]))
    assert download.content == content
    assert 'filename="licence.pdf"' in download.headers["Content-Disposition"]
    assert actions() == [("upload", ""), ("preview", ""), ("download", "")]


def test_a_page_that_is_none_is_not_found(client: Client, seller: Seller) -> None:
    paper = uploaded(client, seller)
    assert client.get(reverse("seller:document_page", args=[paper.pk, 3])).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"MZ" + bytes(500), "licence.pdf", "Its name says PDF, but it is really a program"),
        (b"", "licence.pdf", "The file is empty"),
        (pdf_with_script(), "licence.pdf", "act by themselves"),
        (pdf(lambda writer: writer.encrypt("x")), "licence.pdf", "protected by a password"),
        (png_of_size(30_000, 30_000), "photo.png", "too many pixels"),
        (workbook_with("xl/a.xml", BILLION_LAUGHS), "book.xlsx", "declares XML entities"),
        (workbook_with("xl/a.xml", b" " * 120_000_000), "book.xlsx", "unpacks to far more"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(90), "photo.heic", "HEIC"),
    ],
)
def test_a_bad_file_is_refused_beside_the_chooser_and_nothing_is_kept(
    client: Client, seller: Seller, content: bytes, name: str, words: str
) -> None:
    answer = upload(client, content, name)
    assert answer.status_code == 422
    assert words in text_of(answer)
    part = upload(client, content, name, headers=HTMX)
    assert part.status_code == 422
    assert part.content.decode().lstrip().startswith('<section class="card mb-3" id="paper-DOC-1"')
    assert (Document.objects.count(), DocumentAccess.objects.count()) == (0, 0)


def test_a_file_above_the_books_cap_is_refused_with_both_sizes(client: Client) -> None:
    answer = upload(client, b"%PDF-" + bytes(21 * 1024 * 1024))
    assert answer.status_code == 422
    assert "The file has 21 MiB; at most 20 MiB are taken in." in text_of(answer)


def test_a_body_far_beyond_is_refused_before_anything_reads_it() -> None:
    read: list[int] = []

    class Counting(io.RawIOBase):
        left = 200 * 1024 * 1024

        def read(self, size: int = -1) -> bytes:
            read.append(size)
            piece = bytes(min(size, self.left))
            self.left -= len(piece)
            return piece

    def never(_request: Any) -> Any:
        raise AssertionError("the view was reached")

    for headers, kind in (({}, "text/html"), ({"HTTP_HX_REQUEST": "true"}, "text/plain")):
        request = RequestFactory().generic(
            "POST",
            "/seller/documents/kind/DOC-1/",
            b"",
            content_type="multipart/form-data; boundary=x",
            **headers,
        )
        request.META["CONTENT_LENGTH"] = str(Counting.left)
        request._stream = Counting()
        answer = UploadCap(never)(request)
        assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (413, kind)
        assert "200 MiB" in answer.content.decode()
    assert 0 < max(read) <= 256 * 1024
    small = RequestFactory().post("/", {})
    small.META["CONTENT_LENGTH"] = str(BODY_BYTES_MAX)
    with pytest.raises(AssertionError, match="the view was reached"):
        UploadCap(never)(small)


def test_names_with_folders_marks_and_script_are_only_text(client: Client, seller: Seller) -> None:
    paper = uploaded(client, seller, name="..\\..\\<img src=x onerror=alert(1)>\u202e.pdf")
    assert paper.name == "<img src=x onerror=alert(1)>.pdf"
    page = client.get(reverse("seller:documents")).content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;.pdf" in page
    assert client.get(reverse("seller:document_file", args=[paper.pk])).status_code == 200


def test_a_name_with_nul_is_taken_without_it(client: Client, seller: Seller) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="lic\x00ence.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n" + pdf() + b"\r\n--x--\r\n"
    )
    url = reverse("seller:document_upload", args=["DOC-1"])
    answer = client.post(url, body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 302
    assert "\x00" not in Document.objects.get().name


def test_nothing_chosen_and_unknown_kinds_are_said_so(client: Client) -> None:
    answer = client.post(reverse("seller:document_upload", args=["DOC-1"]), {})
    assert (answer.status_code, "Choose a file first." in text_of(answer)) == (422, True)
    assert upload(client, pdf(), kind="DOC-99").status_code == 404
    assert upload(client, pdf(), kind="DOC-3", subject="anything").status_code == 422


def test_a_camera_photograph_takes_the_same_way(client: Client, seller: Seller) -> None:
    photo = SimpleUploadedFile("image.jpg", picture())
    answer = client.post(
        reverse("seller:document_upload", args=["DOC-2"]), {"camera": photo, "subject": "front"}
    )
    assert answer.status_code == 302
    paper = Document.objects.get()
    assert (paper.kind, paper.subject, paper.media_type) == ("DOC-2", "front", "image/jpeg")


def test_a_double_click_leaves_one_paper(client: Client, seller: Seller) -> None:
    first = uploaded(client, seller)
    assert uploaded(client, seller).pk == first.pk
    assert Document.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("seller:document", "get"),
        ("seller:document_file", "get"),
        ("seller:document_expiry", "post"),
        ("seller:document_remove", "post"),
    ],
)
def test_another_sellers_paper_is_not_there(client: Client, seller: Seller, name: str, method: str) -> None:
    paper = uploaded(client, seller)
    other = sign_in(open_shop("S2"))
    assert getattr(other, method)(reverse(name, args=[paper.pk])).status_code == 404
    assert other.get(reverse("seller:document_page", args=[paper.pk, 1])).status_code == 404
    assert actions() == [("upload", "")]


def test_within_a_seller_only_the_owner_sees_sensitive_papers_in_clear(
    client: Client, seller: Seller
) -> None:
    paper = uploaded(client, seller, chequered(), name="card.png", kind="DOC-2", subject="front")
    lister = sign_in(seller, Role.SELLER_LISTING)
    assert lister.get(reverse("seller:document_file", args=[paper.pk])).status_code == 404
    page = reverse("seller:document_page", args=[paper.pk, 1])
    assert (is_clear(lister.get(page).content), is_clear(client.get(page).content)) == (False, True)
    assert sign_in(seller, Role.SELLER_STOCK).get(page).status_code == 403


def chequered() -> bytes:
    """A picture whose every second pixel is black: blurred, nothing of it is."""
    image, told = Image.new("L", (200, 200), 255), io.BytesIO()
    image.putdata([0 if (n + n // 200) % 2 else 255 for n in range(200 * 200)])
    image.save(told, "PNG")
    return told.getvalue()


def is_clear(png: bytes) -> bool:
    """Whether something black is left of the chequers."""
    with Image.open(io.BytesIO(png)) as image:
        return min(pixel for pixel in image.convert("L").tobytes()) < 30


def test_papers_are_locked_while_they_are_decided_on(client: Client, seller: Seller) -> None:
    paper = uploaded(client, seller)
    application = begin(seller)
    application.state = "in_review"
    application.save(update_fields=["state"])
    answer = upload(client, pdf(pages=3))
    assert (answer.status_code, "with the reviewers" in text_of(answer)) == (422, True)
    client.post(reverse("seller:document_remove", args=[paper.pk]))
    client.post(reverse("seller:document_expiry", args=[paper.pk]), {"expires_on": "2030-01-01"})
    assert [(d.pk, d.expires_on) for d in current_documents(seller.pk)] == [(paper.pk, None)]


def test_a_paper_is_removed_and_its_expiry_mended_before_handing_in(client: Client, seller: Seller) -> None:
    paper = uploaded(client, seller)
    url = reverse("seller:document_expiry", args=[paper.pk])
    assert client.post(url, {"expires_on": "never"}).status_code == 422
    assert client.post(url, {"expires_on": "2030-01-01"}).status_code == 302
    assert "1 Jan 2030" in text_of(client.get(reverse("seller:document", args=[paper.pk])))
    assert client.post(reverse("seller:document_remove", args=[paper.pk])).status_code == 302
    gone = client.get(reverse("seller:document", args=[paper.pk]))
    assert "nobody can read it any more" in text_of(gone)
    assert client.get(reverse("seller:document_page", args=[paper.pk, 1])).status_code == 404


def test_a_paper_out_of_date_is_said_so(client: Client, seller: Seller) -> None:
    yesterday = programme_now().on - timedelta(days=1)
    uploaded(client, seller, expires_on=yesterday.isoformat())
    told = text_of(client.get(reverse("seller:documents")))
    assert "One paper runs out soon or has run out:" in told
    assert "out of date" in told


def test_the_template_of_the_undertaking_comes_with_the_shops_name(client: Client) -> None:
    answer = client.get(reverse("seller:commitment_template"))
    assert answer.content.startswith(b"%PDF-")
    assert upload(client, answer.content, "undertaking.pdf", kind="DOC-5").status_code == 302


def agree(client: Client) -> Any:
    return client.post(reverse("seller:consent"), {"agreed": "yes", "version": consent.VERSION})


IDENTITY = {"name": "张三", "number": NUMBER, "is_long_term": "on"}


def test_consent_comes_before_the_identity(client: Client, seller: Seller) -> None:
    url = reverse("seller:representative")
    assert 'name="number"' not in client.get(url).content.decode()
    early = client.post(url, IDENTITY)
    assert (early.status_code, legal_representative(seller.pk)) == (422, None)
    client.post(reverse("seller:consent"), {"version": consent.VERSION})
    assert legal_representative(seller.pk) is None
    agree(client)
    assert client.post(url, IDENTITY).status_code == 302
    told = text_of(client.get(url))
    assert "110105********002X" in told
    assert NUMBER not in told
    held = legal_representative(seller.pk)
    assert held is not None
    assert (held.consent_version, held.consent_sha256) == (consent.VERSION, consent.TEXT_SHA256)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"number": "110105194912310021"}, "not a sound identity number"),
        ({"is_long_term": "", "expires_on": "2020-05-06"}, "ran out on 6 May 2020"),
        ({"is_long_term": ""}, "tick that it is long-term"),
        ({"name": " "}, "This field is required"),
    ],
)
def test_a_bad_identity_is_refused_and_what_was_typed_stays(
    client: Client, changed: dict[str, str], words: str
) -> None:
    agree(client)
    answer = client.post(reverse("seller:representative"), {**IDENTITY, **changed})
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert f'value="{ {**IDENTITY, **changed}["number"] }"' in answer.content.decode()


def test_consent_is_withdrawn_and_everything_goes(client: Client, seller: Seller) -> None:
    agree(client)
    client.post(reverse("seller:representative"), IDENTITY)
    uploaded(client, seller, picture(), name="card.jpg", kind="DOC-2", subject="front")
    client.post(reverse("seller:consent_withdraw"))
    assert (legal_representative(seller.pk), current_documents(seller.pk)) == (None, [])


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


def _all_codes() -> Iterator[UploadRefused]:
    yield UploadRefused("empty")
    yield UploadRefused("too_big", size=2_621_440, size_max=1_048_576)
    for actual in ("jpg", "png", "webp", "pdf", "xlsx", "xlsm", "json", "heic", "zip", "docx", "doc/xls",
                   "exe", "program", "script", "svg", "html/xml", "unknown", "rar"):  # fmt: skip
        yield UploadRefused("disguised", claimed="pdf", actual=actual)
        yield UploadRefused("not_taken", actual=actual)
    for code in ("image_broken", "pdf_broken", "pdf_encrypted", "pdf_script", "pdf_attachment", "xlsx_broken",
                 "xlsx_bomb", "xlsx_entities", "json_broken"):  # fmt: skip
        yield UploadRefused(code)
    yield UploadRefused("image_bomb", pixels_max=60_000_000)
    yield UploadRefused("json_deep", depth_max=32)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_refusal_has_words_of_its_own_in_both_languages(language: str) -> None:
    with translation.override(language):
        fallback = refused_words(UploadRefused("no such code"))
        told = [refused_words(refused) for refused in _all_codes()]
    assert fallback not in told
    assert "%(" not in "".join(told)
    is_chinese = [any("\u4e00" <= letter <= "\u9fff" for letter in words) for words in told]
    assert is_chinese == [language == "zh-hans"] * len(told)


def test_ticks_by_an_operation_are_what_the_page_shows(client: Client, seller: Seller) -> None:
    paper = uploaded(client, seller)
    now = programme_now().now
    record_tick(paper.pk, tick="company_seal", ticked=True, note="", now=now, actor="user:1")
    assert "looked at, in order" in text_of(client.get(reverse("seller:documents")))
