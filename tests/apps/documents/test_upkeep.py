"""Reminders once per stage, retention by key, the sweep after a crash, a new master key; real processes."""

from __future__ import annotations

import json
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bantuo.apps.documents.models import Document
from bantuo.apps.documents.operations import (
    SEALED,
    destroy_due,
    keep_legal_representative,
    keep_retention_open,
    limit_retention,
    open_document,
    record_consent,
    remind_expiring,
    reveal_legal_representative,
    sweep_store,
)
from bantuo.apps.sealing import reseal_column
from bantuo.channels.vault import MasterKeyUnknown, Vault
from tests.apps.documents.papers import ACTOR, ADDRESS, NUMBER, VAULT, Shelf, on, shelf
from tests.apps.factories import NOW, make_sellers, outbox
from tests.processes import start_process

STAGES = (60, 30, 7, 0)
WHO: dict[str, Any] = {"now": NOW, "actor": ACTOR, "address": ADDRESS}


@pytest.fixture
def papers(tmp_path: Path) -> Shelf:
    return shelf(tmp_path)


def remind(day: str) -> int:
    return remind_expiring(days_before=STAGES, on=on(day), now=NOW)


@pytest.mark.django_db
def test_a_seller_is_reminded_once_at_each_stage(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    kept = papers.keep(seller, expires_on=on("2024-12-31"))
    papers.keep(seller, "without end", kind="DOC-7", subject="Lumen")
    days = ["2024-10-31", "2024-11-01", "2024-11-02", "2024-12-01", "2024-12-24", "2024-12-30", "2024-12-31",
            "2025-01-05"]  # fmt: skip
    assert [remind(day) for day in days] == [0, 1, 0, 1, 1, 0, 1, 0]
    told = [(key, said["stage"], said["days_left"]) for key, said in outbox("document.expiring")]
    assert told == [(f"document:{kept.pk}", stage, stage) for stage in STAGES]


@pytest.mark.django_db
def test_a_paper_seen_late_gets_its_nearest_stage_only(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    papers.keep(seller, expires_on=on("2024-08-04"))
    assert [remind("2024-08-01"), remind("2024-08-02")] == [1, 0]
    assert [said["stage"] for _key, said in outbox("document.expiring")] == [7]


@pytest.mark.django_db
def test_of_papers_not_in_use_nobody_is_reminded(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    papers.keep(seller, "old", expires_on=on("2024-08-04"))
    papers.keep(seller, "new")
    assert remind("2024-08-01") == 0


def destroy(papers: Shelf, day: str, *, hours: int = 0) -> int:
    now = NOW + timedelta(hours=hours)
    return destroy_due(on=on(day), replaced_days=30, store=papers.store, now=now, actor="system:jobs")


@pytest.mark.django_db
def test_papers_are_destroyed_when_their_time_is_over(papers: Shelf) -> None:
    first, second = make_sellers("S1", "S2")
    licence, photo = papers.keep(first), papers.keep(first, "photo", kind="DOC-2", subject="front")
    papers.keep(second)
    assert limit_retention(first, until=on("2024-09-01"), kinds=["DOC-2"]) == 1
    assert limit_retention(first, until=on("2027-01-01")) == 1
    assert destroy(papers, "2024-09-01") == 0
    assert destroy(papers, "2024-09-02") == 1
    assert destroy(papers, "2024-09-02") == 0
    assert list(Document.objects.filter(destroyed_at=NOW).values_list("id", flat=True)) == [photo.pk]
    assert keep_retention_open(first) == 1
    assert destroy(papers, "2030-01-01") == 0
    assert Document.objects.get(pk=licence.pk).retain_until is None


@pytest.mark.django_db
def test_replaced_papers_go_after_their_days(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    papers.keep(seller, "old")
    new = papers.keep(seller, "new")
    assert destroy(papers, "2024-08-31", hours=30 * 24) == 0
    assert destroy(papers, "2024-08-31", hours=30 * 24 + 1) == 1
    assert list(Document.objects.filter(destroyed_at=None).values_list("id", flat=True)) == [new.pk]


def age(papers: Shelf, *names: str) -> None:
    """Let files look two days old."""
    for name in names:
        os.utime(papers.store.root / name[:2] / name, (1, 1))


@pytest.mark.django_db
def test_the_sweep_takes_what_no_paper_names_and_is_old_enough(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    kept, orphan, young = papers.keep(seller), papers.store.new_key(), papers.store.new_key()
    for key in (orphan, young):
        papers.store.write(key, [b"left by a crash"])
    half = f"{orphan[:2]}{'0' * 30}.part"
    (papers.store.root / orphan[:2] / half).write_bytes(b"half")
    age(papers, kept.store_key, orphan, half)
    assert sweep_store(store=papers.store, now=datetime.now(UTC), age=timedelta(days=1)) == 2
    assert sorted(papers.files()) == sorted([kept.store_key, young])


@pytest.mark.django_db
def test_after_a_change_of_master_key_everything_is_sealed_anew_and_opens(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    kept = papers.keep(seller, "the licence")
    record_consent(seller, version="1", text_sha256="a", **WHO)
    keep_legal_representative(seller, name="张三", number=NUMBER, expires_on=None, vault=VAULT, **WHO)
    fresh = Vault(b"f" * 32)
    with pytest.raises(MasterKeyUnknown):
        look(papers, kept, fresh)
    both = Vault(b"f" * 32, former=(VAULT.master,))
    for each in (1, 0):
        assert [reseal_column(column, vault=both).sealed_anew for column in SEALED] == [each, each]
    assert look(papers, kept, fresh) == b"the licence"
    assert reveal_legal_representative(seller, reason="check", vault=fresh, **WHO).name == "张三"


def look(papers: Shelf, document: Document, vault: Vault) -> bytes:
    return open_document(document.pk, action="preview", reason="", vault=vault, store=papers.store, **WHO)


_SETUP = """
from tests.apps.factories import make_sellers
print(make_sellers("S1")[0])
"""
_UPLOAD = """
import sys
from pathlib import Path
from tests.apps.documents.papers import shelf
seller, folder, text = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
for number in range(10):
    shelf(folder).keep(seller, f"{text} {number}")
"""
_KILLED = """
import os, signal, sys
from pathlib import Path
from bantuo.apps.documents.operations import papers
from tests.apps.documents.papers import shelf
def die(*args, **kwargs):
    print("stored", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
papers._place = die  # the moment between the file and its row
shelf(Path(sys.argv[2])).keep(int(sys.argv[1]), "never to be seen")
"""
_STATE = """
import json, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from bantuo.apps.documents.models import Document
from bantuo.apps.documents.operations import sweep_store
from bantuo.apps.documents.queries import current_documents, verify_chain
from tests.apps.documents.papers import shelf
seller, held = int(sys.argv[1]), shelf(Path(sys.argv[2]))
before = len(held.files())
swept = sweep_store(store=held.store, now=datetime.now(UTC) + timedelta(seconds=5), age=timedelta(seconds=1))
print(json.dumps({"rows": Document.objects.count(), "current": len(current_documents(seller)),
                  "files": before, "swept": swept, "left": len(held.files()), "fault": verify_chain().fault}))
"""


def _said(process: Any, *, code: int = 0) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, err
    return str(out)


@pytest.mark.processes
def test_many_uploads_of_one_kind_at_once_leave_one_current_paper(
    scratch_database: str, tmp_path: Path
) -> None:
    seller = _said(start_process(_SETUP, url=scratch_database)).strip()
    crowd = [
        start_process(_UPLOAD, seller, str(tmp_path), text, url=scratch_database)
        for text in ("one", "two", "same", "same")
    ]
    for process in crowd:
        _said(process)
    told = json.loads(_said(start_process(_STATE, seller, str(tmp_path), url=scratch_database)))
    assert (told["current"], told["fault"], told["swept"]) == (1, "", 0)
    assert told["rows"] == told["files"] == told["left"]
    assert 30 <= told["rows"] <= 40


@pytest.mark.processes
def test_killed_between_file_and_row_an_upload_leaves_a_file_for_the_sweep(
    scratch_database: str, tmp_path: Path
) -> None:
    seller = _said(start_process(_SETUP, url=scratch_database)).strip()
    died = start_process(_KILLED, seller, str(tmp_path), url=scratch_database)
    assert _said(died, code=-signal.SIGKILL) == "stored\n"
    told = json.loads(_said(start_process(_STATE, seller, str(tmp_path), url=scratch_database)))
    assert told == {"rows": 0, "current": 0, "files": 1, "swept": 1, "left": 0, "fault": ""}
