"""The access log: no change of an entry goes unseen, nor a cut at the end; real crowds keep one chain."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from bantuo.apps.documents.chain import FIRST_HASH
from bantuo.apps.documents.models import DocumentAccess
from bantuo.apps.documents.operations import log_access
from bantuo.apps.documents.queries import ChainState, broken_link, verify_chain
from bantuo.apps.sql import run_statement
from tests.apps.documents.papers import ACTOR, ADDRESS, shelf
from tests.apps.factories import NOW, make_sellers
from tests.processes import start_process

COLUMNS = {
    "id": "id + 1000",
    "seller_id": "(SELECT max(id) FROM parties_seller)",
    "document_id": "NULL",
    "subject": "'another'",
    "action": "'download'",
    "actor": "'user:8'",
    "reason": "'another'",
    "address": "'192.0.2.8'",
    "happened_at": "happened_at + interval '1 microsecond'",
    "previous_hash": "md5(previous_hash)",
    "entry_hash": "md5(entry_hash)",
}


def tamper(statement: str) -> None:
    """What only somebody in full command of the database can do: past the guards, leaving them in place."""
    run_statement("SET LOCAL session_replication_role = replica")
    assert run_statement(statement) > 0
    run_statement("SET LOCAL session_replication_role = origin")


@pytest.fixture
def _entries(tmp_path: Any) -> None:
    seller, _other = make_sellers("S1", "S2")
    kept = shelf(tmp_path).keep(seller)
    for number in range(3):
        log_access(
            seller_id=seller,
            document_id=kept.pk,
            action="unmask",
            reason=f"印章 {number} \x00\ud800",
            now=NOW + timedelta(seconds=number),
            actor=ACTOR,
            address=ADDRESS,
        )
    run_statement("SET CONSTRAINTS ALL IMMEDIATE")  # TRUNCATE would otherwise stumble over waiting checks


@pytest.mark.django_db
@pytest.mark.usefixtures("_entries")
def test_an_untouched_log_is_whole_and_numbered_without_a_hole() -> None:
    last = DocumentAccess.objects.latest("id")
    assert verify_chain() == ChainState(4, last.entry_hash)
    assert list(DocumentAccess.objects.order_by("id").values_list("id", flat=True)) == [1, 2, 3, 4]
    assert last.reason == "印章 2 ?"


@pytest.mark.django_db
def test_an_empty_log_is_whole() -> None:
    assert verify_chain() == ChainState(0, FIRST_HASH)
    assert broken_link() is None


def test_every_column_of_the_log_is_tampered_with_below() -> None:
    assert {field.column for field in DocumentAccess._meta.fields} == set(COLUMNS)


@pytest.mark.django_db
@pytest.mark.usefixtures("_entries")
@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_change_of_any_column_of_any_entry_is_found(column: str, number: int) -> None:
    tamper(f"UPDATE documents_documentaccess SET {column} = {COLUMNS[column]} WHERE id = {number}")
    state = verify_chain()
    assert state.broken_at == number
    assert state.fault == ("missing" if column == "id" else "changed")


@pytest.mark.django_db
@pytest.mark.usefixtures("_entries")
def test_an_entry_taken_out_is_found() -> None:
    tamper("DELETE FROM documents_documentaccess WHERE id = 2")
    assert broken_link() == 2
    assert verify_chain().fault == "missing"


@pytest.mark.django_db
@pytest.mark.usefixtures("_entries")
def test_two_entries_exchanged_are_found() -> None:
    tamper(
        "UPDATE documents_documentaccess a SET reason = b.reason, happened_at = b.happened_at"
        " FROM documents_documentaccess b WHERE (a.id, b.id) IN ((2, 3), (3, 2))"
    )
    assert broken_link() == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("_entries")
def test_a_cut_at_the_end_is_found_by_a_head_written_down_elsewhere() -> None:
    third, head = (
        DocumentAccess.objects.filter(id__in=[3, 4]).order_by("id").values_list("entry_hash", flat=True)
    )
    assert verify_chain(head=head).is_whole
    assert verify_chain(head=third).is_whole
    tamper("DELETE FROM documents_documentaccess WHERE id = 4")
    assert verify_chain().is_whole
    assert verify_chain(head=third).is_whole
    assert verify_chain(head=head) == ChainState(3, third, 4, "truncated")


@pytest.mark.django_db
@pytest.mark.usefixtures("_entries")
@pytest.mark.parametrize("change", ["UPDATE {} SET reason = ''", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_itself_refuses_every_change(change: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        run_statement(change.format("documents_documentaccess"))


@pytest.mark.django_db
def test_a_transaction_that_fails_leaves_no_hole() -> None:
    (seller,) = make_sellers("S1")
    told: dict[str, Any] = {
        "seller_id": seller,
        "document_id": None,
        "now": NOW,
        "actor": ACTOR,
        "address": ADDRESS,
    }
    log_access(action="consent", **told)
    with pytest.raises(IntegrityError):
        _log_then_fail(told)
    log_access(action="withdraw", **told)
    assert list(DocumentAccess.objects.order_by("id").values_list("id", "action")) == [
        (1, "consent"),
        (2, "withdraw"),
    ]
    assert verify_chain().is_whole


@transaction.atomic
def _log_then_fail(told: dict[str, Any]) -> None:
    log_access(action="keep", **told)
    run_statement("DELETE FROM documents_documentaccess")


_WRITER = """
import sys
from datetime import UTC, datetime
from bantuo.apps.documents.operations import log_access
for number in range(40):
    log_access(seller_id=int(sys.argv[1]), document_id=None, action="consent", address="",
               reason=f"{sys.argv[2]}/{number}", now=datetime.now(UTC), actor="user:" + sys.argv[2])
"""
_SELLER = """
from tests.apps.factories import make_sellers
print(make_sellers("S1")[0])
"""
_CHECK = """
import json
from bantuo.apps.documents.models import DocumentAccess
from bantuo.apps.documents.queries import verify_chain
state = verify_chain()
told = sorted(DocumentAccess.objects.values_list("reason", flat=True))
print(json.dumps([state.entries, state.fault, told]))
"""


@pytest.mark.processes
def test_real_processes_writing_at_once_keep_one_chain(scratch_database: str) -> None:
    seller = _said(start_process(_SELLER, url=scratch_database)).strip()
    crowd = [start_process(_WRITER, seller, str(at), url=scratch_database) for at in range(4)]
    for process in crowd:
        _said(process)
    entries, fault, told = json.loads(_said(start_process(_CHECK, url=scratch_database)))
    assert (entries, fault) == (160, "")
    assert told == sorted(f"{at}/{number}" for at in range(4) for number in range(40))


def _said(process: Any) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return str(out)
