"""Attributes by category: what is asked, what is missing, what is no value."""

from __future__ import annotations

from bantuo.core.listing_attributes import Attribute, attribute_counts, attribute_problems, attributes_of
from bantuo.engine.attributes import attribute_sheet, category_attributes

BRAND = Attribute("*", "brand", "品牌", "Brand", "text", True)
VOLTAGE = Attribute("home-*", "voltage", "电压", "Voltage", "choice", True, ("5V", "220V"))
POWER = Attribute("home-lamps", "power", "功率", "Power", "number", False)
OWN_BRAND = Attribute("home-lamps", "brand", "灯具品牌", "Lamp brand", "text", False)
SHEET = (BRAND, VOLTAGE, POWER, OWN_BRAND)


def test_a_category_asks_for_what_its_scopes_name_the_nearest_last() -> None:
    assert attributes_of(SHEET, category="ce-cables") == (BRAND,)
    assert attributes_of(SHEET, category="home-decor") == (BRAND, VOLTAGE)
    assert attributes_of(SHEET, category="home-lamps") == (OWN_BRAND, VOLTAGE, POWER)


def test_blank_values_are_missing_and_optional_ones_do_not_count() -> None:
    asked = (BRAND, VOLTAGE, POWER)
    assert attribute_counts(asked, given={}) == (2, 2)
    assert attribute_counts(asked, given={"brand": "A", "voltage": "  ", "power": "3"}) == (2, 1)


def test_values_that_are_none_of_the_attribute_are_named() -> None:
    asked = (BRAND, VOLTAGE, POWER)
    given = {"brand": "x" * 201, "voltage": "9V", "power": "1.5kW"}
    assert attribute_problems(asked, given=given) == {
        "brand": "at most 200 characters, no NUL",
        "voltage": "must be one of 5V, 220V",
        "power": "must be a number",
    }
    assert attribute_problems(asked, given={"brand": "A", "voltage": "5V", "power": "7.5"}) == {}


def test_the_starter_sheet_can_be_filled_in() -> None:
    assert {a.kind for a in attribute_sheet()} == {"text", "choice", "number"}
    assert all(a.choices for a in attribute_sheet() if a.kind == "choice")
    assert {a.name for a in category_attributes("home-lamps")} >= {"brand", "voltage", "power_w"}
