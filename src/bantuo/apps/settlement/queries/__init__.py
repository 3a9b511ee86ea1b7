"""What can be charged, what was settled, and why every fen is what it is."""

from bantuo.apps.settlement.queries.explanations import explain_charge
from bantuo.apps.settlement.queries.readings import reading_report
from bantuo.apps.settlement.queries.reconciliation import reconcile_statements
from bantuo.apps.settlement.queries.statements import (
    statement_lines,
    statements_of_run,
    statements_of_seller,
)

__all__ = [
    "explain_charge",
    "reading_report",
    "reconcile_statements",
    "statement_lines",
    "statements_of_run",
    "statements_of_seller",
]
