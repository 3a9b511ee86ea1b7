"""Posting and reversing: balanced, once, and never changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bantuo.apps.ledger.models import Account, Entry, Posting
from bantuo.apps.ledger.operations import (
    EmptyEntry,
    EntryDiffers,
    EntryUnknown,
    NewEntry,
    UnbalancedEntry,
    post_entries,
    reverse_entries,
)
from bantuo.apps.ledger.queries import account_balances, check_ledger, seller_balances, stored_amounts
from tests.apps.factories import ACTOR, NOW, make_sellers, outbox, policy_version

pytestmark = pytest.mark.django_db
ON = date(2024, 8, 1)
HELD = (("bank", 2_000_000, "DEP-1"), ("seller_deposit", -2_000_000, "DEP-1"))
ACCOUNTS = ("bank", "buyer_funds", "seller_payable", "fee_base_service", "fee_fulfilment")


def entry(
    seller_id: int, reference: str = "A-1", postings: Sequence[tuple[str, int, str]] = HELD
) -> NewEntry:
    return NewEntry(seller_id, "deposit", reference, ON, postings)


def post(*entries: NewEntry) -> list[int]:
    return post_entries(entries, now=NOW, policy_version_id=policy_version())


def reverse(*ids: int) -> list[int]:
    return reverse_entries(ids, now=NOW, reason="posted in error", actor=ACTOR)


def check_at_commit() -> None:
    """What commit would check, now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def commit(make: Callable[[], object]) -> None:
    """Make something and commit it, as far as a test that is rolled back can."""
    with transaction.atomic():
        make()
        check_at_commit()


def add_posting(to: Entry, *, fen: int, account: str = "bank", seller_id: int | None = None) -> None:
    """A posting that went round the operations."""
    Posting.objects.create(
        seller_id=seller_id or to.seller_id, entry=to, account_id=account, amount_fen=fen, rule="DEP-1"
    )


def bare_entry(seller_id: int) -> Entry:
    return Entry.objects.create(
        seller_id=seller_id,
        kind="deposit",
        reference="bare",
        business_date=ON,
        posted_at=NOW,
        policy_version_id=policy_version(),
    )


def test_an_entry_is_posted_with_its_rules_and_told() -> None:
    (seller,) = make_sellers("S-1")

    (entry_id,) = post(entry(seller))
    check_at_commit()

    stored = Posting.objects.filter(entry_id=entry_id).values_list("account_id", "amount_fen", "rule")
    assert set(stored) == set(HELD)
    assert seller_balances([seller]) == {(seller, "bank"): 2_000_000, (seller, "seller_deposit"): -2_000_000}
    assert outbox("ledger.posted") == [(f"entry:{entry_id}", {"kind": "deposit", "reference": "A-1"})]


def test_posting_again_answers_with_the_stored_entry() -> None:
    one, two = make_sellers("S-1", "S-2")
    first = post(entry(two), entry(one))

    assert post(entry(one), entry(two), entry(one)) == [first[1], first[0], first[1]]
    assert (Entry.objects.count(), Posting.objects.count()) == (2, 4)
    assert len(outbox("ledger.posted")) == 2


def test_the_same_fact_with_other_amounts_is_refused() -> None:
    (seller,) = make_sellers("S-1")
    post(entry(seller))
    other = entry(seller, postings=(("bank", 1, "DEP-1"), ("seller_deposit", -1, "DEP-1")))

    with pytest.raises(EntryDiffers):
        post(other)
    with pytest.raises(EntryDiffers):
        post(entry(seller, "A-2"), entry(seller, "A-2", other.postings))


def test_unbalanced_and_empty_entries_are_refused_before_the_database_sees_them() -> None:
    (seller,) = make_sellers("S-1")

    with pytest.raises(UnbalancedEntry):
        post(entry(seller), entry(seller, "A-2", [("bank", 1, "DEP-1")]))
    with pytest.raises(EmptyEntry):
        post(entry(seller, "A-3", [("bank", 0, "DEP-1"), ("seller_deposit", 0, "DEP-1")]))
    assert Entry.objects.count() == 0


