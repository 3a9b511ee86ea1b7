"""The papers of an application: missing, expired, unticked, or evidenced by something else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bantuo.core.documents import DocumentRule, documents_missing

DAY = date(2024, 8, 1)
LICENCE = DocumentRule("DOC-1", ("company_seal",))
PERMIT = DocumentRule("DOC-3", (), ("basic_account_filing",))
BRAND = DocumentRule("DOC-7", when="branded")
EPR = DocumentRule("DOC-6", when="epr", sites=frozenset({"DE", "FR"}))


def faults(rule: DocumentRule, **profile: Any) -> tuple[str, ...] | None:
    return documents_missing({"documents": [], **profile}, on=DAY, rules=[rule])


def handed(**document: Any) -> list[dict[str, Any]]:
    return [{"kind": "DOC-1", **document}]


def test_no_list_is_not_known() -> None:
    assert documents_missing({}, on=DAY, rules=[LICENCE]) is None


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, ()),
        ({"ticks": {"company_seal": True}}, ()),
        ({"ticks": {"company_seal": False}}, ("DOC-1: not ticked: company_seal",)),
        ({"expires_on": "2024-08-01"}, ()),
        ({"expires_on": "2024-07-31"}, ("DOC-1: expired on 2024-07-31",)),
    ],
)
def test_paper_handed_in(document: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert faults(LICENCE, documents=handed(**document)) == expected


def test_paper_not_handed_in() -> None:
    assert faults(LICENCE) == ("DOC-1: missing",)


def test_filing_of_the_basic_account_replaces_the_permit() -> None:
    assert faults(PERMIT) == ("DOC-3: missing",)
    assert faults(PERMIT, bank={"account_evidence": "permit"}) == ("DOC-3: missing",)
    assert faults(PERMIT, bank={"account_evidence": "basic_account_filing"}) == ()


def test_licence_with_a_wrong_credit_code_does_not_hold() -> None:
    assert faults(LICENCE, documents=handed(), company={"uscc": "91000000MA00000157"}) == ()
    found = faults(LICENCE, documents=handed(), company={"uscc": "91000000MA00000158"})
    assert found is not None
    assert "mod 31" in found[0]


@pytest.mark.parametrize(("authorisation", "count"), [("none", 0), ("pending", 1), ("approved", 1)])
def test_brand_paper_is_for_branded_sellers(authorisation: str, count: int) -> None:
    found = faults(BRAND, brand={"authorisation": authorisation})
    assert found is not None
    assert len(found) == count


def test_epr_certificate_is_for_goods_sold_to_the_sites() -> None:
    number = {"site": "DE", "stream": "packaging", "number": "DE0000000000001"}
    assert faults(EPR, products=[{"sku": "a", "sites": ["ES"]}]) == ()
    assert faults(EPR, products=[{"sku": "a", "sites": ["DE"]}]) == ("DOC-6: missing",)
    assert faults(EPR, products=[{"sku": "a", "sites": ["DE"], "epr": [number]}]) == ("DOC-6: missing",)
    certified = number | {"certificate": "sim-1"}
    assert faults(EPR, products=[{"sku": "a", "sites": ["DE"], "epr": [certified]}]) == ()
