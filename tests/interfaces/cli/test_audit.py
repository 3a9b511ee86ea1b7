"""`bantuo audit verify`: whole is 0, anything else is 1 and says where."""

from __future__ import annotations

import json

import pytest
import typer

from bantuo.apps.documents.models import DocumentAccess
from bantuo.apps.documents.operations import log_access
from bantuo.apps.sql import run_statement
from bantuo.interfaces.cli.audit import reseal_secrets, verify_audit
from tests.apps.factories import NOW, make_sellers

pytestmark = pytest.mark.django_db


@pytest.fixture
def heads() -> list[str]:
    """Three entries; the hash of each."""
    (seller,) = make_sellers("S1")
    for _ in range(3):
        log_access(seller_id=seller, document_id=None, action="consent", now=NOW, actor="user:1", address="")
    return list(DocumentAccess.objects.order_by("id").values_list("entry_hash", flat=True))


def tamper(statement: str) -> None:
    run_statement("SET LOCAL session_replication_role = replica")
    run_statement(statement)
    run_statement("SET LOCAL session_replication_role = origin")


def test_a_whole_log_prints_its_count_and_head(heads: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    verify_audit(as_json=False)
    assert capsys.readouterr().out == f"3 entries, whole; head {heads[2]}\n"
    verify_audit(as_json=True, head=heads[1])
    told = json.loads(capsys.readouterr().out)
    assert told == {"whole": True, "entries": 3, "head": heads[2], "broken_at": None, "fault": ""}


def test_a_changed_entry_ends_with_1(heads: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    tamper("UPDATE documents_documentaccess SET reason = 'x' WHERE id = 2")
    with pytest.raises(typer.Exit) as ended:
        verify_audit(as_json=False)
    assert ended.value.exit_code == 1
    said = (
        "1 entries are whole, then NOT WHOLE: entry 2 does not fit: it, or the entry before it, was changed\n"
    )
    assert capsys.readouterr().out == said


def test_a_log_cut_off_is_found_by_the_head_noted_earlier(
    heads: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    tamper("DELETE FROM documents_documentaccess WHERE id = 3")
    verify_audit(as_json=True)
    capsys.readouterr()
    with pytest.raises(typer.Exit) as ended:
        verify_audit(as_json=True, head=heads[2])
    assert ended.value.exit_code == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["whole"], told["entries"], told["fault"]) == (False, 2, "truncated")


def test_nothing_is_sealed_anew_without_a_new_key(capsys: pytest.CaptureFixture[str]) -> None:
    reseal_secrets(as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told == {"resealed": 0, "unopened": 0, "kinds": dict.fromkeys(told["kinds"], 0)}
