"""Why an uploaded file was not taken in."""

from __future__ import annotations


class UploadRefused(ValueError):
    """A file that may not come in: `code` says why, `params` give the particulars; pages say it in words.

    Codes: empty, too_big (size, size_max), not_taken (actual), disguised (claimed, actual); image_broken,
    image_bomb (pixels_max); pdf_broken, pdf_encrypted, pdf_script, pdf_attachment; xlsx_broken, xlsx_bomb,
    xlsx_entities; json_broken, json_deep (depth_max).
    """

    def __init__(self, code: str, **params: str | int) -> None:
        told = ", ".join(f"{name} {value}" for name, value in params.items())
        super().__init__(f"{code}: {told}" if told else code)
        self.code = code
        self.params = params
