"""A policy book is read whole or refused with every problem, its file and its line."""

from __future__ import annotations

import contextlib
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bantuo.core.policy import PolicyNotInForce, Text
from bantuo.core.policy_text import parse_book
from bantuo.core.policy_tree import PolicyProblems
from tests.core.policy_files import small_files, small_files_with

FIRST_VALUE = "value: 350"
UNTIL_JULY = "until: 2024-07-01"
SECOND = "from: 2024-07-01, until: null"

# file, passage, what it becomes, line of the problem, words of the problem
BROKEN = {
    "unknown unit": ("rules.yaml", "unit: bp", "unit: percent", 5, "unknown unit 'percent'"),
    "gap": ("rules.yaml", UNTIL_JULY, "until: 2024-06-30", 10, "gap: nothing is in force from 2024-06-30"),
    "overlap": ("rules.yaml", UNTIL_JULY, "until: 2024-07-02", 10, "overlap: from 2024-07-01"),
    "open overlap": ("rules.yaml", UNTIL_JULY, "until: null", 10, "overlap: from 2024-07-01"),
    "empty period": ("rules.yaml", "from: 2024-01-01", "from: 2024-07-01", 9, "an empty period"),
    "missing source": ("rules.yaml", ", source: here", "", 9, "missing 'source'"),
    "null source": ("rules.yaml", "source: here", "source: null", 9, "missing source"),
    "unknown source": ("rules.yaml", "source: here", "source: there", 9, "unknown source 'there'"),
    "unknown reading": ("rules.yaml", "[A-1]", "[A-2]", 7, "unknown reading 'A-2'"),
    "duplicate id": ("rules.yaml", "id: WHO-1", "id: FEE-1", 11, "duplicate id 'FEE-1', first in rul"),
    "float": ("rules.yaml", FIRST_VALUE, "value: 3.5", 9, "a float (3.5)"),
    "exponent": ("rules.yaml", FIRST_VALUE, "value: 35e1", 9, "a float (35e1)"),
    "text for a number": ("rules.yaml", FIRST_VALUE, 'value: "350"', 9, "'350' is not a whole number of bp"),
    "true for a number": ("rules.yaml", FIRST_VALUE, "value: true", 9, "True is not a whole number of bp"),
    "negative": ("rules.yaml", FIRST_VALUE, "value: -350", 9, "-350 bp is outside 0..10000000"),
    "unknown key": ("rules.yaml", "status: seed", "status: seed\n    since: 1", 7, "unknown key 'since'"),
    "repeated key": ("rules.yaml", "unit: bp", "unit: bp\n    unit: bp", 6, "repeated or unreadable key"),
    "missing language": ("rules.yaml", "{zh: 费率, en: Rate}", "{zh: 费率}", 4, "missing 'en'"),
    "empty language": ("rules.yaml", "en: Rate", 'en: " "', 4, "missing language 'en'"),
    "no quote": ("rules.yaml", "quote: 费率3.5%", "quote: null", 9, "a seed value without the words"),
    "unknown status": ("rules.yaml", "status: seed", "status: rumour", 6, "status 'rumour' is not one of"),
    "date status": ("rules.yaml", "date_status: stated", "date_status: sure", 9, "date_status 'sure'"),
    "no such day": ("rules.yaml", "from: 2024-01-01", "from: 2024-02-30", 9, "no such day: 2024-02-30"),
    "day as text": ("rules.yaml", "from: 2024-01-01", "from: January", 9, "from is not a day"),
    "uncovered case": ("rules.yaml", "[pack, price]", "[pack, price, sort]", 23, "uncovered case: duty = so"),
    "case not named": ("rules.yaml", "[pack, price]", "[pack]", 24, "a case that `covers` does not name"),
    "case twice": ("rules.yaml", "duty: price", "duty: pack", 24, "the case stands twice: duty = pack"),
    "no party": ("rules.yaml", "party: merchant", "party: null", 24, "no answer: party is empty"),
    "unknown party": ("rules.yaml", "party: merchant", "party: buyer", 24, "party 'buyer' is not one of"),
    "no coverage": ("rules.yaml", "    detail:\n      covers:\n        cases: {duty: [pack, price]}\n"
                    "        answers: {party: [merchant, provider]}\n", "", 11, "a table without"),
    "uncited rule": ("cards.yaml", "cites: [FEE-1]", "cites: []", 7, "takes its amount from FEE-1 but"),
    "card names no rule": ("cards.yaml", "{rule: FEE-1}", "{rule: FEE-9}", 7, "unknown rule 'FEE-9'"),
    "card of a table": ("cards.yaml", "{rule: FEE-1}", "{rule: WHO-1}", 7, "WHO-1 is table, a card needs"),
    "no header": ("book.yaml", "book:", "books:", 1, "a file holds one of book, sources"),
    "not YAML": ("sources.yaml", "title: {", "title: {{", 4, "not YAML"),
    "tag": ("rules.yaml", FIRST_VALUE, "value: !!python/name:os.system x", 9, "a tag that policy files"),
    "NUL": ("sources.yaml", "id: here", "id: he\0re", 1, "not YAML"),
    "empty file": ("sources.yaml", small_files()["sources.yaml"], "# nothing\n", 1, "the file is empty"),
}  # fmt: skip


