"""Papers as a seller's phone or scanner makes them, made up; none shows a real person or firm."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw


def photograph(words: str, *, size: tuple[int, int] = (1200, 1600)) -> bytes:
    """A JPEG with a line of text on it."""
    picture = Image.new("RGB", size, "#f4f1e8")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((60, 60, size[0] - 60, size[1] - 60), outline="#8a7f66", width=6)
    pen.text((120, 140), words, fill="#333333", font_size=64)
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=80)
    return made.getvalue()
