"""Bit masks spelled out by looking them up: a table of every combination, not one text per row.

Building a text for each distinct mask costs more than deciding the gates once most masks differ.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

TABLE_BITS = 18  # a table of 2 ** 18 texts takes a few dozen milliseconds and about 20 MB


class MaskWords:
    """The texts of masks in which bit i stands for the i-th of some ids."""

    def __init__(self, ids: Sequence[str]) -> None:
        self._tables = [_table(ids[first : first + TABLE_BITS]) for first in range(0, len(ids), TABLE_BITS)]

    def __call__(self, masks: pl.Series) -> pl.Series:
        """The ids of each mask, joined by commas; nothing for 0."""
        blocks = [
            table.gather((masks // (1 << index * TABLE_BITS)) & (len(table) - 1))
            for index, table in enumerate(self._tables)
        ]
        return (blocks[0] if len(blocks) == 1 else _joined(blocks)).alias(masks.name)


def _table(ids: Sequence[str]) -> pl.Series:
    """The text of every combination of the ids, at the number that has their bits."""
    words = [""]
    for name in ids:
        words += [f"{word},{name}" if word else name for word in words]
    return pl.Series(words, dtype=pl.String)


def _joined(blocks: Sequence[pl.Series]) -> pl.Series:
    said = [pl.when(block != "").then(block) for block in blocks]
    return pl.select(pl.concat_str(said, separator=",", ignore_nulls=True)).to_series()
