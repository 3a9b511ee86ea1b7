"""What somebody sees of a paper on the screen: a page as a picture, watermarked, blurred unless unmasked."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pylopdf_fonts_zh_cn
import pypdfium2
from PIL import Image, ImageDraw, ImageFont

SIDE_PX_MAX = 1600
_BLOCKS = 56  # of a masked page's longer side: a seal can be seen, a face or a number cannot
_TILT = 30
_INK = (120, 20, 20, 76)
_FONT_FILE = Path(pylopdf_fonts_zh_cn.__file__).parent / "NotoSansSC-Regular.otf"
_PDFIUM = threading.Lock()  # the library draws one page at a time


class PreviewUnavailable(ValueError):
    """This kind of file cannot be shown as a picture, or it has no such page."""


@dataclass(frozen=True, slots=True)
class Preview:
    """One page of a paper as PNG, and how many pages there are."""

    png: bytes
    pages: int


def draw_preview(content: bytes, *, media_type: str, watermark: str, page: int, is_masked: bool) -> Preview:
    """One page with the watermark across it; raises PreviewUnavailable."""
    picture, pages = _page(content, media_type, page)
    picture = _blurred(picture) if is_masked else picture
    drawn = io.BytesIO()
    _watermarked(picture, watermark).save(drawn, "PNG")
    return Preview(drawn.getvalue(), pages)


def _page(content: bytes, media_type: str, page: int) -> tuple[Image.Image, int]:
    if media_type == "application/pdf":
        return _pdf_page(content, page)
    if not media_type.startswith("image/"):
        raise PreviewUnavailable(f"{media_type} has no picture")
    if page != 1:
        raise PreviewUnavailable(f"no page {page}")
    with Image.open(io.BytesIO(content)) as stored:
        stored.thumbnail((SIDE_PX_MAX, SIDE_PX_MAX))
        return _on_white(stored), 1


def _pdf_page(content: bytes, page: int) -> tuple[Image.Image, int]:
    """Drawn and closed under the lock: the library must not be used by two threads, not even to tidy up."""
    with _PDFIUM:
        try:
            document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as broken:
            raise PreviewUnavailable("the file cannot be drawn") from broken
        try:
            return _drawn(document, page), len(document)
        except pypdfium2.PdfiumError as broken:
            raise PreviewUnavailable("the page cannot be drawn") from broken
        finally:
            document.close()


def _drawn(document: pypdfium2.PdfDocument, page: int) -> Image.Image:
    if not 1 <= page <= len(document):
        raise PreviewUnavailable(f"no page {page}")
    sheet = document[page - 1]
    width, height = sheet.get_size()
    bitmap = sheet.render(scale=SIDE_PX_MAX / max(width, height, 1))
    try:
        picture: Image.Image = bitmap.to_pil()
        return picture.convert("RGB")
    finally:
        bitmap.close()
        sheet.close()


def _on_white(picture: Image.Image) -> Image.Image:
    if "A" not in picture.getbands():
        return picture.convert("RGB")
    sheet = Image.new("RGB", picture.size, "white")
    sheet.paste(picture, mask=picture.getchannel("A"))
    return sheet


def _blurred(picture: Image.Image) -> Image.Image:
    """Coarse blocks of mean colour: what was there cannot be computed back."""
    longer = max(picture.size)
    small = tuple(max(1, side * _BLOCKS // longer) for side in picture.size)
    return picture.resize((small[0], small[1]), Image.Resampling.BOX).resize(
        picture.size, Image.Resampling.NEAREST
    )


def _watermarked(picture: Image.Image, text: str) -> Image.Image:
    """The text across the whole page, again and again, so that no part of it is without."""
    span = int((picture.width**2 + picture.height**2) ** 0.5) + 1
    size = max(14, max(picture.size) // 42)
    font, layer = _font(size), Image.new("RGBA", (span, span), (0, 0, 0, 0))
    pen = ImageDraw.Draw(layer)
    step_x, step_y = int(pen.textlength(text, font=font)) + size * 4, size * 6
    for row, top in enumerate(range(0, span, step_y)):
        for left in range(-step_x * (row % 2) // 2, span, step_x):
            pen.text((left, top), text, font=font, fill=_INK)
    layer = layer.rotate(_TILT, resample=Image.Resampling.BILINEAR)
    left, top = (span - picture.width) // 2, (span - picture.height) // 2
    cut = layer.crop((left, top, left + picture.width, top + picture.height))
    return Image.alpha_composite(picture.convert("RGBA"), cut).convert("RGB")


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_FONT_FILE), size)
