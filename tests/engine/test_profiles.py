"""Reading a profile: exact digits kept, every problem with path, value and rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bantuo.engine.profiles import ProfileUnreadable, parse_profile, profile_problems
from bantuo.engine.terms import SchemaUnknown, load_schema, schema_names

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("name", ["seller_ready.json", "seller_not_ready.json"])
def test_examples_are_sound(name: str) -> None:
    assert profile_problems(parse_profile((EXAMPLES / name).read_text(encoding="utf-8"))) == []


def test_decimals_keep_their_digits() -> None:
    profile = parse_profile('{"code": "a", "metrics": {"dsr": 4.780}}')
    assert profile["metrics"]["dsr"] == "4.780"
    assert profile_problems(profile) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "line 1, column 2"),
        ("[]", "one JSON object"),
        ('{"a": NaN}', "NaN is not a number"),
        ('{"code": "a", "code": "b"}', "'code' stands twice"),
        ('{"code": ' + "9" * 5000 + "}", "digits"),
        ('{"code": ' + "[" * 200_000 + "}", "nested too deeply"),
    ],
)
def test_text_that_is_no_profile(text: str, message: str) -> None:
    with pytest.raises(ProfileUnreadable, match=message):
        parse_profile(text)


@pytest.mark.parametrize(
    ("part", "path", "value"),
    [
        ({"metrics": {"dsr": "5.1"}}, "metrics.dsr", "5.1"),
        ({"metrics": {"dsr": 5}}, "metrics.dsr", 5),
        ({"metrics": {"disputes": "0.8"}}, "metrics.disputes", "0.8"),
        ({"metrics": {"disputes": {"disputed": -1, "orders": 5}}}, "metrics.disputes.disputed", -1),
        ({"metrics": {"serious_complaints": "1.5"}}, "metrics.serious_complaints", "1.5"),
        ({"metrics": {"serious_complaints": 1.0}}, "metrics.serious_complaints", 1.0),
        ({"metrics": {"serious_complaints": True}}, "metrics.serious_complaints", True),
        ({"name": "a\x00b"}, "name", "a\\x00b"),
        ({"company": {"business_scope": "\ud800"}}, "company.business_scope", "\\ud800"),
        ({"company": {"registered_on": "2024-02-30"}}, "company.registered_on", "2024-02-30"),
        ({"products": [{"sku": "a", "weight_g": 0}]}, "products[0].weight_g", 0),
        ({"bank": {"statements": [{"month": "2024-13"}]}}, "bank.statements[0].month", "2024-13"),
        ({"metrics": {"disputes": {"disputed": 6, "orders": 5}}}, "metrics.disputes.disputed", 6),
        ({"products": [{"sku": "a"}, {"sku": "a"}]}, "products[1].sku", "a"),
        (
            {"products": [{"sku": "a", "attributes_required": 1, "attributes_missing": 2}]},
            "products[0].attributes_missing",
            2,
        ),
    ],
)
def test_problem_names_path_value_and_rule(part: dict[str, Any], path: str, value: Any) -> None:
    problems = profile_problems({"code": "a", **part})
    assert [(p["path"], p["value"]) for p in problems] == [(path, value)]
    assert problems[0]["rule"]


def test_unknown_key_and_missing_code_are_both_told() -> None:
    rules = " ".join(problem["rule"] for problem in profile_problems({"colour": 1}))
    assert "colour" in rules
    assert "code" in rules


def test_schemas_that_ship() -> None:
    assert schema_names() == ("seller", "size_chart")
    assert json.dumps(load_schema("seller"))
    with pytest.raises(SchemaUnknown, match="seller, size_chart"):
        load_schema("order")
