"""The books that ship are sound, and what the article says stands in them."""

from __future__ import annotations

import csv
import io
import pickle
from datetime import date
from pathlib import Path

import pytest

from bantuo.core.policy import Book
from bantuo.core.policy_text import parse_book
from bantuo.core.policy_tree import PolicyProblems
from bantuo.engine.books import (
    BookUnknown,
    book_ids,
    find_book,
    load_book,
    load_book_from,
    load_cases_from,
    starter_categories,
)
from tests.core.policy_files import small_files

DAY = date(2024, 9, 1)

AMOUNTS = {
    "ELG-1": 650_000, "ELG-1.window_days": 90, "ELG-2": 47_800, "ELG-2.window_days": 90, "ELG-3": 0,
    "ELG-4": 0, "ELG-5": 180, "ELG-6": True, "ELG-7": 0, "ELG-8": 50_000, "ELG-8.scope": "apparel",
    "ELG-9": 8_000, "ELG-9.window_days": 30, "ELG-10": 5, "ELG-11": 30_002, "ELG-12": 3_000,
    "ELG-12.calls": 100, "ELG-12.percentile": 95, "ELG-13": "货物进出口", "ELG-14": 50_000_000,
    "ELG-14.months": 3, "ELG-15": True, "ELG-16": True, "ELG-17": 0, "ELG-17.sites": ("DE", "FR"),
    "FIT-1.orders_min": 300, "FIT-1.orders_max": 2_000, "FIT-2.weight": 5_000, "FIT-2.volume": 30_000_000,
    "FIT-2.return_rate": 120_000, "FIT-3.tenure": 12, "FIT-3.dsr_logistics": 48_000,
    "FIT-3.customs_anomalies": 0, "FIT-3.window_days": 180, "FIT-3.brand": True,
    "FEE-1.rate": 350, "FEE-1.base": ("goods", "freight"), "FEE-1.base_less": ("merchant_coupon", "refunds"),
    "FEE-2.first_weight": 1_000, "FEE-2.first_fee": 500, "FEE-2.step_weight": 1_000, "FEE-2.step_fee": 300,
    "FEE-3.divisor": 6_000, "FEE-4.label": 200, "FEE-4.photo_qc": 500, "FEE-5.distance": 200_000,
    "FEE-5.step_weight": 1_000, "FEE-5.step_fee": 80, "FEE-6.pieces": 12, "FEE-6.discount": 1_000,
    "FEE-7.orders": 5_000, "FEE-7.months": 3, "FEE-7.rate_min": 220,
    "PRC-1": 9_500, "PRC-1.mode": "alert", "DEP-1": 2_000_000, "DEP-1.cooling_days": 10,
    "SET-1": 14, "SET-1.event": "delivered", "OPS-1.cutoff": 960, "OPS-1.warning": 900,
    "OPS-1.inclusive": True, "OPS-1.scope": "unsynced_lines", "OPS-1.zone": "Asia/Shanghai",
    "OPS-2.days": 30, "KPI-1": 992_000, "KPI-2": 3_500, "KPI-3": 87, "KPI-1.accountable": "merchant",
    "KPI-2.accountable": "provider", "KPI-3.accountable": "provider", "DIA-1": 72,
    "CLM-2": 12, "CLM-4": 72, "CLM-5": 230_000, "CLM-6": 137, "CLM-7": 57, "CLM-8": 187_000,
    "CLM-11": 48_200, "CLM-12": 410_000, "CLM-12.located": 870_000, "CLM-12.mendable": 630_000,
    "WHS-1.supervision": "1210", "WHS-2.supervision": "9610", "WHS-3.supervision": "9610",
}  # fmt: skip


@pytest.fixture
def book() -> Book:
    return load_book()


def test_what_ships() -> None:
    assert book_ids() == ("aliexpress-semi", "full-managed", "observed-practice", "self-operated")
    assert {load_book(name).id for name in book_ids()} == set(book_ids())
    assert load_book() is load_book()


def test_every_number_of_the_article(book: Book) -> None:
    assert {rule_id: book.amount(rule_id, DAY) for rule_id in AMOUNTS} == AMOUNTS


def test_most_gates_stand_before_july_2024_and_epr_does_not(book: Book) -> None:
    gates = [name for name, rule in book.rules.items() if name.startswith("ELG-") and "gate" in rule.detail]
    assert len(gates) == 17
    missing = [name for name in gates if book.find(name, date(2024, 6, 30)) is None]
    assert missing == ["ELG-17"]
    assert book.find("ELG-17", date(2024, 7, 1)) is not None
    assert book.find("ELG-1", date(2024, 6, 14)) is None


def test_nothing_runs_out_before_the_replay_ends(book: Book) -> None:
    in_force = {name for name in book.rules if book.find(name, DAY)}
    assert in_force == {name for name in book.rules if book.find(name, date(2026, 10, 14))} == set(book.rules)


def test_the_shares_add_up_with_the_unnamed_rest(book: Book) -> None:
    shares = {row["group"]: row["share_ppm"] for row in book.amount("CAT-1", DAY)}
    assert sum(shares.values()) == 1_000_000
    assert shares["not_listed"] == 170_000


def test_claims_are_marked_as_claims(book: Book) -> None:
    claims = [rule for name, rule in book.rules.items() if name.startswith("CLM-")]
    assert {(rule.status, rule.detail["kind"]) for rule in claims} == {("seed", "claim")}


def test_what_other_modes_differ_in(book: Book) -> None:
    assert load_book("full-managed").amount("ELG-5", DAY) == 90
    assert load_book("full-managed").amount("DEP-1", DAY) == 5_000_000
    assert load_book("full-managed").amount("SET-1", DAY) == 21
    assert "DEP-1" not in load_book("self-operated").rules


def test_practice_stays_out_of_the_programme(book: Book) -> None:
    practice = load_book("observed-practice")
    assert {rule.status for rule in practice.rules.values()} == {"practice"}
    assert not any(name.startswith("FIN-") for name in book.rules)


def test_the_starter_list_is_ours() -> None:
    rows = list(csv.DictReader(io.StringIO(starter_categories())))
    assert {row["origin"] for row in rows} == {"ours"}
    assert len({row["code"] for row in rows}) == len(rows) < 137
    groups = {"home_garden", "electronics_accessories", "apparel_accessories", "sports_outdoors"}
    assert {row["group"] for row in rows} == groups


def test_a_book_travels_between_processes(book: Book) -> None:
    assert pickle.loads(pickle.dumps(book)) == book


def test_a_folder_is_a_book(tmp_path: Path) -> None:
    for name, text in small_files().items():
        (tmp_path / name).write_text(text, encoding="utf-8-sig")
    (tmp_path / "notes.txt").write_text("not read")
    assert load_book_from(tmp_path) == parse_book(small_files()) == find_book(str(tmp_path))
    assert load_cases_from(tmp_path, book=load_book_from(tmp_path)) == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff\xfe\x00", "cannot be read as UTF-8"), (None, r"no policy file \(\*\.yaml\) in the folder")],
)
def test_a_folder_that_is_no_book(tmp_path: Path, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / "book.yaml").write_bytes(content)
    with pytest.raises(PolicyProblems, match=words):
        load_book_from(tmp_path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PolicyProblems, match="not a folder of policy files"):
        load_book_from(tmp_path / "nowhere")
    with pytest.raises(BookUnknown, match="no book 'nowhere'; there are aliexpress-semi"):
        load_book("nowhere")
    with pytest.raises(BookUnknown, match="no book or folder 'nowhere'"):
        find_book("nowhere")
