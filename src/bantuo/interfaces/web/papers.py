"""Papers on the web: this installation's vault and store, uploads taken in, previews, words for refusals."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext as _

from bantuo.apps.documents.models import Document
from bantuo.apps.documents.operations import open_document
from bantuo.channels.document_store import FolderStore
from bantuo.channels.previews import Preview, draw_preview
from bantuo.channels.uploads import Upload, UploadRefused, inspect_upload
from bantuo.channels.vault import Vault
from bantuo.interfaces.web.programme import Programme, programme_now
from bantuo.interfaces.web.requests import UserRequest

ACCEPT = ".jpg,.jpeg,.png,.webp,.pdf"
_MIB = 1024 * 1024
_WATERMARK = "仅用于半托管资质审核"


@cache
def _vault(master: str, former: tuple[str, ...]) -> Vault:
    return Vault.from_hex(master, former=former)


def vault() -> Vault:
    """The vault under this installation's master key; opens what former keys sealed, too."""
    return _vault(settings.DOCUMENT_KEY, tuple(getattr(settings, "DOCUMENT_KEYS_FORMER", ())))


def store() -> FolderStore:
    """Where this installation keeps its encrypted papers."""
    return FolderStore(settings.DOCUMENT_STORE)


def file_bytes_max(programme: Programme) -> int:
    """The largest file taken in, as the book in force says."""
    return int(programme.book.amount("DOC-0.file_mib_max", programme.on)) * _MIB


def take_upload(file: UploadedFile[Any], *, programme: Programme | None = None) -> Upload:
    """Inspect an uploaded file; raises UploadRefused (see `refused_words`)."""
    if file.file is None:
        raise UploadRefused("empty")
    size_max = file_bytes_max(programme or programme_now())
    return inspect_upload(cast("BinaryIO", file.file), file.name or "", size_max=size_max)


def client_address(request: HttpRequest) -> str:
    """The network address a request came from, for the access log and for signatures."""
    return str(request.META.get("REMOTE_ADDR", ""))


def watermarked_preview(
    document: Document, *, request: UserRequest, page: int, is_masked: bool, reason: str = ""
) -> Preview:
    """One page of a paper for this reader, logged: blurred when masked, else unmasked for the reason given.

    Raises DocumentDestroyed, ReasonMissing, PreviewUnavailable.
    """
    programme = programme_now()
    content = open_document(
        document.pk,
        action="preview" if is_masked or not reason else "unmask",
        reason=reason,
        vault=vault(),
        store=store(),
        now=programme.now,
        actor=request.user.actor,
        address=client_address(request),
    )
    reader = request.user.name or request.user.email
    return draw_preview(
        content,
        media_type=document.media_type,
        watermark=f"{_WATERMARK} {programme.on} {reader}",
        page=page,
        is_masked=is_masked,
    )


def refused_words(refused: UploadRefused) -> str:
    """Why a file was not taken in and what to do, in the reader's language."""
    words = _WORDS.get(refused.code)
    return words(refused.params) if words else _("This file cannot be taken in.")


Params = dict[str, str | int]


def _mib(size: str | int) -> str:
    tenths = int(size) * 10 // _MIB
    return f"{tenths // 10}.{tenths % 10}" if tenths % 10 else str(tenths // 10)


def _kind(code: str | int) -> str:
    names: dict[str, str] = {
        "jpg": _("a JPEG picture"),
        "png": _("a PNG picture"),
        "webp": _("a WebP picture"),
        "pdf": _("a PDF file"),
        "xlsx": _("an Excel workbook (XLSX)"),
        "xlsm": _("an Excel workbook with macros"),
        "json": _("a JSON file"),
        "heic": _("a HEIC picture"),
        "avif": _("an AVIF picture"),
        "zip": _("a ZIP archive"),
        "docx": _("a Word document"),
        "doc/xls": _("an old Office file"),
        "exe": _("a program"),
        "program": _("a program"),
        "script": _("a script"),
        "svg": _("an SVG drawing"),
        "html/xml": _("a web page or XML file"),
        "unknown": _("a file of unknown kind"),
    }
    return names.get(str(code)) or _("a %(kind)s file") % {"kind": str(code).upper()}


def _disguised(params: Params) -> str:
    told = {"claimed": str(params["claimed"]).upper(), "actual": _kind(params["actual"])}
    return (
        _("Its name says %(claimed)s, but it is really %(actual)s. Save it again in the right form.") % told
    )


def _not_taken(params: Params) -> str:
    if params["actual"] == "heic":
        return _(
            "This is a HEIC picture of a phone. Save it as JPEG (or choose “most compatible”) and try again."
        )
    return _("This is %(actual)s. Taken in are JPEG, PNG, WebP and PDF.") % {
        "actual": _kind(params["actual"])
    }


_WORDS: dict[str, Callable[[Params], str]] = {
    "empty": lambda p: _("The file is empty. Choose it again."),
    "too_big": lambda p: (
        _("The file has %(size)s MiB; at most %(max)s MiB are taken in.")
        % {"size": _mib(p["size"]), "max": _mib(p["size_max"])}
    ),
    "disguised": _disguised,
    "not_taken": _not_taken,
    "image_broken": lambda p: _("The picture cannot be read. Save or photograph it again."),
    "image_bomb": lambda p: (
        _("The picture has too many pixels: at most %(max)s million are taken in.")
        % {"max": int(p["pixels_max"]) // 1_000_000}
    ),
    "pdf_broken": lambda p: _("The PDF cannot be read. Save or scan it again."),
    "pdf_encrypted": lambda p: _("The PDF is protected by a password. Save it without protection."),
    "pdf_script": lambda p: _(
        "The PDF contains forms or scripts that act by themselves. Print it to a plain PDF."
    ),
    "pdf_attachment": lambda p: _("The PDF has other files inside it. Print it to a plain PDF."),
    "xlsx_broken": lambda p: _("The workbook cannot be read. Save it again as XLSX."),
    "xlsx_bomb": lambda p: _(
        "The workbook unpacks to far more than it may. Save only the sheet that is needed."
    ),
    "xlsx_entities": lambda p: _("The workbook declares XML entities, which no ordinary workbook does."),
    "json_broken": lambda p: _("The JSON cannot be read. Check it against the template."),
    "json_deep": lambda p: _("The JSON is nested more than %(max)s levels deep.") % {"max": p["depth_max"]},
}
