"""The ledger check finds what the constraints should have made impossible."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from bantuo.apps.ledger.operations import NewEntry, post_entries
from bantuo.apps.ledger.queries import BrokenEntry, check_ledger
from tests.apps.factories import NOW, make_sellers, policy_version

pytestmark = pytest.mark.django_db


def post_two() -> list[int]:
    one, two = make_sellers("S-1", "S-2")
    entries = [
        NewEntry(
            seller, "deposit", "A-1", date(2024, 8, 1), (("bank", fen, "r"), ("seller_deposit", -fen, "r"))
        )
        for seller, fen in ((one, 5), (two, 7))
    ]
    return post_entries(entries, now=NOW, policy_version_id=policy_version())


def test_empty_books_are_sound() -> None:
    found = check_ledger()

    assert (found.entries, found.postings, found.unbalanced, found.is_sound) == (0, 0, [], True)
    assert set(found.accounts.values()) == {0}


def test_sound_books_are_summed_by_account() -> None:
    post_two()

    found = check_ledger()

    assert (found.entries, found.postings, found.is_sound) == (2, 4, True)
    assert {code: fen for code, fen in found.accounts.items() if fen} == {"bank": 12, "seller_deposit": -12}


def test_a_tampered_entry_is_named() -> None:
    first, second = post_two()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE ledger_posting DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE ledger_posting SET amount_fen = 6 WHERE entry_id = %s AND amount_fen = 5", [first]
        )
        cursor.execute("DELETE FROM ledger_posting WHERE entry_id = %s", [second])

    found = check_ledger()

    assert found.unbalanced == [BrokenEntry(first, 1, "unbalanced"), BrokenEntry(second, 0, "no postings")]
    assert not found.is_sound
