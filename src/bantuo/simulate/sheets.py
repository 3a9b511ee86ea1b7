"""Statements as files, written by several processes at once; knows no database, so they start quickly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from bantuo.engine.files import write_table

_FEW = 200  # written sooner than other processes have started
Sheet = tuple[pl.DataFrame, Path]


def write_sheets(sheets: Sequence[Sheet]) -> Iterator[None]:
    """Write each frame as PATH.xlsx and PATH.parquet; yields after each.

    Spreadsheets cost the processor more than the disk, so many are written on every core.
    """
    if len(sheets) < _FEW:
        yield from map(write_sheet, sheets)
        return
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield from pool.map(write_sheet, sheets, chunksize=20)


def write_sheet(sheet: Sheet) -> None:
    """Write one frame in both forms."""
    rows, path = sheet
    for ending in ("xlsx", "parquet"):
        write_table(rows, path.with_name(f"{path.name}.{ending}"))
