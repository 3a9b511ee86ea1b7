"""《商品合规承诺书》: the template that a seller prints, signs by hand and seals across the pages."""

from __future__ import annotations

from pathlib import Path

from bantuo.apps.parties.models import Seller
from bantuo.channels.typeset import pdf
from bantuo.interfaces.web.programme import Programme

_TEMPLATE = Path(__file__).parent / "typst" / "commitment.typ"


def commitment_pdf(seller: Seller, programme: Programme) -> bytes:
    """The undertaking with the shop's name and code, and blanks for what only the company can write."""
    return pdf(
        _TEMPLATE,
        {
            "name": seller.name,
            "code": seller.code,
            "uscc": seller.uscc or "",
            "day": programme.on.isoformat(),
            "version": programme.book.version,
        },
    )
