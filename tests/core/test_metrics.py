"""From a seller's profile to whole-number metrics: windows, ratios, what stays unknown."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bantuo.core.metric_sheet import METRICS
from bantuo.core.metrics import EprStream, Measured, Terms, parse_version, seller_metrics
from bantuo.engine.terms import load_schema

DAY = date(2024, 8, 1)
STREAMS = tuple(
    EprStream(site, stream, applies)
    for site in ("DE", "FR")
    for stream, applies in (("packaging", "all"), ("weee", "electrical"), ("battery", "battery"))
)
TERMS = Terms(
    categories=frozenset({"lamps"}), scope_phrase="货物进出口", attribute_scope="apparel", turnover_months=3,
    epr_streams=STREAMS, documents=(), size_chart_schema=load_schema("size_chart"),
)  # fmt: skip


def measured(**profile: Any) -> Measured:
    return seller_metrics({"code": "SIM-1", **profile}, on=DAY, terms=TERMS)


def metric(name: str, **profile: Any) -> int | None:
    return measured(**profile).values.get(name)


def test_empty_profile_settles_nothing() -> None:
    assert measured().values == {}


def test_ratios_are_exact_as_text_or_counts() -> None:
    shop = {"disputes": "0.8001%", "sell_through": {"active": 13, "listed": 20}}
    values = measured(metrics=shop).values
    assert (values["disputes_num"], values["disputes_den"]) == (8001, 1_000_000)
    assert (values["sell_through_num"], values["sell_through_den"]) == (13, 20)


@pytest.mark.parametrize(
    ("text", "version"), [("3.2", 30_002), ("V3.10", 30_010), ("4", 40_000), ("3.2.7", 30_002)]
)
def test_version_compares_by_its_parts(text: str, version: int) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize("text", ["", "3.x", "three", "3.10000"])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        parse_version(text)


def test_declared_lack_of_an_erp_is_version_zero_and_silence_is_unknown() -> None:
    assert (metric("erp_api_version", erp=None), metric("has_erp", erp=None)) == (0, 0)
    assert metric("erp_api_version", erp={}) is None
    assert metric("erp_api_version") is None


def test_licence_age_counts_days() -> None:
    assert metric("licence_age_days", company={"registered_on": "2024-02-03"}) == 180
    assert metric("licence_age_days", company={"registered_on": "2024-02-04"}) == 179


@pytest.mark.parametrize(
    ("scope", "contained"),
    [("玩具;货物进出口", 1), ("货物 进出口", 1), ("货物或技术进出口", 0), ("货物、进出口", 0)],
)
def test_scope_must_hold_the_very_phrase(scope: str, contained: int) -> None:
    assert metric("scope_contains", company={"business_scope": scope}) == contained


@pytest.mark.parametrize(
    ("operating", "matches"), [("示例路1号", 1), ("示例路 １ 号", 1), ("示例路2号", 0), (None, None)]
)
def test_addresses_are_compared_without_spacing(operating: str | None, matches: int | None) -> None:
    company = {"licence_address": "示例路1号", "operating_address": operating}
    assert metric("address_matches", company=company) == matches


def statement(month: str, fen: int, seen: bool | None = True) -> dict[str, Any]:
    told: dict[str, Any] = {"month": month, "turnover_fen": fen}
    return told if seen is None else told | {"cross_border": seen}


@pytest.mark.parametrize(
    ("month", "turnover"),
    [("2024-04", None), ("2024-05", 7), ("2024-07", 7), ("2024-08", 7), ("2024-09", None)],
)
def test_statement_is_of_the_last_three_months_or_the_running_one(month: str, turnover: int | None) -> None:
    assert metric("turnover_fen", bank={"statements": [statement(month, 7)]}) == turnover


@pytest.mark.parametrize(
    ("seen", "known"),
    [([True, False], 1), ([False, False], 0), ([False, None], None), ([None, True], 1), ([], None)],
)
def test_cross_border_flows(seen: list[bool | None], known: int | None) -> None:
    statements = [statement("2024-07", 1, one) for one in seen]
    assert metric("cross_border_seen", bank={"statements": statements}) == known


@pytest.mark.parametrize(("told", "failed"), [("none", 0), ("pending", 0), ("approved", 0), ("failed", 1)])
def test_only_a_refused_brand_fails(told: str, failed: int) -> None:
    assert metric("brand_failed", brand={"authorisation": told}) == failed


def test_categories_must_all_be_listed() -> None:
    assert metric("category_admitted", categories=["lamps"]) == 1
    assert metric("category_admitted", categories=["lamps", "drones"]) == 0
    assert metric("category_admitted", categories=[]) is None


def product(**told: Any) -> dict[str, Any]:
    return {"sku": "a", "apparel": False, "sites": ["ES"], **told}


def test_epr_is_per_product_site_and_stream() -> None:
    lamp = product(sites=["DE", "FR", "ES"], electrical=True)
    found = measured(products=[lamp])
    assert found.values["epr_missing"] == 4
    assert found.evidence["epr_missing"][0] == "products[a].epr: DE packaging"
    numbers = [
        {"site": "DE", "stream": "packaging", "number": "DE0000000000001"},
        {"site": "DE", "stream": "weee", "number": "DE1"},  # wrong, so as good as none
        {"site": "FR", "stream": "packaging", "number": "FR-XXX-00000000"},  # for a reviewer
        {"site": "FR", "stream": "weee", "number": "FR000000_05SIMU"},
    ]
    values = measured(products=[lamp | {"epr": numbers}]).values
    assert (values["epr_missing"], values["epr_to_review"]) == (1, 1)


def test_goods_sold_elsewhere_need_no_epr_and_unknown_sites_are_unknown() -> None:
    assert metric("epr_missing", products=[product()]) == 0
    assert metric("epr_missing", products=[product(), {"sku": "b"}]) is None


def test_attributes_are_counted_over_apparel_if_there_is_any() -> None:
    shirt = product(apparel=True, attributes_required=10, attributes_missing=1)
    lamp = product(sku="b", attributes_required=90, attributes_missing=0)
    values = measured(products=[shirt, lamp]).values
    assert (values["attributes_missing_num"], values["attributes_missing_den"]) == (1, 10)
    everything = Terms(
        **{field: getattr(TERMS, field) for field in TERMS.__slots__} | {"attribute_scope": "all"}
    )
    wide = seller_metrics({"code": "x", "products": [shirt, lamp]}, on=DAY, terms=everything).values
    assert (wide["attributes_missing_num"], wide["attributes_missing_den"]) == (1, 100)


def test_apparel_without_a_chart_is_counted() -> None:
    assert metric("size_chart_missing", products=[product(apparel=True)]) == 1
    assert metric("size_chart_missing", products=[product()]) == 0


def test_one_silent_product_leaves_a_maximum_unknown() -> None:
    assert metric("listed_times_max", products=[product(listed_times=7), product(sku="b")]) is None
    assert (
        metric("listed_times_max", products=[product(listed_times=7), product(sku="b", listed_times=1)]) == 7
    )


def test_parcel_sizes() -> None:
    box = {"weight_g": 1200, "length_mm": 300, "width_mm": 250, "height_mm": 200}
    values = measured(products=[product(**box)]).values
    assert (values["weight_g_max"], values["volume_mm3_max"]) == (1200, 15_000_000)


def test_every_metric_stands_in_the_sheet() -> None:
    shop = {
        "sell_through": "1%", "disputes": "1%", "return_rate": "1%", "dsr": "4", "dsr_logistics": "4",
        "serious_complaints": 0, "orders_per_day": 1, "tenure_months": 1, "customs_anomalies": 0,
    }  # fmt: skip
    erp = {"api_version": "3.2", "probe": {"calls": 1, "p95_ms": 1}}
    values = measured(metrics=shop, erp=erp, documents=[], products=[product(listed_times=1)]).values
    assert set(values) - set(METRICS) == {"epr_to_review"}
