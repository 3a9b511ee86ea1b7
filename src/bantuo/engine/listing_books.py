"""Workbooks of listings: a template with drop-downs, an export in its shape, a sheet with its faults."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import xlsxwriter

from bantuo.core.listing_attributes import CHOICE, Attribute
from bantuo.core.money import format_centimetres, format_fen
from bantuo.engine.listing_columns import ATTRIBUTE, COLUMNS, Column, our_heading

_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_ROWS = 20_000  # how far down the drop-downs reach
_LISTS = "lists"
_CELL_MAX = 32_000
PROBLEMS_HEADING = "问题 / Problems"


def listing_template(
    *, categories: Sequence[tuple[str, str]], attributes: Sequence[Attribute], example: Mapping[str, str]
) -> bytes:
    """An empty sheet with an example, drop-downs for categories, ticks and choices. In: code and name."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {**_OPTIONS, "constant_memory": False}) as book:
        sheet, lists = book.add_worksheet("listings"), book.add_worksheet(_LISTS)
        columns = [*COLUMNS, *map(_attribute_column, attributes)]
        _write_headings(book, sheet, columns)
        text = book.add_format({"num_format": "@"})
        for at, column in enumerate(columns):
            sheet.set_column(at, at, 16, text)
            sheet.write_string(1, at, example.get(column.name, ""), text)
        lists.write_column(0, 0, [code for code, _ in categories])
        lists.write_column(0, 1, [name for _, name in categories])
        lists.write_column(0, 2, ["yes", "no"])
        _add_choices(sheet, columns, attributes, categories=len(categories))
    return buffer.getvalue()


def _attribute_column(attribute: Attribute) -> Column:
    return Column(
        f"{ATTRIBUTE}{attribute.name}",
        attribute.label_zh,
        attribute.label_en,
        is_required=attribute.is_required,
    )


def _write_headings(book: Any, sheet: Any, columns: Sequence[Column]) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#E8EEF7", "text_wrap": True})
    must = book.add_format({"bold": True, "bg_color": "#FBE9D0", "text_wrap": True})
    for at, column in enumerate(columns):
        sheet.write_string(0, at, our_heading(column), must if column.is_required else bold)
    sheet.freeze_panes(1, 1)


def _add_choices(
    sheet: Any, columns: Sequence[Column], attributes: Sequence[Attribute], *, categories: int
) -> None:
    choices = {f"{ATTRIBUTE}{a.name}": list(a.choices) for a in attributes if a.kind == CHOICE}
    for at, column in enumerate(columns):
        source: Any = None
        if column.name == "category" and categories:
            source = f"={_LISTS}!$A$1:$A${categories}"
        elif column.kind == "flag":
            source = f"={_LISTS}!$C$1:$C$2"
        elif column.name in choices:
            source = choices[column.name]
        if source is not None:
            sheet.data_validation(1, at, _ROWS, at, {"validate": "list", "source": source})


def listing_export(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """SKUs in the shape of the template, so that a changed export can come back. In: fields of a SKU."""
    told = [_export_row(row) for row in rows]
    names = sorted({name for row in told for name in row if name.startswith(ATTRIBUTE)})
    columns = [column for column in COLUMNS if column.kind != "unit"]
    columns += [Column(name, name, name) for name in names]
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _OPTIONS) as book:
        sheet = book.add_worksheet("listings")
        bold = book.add_format({"bold": True})
        for at, column in enumerate(columns):
            is_ours = column.name.startswith(ATTRIBUTE)
            sheet.write_string(0, at, column.name if is_ours else our_heading(column), bold)
        for number, row in enumerate(told, start=1):
            for at, column in enumerate(columns):
                sheet.write_string(number, at, row.get(column.name, "")[:_CELL_MAX])
    return buffer.getvalue()


def _export_row(row: Mapping[str, Any]) -> dict[str, str]:
    made = {name: str(row[name] or "") for name in ("sku_code", "product_code", "title", "category",
            "hs_code", "customs_name", "item_code", "video")}  # fmt: skip
    made |= {name: format_fen(row[name]) for name in ("ordinary_fen", "exclusive_fen") if row[name]}
    made |= {name: format_centimetres(row[name]) for name in ("length_mm", "width_mm", "height_mm")}
    made |= {name: "yes" if row[name] else "no" for name in ("semi_managed", "label", "photo_qc", "apparel")}
    images = list(row["images"])
    made |= {"weight_g": str(row["weight_g"]), "markets": ", ".join(row["markets"])}
    made |= {"main_image": images[0] if images else "", "images": "\n".join(images[1:])}
    return made | {f"{ATTRIBUTE}{name}": value for name, value in row["attributes"].items()}


def faulty_sheet(
    headings: Sequence[str], rows: Iterable[tuple[int, Sequence[str], Mapping[int, str], str]]
) -> bytes:
    """The sheet as it came with every fault beside its cell: red, with a note, and a last column.

    In: number, cells, by column index what is wrong with that cell, all of it in words. A row keeps
    its number, so the sheet can be mended where it stands and sent again.
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {**_OPTIONS, "constant_memory": False}) as book:
        sheet = book.add_worksheet("listings")
        bold = book.add_format({"bold": True, "text_wrap": True})
        bad, told = book.add_format({"bg_color": "#F8C9C4"}), book.add_format({"font_color": "#9C1C12"})
        for at, heading in enumerate(headings):
            sheet.write_string(0, at, heading, bold)
        sheet.write_string(0, len(headings), PROBLEMS_HEADING, bold)
        for number, cells, faults, words in rows:
            for at, cell in enumerate(cells):
                sheet.write_string(number - 1, at, cell[:_CELL_MAX], *([bad] if at in faults else []))
            for at, fault in faults.items():
                sheet.write_comment(number - 1, at, fault[:1_000], {"x_scale": 2})
            if words:
                sheet.write_string(number - 1, len(headings), words[:_CELL_MAX], told)
        sheet.set_column(0, len(headings) - 1, 16)
        sheet.set_column(len(headings), len(headings), 60)
        sheet.freeze_panes(1, 1)
    return buffer.getvalue()
