"""Rows of a sheet as rows to list: what it states over what is held, and what is held over nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bantuo.apps.catalog.models import ListingImport, ListingImportRow
from bantuo.apps.catalog.operations.checks import NewSku
from bantuo.apps.catalog.operations.snapshots import FIELDS, Snapshot, row_of, snapshots
from bantuo.apps.catalog.queries import listing_defaults
from bantuo.engine.listing_cells import STEP, CellProblem, read_row

Problem = dict[str, Any]
_NUMBERS = {"ordinary_fen": STEP, "weight_g": "FEE-2", "length_mm": "FEE-3", "width_mm": "FEE-3",
            "height_mm": "FEE-3"}  # fmt: skip


@dataclass(slots=True)
class ReadRow:
    """A row of the sheet on its way: what it would list, or why it cannot."""

    stored: ListingImportRow
    new: NewSku | None = None
    before: Snapshot | None = None
    problems: list[Problem] = field(default_factory=list)


def read_rows(sheet: ListingImport, rows: Sequence[ListingImportRow]) -> list[ReadRow]:
    """Every row with what it says; a SKU that is known keeps what the sheet does not state."""
    made = [_read(sheet, row) for row in rows]
    held = snapshots(sheet.seller_id, {str(values.get("sku_code", "")) for _, values in made})
    label, photo_qc = listing_defaults(sheet.seller_id)
    for read, values in made:
        code = str(values.get("sku_code", ""))
        read.before = held.get(code)
        base = read.before or _fresh(values, code, label=label, photo_qc=photo_qc)
        named = {problem["field"] for problem in read.problems}
        read.problems.extend(p for p in _missing(values, base) if p["field"] not in named)
        if not read.problems:
            read.new = _new_sku(sheet.seller_id, read.stored.number, values, base, is_held=bool(read.before))
    return [read for read, _ in made]


def _read(sheet: ListingImport, row: ListingImportRow) -> tuple[ReadRow, dict[str, Any]]:
    read = ReadRow(row)
    fault = row.changes.get("fault")
    if fault:
        read.problems.append(problem_of(CellProblem("", "", STEP, str(fault))))
        return read, {}
    cells = dict(zip(sheet.headings, row.cells, strict=False))
    found = read_row(cells, columns=sheet.columns, fixed=sheet.fixed)
    read.problems.extend(map(problem_of, found.problems))
    return read, found.values


def problem_of(found: CellProblem) -> Problem:
    """A problem as the row keeps it."""
    return {"field": found.field, "value": found.value, "rule": found.rule, "reason": found.reason}


def _fresh(values: Mapping[str, Any], code: str, *, label: bool, photo_qc: bool) -> Snapshot:
    """What a SKU is that is not known and says nothing."""
    base: Snapshot = dict.fromkeys(FIELDS)
    return base | {
        "product_code": code,
        "category": "",
        "title": "",
        "apparel": False,
        "attributes_required": 0,
        "attributes_missing": 0,
        "fully_managed": False,
        "semi_managed": values.get("exclusive_fen") is not None,
        "hs_code": "",
        "customs_name": "",
        "item_code": "",
        "markets": (),
        "label": label,
        "photo_qc": photo_qc,
        "attributes": {},
    }


def _missing(values: Mapping[str, Any], base: Mapping[str, Any]) -> Iterable[Problem]:
    """Amounts that neither the sheet nor the catalogue states: a row without them cannot be judged."""
    if not values:
        return
    if not values.get("sku_code"):
        yield problem_of(CellProblem("sku_code", "", STEP, "is missing"))
    for name, rule in _NUMBERS.items():
        if values.get(name, base[name]) is None:
            yield problem_of(CellProblem(name, "", rule, "is missing"))


def _new_sku(
    seller_id: int, number: int, values: Mapping[str, Any], base: Snapshot, *, is_held: bool
) -> NewSku:
    told = {name: value for name, value in values.items() if name in FIELDS or name == "product_code"}
    if "attributes" in told:
        told["attributes"] = {**(base["attributes"] or {}), **told["attributes"]}
    elif is_held:
        told["attributes"] = None
    kept = base | told
    return row_of(kept, row=number, seller_id=seller_id, sku_code=str(values["sku_code"]))
