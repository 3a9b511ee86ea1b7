"""What one of several processes does with the same draft at the same moment."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from bantuo.apps.admission.models import Application, Assessment
from bantuo.apps.admission.operations.drafts import save_section, start_draft, submit_draft
from bantuo.apps.parties.models import Seller
from tests.apps import factories as make
from tests.apps.admission import applicants, steps

WHEN = applicants.WHEN


def _seller() -> int:
    return Seller.objects.get(code="S1").pk


def _draft() -> Application:
    return Application.objects.get(seller_id=_seller())


def prepare(_: int) -> None:
    (seller,) = make.make_sellers("S1")
    applicants.hand_in_papers(seller)
    applicants.name_representative(seller)
    applicants.call_sandbox(seller)
    make.policy_version()


def begin(_: int) -> int:
    return start_draft(_seller(), **WHEN).pk


def save(number: int) -> str:
    sku = f"SKU-{number}"
    applicants.fill(_draft())
    product = {**make.seller_profile()["products"][1], "title": sku}
    values = {key: value for key, value in product.items() if key != "sku"}
    save_section(_draft().pk, "products", {sku: values}, revision=None, **WHEN)
    return sku


def hand_in(_: int) -> bool:
    return submit_draft(_draft().pk, **applicants.rules())


def judge(_: int) -> dict[str, Any]:
    return {
        "skus": sorted(product["sku"] for product in _draft().profile["products"]),
        "reports": Assessment.objects.count(),
        "steps": [state for state, _ in steps.timeline(_seller())],
    }


ROLES: dict[str, Callable[[int], Any]] = {
    role.__name__: role for role in (prepare, begin, save, hand_in, judge)
}


def main() -> None:
    """Plays the role named on the command line and prints what came of it."""
    print(json.dumps(ROLES[sys.argv[1]](int(sys.argv[2]))))
