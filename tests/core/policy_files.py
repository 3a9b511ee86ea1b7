"""The smallest policy book, as text, for tests to break in one place each."""

from __future__ import annotations

BOOK = """\
book:
  id: small
  title: {zh: 小, en: Small}
  currency: CNY
  zone: Asia/Shanghai
"""
SOURCES = """\
sources:
  - id: here
    title: {zh: 此处, en: Here}
    published_on: 2024-06-15
"""
READINGS = """\
readings:
  - id: A-1
    question: {zh: 何意, en: What is meant}
    chosen: {zh: 此意, en: This}
"""
RULES = """\
topic: fees
rules:
  - id: FEE-1
    label: {zh: 费率, en: Rate}
    unit: bp
    status: seed
    readings: [A-1]
    values:
      - {from: 2024-01-01, until: 2024-07-01, date_status: stated, value: 350, source: here, quote: 费率3.5%}
      - {from: 2024-07-01, until: null, date_status: stated, value: 300, source: here, quote: 费率3%}
  - id: WHO-1
    label: {zh: 职责, en: Duties}
    unit: table
    status: practice
    readings: []
    values:
      - from: null
        until: null
        date_status: assumed
        source: here
        quote: null
        value:
          - {duty: pack, party: provider}
          - {duty: price, party: merchant}
    detail:
      covers:
        cases: {duty: [pack, price]}
        answers: {party: [merchant, provider]}
"""
CARDS = """\
cards:
  - id: one
    label: {zh: 卡, en: Card}
    currency: CNY
    weight: {}
    lines:
      - {code: base, label: {zh: 费, en: Fee}, kind: ad_valorem, rate_bp: {rule: FEE-1}, cites: [FEE-1]}
"""


def small_files() -> dict[str, str]:
    """File name → text of a sound book."""
    return {
        "book.yaml": BOOK,
        "sources.yaml": SOURCES,
        "readings.yaml": READINGS,
        "rules.yaml": RULES,
        "cards.yaml": CARDS,
    }


def small_files_with(file: str, old: str, new: str) -> dict[str, str]:
    """The sound book with one passage replaced, which must be there."""
    files = small_files()
    assert old in files[file], old
    return files | {file: files[file].replace(old, new, 1)}