def test_zero_postings_are_dropped_and_an_account_stands_once() -> None:
    (seller,) = make_sellers("S-1")
    postings = [*HELD, ("fee_packing", 0, "FEE-6"), ("bank", -500, "FEE-2"), ("fee_fulfilment", 500, "FEE-2")]

    (entry_id,) = post(entry(seller, postings=postings))

    assert stored_amounts([entry_id]) == {
        entry_id: {"bank": 1_999_500, "seller_deposit": -2_000_000, "fee_fulfilment": 500}
    }


def test_the_database_refuses_an_unbalanced_entry_at_commit() -> None:
    (seller,) = make_sellers("S-1")
    with pytest.raises(IntegrityError, match="does not balance"):
        commit(lambda: add_posting(bare_entry(seller), fen=1))


def test_the_database_refuses_an_entry_without_postings_at_commit() -> None:
    (seller,) = make_sellers("S-1")
    with pytest.raises(IntegrityError, match="has no postings"):
        commit(lambda: bare_entry(seller))


def test_the_database_refuses_a_posting_added_to_a_finished_entry() -> None:
    (seller,) = make_sellers("S-1")
    (entry_id,) = post(entry(seller))
    check_at_commit()
    with pytest.raises(IntegrityError, match="sum to 7 fen"):
        commit(lambda: add_posting(Entry.objects.get(pk=entry_id), account="fee_packing", fen=7))


def test_the_database_refuses_postings_of_another_seller() -> None:
    one, two = make_sellers("S-1", "S-2")

    def post_for_another() -> None:
        made = bare_entry(one)
        for account, fen, _ in HELD:
            add_posting(made, account=account, fen=fen, seller_id=two)

    with pytest.raises(IntegrityError, match="another seller"):
        commit(post_for_another)


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_posting"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET seller_id = seller_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_entries_and_postings_are_append_only(table: str, statement: str) -> None:
    (seller,) = make_sellers("S-1")
    post(entry(seller))
    check_at_commit()
    refused = pytest.raises(IntegrityError, match="append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_a_reversal_mirrors_the_stored_postings_once() -> None:
    (seller,) = make_sellers("S-1")
    (entry_id,) = post(entry(seller))

    (mirror,) = reverse(entry_id)
    check_at_commit()

    assert stored_amounts([mirror]) == {mirror: {"bank": -2_000_000, "seller_deposit": 2_000_000}}
    assert reverse(entry_id, entry_id) == [mirror, mirror]
    made = Entry.objects.get(pk=mirror)
    assert (made.kind, made.reverses_id, made.reason, made.actor) == (
        "reversal",
        entry_id,
        "posted in error",
        ACTOR,
    )
    assert made.business_date == ON
    assert len(outbox("ledger.reversed")) == 1
    assert check_ledger().is_sound


def test_an_unknown_entry_is_not_reversed() -> None:
    with pytest.raises(EntryUnknown):
        reverse(1)


def test_every_account_of_the_chart_is_named_in_both_languages() -> None:
    accounts = dict(Account.objects.values_list("code", "kind"))

    assert accounts.keys() == account_balances().keys()
    assert accounts["seller_deposit"] == "liability"
    assert not Account.objects.filter(name_zh="").exists()
    assert not Account.objects.filter(name_en="").exists()


@st.composite
def postings_of_entries(draw: st.DrawFn) -> list[list[tuple[str, int, str]]]:
    """Some entries, each with debits and credits on several accounts and one that balances them."""
    amounts = st.integers(-(10**12), 10**12)
    drawn = draw(st.lists(st.lists(st.tuples(st.sampled_from(ACCOUNTS), amounts), max_size=6), max_size=4))
    return [
        [
            *((account, fen, "DEP-1") for account, fen in rows),
            ("seller_deposit", -sum(f for _, f in rows), ""),
        ]
        for rows in drawn
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(postings_of_entries())
def test_entries_balance_and_a_reversal_cancels(drawn: list[list[tuple[str, int, str]]]) -> None:
    with transaction.atomic():
        (seller,) = make_sellers("S-1")
        entries = [entry(seller, f"A-{n}", postings) for n, postings in enumerate(drawn)]
        ids = post(*(e for e in entries if e.amounts))
        check_at_commit()
        assert sum(seller_balances([seller]).values()) == 0
        reverse(*ids)
        check_at_commit()
        assert set(account_balances().values()) == {0}
        assert check_ledger().is_sound
        transaction.set_rollback(True)
