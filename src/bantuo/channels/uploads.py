"""Inspect an uploaded file: what it really is, whether it may come in, and its bytes as they are kept.

The type is told by the content, never by the name; a name that says otherwise is refused with what
the file really is. Nothing is unpacked or drawn beyond a limit, and nothing is read whole into memory
but pictures, which are drawn anew so that place, device and owner's name are left behind.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from bantuo.channels.upload_images import redraw_image
from bantuo.channels.upload_papers import check_pdf, check_workbook
from bantuo.channels.upload_refused import UploadRefused
from bantuo.channels.upload_texts import check_json

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
PDF, JSON = "application/pdf", "application/json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TAKEN: Mapping[str, str] = {JPEG: "jpg", PNG: "png", WEBP: "webp", PDF: "pdf", XLSX: "xlsx", JSON: "json"}
PAPERS = frozenset({JPEG, PNG, WEBP, PDF})  # what a reviewer can look at page by page

_NAME_CHARS = 120
_READ_BYTES = 256 * 1024
_HEAD_BYTES = 1024
_SAME_ENDING = {"jpeg": "jpg", "jpe": "jpg", "jfif": "jpg"}
# Endings that promise a kind of file; any other (a date, a version) promises nothing.
_PROMISES = frozenset(
    {*TAKEN.values(), "gif", "bmp", "tif", "tiff", "heic", "heif", "avif", "svg", "doc", "docx", "xls",
     "xlsm", "ppt", "pptx", "wps", "et", "ofd", "csv", "txt", "html", "htm", "xml", "zip", "rar", "7z", "gz",
     "exe", "msi", "js", "bat", "apk", "dll", "sh", "mp4", "mov"}
)  # fmt: skip
_SIGNS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "jpg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (8, b"WEBP", "webp"),
    (0, b"%PDF-", "pdf"),
    (4, b"ftypheic", "heic"),
    (4, b"ftypheix", "heic"),
    (4, b"ftypmif1", "heic"),
    (4, b"ftypmsf1", "heic"),
    (4, b"ftyphevc", "heic"),
    (4, b"ftypavif", "avif"),
    (4, b"ftyp", "mp4"),
    (0, b"GIF8", "gif"),
    (0, b"BM", "bmp"),
    (0, b"II*\x00", "tiff"),
    (0, b"MM\x00*", "tiff"),
    (0, b"MZ", "exe"),
    (0, b"\x7fELF", "program"),
    (0, b"#!", "script"),
    (0, b"Rar!", "rar"),
    (0, b"7z\xbc\xaf", "7z"),
    (0, b"\x1f\x8b", "gz"),
    (0, b"\xd0\xcf\x11\xe0", "doc/xls"),
)


@dataclass(frozen=True, slots=True)
class Upload:
    """An inspected file: what it really is, a clean name, and the bytes that are to be kept."""

    name: str
    media_type: str
    size_bytes: int
    sha256: str
    file: BinaryIO
    pages: int = 1

    def chunks(self) -> Iterator[bytes]:
        """The bytes from the beginning, piece by piece."""
        self.file.seek(0)
        while piece := self.file.read(_READ_BYTES):
            yield piece


def inspect_upload(file: BinaryIO, name: str, *, size_max: int) -> Upload:
    """Take a file in or refuse it; raises UploadRefused, which says why in a code and its particulars."""
    size = _size(file)
    if size == 0:
        raise UploadRefused("empty")
    if size > size_max:
        raise UploadRefused("too_big", size=size, size_max=size_max)
    kind = _kind(file)
    cleaned = clean_name(name)
    _check_promise(cleaned, kind)
    media_type = next((media for media, ending in TAKEN.items() if ending == kind), None)
    if media_type is None:
        raise UploadRefused("not_taken", actual=kind)
    kept, pages = _inspected(file, media_type)
    size, digest = _measured(kept)
    return Upload(_with_ending(cleaned, kind), media_type, size, digest, kept, pages)


def _inspected(file: BinaryIO, media_type: str) -> tuple[BinaryIO, int]:
    """The file as it is kept, and its pages: pictures drawn anew, others as they came, if harmless."""
    match media_type:
        case "image/jpeg" | "image/png" | "image/webp":
            return redraw_image(file), 1
        case "application/pdf":
            return file, check_pdf(file)
        case "application/json":
            check_json(file)
        case _:
            check_workbook(file)
    return file, 1


def _size(file: BinaryIO) -> int:
    return file.seek(0, 2)


def _measured(file: BinaryIO) -> tuple[int, str]:
    file.seek(0)
    digest, size = hashlib.sha256(), 0
    while piece := file.read(_READ_BYTES):
        digest.update(piece)
        size += len(piece)
    return size, digest.hexdigest()


def _kind(file: BinaryIO) -> str:
    """What the first bytes say the file is, as an ending; `unknown` when they say nothing."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    for at, sign, kind in _SIGNS:
        if head.startswith(sign, at):
            return kind
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _zip_kind(file)
    return _text_kind(head)


def _zip_kind(file: BinaryIO) -> str:
    """A workbook is a ZIP with its table of contents inside; another ZIP is just that."""
    file.seek(max(0, _size(file) - 1_100_000))
    tail = file.read()  # the ZIP's own list of names stands at its end
    if b"xl/workbook.xml" in tail:
        return "xlsm" if b"vbaProject.bin" in tail else "xlsx"
    return "docx" if b"word/document.xml" in tail else "zip"


def _text_kind(head: bytes) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] in (b"{", b"["):
        return "json"
    if text[:1] == b"<":
        return "svg" if b"<svg" in text.lower() else "html/xml"
    return "unknown"


def _check_promise(name: str, kind: str) -> None:
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    ending = _SAME_ENDING.get(ending, ending)
    if ending in _PROMISES and ending not in kind.split("/"):
        if kind == "unknown" and ending not in TAKEN.values():
            raise UploadRefused("not_taken", actual=ending)
        raise UploadRefused("disguised", claimed=ending, actual=kind)


def clean_name(name: str) -> str:
    """A file name as text: without folders, control and direction marks, of a bearable length."""
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C")
    plain = re.sub(r"\s+", " ", plain).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if dot and len(ending) <= 10:
        return f"{stem[: _NAME_CHARS - len(ending) - 1]}.{ending}"
    return plain[:_NAME_CHARS] or "upload"


def _with_ending(name: str, kind: str) -> str:
    """The name with an ending that says what the file is."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    return name if _SAME_ENDING.get(ending, ending) == kind else f"{name}.{kind}"


__all__ = [
    "JSON",
    "PAPERS",
    "PDF",
    "TAKEN",
    "XLSX",
    "Upload",
    "UploadRefused",
    "clean_name",
    "inspect_upload",
]
