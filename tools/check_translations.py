"""Fail when a text of the project is missing in one of its two languages."""

from __future__ import annotations

import sys

from bantuo.core.policy import Text
from bantuo.core.routing import REASON_RULES, REASON_WORDS, Reason
from bantuo.engine.books import book_ids, load_book


def missing_texts() -> list[str]:
    """Every routing reason and policy label that lacks words, or has the same in both languages."""
    found = [f"routing reason {r}" for r in Reason if r not in REASON_WORDS or r not in REASON_RULES]
    found += [f"routing reason {r}" for r, text in REASON_WORDS.items() if not _complete(text)]
    for book_id in book_ids():
        book = load_book(book_id)
        found += [f"{book_id} {rule.id}" for rule in book.rules.values() if not _complete(rule.label)]
    return found


def _complete(text: Text) -> bool:
    return bool(text.zh.strip()) and bool(text.en.strip())


if __name__ == "__main__":
    problems = missing_texts()
    print("\n".join(f"missing: {problem}" for problem in problems) or "every text has both languages")
    sys.exit(bool(problems))
