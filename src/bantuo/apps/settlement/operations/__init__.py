"""Charging orders, taking refunds back, and settling what has become payable."""

from bantuo.apps.settlement.operations.charging import charge_orders, charge_returned_orders
from bantuo.apps.settlement.operations.refunds import refund_orders
from bantuo.apps.settlement.operations.runs import run_settlement

__all__ = ["charge_orders", "charge_returned_orders", "refund_orders", "run_settlement"]
