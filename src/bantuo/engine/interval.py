"""Prove, before a rule is published, that no input in range can overflow an int64 column."""

from __future__ import annotations

from collections.abc import Mapping

from bantuo.core.vocabulary import Rule
from bantuo.engine.trace import Node, needed_nodes, trace_rule

INT64_MAX = 2**63 - 1
Interval = tuple[int, int]


class OverflowPossible(ArithmeticError):
    """Some input inside the declared ranges would not fit in 64 bits."""


def check_overflow(rule: Rule, ranges: Mapping[str, Interval]) -> dict[str, Interval]:
    """Bounds of each output for inputs within `ranges`; both branches count as reachable.

    Raises OverflowPossible if any intermediate value may leave int64, or if a division may meet
    a negative numerator or a denominator below one.
    """
    graph, outputs = trace_rule(rule)
    bounds: dict[int, Interval] = {}
    for node in needed_nodes(graph, outputs):
        operands = [bounds[o.index] for o in node.operands if isinstance(o, Node)]
        low, high = _bounds(node, operands, ranges)
        if max(abs(low), abs(high)) > INT64_MAX:
            raise OverflowPossible(f"{node.op} may reach {max(abs(low), abs(high))}")
        bounds[node.index] = (low, high)
    return {name: bounds[node.index] for name, node in outputs.items()}


def _bounds(node: Node, o: list[Interval], ranges: Mapping[str, Interval]) -> Interval:
    match node.op:
        case "read":
            return ranges[node.operands[0]]
        case "lit":
            return node.operands[0], node.operands[0]
        case "add":
            return o[0][0] + o[1][0], o[0][1] + o[1][1]
        case "sub":
            return o[0][0] - o[1][1], o[0][1] - o[1][0]
        case "mul":
            ends = [a * b for a in o[0] for b in o[1]]
            return min(ends), max(ends)
        case "idiv":
            if o[0][0] < 0 or o[1][0] < 1:
                raise OverflowPossible(f"division of {o[0]} by {o[1]} leaves its meaning")
            return o[0][0] // o[1][1], o[0][1] // o[1][0]
        case "abs":
            return (0 if o[0][0] <= 0 <= o[0][1] else min(map(abs, o[0]))), max(map(abs, o[0]))
        case "max":
            return max(o[0][0], o[1][0]), max(o[0][1], o[1][1])
        case "min":
            return min(o[0][0], o[1][0]), min(o[0][1], o[1][1])
        case "where":
            return min(o[1][0], o[2][0]), max(o[1][1], o[2][1])
        case _:  # comparisons and conditions
            return 0, 1
