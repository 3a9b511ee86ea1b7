"""PDF files and workbooks are kept as they came, once nothing in them can act, hide or swell.

For PDF this is a check of what the file says of itself, object by object; it is no virus scanner.
"""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject

from bantuo.channels.upload_refused import UploadRefused

PDF_OBJECTS_MAX = 100_000
_PDF_DEPTH_MAX = 60
_SCRIPT_KEYS = frozenset({"/JS", "/JavaScript", "/XFA"})
_SCRIPT_ACTIONS = frozenset({"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/Rendition"})
_FILE_KEYS = frozenset({"/EF", "/EmbeddedFiles", "/RichMediaContent"})

ZIP_ENTRIES_MAX = 2_000
ZIP_BYTES_MAX = 200 * 1024 * 1024
ZIP_RATIO_MAX = 100
_RATIO_MATTERS_BYTES = 1024 * 1024
_READ_BYTES = 256 * 1024
_DOCTYPES = (b"<!doctype", b"<!entity")

logging.getLogger("pypdf").setLevel(
    logging.CRITICAL
)  # it would log what it finds odd in other people's files


def check_pdf(file: BinaryIO) -> int:
    """Refuse a PDF that is encrypted, broken, carries files or could run something; else count its pages."""
    file.seek(0)
    try:
        reader = PdfReader(file, strict=False)
        if reader.is_encrypted:
            raise UploadRefused("pdf_encrypted")
        pages = len(reader.pages)
        if not pages:
            raise UploadRefused("pdf_broken")
        for part in _pdf_objects(reader):
            _check_part(part, 0)
        return pages
    except UploadRefused:
        raise
    except Exception as broken:  # a reader may stumble in any way over what somebody made up
        raise UploadRefused("pdf_broken") from broken
    finally:
        file.seek(0)


def _pdf_objects(reader: PdfReader) -> Iterator[Any]:
    """Every object of the file, also those that no page leads to, and the trailer."""
    numbers = {(number, generation) for generation, table in reader.xref.items() for number in table}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > PDF_OBJECTS_MAX:
        raise UploadRefused("pdf_broken")
    yield reader.trailer
    for number, generation in sorted(numbers):
        if number:
            yield reader.get_object(IndirectObject(number, generation, reader))


def _check_part(part: Any, depth: int) -> None:
    if depth > _PDF_DEPTH_MAX:
        raise UploadRefused("pdf_broken")
    if isinstance(part, DictionaryObject):
        _check_dictionary(part)
        children = list(part.values())
    else:
        children = list(part) if isinstance(part, ArrayObject) else []
    for child in children:
        if isinstance(child, DictionaryObject | ArrayObject):
            _check_part(child, depth + 1)


def _check_dictionary(part: DictionaryObject) -> None:
    keys = set(part)
    action = part.get("/S")
    if keys & _SCRIPT_KEYS or (isinstance(action, NameObject) and action in _SCRIPT_ACTIONS):
        raise UploadRefused("pdf_script")
    if keys & _FILE_KEYS or part.get("/Type") == "/EmbeddedFile":
        raise UploadRefused("pdf_attachment")


def check_workbook(file: BinaryIO) -> None:
    """Refuse a workbook that is broken, unpacks to far more than it is, or declares XML entities."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if len(entries) > ZIP_ENTRIES_MAX or sum(e.file_size for e in entries) > ZIP_BYTES_MAX:
                raise UploadRefused("xlsx_bomb")
            _check_entries(archive, entries)
    except UploadRefused:
        raise
    except Exception as broken:  # an unpacker may stumble in any way over what somebody made up
        raise UploadRefused("xlsx_broken") from broken
    finally:
        file.seek(0)


def _check_entries(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """What an archive says of its sizes is not believed: they are counted while it is unpacked."""
    left = ZIP_BYTES_MAX
    for entry in entries:
        if entry.filename.lower().endswith((".xml", ".rels", ".vml")):
            left -= _check_xml(archive, entry, left)


def _check_xml(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> int:
    read, tail = 0, b""
    with archive.open(entry) as part:
        while piece := part.read(_READ_BYTES):
            read += len(piece)
            swollen = read > _RATIO_MATTERS_BYTES and read > ZIP_RATIO_MAX * max(1, entry.compress_size)
            if read > left or swollen:
                raise UploadRefused("xlsx_bomb")
            seen = tail + piece.replace(b"\x00", b"").lower()  # also what is written two bytes a letter
            if any(sign in seen for sign in _DOCTYPES):
                raise UploadRefused("xlsx_entities")
            tail = seen[-16:]
    return read
