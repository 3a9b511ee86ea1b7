"""PDFs carry their own Chinese typeface, and a broken template says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from bantuo.channels.typeset import TypesetFailed, pdf

TEMPLATE = '#let d = json(bytes(sys.inputs.data))\n#set text(font: "Noto Sans SC")\n= #d.title\n'


def _template(folder: Path, text: str) -> Path:
    path = folder / "page.typ"
    path.write_text(text, encoding="utf-8")
    return path


def test_chinese_is_set_with_the_typeface_of_the_wheel(tmp_path: Path) -> None:
    made = pdf(_template(tmp_path, TEMPLATE), {"title": "履约能力评估报告"})
    assert made.startswith(b"%PDF-")
    assert b"NotoSansSC" in made


def test_text_of_a_seller_is_never_markup(tmp_path: Path) -> None:
    plain = pdf(_template(tmp_path, TEMPLATE), {"title": '#read("/etc/hostname") *bold* $x$'})
    assert plain.startswith(b"%PDF-")


def test_a_template_cannot_read_outside_its_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    with pytest.raises(TypesetFailed, match=r"page\.typ"):
        pdf(_template(inside, '#read("../secret.txt")'), {})


def test_a_broken_template_is_named(tmp_path: Path) -> None:
    with pytest.raises(TypesetFailed, match=r"page\.typ"):
        pdf(_template(tmp_path, "#unknown-thing"), {})
