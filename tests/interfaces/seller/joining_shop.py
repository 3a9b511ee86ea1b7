"""Sellers on their way through steps ③ and ④, the places to choose from, and a picture to hand in."""

from __future__ import annotations

import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from bantuo.apps.parties.models import Seller
from bantuo.apps.parties.operations import open_starter_warehouses
from bantuo.interfaces.web.programme import programme_now
from tests.apps import factories as make
from tests.apps.admission import steps
from tests.interfaces.seller.shop import open_shop


def seller_at(step: str, code: str = "S1") -> Seller:
    """A seller who has come as far as `approved`, `signed`, `held` or `active`."""
    seller = open_shop(code)
    walk: dict[str, Any] = {
        "approved": (steps.submit, steps.assess, steps.approve),
        "signed": (steps.sign,),
        "held": (steps.hold,),
        "active": (steps.activate,),
    }
    for name, taken in walk.items():
        for take in taken:
            take(seller.pk)
        if name == step:
            break
    return Seller.objects.get(pk=seller.pk)


def starter_warehouses() -> dict[str, int]:
    programme = programme_now()
    return open_starter_warehouses(book=programme.book, on=programme.on, now=programme.now, actor=make.ACTOR)


def picture(name: str = "receipt.png") -> SimpleUploadedFile:
    content = io.BytesIO()
    Image.new("RGB", (20, 20), "white").save(content, "PNG")
    return SimpleUploadedFile(name, content.getvalue(), content_type="image/png")
