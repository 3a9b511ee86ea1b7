"""Who fulfils an order, and why: the programme from a pool of stock, or the seller."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bantuo.core.policy import Text


class Reason(StrEnum):
    """Why an order takes its route; the words for people are in REASON_WORDS."""

    RESERVED = "reserved"
    RESERVED_ON_HAND = "reserved_on_hand"
    SKU_NOT_SEMI_MANAGED = "sku_not_semi_managed"
    WAREHOUSE_NOT_BOUND = "warehouse_not_bound"
    STOCK_SHORT = "stock_short"
    AFTER_CUTOFF = "after_cutoff"
    CUTOFF_FALLBACK = "cutoff_fallback"
    CUTOFF_FALLBACK_WIDE = "cutoff_fallback_wide"
    SHORTAGE = "shortage"
    KEPT_AFTER_SPLIT = "kept_after_split"
    TURNING_REVERSED = "turning_reversed"
    OTHER_WAREHOUSE = "other_warehouse"


REASON_WORDS: Mapping[Reason, Text] = {
    Reason.RESERVED: Text("已占用申报库存，半托管履约", "reserved from declared stock"),
    Reason.RESERVED_ON_HAND: Text("已占用仓内库存，半托管履约", "reserved from stock on hand"),
    Reason.SKU_NOT_SEMI_MANAGED: Text("SKU 未勾选半托管，卖家自营履约", "the SKU is not semi-managed"),
    Reason.WAREHOUSE_NOT_BOUND: Text("卖家未绑定指定仓", "the seller is bound to no warehouse"),
    Reason.STOCK_SHORT: Text("可售库存不足，卖家自营履约", "not enough sellable stock"),
    Reason.AFTER_CUTOFF: Text("截单前未同步库存，其后订单转自营", "stock not stated before today's cut-off"),
    Reason.CUTOFF_FALLBACK: Text("截单时仍未同步库存，转自营", "stock still not stated at the cut-off"),
    Reason.CUTOFF_FALLBACK_WIDE: Text(
        "宽口径：截单时未下发，转自营", "not released at the cut-off (wide reading)"
    ),
    Reason.SHORTAGE: Text("申报数低于已占用数，最新订单转自营", "the seller stated less than was reserved"),
    Reason.KEPT_AFTER_SPLIT: Text("拆单后其余商品继续半托管履约", "the lines stated in time stay"),
    Reason.TURNING_REVERSED: Text("运营撤销转自营，恢复半托管", "an operator took the fallback back"),
    Reason.OTHER_WAREHOUSE: Text("由另一仓的在仓库存履约", "served from stock on hand at another warehouse"),
}

REASON_RULES: Mapping[Reason, str] = {
    Reason.RESERVED: "OPS-1",
    Reason.RESERVED_ON_HAND: "OPS-1",
    Reason.SKU_NOT_SEMI_MANAGED: "STEP-5",
    Reason.WAREHOUSE_NOT_BOUND: "STEP-4",
    Reason.STOCK_SHORT: "RSP-1",
    Reason.AFTER_CUTOFF: "OPS-1",
    Reason.CUTOFF_FALLBACK: "OPS-1",
    Reason.CUTOFF_FALLBACK_WIDE: "OPS-1",
    Reason.SHORTAGE: "RSP-1",
    Reason.KEPT_AFTER_SPLIT: "OPS-1",
    Reason.TURNING_REVERSED: "OPS-1.reversible_by",
    Reason.OTHER_WAREHOUSE: "STEP-4",
}


@dataclass(slots=True)
class Available:
    """What one SKU × warehouse can still promise. Reservations of earlier orders are taken off."""

    on_hand: int
    declared: int
    stated_in_time: bool


@dataclass(frozen=True, slots=True)
class Demand:
    """One line as routing sees it; `balance` names its stock, None where it has none."""

    line_no: int
    balance: int | None
    quantity: int
    semi_managed: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A route, its reason, the line that decided, and for `semi` the pool of each line."""

    route: str
    reason: Reason
    line_no: int | None
    pools: tuple[str, ...] = ()

    @property
    def rule(self) -> str:
        return REASON_RULES[self.reason]


def route_order(
    lines: Sequence[Demand], stock: MutableMapping[int, Available], *, bound: bool, cut: bool
) -> Choice:
    """Reserve every line or none; on success the quantities are taken off `stock`.

    Stock on hand is promised first: it is already counted and needs no statement. After the
    cut-off (`cut`) a declared pool serves only SKUs that were stated in time (OPS-1, A-30).
    """
    if not bound:
        return Choice("self", Reason.WAREHOUSE_NOT_BOUND, None)
    taken: list[tuple[Available, str, int]] = []
    for line in lines:
        if not line.semi_managed:
            return _refuse(taken, Reason.SKU_NOT_SEMI_MANAGED, line)
        available = None if line.balance is None else stock.get(line.balance)
        if available is None:
            return _refuse(taken, Reason.STOCK_SHORT, line)
        pool = _pool_of(available, line.quantity, cut=cut)
        if isinstance(pool, Reason):
            return _refuse(taken, pool, line)
        _take(available, pool, line.quantity)
        taken.append((available, pool, line.quantity))
    pools = tuple(pool for _, pool, _ in taken)
    reason = Reason.RESERVED_ON_HAND if set(pools) == {"on_hand"} else Reason.RESERVED
    return Choice("semi", reason, None, pools)


def _pool_of(available: Available, quantity: int, *, cut: bool) -> str | Reason:
    if available.on_hand >= quantity:
        return "on_hand"
    if cut and not available.stated_in_time:
        return Reason.AFTER_CUTOFF
    return "declared" if available.declared >= quantity else Reason.STOCK_SHORT


def _take(available: Available, pool: str, quantity: int) -> None:
    if pool == "on_hand":
        available.on_hand -= quantity
    else:
        available.declared -= quantity


def _refuse(taken: Sequence[tuple[Available, str, int]], reason: Reason, line: Demand) -> Choice:
    """All or none: what earlier lines took is put back."""
    for available, pool, quantity in taken:
        _take(available, pool, -quantity)
    return Choice("self", reason, line.line_no)
