"""Is a seller's profile readable at all? Every problem with its path, value and rule."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, TypeChecker, ValidationError, validators

from bantuo.engine.terms import load_schema


class ProfileUnreadable(ValueError):
    """The text is no JSON object: says where it breaks."""


def parse_profile(text: str) -> dict[str, Any]:
    """The profile in a JSON text; decimals keep their exact digits as text, since nothing here is a float."""
    try:
        profile = json.loads(
            text, parse_float=str, parse_constant=_refuse, object_pairs_hook=_without_doubles
        )
    except json.JSONDecodeError as problem:
        raise ProfileUnreadable(f"line {problem.lineno}, column {problem.colno}: {problem.msg}") from problem
    except RecursionError as problem:
        raise ProfileUnreadable("objects or lists nested too deeply") from problem
    except ValueError as problem:  # ours, or a number of thousands of digits
        raise ProfileUnreadable(str(problem)) from problem
    if not isinstance(profile, dict):
        raise ProfileUnreadable("the file must hold one JSON object, a seller profile")
    return profile


def _refuse(constant: str) -> Any:
    raise ProfileUnreadable(f"{constant} is not a number")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise ProfileUnreadable(f"key {twice[0]!r} stands twice in one object")
    return dict(pairs)


def profile_problems(profile: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is wrong with a profile: `path`, `value`, `rule` each; empty when it can be assessed."""
    errors = sorted(_validator().iter_errors(profile), key=lambda error: error.json_path)
    told = [_told(leaf) for error in errors for leaf in _leaves(error)]
    return [*_unprintable(profile, ""), *told] or list(_contradictions(profile))


def _unprintable(value: Any, path: str) -> Iterator[dict[str, Any]]:
    """NUL and half characters pass as JSON, but neither a database nor a file takes them."""
    if isinstance(value, str):
        if _UNPRINTABLE.search(value):
            yield _problem(path, value.encode("unicode_escape").decode(), "holds a NUL or a broken character")
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _unprintable(part, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _unprintable(part, f"{path}[{index}]")


_UNPRINTABLE = re.compile("[\x00\ud800-\udfff]")


@cache
def _validator() -> Any:
    whole: TypeChecker = Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole)
    extend: Callable[..., Any] = validators.extend
    exact = extend(Draft202012Validator, type_checker=whole)
    return exact(load_schema("seller"), format_checker=_FORMATS)


def _is_whole(_: TypeChecker, instance: object) -> bool:
    return isinstance(instance, int) and not isinstance(instance, bool)


_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date", raises=ValueError)
def _is_day(instance: object) -> bool:
    return not isinstance(instance, str) or bool(date.fromisoformat(instance))


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Of a choice, the branch whose kind (object or text) the value has: that is what was meant."""
    branches = [part for part in error.context or () if part.validator != "type"]
    if not branches:
        yield error
    for part in branches:
        yield from _leaves(part)


def _told(error: ValidationError) -> dict[str, Any]:
    where = error.json_path.removeprefix("$").removeprefix(".")
    return {"path": where, "value": _shown(error.instance), "rule": _rule(error)}


def _shown(value: Any) -> Any:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return value if len(text) <= 80 else f"{text[:77]}…"


def _rule(error: ValidationError) -> str:
    """The schema's own words, and what the field is for where it says so."""
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    meant = schema.get("description", "")
    said = error.message if len(error.message) <= 160 else f"must satisfy {error.validator}"
    return f"{said} ({meant})" if meant and error.validator in ("pattern", "type", "format") else said


def _contradictions(profile: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What no schema can say: a part above its whole, one SKU twice."""
    shop: Mapping[str, Any] = profile.get("metrics", {})
    for name, part, whole in _SHARES:
        told = shop.get(name)
        if isinstance(told, Mapping) and told[part] > told[whole]:
            yield _problem(f"metrics.{name}.{part}", told[part], f"is more than {whole} ({told[whole]})")
    skus: set[str] = set()
    for index, product in enumerate(profile.get("products", ())):
        missing, required = product.get("attributes_missing", 0), product.get("attributes_required")
        if required is not None and missing > required:
            rule = f"is more than attributes_required ({required})"
            yield _problem(f"products[{index}].attributes_missing", missing, rule)
        if product["sku"] in skus:
            yield _problem(
                f"products[{index}].sku", product["sku"], "stands twice; use listed_times for that"
            )
        skus.add(product["sku"])


_SHARES = (
    ("sell_through", "active", "listed"),
    ("disputes", "disputed", "orders"),
    ("return_rate", "returned", "orders"),
)


def _problem(path: str, value: Any, rule: str) -> dict[str, Any]:
    return {"path": path, "value": value, "rule": rule}
