"""Settlement runs: what is paid, what is carried on, and that repeating changes nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from bantuo.apps.ledger.models import Entry, Posting
from bantuo.apps.ledger.operations import reverse_entries
from bantuo.apps.ledger.queries import account_balances, check_ledger
from bantuo.apps.orders.models import Order, OrderEvent
from bantuo.apps.settlement.models import Charge, Payout, Statement
from bantuo.apps.settlement.operations.runs import RunDiffers
from bantuo.apps.settlement.queries import (
    reconcile_statements,
    statement_lines,
    statements_of_run,
    statements_of_seller,
)
from bantuo.channels.bank import SandboxBank
from tests.apps.factories import outbox
from tests.apps.settlement.delivered import DELIVERED, LATER, PAYABLE, make_shop

pytestmark = pytest.mark.django_db


def check_constraints() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def balances() -> dict[str, int]:
    return {code: fen for code, fen in account_balances().items() if fen}


def statement(code: str) -> tuple[int, int, int, int, int]:
    s = Statement.objects.get(run__code=code)
    return s.receipts_fen, s.fees_fen, s.carried_in_fen, s.payout_fen, s.carried_on_fen


def test_golden_order_is_paid_out_after_14_days() -> None:
    shop = make_shop()
    order = shop.order("G-1")
    shop.charge(order)

    early = shop.settle(PAYABLE - timedelta(days=1), code="R0")
    result = shop.settle()
    check_constraints()

    assert (early.charges, early.statements, early.payouts) == (0, 0, 0)
    assert (result.charges, result.statements, result.payouts) == (1, 1, 1)
    assert (result.receipts_fen, result.fees_fen, result.paid_fen) == (12_000, 1960, 10_040)
    assert statement("R1") == (12_000, 1960, 0, 10_040, 0)
    assert balances() == {
        "bank": 1960,
        "fee_base_service": -420,
        "fee_fulfilment": -1100,
        "fee_transfer": -240,
        "fee_labelling": -200,
    }
    payout = Payout.objects.get()
    assert (payout.amount_fen, payout.bank, payout.reference) == (
        10_040,
        "sandbox",
        "sandbox:R1/test-market:S-1",
    )


def test_settled_orders_are_completed_and_told() -> None:
    shop = make_shop()
    order = shop.order("G-1")
    shop.charge(order)

    shop.settle()

    assert Order.objects.get(pk=order).state == "completed"
    assert Order.objects.get(pk=order).closed_at == LATER
    assert OrderEvent.objects.get(order_id=order).reason == "settled in R1"
    assert outbox("order.completed") == [(f"order:{order}", {})]
    assert outbox("settlement.paid") == [
        ("payout:R1/test-market:S-1", {"run": "R1", "actor": "operator:test", "amount_fen": 10_040})
    ]
    assert len(outbox("settlement.run")) == 1


def test_postings_carry_the_rule_behind_them() -> None:
    shop = make_shop()
    shop.charge(shop.order("G-1"))
    shop.settle()

    rules = Posting.objects.filter(entry__kind="settlement").values_list("account_id", "amount_fen", "rule")

    assert set(rules) == {
        ("buyer_funds", 12_000, "FEE-1.base"),
        ("fee_base_service", -420, "FEE-1.rate"),
        ("fee_fulfilment", -1100, "FEE-2"),
        ("fee_transfer", -240, "FEE-5"),
        ("fee_labelling", -200, "FEE-4.label"),
        ("seller_payable", -10_040, "SET-1"),
    }


def test_running_twice_changes_nothing() -> None:
    shop = make_shop()
    shop.charge(shop.order("G-1"))
    bank = SandboxBank()
    first = shop.settle(bank=bank)
    before = (list(Charge.objects.values()), list(Statement.objects.values()), balances())

    assert shop.settle(bank=bank) == first
    assert (list(Charge.objects.values()), list(Statement.objects.values()), balances()) == before
    assert len(bank.accepted) == 1


def test_a_code_settles_one_day_only() -> None:
    shop = make_shop()
    shop.settle()

    with pytest.raises(RunDiffers):
        shop.settle(PAYABLE + timedelta(days=1))


def test_refund_before_payout_is_settled_with_the_order() -> None:
    shop = make_shop()
    order = shop.order("G-1")
    shop.charge(order)
    shop.refund((order, 12_000))

    shop.settle()

    assert statement("R1") == (0, 1540, 0, 0, -1540)
    assert balances()["seller_payable"] == 1540
    assert "fee_base_service" not in balances()
    assert reconcile_statements() == []


def test_refund_after_payout_is_carried_into_later_runs() -> None:
    shop = make_shop()
    first, second = shop.order("G-1"), shop.order("G-2")
    shop.charge(first)
    shop.settle()
    shop.refund((first, 12_000), now=LATER)
    shop.settle(date(2024, 8, 30), code="R2")
    shop.charge(second)
    shop.settle(date(2024, 9, 6), code="R3")
    check_constraints()

    assert [(s.run, s.run_on.day, s.carried_in_fen) for s in statements_of_seller(shop.seller_id)] == [
        ("R1", 25, 0),
        ("R2", 30, 0),
        ("R3", 6, -11_580),
    ]
    assert statement("R2") == (-12_000, -420, 0, 0, -11_580)
    assert statement("R3") == (12_000, 1960, -11_580, 0, -1540)
    assert balances()["seller_payable"] == 1540
    assert Payout.objects.count() == 1
    assert reconcile_statements() == []
    assert check_ledger().is_sound


def test_a_carried_balance_waits_for_the_next_charge() -> None:
    shop = make_shop()
    order = shop.order("G-1")
    shop.charge(order)
    shop.refund((order, 12_000))
    shop.settle()

    assert shop.settle(date(2024, 9, 2), code="R2").statements == 0

    shop.charge(*(shop.order(f"H-{n}", delivered_at=DELIVERED) for n in range(2)))
    shop.settle(date(2024, 9, 9), code="R3")
    assert statement("R3") == (24_000, 3920, -1540, 24_000 - 3920 - 1540, 0)


def test_each_seller_has_its_own_statement() -> None:
    one, two = make_shop("S-1"), make_shop("S-2", distance_m=0)
    one.charge(one.order("G-1"), two.order("G-2"), two.order("G-3"))

    result = one.settle()

    assert (result.statements, result.paid_fen) == (2, 10_040 + 2 * 10_280)
    assert [(s.seller, s.payout_fen) for s in statements_of_run("R1")] == [
        ("test-market:S-1", 10_040),
        ("test-market:S-2", 20_560),
    ]
    assert [line.external_id for line in statement_lines(two.seller_id, run_code="R1")] == ["G-2", "G-3"]
    assert statement_lines(one.seller_id, run_code="R1")[0].net_fen == 10_040
    assert reconcile_statements() == []


def test_nothing_of_a_run_is_kept_when_the_bank_refuses() -> None:
    class Closed(SandboxBank):
        def pay(self, transfers: object) -> list[str]:
            raise ConnectionError("the bank is closed")

    shop = make_shop()
    order = shop.order("G-1")
    shop.charge(order)

    with pytest.raises(ConnectionError):
        shop.settle(bank=Closed())

    assert Charge.objects.get().run_id is None
    assert (Statement.objects.count(), Posting.objects.count()) == (0, 0)
    assert Order.objects.get(pk=order).state == "delivered"
    assert shop.settle().payouts == 1


def test_reconciliation_names_what_disagrees() -> None:
    shop = make_shop()
    shop.charge(shop.order("G-1"))
    shop.settle()
    check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE settlement_statement DISABLE TRIGGER settlement_statement_append_only")
        cursor.execute("UPDATE settlement_statement SET fees_fen = 1961, carried_on_fen = -1")

    found = {(d.what, d.charged_fen, d.stated_fen) for d in reconcile_statements()}

    assert found == {("fees on the statement", 1960, 1961), ("balance carried on", -1, 0)}


def test_a_claimed_charge_is_never_claimed_again_or_freed() -> None:
    shop = make_shop()
    shop.charge(shop.order("G-1"))
    shop.settle()

    with pytest.raises(IntegrityError), transaction.atomic():
        Charge.objects.update(run=None)


def test_a_reversed_entry_shows_in_the_reconciliation() -> None:
    shop = make_shop()
    shop.charge(shop.order("G-1"))
    shop.settle()

    reverse_entries([Entry.objects.get(kind="payout").pk], now=LATER, reason="sent back", actor="test")

    assert {(d.what, d.charged_fen, d.stated_fen) for d in reconcile_statements()} == {
        ("payout in the ledger", 10_040, 0),
        ("balance carried on", 0, 10_040),
    }


def test_a_run_keeps_others_waiting_until_it_commits() -> None:
    shop = make_shop()
    shop.settle()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('bantuo.run_settlement'))")
            assert cursor.fetchone() == (False,)
    finally:
        other.close()
