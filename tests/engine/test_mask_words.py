"""Masks in words: every bit by name, in order, also when one table does not hold them all."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bantuo.engine.mask_words import TABLE_BITS, MaskWords

IDS = [f"ELG-{number}" for number in range(1, 63)]
_SPELLERS = {width: MaskWords(IDS[:width]) for width in (1, TABLE_BITS, TABLE_BITS + 1, 62)}


@pytest.mark.parametrize("width", _SPELLERS)
@settings(deadline=None)
@given(st.data())
def test_a_mask_names_its_bits(width: int, data: st.DataObject) -> None:
    masks = data.draw(st.lists(st.integers(0, 2**width - 1)))
    words = _SPELLERS[width](pl.Series("failed", masks, dtype=pl.Int64))
    assert words.to_list() == [
        ",".join(name for bit, name in enumerate(IDS[:width]) if mask >> bit & 1) for mask in masks
    ]
    assert words.name == "failed"
