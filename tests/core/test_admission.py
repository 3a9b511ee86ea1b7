"""Gates: exact boundaries, missing metrics, and one meaning under every interpreter."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bantuo.core.admission import GATES_MAX, MASKS, GateUnreadable, gate_inputs, gate_rule, gates_in_force
from bantuo.core.findings import FAIL, NOT_APPLICABLE, NOT_EVIDENCED, PASS, mask_statuses
from bantuo.core.vocabulary import Ints
from bantuo.engine.columns import apply_rule
from bantuo.engine.interval import check_overflow
from bantuo.engine.trace import compile_rule
from tests.core.hand_book import hand_book, hand_rule

DAY = date(2024, 8, 1)
GATES = gates_in_force(hand_book(), on=DAY)
INPUTS = gate_inputs(GATES)
SOUND = {
    "sell_through_num": 65, "sell_through_den": 100, "dsr": 47_800, "serious_complaints": 0,
    "licence_age_days": 180, "category_admitted": 1, "apparel": 0, "attributes_missing_num": 0,
    "attributes_missing_den": 1, "disputes_num": 8, "disputes_den": 1000, "listed_times_max": 5,
    "erp_api_version": 30_002, "sync_p95_ms": 3000, "probe_calls": 100, "scope_contains": 1, "epr_missing": 0,
}  # fmt: skip


def statuses(values: dict[str, int], *, on: date = DAY) -> dict[str, str]:
    gates = gates_in_force(hand_book(), on=on)
    masks = gate_rule(gates)(Ints(), reader(values))
    return {g.rule_id: s for g, s in zip(gates, mask_statuses(gates, masks=masks), strict=True)}


def reader(values: dict[str, int]):
    def read(name: str) -> int:
        bare = name.removesuffix("_known")
        return int(bare in values) if bare != name else values.get(name, 0)

    return read


def test_seller_on_every_boundary_passes() -> None:
    assert statuses(SOUND) == {g.rule_id: PASS for g in GATES} | {"ELG-8": NOT_APPLICABLE}


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"sell_through_num": 649_999, "sell_through_den": 1_000_000}, "ELG-1"),
        ({"dsr": 47_799}, "ELG-2"),
        ({"serious_complaints": 1}, "ELG-3"),
        ({"licence_age_days": 179}, "ELG-5"),
        ({"category_admitted": 0}, "ELG-6"),
        ({"disputes_num": 8001, "disputes_den": 1_000_000}, "ELG-9"),
        ({"listed_times_max": 6}, "ELG-10"),
        ({"erp_api_version": 30_001}, "ELG-11"),
        ({"sync_p95_ms": 3001}, "ELG-12"),
        ({"scope_contains": 0}, "ELG-13"),
        ({"epr_missing": 1}, "ELG-17"),
    ],
)
def test_one_step_beyond_a_boundary_fails_that_gate_alone(changed: dict[str, int], rule: str) -> None:
    assert statuses(SOUND | changed) == statuses(SOUND) | {rule: FAIL}


def test_attribute_gate_is_for_apparel_and_five_percent_passes() -> None:
    worn = SOUND | {"apparel": 1, "attributes_missing_num": 5, "attributes_missing_den": 100}
    assert statuses(worn)["ELG-8"] == PASS
    assert statuses(worn | {"attributes_missing_num": 6})["ELG-8"] == FAIL
    unknown = {name: value for name, value in worn.items() if name != "apparel"}
    assert statuses(unknown)["ELG-8"] == NOT_EVIDENCED


@pytest.mark.parametrize("name", [name for name in INPUTS if not name.startswith("attributes")])
def test_missing_metric_is_not_evidenced(name: str) -> None:
    left = {n: v for n, v in SOUND.items() if n != name}
    changed = {rule: status for rule, status in statuses(left).items() if status != statuses(SOUND)[rule]}
    assert list(changed.values()) == [NOT_EVIDENCED]


def test_nothing_counted_is_no_evidence() -> None:
    assert statuses(SOUND | {"disputes_num": 0, "disputes_den": 0})["ELG-9"] == NOT_EVIDENCED


def test_percentile_over_too_few_calls_is_no_evidence() -> None:
    assert statuses(SOUND | {"probe_calls": 99})["ELG-12"] == NOT_EVIDENCED


def test_gate_is_absent_before_its_rule_is_in_force() -> None:
    assert "ELG-17" not in statuses(SOUND | {"epr_missing": 3}, on=date(2024, 6, 30))
    assert statuses(SOUND | {"epr_missing": 3}, on=date(2024, 7, 1))["ELG-17"] == FAIL


def test_too_many_gates_for_one_mask_are_refused() -> None:
    with pytest.raises(GateUnreadable, match="do not fit"):
        gate_rule([GATES[0]] * (GATES_MAX + 1))


def test_gate_without_a_known_comparison_names_its_rule() -> None:
    book = hand_book()
    odd = hand_rule(
        "ELG-99", unit="count", value=1, detail={"gate": {"kind": "count", "metric": "x", "op": "~"}}
    )
    object.__setattr__(book, "rules", {"ELG-99": odd})
    with pytest.raises(GateUnreadable, match="ELG-99"):
        gates_in_force(book, on=DAY)


def test_no_metric_in_range_overflows() -> None:
    ranges = dict.fromkeys(INPUTS, (-(10**12), 10**12)) | {f"{name}_known": (0, 1) for name in INPUTS}
    highest = (1 << len(GATES)) - 1
    assert check_overflow(gate_rule(GATES), ranges)["failed"] == (0, highest)


near = st.sampled_from([0, 1, 5, 6, 8, 99, 100, 179, 180, 1000, 3000, 3001, 30_001, 30_002, 47_799, 47_800])
metric = st.none() | near | st.integers(0, 10**9)
rows = st.lists(st.fixed_dictionaries(dict.fromkeys(INPUTS, metric)), min_size=1, max_size=20)


@settings(max_examples=60)
@given(rows)
def test_ints_compiled_and_columns_agree(rows: list[dict[str, int | None]]) -> None:
    known = [f"{name}_known" for name in INPUTS]
    full = [
        {n: r[n] or 0 for n in INPUTS}
        | {k: int(r[n] is not None) for n, k in zip(INPUTS, known, strict=True)}
        for r in rows
    ]
    rule = gate_rule(GATES)
    plain = [tuple(rule(Ints(), row.__getitem__)[m] for m in MASKS) for row in full]
    function, names = compile_rule(rule, (*INPUTS, *known))
    assert names == MASKS
    assert [function(*(row[n] for n in (*INPUTS, *known))) for row in full] == plain
    frame = pl.DataFrame(full, schema=dict.fromkeys((*INPUTS, *known), pl.Int64))
    frame = frame.with_columns(pl.col(known).cast(pl.Boolean))
    assert apply_rule(frame.lazy(), rule).select(MASKS).collect().rows() == plain
    for failed, missing, aside in plain:
        assert failed & missing == failed & aside == missing & aside == 0
