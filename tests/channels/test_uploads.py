"""Uploads: what comes in is what it says it is, harmless, and tells nothing that cannot be seen in it."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image

from bantuo.channels.upload_images import PIXELS_MAX
from bantuo.channels.uploads import JSON, PDF, XLSX, Upload, UploadRefused, clean_name, inspect_upload
from tests.channels.uploaded import (
    BILLION_LAUGHS,
    pdf,
    pdf_with_script,
    picture,
    png_of_size,
    workbook,
    workbook_that_lies,
    workbook_with,
)

MIB = 1024 * 1024


def inspect(content: bytes, name: str = "paper", *, size_max: int = 20 * MIB) -> Upload:
    return inspect_upload(io.BytesIO(content), name, size_max=size_max)


def refusal(
    content: bytes, name: str = "paper", *, size_max: int = 20 * MIB
) -> tuple[str, dict[str, str | int]]:
    with pytest.raises(UploadRefused) as refused:
        inspect(content, name, size_max=size_max)
    return refused.value.code, refused.value.params


@pytest.mark.parametrize(
    ("content", "media_type", "ending"),
    [
        (picture("JPEG"), "image/jpeg", "jpg"),
        (picture("PNG"), "image/png", "png"),
        (picture("WEBP"), "image/webp", "webp"),
        (pdf(), PDF, "pdf"),
        (workbook(), XLSX, "xlsx"),
        (b'\xef\xbb\xbf {"sizes": []}', JSON, "json"),
    ],
)
def test_the_type_is_what_the_content_says(content: bytes, media_type: str, ending: str) -> None:
    taken = inspect(content, "营业执照 2024.07")
    assert (taken.media_type, taken.name) == (media_type, f"营业执照 2024.07.{ending}")
    kept = b"".join(taken.chunks())
    assert (taken.size_bytes, taken.sha256) == (len(kept), sha256(kept).hexdigest())
    assert inspect(content, f"paper.{ending.upper()}").name == f"paper.{ending.upper()}"


@pytest.mark.parametrize(
    ("content", "name", "claimed", "actual"),
    [
        (b"MZ\x90\x00" + bytes(200), "licence.pdf", "pdf", "exe"),
        (b"\x7fELF" + bytes(200), "licence.jpg", "jpg", "program"),
        (b"#!/bin/sh\nrm -rf /", "licence.png", "png", "script"),
        (picture("PNG"), "licence.jpeg", "jpg", "png"),
        (pdf(), "sheet.xlsx", "xlsx", "pdf"),
        (picture("JPEG"), "setup.exe", "exe", "jpg"),
        (b"<html><script>alert(1)</script></html>", "scan.pdf", "pdf", "html/xml"),
        (b"<svg xmlns='x' onload='alert(1)'/>", "scan.png", "png", "svg"),
        (b"PK\x03\x04" + bytes(200), "book.xlsx", "xlsx", "zip"),
        (b"just words", "scan.pdf", "pdf", "unknown"),
        (workbook_with("xl/vbaProject.bin", b"macro"), "book.xlsx", "xlsx", "xlsm"),
    ],
)
def test_a_disguised_file_is_refused_with_what_it_really_is(
    content: bytes, name: str, claimed: str, actual: str
) -> None:
    assert refusal(content, name) == ("disguised", {"claimed": claimed, "actual": actual})


@pytest.mark.parametrize(
    ("content", "name", "actual"),
    [
        (b"\x00\x00\x00\x18ftypheic" + bytes(50), "photo.heic", "heic"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(50), "photo", "heic"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(50), "film.mp4", "mp4"),
        (b"GIF89a" + bytes(50), "photo.gif", "gif"),
        (b"just words", "notes.txt", "txt"),
        (b"just words", "notes", "unknown"),
        (b"PK\x03\x04" + bytes(200), "papers.zip", "zip"),
    ],
)
def test_an_honest_file_of_another_kind_is_refused_by_its_kind(
    content: bytes, name: str, actual: str
) -> None:
    assert refusal(content, name) == ("not_taken", {"actual": actual})


def test_an_empty_file_is_refused() -> None:
    assert refusal(b"", "licence.pdf") == ("empty", {})


def test_a_file_of_200_mb_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.pdf"
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(200 * MIB)
    tracemalloc.start()
    try:
        with path.open("rb") as file, pytest.raises(UploadRefused) as refused:
            inspect_upload(file, "huge.pdf", size_max=20 * MIB)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (refused.value.code, refused.value.params) == (
        "too_big",
        {"size": 200 * MIB, "size_max": 20 * MIB},
    )
    assert peak < MIB


def test_at_the_cap_a_file_is_taken_and_one_byte_above_it_is_not() -> None:
    content = pdf()
    assert inspect(content, size_max=len(content)).media_type == PDF
    assert refusal(content, size_max=len(content) - 1)[0] == "too_big"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_place_device_and_owner_are_gone_from_a_photograph(kind: str) -> None:
    sent = picture(kind)
    assert b"MakerOfTheDevice" in sent
    kept = b"".join(inspect(sent).chunks())
    for trace in (
        b"MakerOfTheDevice",
        b"NameOfTheOwner",
        b"Exif",
        b"eXIf",
        b"EXIF",
        b"a comment of the phone",
    ):
        assert trace not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background",
                                   "timestamp", "duration"}  # fmt: skip


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photograph_is_turned_upright(kind: str) -> None:
    kept = io.BytesIO(b"".join(inspect(picture(kind, size=(60, 40))).chunks()))
    with Image.open(kept) as image:
        assert image.size == (40, 60)
        top, bottom = (image.convert("RGB").getpixel((20, y)) for y in (5, 55))
    assert (top, bottom) == (pytest.approx((255, 0, 0), abs=9), pytest.approx((255, 255, 255), abs=9))


def test_a_palette_with_a_clear_colour_keeps_what_can_be_seen() -> None:
    told = io.BytesIO()
    image = Image.new("P", (4, 4), 0)
    image.putpalette([0, 0, 255, 255, 0, 0])
    image.putpixel((1, 1), 1)
    image.save(told, "PNG", transparency=0)
    with Image.open(io.BytesIO(b"".join(inspect(told.getvalue()).chunks()))) as kept:
        assert (kept.mode, kept.getpixel((1, 1)), kept.getpixel((0, 0))) == (
            "RGBA",
            (255, 0, 0, 255),
            (0, 0, 255, 0),
        )


@pytest.mark.parametrize("side", [8_000, 30_000, 60_000])
def test_a_picture_that_would_unpack_beyond_the_limit_is_refused_before_it_does(side: int) -> None:
    bomb = png_of_size(side, side)
    assert len(bomb) < 200
    assert refusal(bomb, "photo.png") == ("image_bomb", {"pixels_max": PIXELS_MAX})


@pytest.mark.parametrize(
    "content", [picture("JPEG")[:400], png_of_size(20, 20), b"\x89PNG\r\n\x1a\n" + bytes(80)]
)
def test_a_picture_cut_short_is_refused(content: bytes) -> None:
    assert refusal(content) == ("image_broken", {})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (pdf(lambda writer: writer.encrypt("secret")), "pdf_encrypted"),
        (pdf_with_script(), "pdf_script"),
        (pdf(lambda writer: writer.add_attachment("inside.exe", b"MZ")), "pdf_attachment"),
        (b"%PDF-1.7\nnothing of the kind", "pdf_broken"),
        (pdf()[:150], "pdf_broken"),
        (pdf(pages=0), "pdf_broken"),
    ],
)
def test_a_pdf_that_is_closed_acts_carries_or_is_broken_is_refused(content: bytes, code: str) -> None:
    assert refusal(content, "scan.pdf") == (code, {})


def test_pages_are_counted() -> None:
    assert inspect(pdf(pages=3)).pages == 3
    assert inspect(picture()).pages == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (workbook_with("xl/bomb.xml", b" " * (150 * MIB)), "xlsx_bomb"),
        (workbook_with("xl/bomb.xml", b" " * (250 * MIB)), "xlsx_bomb"),
        (workbook_with("xl/laughs.xml", BILLION_LAUGHS), "xlsx_entities"),
        (workbook_with("xl/laughs.xml", BILLION_LAUGHS.decode().encode("utf-16")), "xlsx_entities"),
        (workbook_with("xl/late.xml", b"<!-- " + b"x" * (300 * 1024) + b" --><!DOCTYPE a>"), "xlsx_entities"),
        (workbook()[:-30], "xlsx_broken"),
    ],
)
def test_a_workbook_that_swells_or_laughs_or_is_broken_is_refused(content: bytes, code: str) -> None:
    assert refusal(content) == (code, {})


def test_what_a_workbook_says_of_its_size_is_not_believed() -> None:
    assert refusal(workbook_that_lies()) == ("xlsx_broken", {})


def test_a_workbook_of_too_many_parts_is_refused() -> None:
    told = io.BytesIO(workbook())
    with zipfile.ZipFile(told, "a") as archive:
        for number in range(2_001):
            archive.writestr(f"xl/part{number}.xml", b"<a/>")
    assert refusal(told.getvalue()) == ("xlsx_bomb", {})


def test_json_is_small_whole_and_not_too_deep() -> None:
    assert inspect(json.dumps({"a": ["[[[[", {"b": '\\"['}]}).encode()).media_type == JSON
    assert inspect(b"[" * 32 + b"]" * 32).media_type == JSON
    assert refusal(b"[" * 33 + b"]" * 33) == ("json_deep", {"depth_max": 32})
    assert refusal(b"[" * 100_000) == ("json_deep", {"depth_max": 32})
    assert refusal(b'{"a": ') == ("json_broken", {})
    assert refusal(b'{"a": "\xff"}') == ("json_broken", {})
    assert refusal(b"[" + b"1," * MIB + b"1]")[0] == "too_big"


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\执照.pdf", "执照.pdf"),
        ("licence\x00.pdf", "licence.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\nb\tc.pdf", "abc.pdf"),
        ("  spaced   out .pdf", "spaced out .pdf"),
        ("<script>alert(1)</script>.pdf", "script>.pdf"),
        ("..", "upload"),
        ("", "upload"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("e\u0301.pdf", "é.pdf"),
    ],
)
def test_names_are_cleaned(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


def test_a_name_with_nul_and_folders_comes_in_clean() -> None:
    assert inspect(pdf(), "..\\..\\evil\x00\u202e.pdf").name == "evil.pdf"
