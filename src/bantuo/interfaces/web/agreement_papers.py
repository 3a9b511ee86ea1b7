"""The agreement on paper: both texts and the signature, set as a PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bantuo.apps.admission.models import Agreement, AgreementText
from bantuo.channels.typeset import pdf
from bantuo.core.agreement import Paragraph, paragraphs
from bantuo.interfaces.web.templatetags.ui import when

_TEMPLATE = Path(__file__).resolve().parent / "typst" / "agreement.typ"


def is_chinese() -> bool:
    """Whether the reader reads Chinese."""
    return (get_language() or "").startswith("zh")


def text_in_reading_language(text: AgreementText, *, other: bool = False) -> tuple[Paragraph, ...]:
    """The paragraphs in the reader's language, or in the other one."""
    return paragraphs(text.text_zh if is_chinese() is not other else text.text_en)


def signed_text(agreement: Agreement) -> AgreementText | None:
    """The text that was signed; None when no text of that version and hash is kept here."""
    return AgreementText.objects.filter(version=agreement.version, text_sha256=agreement.text_sha256).first()


def agreement_pdf(agreement: Agreement, text: AgreementText) -> HttpResponse:
    """A copy of what was signed: the signature with its hash, the Chinese text, the English text."""
    name = f"agreement-{agreement.seller.code}-{agreement.version}.pdf"
    response = HttpResponse(pdf(_TEMPLATE, _data(agreement, text)), content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    return response


def _data(agreement: Agreement, text: AgreementText) -> dict[str, Any]:
    seller = agreement.seller
    return {
        "title": _("Copy of the signed agreement"),
        "note": _(
            "The hash covers the Chinese and the English text together; who has both can compute it again."
        ),
        "facts": [
            [_("Seller"), f"{seller.name} ({seller.code})"],
            [_("Version"), agreement.version],
            [_("In force from"), text.effective_from.isoformat()],
            [_("Signed by"), agreement.signed_by],
            [_("Signed at"), when(agreement.signed_at)],
            [_("Network address"), agreement.signer_address or "–"],
            ["SHA-256", agreement.text_sha256],
        ],
        "made": _("Printed on %(day)s") % {"day": timezone.localdate().isoformat()},
        "lang": "zh" if is_chinese() else "en",
        "texts": [_paragraphs(text.text_zh, "zh"), _paragraphs(text.text_en, "en")],
    }


def _paragraphs(text: str, language: str) -> dict[str, Any]:
    told = [{"kind": p.kind, "number": p.number, "text": p.text} for p in paragraphs(text)]
    return {"lang": language, "paragraphs": told}