def test_a_sound_book_is_read() -> None:
    book = parse_book(small_files(), book_id="small")
    assert (book.id, book.title, book.currency, book.zone) == (
        "small",
        Text("小", "Small"),
        "CNY",
        "Asia/Shanghai",
    )
    assert book.amount("FEE-1", date(2024, 6, 30)) == 350
    assert book.amount("FEE-1", date(2024, 7, 1)) == 300
    assert book.find("FEE-1", date(2023, 12, 31)) is None
    with pytest.raises(PolicyNotInForce):
        book.amount("FEE-1", date(2023, 12, 31))
    found = book.in_force("FEE-1", date(2024, 7, 1))
    assert (found.value.source.published_on, found.value.quote) == (date(2024, 6, 15), "费率3%")
    assert [reading.id for reading in found.rule.readings] == ["A-1"]
    assert book.amount("WHO-1", date(1999, 1, 1)) == (
        {"duty": "pack", "party": "provider"},
        {"duty": "price", "party": "merchant"},
    )
    assert book.cards["one"]["lines"][0]["rate_bp"] == {"rule": "FEE-1"}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_book_names_file_and_line(name: str) -> None:
    file, old, new, line, words = BROKEN[name]
    with pytest.raises(PolicyProblems) as refused:
        parse_book(small_files_with(file, old, new), book_id="small")
    found = [(p.file, p.line, p.message) for p in refused.value.problems]
    assert any(f == file and n == line and words in message for f, n, message in found), found


def test_every_problem_is_reported_at_once() -> None:
    files = small_files_with("rules.yaml", "unit: bp", "unit: percent")
    files["sources.yaml"] = files["sources.yaml"].replace("en: Here", "fr: Ici")
    with pytest.raises(PolicyProblems) as refused:
        parse_book(files)
    said = str(refused.value)
    assert "rules.yaml:5: unknown unit 'percent'" in said
    assert "sources.yaml:3: missing 'en'" in said
    assert "sources.yaml:3: unknown key 'fr'" in said


def test_another_book_is_refused() -> None:
    with pytest.raises(PolicyProblems, match=r"book\.yaml:2: this is book 'small', not 'large'"):
        parse_book(small_files(), book_id="large")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "nested too deep"),
        ("- " * 50_000, "nested too deep"),
        (f"a: {'9' * 6000}", "a number of 6000 digits"),
        ("a: 1\n---\nb: 2", "not YAML"),
        ("? [a, b]\n: c", "repeated or unreadable key"),
    ],
)
def test_hostile_text_is_a_problem(text: str, words: str) -> None:
    with pytest.raises(PolicyProblems, match=words):
        parse_book(small_files() | {"hostile.yaml": text})


def test_an_alias_is_refused() -> None:
    files = small_files_with("rules.yaml", "readings: [A-1]", "readings: &r [A-1]")
    files["rules.yaml"] = files["rules.yaml"].replace("readings: []", "readings: *r")
    with pytest.raises(PolicyProblems, match="an alias"):
        parse_book(files)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("[{a: 0, b: 10}, {a: 10, b: null}]", None),
        ("[{a: 10, b: null}, {a: 0, b: 10}]", None),
        (
            "[{a: 0, b: 10}, {a: 11, b: null}]",
            "a hole or an overlap: a band ends at 10, the next begins at 11",
        ),
        ("[{a: 0, b: 11}, {a: 10, b: null}]", "a hole or an overlap"),
        ("[{a: 1, b: null}]", "uncovered case: a below 1"),
        ("[{a: 0, b: 10}]", "uncovered case: beyond b 10"),
        ("[{a: null, b: 10}, {a: 0, b: null}]", "a band without its lower end"),
    ],
)
def test_bands_leave_no_hole(rows: str, words: str | None) -> None:
    files = small_files()
    files["bands.yaml"] = (
        "topic: bands\nrules:\n  - id: BAND-1\n    label: {zh: 档, en: Bands}\n    unit: table\n"
        "    status: practice\n    readings: []\n    values:\n"
        "      - {from: null, until: null, date_status: assumed, source: here, quote: null,"
        f" value: {rows}}}\n"
        "    detail: {covers: {bands: {from: a, until: b}}}\n"
    )
    if words is None:
        assert parse_book(files).rules["BAND-1"].unit == "table"
        return
    with pytest.raises(PolicyProblems, match=words):
        parse_book(files)


def test_the_version_is_that_of_the_content() -> None:
    version = parse_book(small_files()).version
    turned = dict(reversed(small_files().items()))
    assert parse_book(turned).version == version
    commented = small_files_with("rules.yaml", "topic: fees", "# why\ntopic: fees   # here")
    assert parse_book(commented).version == version
    renamed = {f"x-{name}": text for name, text in small_files().items()}
    assert parse_book(renamed).version == version
    assert parse_book(small_files_with("rules.yaml", FIRST_VALUE, "value: 351")).version != version
    assert parse_book(small_files_with("rules.yaml", "quote: 费率3%", "quote: 费率三")).version != version
    assert len(version) == 12


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_any_damage_is_a_problem_and_never_a_crash(data: st.DataObject) -> None:
    """A token replaced by something of another kind, or a line lost: read, or refused in words."""
    files = small_files()
    name = data.draw(st.sampled_from(sorted(files)))
    lines = files[name].splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    junk = st.sampled_from(
        ["[]", "{}", "null", "7", "text", "[[1]]", "{a: {b: 1}}", "true", "2024-01-01", "- x", ""]
    )
    head = lines[at].split(": ")[0]
    lines[at] = data.draw(st.sampled_from([f"{head}: {data.draw(junk)}", data.draw(junk), lines[at][2:]]))
    files[name] = "\n".join(lines)
    with contextlib.suppress(PolicyProblems):
        assert parse_book(files).id
