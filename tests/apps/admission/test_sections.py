"""The sections of a draft: what each holds, how values go in, what another device's save is told by."""

from __future__ import annotations

from typing import Any

import pytest

from bantuo.apps.admission.sections import (
    SECTIONS,
    RowUnknown,
    SectionUnknown,
    merge_section,
    reusable_profile,
    section_revision,
    section_values,
    stale_part,
)
from tests.apps.factories import seller_profile

EMPTY: dict[str, Any] = {"code": "S1"}


def _filled() -> dict[str, Any]:
    """The shipped example, with a size chart and without what other rooms put in."""
    profile = reusable_profile(seller_profile())
    chart = {"unit": "mm", "columns": ["chest"], "rows": [{"size": "S", "values": [900]}]}
    profile["products"][1]["size_chart"] = chart
    return profile


@pytest.mark.parametrize("section", SECTIONS)
def test_what_a_section_reads_it_puts_back(section: str) -> None:
    profile = _filled()
    values = section_values(profile, section)
    assert values
    assert merge_section(profile, section, values) == profile


def test_a_profile_is_rebuilt_from_its_sections_alone() -> None:
    profile = _filled()
    made = {"code": "S1", "name": profile["name"]}
    for section in SECTIONS:
        made = merge_section(made, section, section_values(profile, section))
    assert made == profile


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_taken_out_leaves_no_trace(section: str) -> None:
    profile = merge_section(EMPTY, "products", {"A": {}})
    rows = {"products": {"A": None}, "epr": {"A": []}, "size_charts": {"A": None}}
    values = rows.get(section, dict.fromkeys(section_values(_filled(), section)))
    expected = EMPTY if section == "products" else profile
    assert merge_section(profile, section, values) == expected


def test_a_key_that_is_not_named_stays() -> None:
    profile = merge_section(_filled(), "company", {"uscc": None, "licence_address": "新址"})
    assert "uscc" not in profile["company"]
    assert profile["company"]["licence_address"] == "新址"
    assert profile["company"]["registered_on"] == _filled()["company"]["registered_on"]


def test_the_account_and_the_statements_share_an_object_and_do_not_touch() -> None:
    profile = merge_section(EMPTY, "account", {"account_evidence": "permit"})
    profile = merge_section(profile, "statements", {"2024-06": {"turnover_fen": 1, "cross_border": True}})
    assert profile["bank"] == {
        "account_evidence": "permit",
        "statements": [{"month": "2024-06", "turnover_fen": 1, "cross_border": True}],
    }
    profile = merge_section(profile, "statements", {"2024-06": None})
    assert profile["bank"] == {"account_evidence": "permit"}


def test_a_product_keeps_its_numbers_and_chart_when_it_is_edited() -> None:
    profile = _filled()
    before = profile["products"][0]
    changed = merge_section(profile, "products", {before["sku"]: {"title": "New", "sites": ["DE"]}})
    assert changed["products"][0] == {
        "sku": before["sku"],
        "epr": before["epr"],
        "title": "New",
        "sites": ["DE"],
    }
    assert changed["products"][1] == profile["products"][1]


@pytest.mark.parametrize("section", ["epr", "size_charts"])
def test_a_number_for_a_product_that_is_gone_is_refused_by_name(section: str) -> None:
    with pytest.raises(RowUnknown, match="GONE") as caught:
        merge_section(_filled(), section, {"GONE": [1]})
    assert caught.value.sku == "GONE"


def test_no_erp_is_declared_and_taken_back() -> None:
    without = merge_section(_filled(), "erp", {"has_erp": False})
    assert without["erp"] is None
    assert section_values(without, "erp") == {"has_erp": False}
    silent = merge_section(without, "erp", {"has_erp": None})
    assert "erp" not in silent
    again = merge_section(without, "erp", {"has_erp": True, "vendor": "Any"})
    assert again["erp"] == {"vendor": "Any"}


def test_a_save_elsewhere_gives_another_revision() -> None:
    profile = _filled()
    seen = section_revision(profile, "metrics")
    assert stale_part(profile, "metrics", {"dsr": "4.9"}, revision=seen) is None
    elsewhere = merge_section(profile, "metrics", {"dsr": "4.7"})
    assert stale_part(elsewhere, "metrics", {"dsr": "4.9"}, revision=seen) == elsewhere["metrics"]
    assert stale_part(elsewhere, "metrics", {"dsr": "4.9"}, revision=None) is None
    other = merge_section(profile, "company", {"uscc": None})
    assert stale_part(other, "metrics", {"dsr": "4.9"}, revision=seen) is None


def test_two_devices_on_two_products_do_not_meet() -> None:
    profile = _filled()
    first, second = (product["sku"] for product in profile["products"])
    seen = section_revision(profile, "products", row=second)
    elsewhere = merge_section(profile, "products", {first: {"title": "Other"}})
    assert stale_part(elsewhere, "products", {second: {"title": "Mine"}}, revision=seen) is None
    met = merge_section(profile, "products", {second: {"title": "Other"}})
    assert stale_part(met, "products", {second: {"title": "Mine"}}, revision=seen) == {
        second: {"title": "Other"}
    }


def test_a_section_that_is_none_is_refused_with_those_there_are() -> None:
    with pytest.raises(SectionUnknown, match="'shoes'; there are company, account"):
        section_values(EMPTY, "shoes")


def test_the_next_attempt_takes_over_what_was_stated_and_not_what_was_measured() -> None:
    profile = seller_profile()
    kept = reusable_profile(profile)
    assert kept == {
        **{key: value for key, value in profile.items() if key != "documents"},
        "erp": {"vendor": profile["erp"]["vendor"], "api_version": "3.2"},
    }
