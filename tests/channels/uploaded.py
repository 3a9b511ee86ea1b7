"""Files that people send, good and bad, made on the spot."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import xlsxwriter
from PIL import Image
from pypdf import PdfWriter
from pypdf.actions import JavaScript


def picture(kind: str = "JPEG", *, size: tuple[int, int] = (60, 40)) -> bytes:
    """A photograph with everything a phone writes into it: place, device, owner, thumbnail, comment."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010F] = "MakerOfTheDevice"
    exif[0x013B] = "NameOfTheOwner"
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 49.0), 3: "E", 4: (121.0, 28.0, 25.0)})
    told = io.BytesIO()
    image = Image.new("RGB", size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    options = {"comment": b"a comment of the phone"} if kind == "JPEG" else {}
    image.save(told, kind, exif=exif, **options)
    return told.getvalue()


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that says it is that large and is a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def pdf(change: Callable[[PdfWriter], object] = lambda _: None, *, pages: int = 1) -> bytes:
    """A PDF of blank pages with something done to it."""
    writer, told = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(200, 300)
    change(writer)
    writer.write(told)
    return told.getvalue()


def pdf_with_script() -> bytes:
    """A PDF that runs something when it is opened."""
    return pdf(lambda writer: writer.add_open_action(JavaScript("app.alert(1)")))


def workbook() -> bytes:
    """An ordinary XLSX file."""
    told = io.BytesIO()
    with xlsxwriter.Workbook(told) as book:
        book.add_worksheet().write(0, 0, "SKU")
    return told.getvalue()


def workbook_with(name: str, content: bytes) -> bytes:
    """An XLSX file with one more part."""
    told = io.BytesIO(workbook())
    with zipfile.ZipFile(told, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return told.getvalue()


def workbook_that_lies() -> bytes:
    """A workbook whose one part says it is small and unpacks to 300 MB."""
    bomb = workbook_with("xl/bomb.xml", b" " * (300 * 1024 * 1024))
    size = struct.pack("<I", 300 * 1024 * 1024)
    assert bomb.count(size) == 2
    return bomb.replace(size, struct.pack("<I", 1000))


BILLION_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + b"".join(b'<!ENTITY lol%d "%s">' % (n, b"&lol%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]><lolz>&lol9;</lolz>"
)
