"""The compiled rule is the rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bantuo.core.vocabulary import Ints, Reader, Vocabulary
from bantuo.engine.trace import compile_rule, needed_nodes, trace_rule
from tests.engine.rules import INPUTS, every_operation

ANY = st.integers(-(10**9), 10**9)


@given(ANY, ANY, st.integers(0, 10**9))
def test_compiled_equals_the_plain_meaning(a: int, b: int, c: int) -> None:
    compiled, names = compile_rule(every_operation, INPUTS)
    plain = every_operation(Ints(), {"a": a, "b": b, "c": c}.__getitem__)
    assert dict(zip(names, compiled(a, b, c), strict=True)) == plain


def test_equal_operations_are_one_node() -> None:
    def rule(k: Vocabulary, r: Reader) -> Mapping[str, Any]:
        return {"x": r("a") * r("b") + 1, "y": r("a") * r("b") + 1}

    graph, outputs = trace_rule(rule)
    assert outputs["x"] is outputs["y"]
    assert [n.op for n in needed_nodes(graph, outputs)] == ["read", "read", "mul", "lit", "add"]


def test_only_what_the_outputs_need_is_computed() -> None:
    def rule(k: Vocabulary, r: Reader) -> Mapping[str, Any]:
        _unused = r("b") * 2
        return {"x": r("a") + 1}

    graph, outputs = trace_rule(rule)
    assert [n.op for n in needed_nodes(graph, outputs)] == ["read", "lit", "add"]


def test_true_and_one_are_the_same_literal_and_minus_one_is_not_minus_two() -> None:
    def rule(k: Vocabulary, r: Reader) -> Mapping[str, Any]:
        return {"x": k.lit(-1), "y": k.lit(-2), "z": 0 - r("a")}

    compiled, _ = compile_rule(rule, ("a",))
    assert compiled(3) == (-1, -2, -3)


@pytest.mark.parametrize("value", [1.5, 2.0])
def test_a_float_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="no float in a rule"):
        trace_rule(lambda k, r: {"x": r("a") + value})


def test_a_condition_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match=r"use k\.where"):
        trace_rule(lambda k, r: {"x": 1 if r("a") > 0 else 2})


def test_unknown_inputs_and_names_that_are_no_names_are_refused() -> None:
    with pytest.raises(KeyError, match="which is not an input"):
        compile_rule(every_operation, ("a", "b"))
    with pytest.raises(ValueError, match="not a name"):
        compile_rule(lambda k, r: {"x": r("a; b")}, ("a; b",))
