"""Papers as their seller sees them: uploaded, refused, removed, never another's."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import reverse
from PIL import Image

from bantuo.apps.accounts.models import Role
from bantuo.apps.documents.models import Document, DocumentAccess
from bantuo.apps.documents.queries import current_documents
from bantuo.apps.parties.models import Seller
from bantuo.interfaces.web.programme import programme_now
from bantuo.interfaces.web.upload_cap import BODY_BYTES_MAX, UploadCap
from tests.channels.uploaded import BILLION_LAUGHS, pdf, pdf_with_script, picture, png_of_size, workbook_with
from tests.interfaces.operator.review_people import text_of
from tests.interfaces.seller.shop import HTMX, begin, open_shop, sign_in
from tests.interfaces.web.documents.papers import (
    actions,
    chequered,
    is_clear,
    upload,
    uploaded,
)

pytestmark = pytest.mark.django_db


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
