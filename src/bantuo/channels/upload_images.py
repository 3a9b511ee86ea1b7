"""Pictures are drawn anew: what remains is what can be seen, without place, device, time or thumbnail."""

from __future__ import annotations

import io
import warnings
from typing import BinaryIO

from PIL import Image, ImageOps

from bantuo.channels.upload_refused import UploadRefused

PIXELS_MAX = 60_000_000  # a phone's photograph has up to some 50 million
_QUALITY = 92
_FORMATS = ("JPEG", "PNG", "WEBP")


def redraw_image(file: BinaryIO) -> BinaryIO:
    """The picture alone, upright, in the format it came in; raises UploadRefused.

    The size that a picture says it has is checked before any of it is unpacked.
    """
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _redrawn(file)
    except UploadRefused:
        raise
    except Image.DecompressionBombError as bomb:
        raise UploadRefused("image_bomb", pixels_max=PIXELS_MAX) from bomb
    except Exception as broken:  # a decoder may stumble in any way over what somebody made up
        raise UploadRefused("image_broken") from broken


def _redrawn(file: BinaryIO) -> BinaryIO:
    with Image.open(file, formats=_FORMATS) as picture:
        kind = str(picture.format)
        if picture.width * picture.height > PIXELS_MAX:
            raise UploadRefused("image_bomb", pixels_max=PIXELS_MAX)
        picture.load()
        upright = ImageOps.exif_transpose(picture)
    bare = _without_extras(upright)
    kept = io.BytesIO()
    if kind == "PNG":
        bare.save(kept, "PNG")
    elif kind == "WEBP":
        bare.save(kept, "WEBP", quality=_QUALITY)
    else:  # also a phone's pair of pictures in one file, of which the first is kept
        bare.convert("RGB" if bare.mode != "L" else "L").save(kept, "JPEG", quality=_QUALITY)
    return kept


def _without_extras(picture: Image.Image) -> Image.Image:
    """The same pixels; a palette or a see-through colour becomes plain colour first."""
    if picture.mode == "P" or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    picture.info.clear()  # what the writers would take along: comment, profile, resolution, XMP
    return picture
