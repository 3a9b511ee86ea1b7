"""Run a core rule over Polars columns: lazily, so that files stream and memory stays flat."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import polars as pl

from bantuo.core.vocabulary import Rule
from bantuo.engine.trace import Node, needed_nodes, trace_rule

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "idiv": operator.floordiv,
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge,
    "eq": operator.eq, "and": operator.and_, "or": operator.or_,
}  # fmt: skip


def apply_rule(frame: pl.LazyFrame, rule: Rule) -> pl.LazyFrame:
    """The frame with one int64 column added per output of the rule.

    Inputs are columns of the same names (Int64, no nulls, in range: validate first). Values used
    more than once become temporary columns, stage by stage, so no expression is computed twice.
    """
    graph, outputs = trace_rule(rule)
    nodes = list(needed_nodes(graph, outputs))
    shared = _shared_nodes(nodes)
    stages = _stages(nodes, shared)
    for stage in stages:
        frame = frame.with_columns(_expression(n, shared).alias(_temporary(n)) for n in stage)
    frame = frame.with_columns(
        _operand(node, shared).cast(pl.Int64).alias(name) for name, node in outputs.items()
    )
    return frame.drop(_temporary(n) for stage in stages for n in stage)


def _shared_nodes(nodes: list[Node]) -> set[int]:
    uses: dict[int, int] = {}
    for node in nodes:
        for operand in node.operands:
            if isinstance(operand, Node):
                uses[operand.index] = uses.get(operand.index, 0) + 1
    return {n.index for n in nodes if uses.get(n.index, 0) > 1 and n.op not in ("read", "lit")}


def _stages(nodes: list[Node], shared: set[int]) -> list[list[Node]]:
    depth: dict[int, int] = {}
    for node in nodes:
        below = max((depth[o.index] for o in node.operands if isinstance(o, Node)), default=0)
        depth[node.index] = below + 1 if node.index in shared else below
    made = [n for n in nodes if n.index in shared]
    return [[n for n in made if depth[n.index] == d] for d in sorted({depth[n.index] for n in made})]


def _temporary(node: Node) -> str:
    return f"__n{node.index}"


def _operand(node: Any, shared: set[int]) -> pl.Expr:
    return pl.col(_temporary(node)) if node.index in shared else _expression(node, shared)


def _expression(node: Node, shared: set[int]) -> pl.Expr:
    if node.op == "read":
        return pl.col(node.operands[0])
    if node.op == "lit":
        return pl.lit(node.operands[0], dtype=pl.Int64)
    o = [_operand(operand, shared) for operand in node.operands]
    match node.op:
        case "where":
            return pl.when(o[0]).then(o[1]).otherwise(o[2])
        case "abs":
            return o[0].abs()
        case "max":
            return pl.when(o[0] >= o[1]).then(o[0]).otherwise(o[1])
        case "min":
            return pl.when(o[0] <= o[1]).then(o[0]).otherwise(o[1])
        case op:
            made: pl.Expr = _BINARY[op](o[0], o[1])
            return made
