"""What the tests of papers have in common: uploading, looking, and who looks."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.documents.models import Document, DocumentAccess
from bantuo.apps.parties.models import Seller
from bantuo.channels.uploads import UploadRefused
from bantuo.interfaces.web import consent
from tests.apps.documents.papers import NUMBER
from tests.channels.uploaded import pdf
from tests.interfaces.operator.review_people import client_of

IDENTITY = {"name": "张三", "number": NUMBER, "is_long_term": "on"}


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


def agree(client: Client) -> Any:
    return client.post(reverse("seller:consent"), {"agreed": "yes", "version": consent.VERSION})


def all_codes() -> Iterator[UploadRefused]:
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
