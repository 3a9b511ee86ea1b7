"""The XLSX template of a seller profile, and reading it back: one sheet of answers, one of products.

Cells are formatted as text, so that `65%` and `007` stay what was typed. What cannot be read is named
with its sheet, row, field, value and rule.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import fastexcel
import polars as pl
import xlsxwriter

from bantuo.core.money import SCIENTIFIC_REFUSED, AmountUnreadable, parse_fen

ANSWERS, PRODUCTS = "answers", "products"
_EXACT_IN_EXCEL = 10**15
_SCIENTIFIC = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")
_WHOLE = re.compile(r"[+-]?\d{1,18}(\.0+)?")
_YES, _NO = ("是", "yes", "true", "1"), ("否", "no", "false", "0")


@dataclass(frozen=True, slots=True)
class Key:
    """One thing to fill in: its place in the profile, how it is read, what it means, an example."""

    path: str
    kind: str
    zh: str
    en: str
    example: str = ""


KEYS = (
    Key("name", "text", "店铺名称", "Shop name"),
    Key("company.registered_on", "date", "执照注册日期", "Date of registration", "2022-05-16"),
    Key("company.business_scope", "text", "经营范围(照抄执照)", "Business scope, as on the licence"),
    Key("company.licence_address", "text", "执照地址", "Address on the licence"),
    Key("company.operating_address", "text", "实际经营地址", "Where business is really done"),
    Key(
        "documents", "papers", "已备齐的资料(DOC编号)", "Papers at hand, by their DOC numbers", "DOC-1, DOC-2"
    ),
    Key("bank.account_evidence", "text", "账户证明", "Account evidence", "permit | basic_account_filing"),
    Key("bank.statements[0].month", "text", "流水月份", "Month of the bank statement", "2024-07"),
    Key(
        "bank.statements[0].turnover_fen", "yuan", "当月流水(元)", "Turnover of the month, yuan", "620000.00"
    ),
    Key(
        "bank.statements[0].cross_border",
        "flag",
        "流水体现跨境收支",
        "It shows cross-border flows",
        "yes | no",
    ),
    Key(
        "brand.authorisation", "text", "品牌授权", "Brand authorisation", "none | pending | approved | failed"
    ),
    Key("brand.registered", "flag", "品牌备案", "Own brand registered", "yes | no"),
    Key("categories", "list", "申报类目(编码)", "Categories, by code", "home-lamps, home-storage"),
    Key("metrics.sell_through", "text", "SKU动销率", "Sell-through", "65%"),
    Key("metrics.dsr", "text", "店铺DSR评分", "Store DSR score", "4.80"),
    Key("metrics.dsr_logistics", "text", "DSR物流服务分", "DSR logistics score", "4.80"),
    Key("metrics.disputes", "text", "近30天物流纠纷率", "Logistics disputes, last 30 days", "0.4%"),
    Key("metrics.serious_complaints", "whole", "严重物流投诉件数", "Serious logistics complaints", "0"),
    Key("metrics.orders_per_day", "whole", "日均单量", "Orders a day", "400"),
    Key("metrics.return_rate", "text", "退货率", "Return rate", "3%"),
    Key("metrics.tenure_months", "whole", "入驻月数", "Months in the marketplace", "18"),
    Key("metrics.customs_anomalies", "whole", "近180天海关查验异常", "Customs findings, last 180 days", "0"),
    Key("erp", "flag", "是否使用ERP", "Works with an ERP", "yes | no"),
    Key("erp.api_version", "text", "ERP的API版本", "API version of the ERP", "3.2"),
    Key("erp.probe.p95_ms", "whole", "库存接口第95百分位耗时(毫秒)", "95th percentile, milliseconds", "850"),
    Key("erp.probe.calls", "whole", "测量的调用次数", "Calls measured", "120"),
)
COLUMNS = (
    Key("sku", "text", "SKU编码", "SKU code", "LAMP-01"),
    Key("category", "text", "类目编码", "Category code", "home-lamps"),
    Key("apparel", "flag", "服装", "Apparel", "no"),
    Key("electrical", "flag", "电器", "Electrical", "yes"),
    Key("battery", "flag", "含电池", "With a battery", "no"),
    Key("sites", "list", "销售国家", "Countries it is sold to", "DE, ES"),
    Key("epr_de_packaging", "epr", "德国包装EPR号", "EPR number DE packaging"),
    Key("epr_de_weee", "epr", "德国电器EPR号", "EPR number DE electrical"),
    Key("epr_de_battery", "epr", "德国电池EPR号", "EPR number DE batteries"),
    Key("epr_fr_packaging", "epr", "法国包装EPR号", "EPR number FR packaging"),
    Key("epr_fr_weee", "epr", "法国电器EPR号", "EPR number FR electrical"),
    Key("epr_fr_battery", "epr", "法国电池EPR号", "EPR number FR batteries"),
    Key("attributes_required", "whole", "必填属性数", "Attributes required", "20"),
    Key("attributes_missing", "whole", "缺失属性数", "Attributes missing", "0"),
    Key("listed_times", "whole", "重复上架次数", "Times listed", "1"),
    Key("weight_g", "whole", "重量(克)", "Weight, grams", "1200"),
    Key("length_mm", "whole", "长(毫米)", "Length, mm", "300"),
    Key("width_mm", "whole", "宽(毫米)", "Width, mm", "250"),
    Key("height_mm", "whole", "高(毫米)", "Height, mm", "200"),
)


class SheetUnusable(ValueError):
    """The workbook is not the template: `problems` has row, field, value and rule of each."""

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        super().__init__("; ".join(f"{p['row']} {p['field']}: {p['rule']}" for p in problems))
        self.problems = problems


def template_workbook() -> bytes:
    """The empty template with what each answer means, in both languages."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        answers, products = book.add_worksheet(ANSWERS), book.add_worksheet(PRODUCTS)
        answers.write_row(0, 0, ("key", "value", "含义", "meaning", "example"), bold)
        for row, key in enumerate(KEYS, start=1):
            answers.write_row(row, 0, (key.path, "", key.zh, key.en, key.example), text)
        products.write_row(0, 0, [key.path for key in COLUMNS], bold)
        for column, key in enumerate(COLUMNS):
            products.write_comment(0, column, f"{key.zh} / {key.en}\n{key.example}")
        for sheet in (answers, products):
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(COLUMNS), 24, text)
    return buffer.getvalue()


def read_workbook(content: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """The profile in a filled-in template, and where each place of it stands; raises SheetUnusable."""
    reading = _Reading()
    answers, products = _sheets(content)
    reading.read_answers(answers)
    if products is not None:
        reading.read_products(products)
    if reading.problems:
        raise SheetUnusable(reading.problems)
    return reading.profile, reading.places


class _Reading:
    """A profile being put together, with what could not be read."""

    def __init__(self) -> None:
        self.profile: dict[str, Any] = {}
        self.places: dict[str, str] = {}
        self.problems: list[dict[str, Any]] = []

    def read_answers(self, sheet: pl.DataFrame) -> None:
        known = {key.path: key for key in KEYS}
        for row, path, value in _pairs(sheet):
            if path not in known:
                self._refuse(f"{ANSWERS} {row}", path, value, "is no key of the template")
            elif value:
                self._put(known[path], value, f"{ANSWERS} {row}")
        self.profile.setdefault("code", "check")

    def read_products(self, sheet: pl.DataFrame) -> None:
        known = {key.path: key for key in COLUMNS}
        for name in sheet.columns:
            if name not in known:
                self._refuse(f"{PRODUCTS} 1", name, "", "is no column of the template")
        rows = sheet.select(name for name in sheet.columns if name in known)
        made: list[dict[str, Any]] = []
        for number, cells in enumerate(rows.iter_rows(named=True), start=2):
            filled = {name: _cell(cell) for name, cell in cells.items() if _cell(cell)}
            if filled:
                made.append(self._product(number, filled, known, index=len(made)))
        if made:
            self.profile["products"] = made

    def _product(
        self, row: int, cells: Mapping[str, str], known: Mapping[str, Key], *, index: int
    ) -> dict[str, Any]:
        where = f"{PRODUCTS} {row}"
        if "sku" not in cells:
            self._refuse(where, "sku", "", "must not be empty (a merged cell counts for its first row only)")
        product: dict[str, Any] = {}
        for name, text in cells.items():
            self.places[f"products[{index}].{name}"] = where
            value = self._value(known[name], text, where)
            if known[name].kind == "epr":
                _, site, stream = name.split("_")
                entry = {"site": site.upper(), "stream": stream, "number": value}
                product.setdefault("epr", []).append(entry)
            elif value is not None:
                product[name] = value
        return product

    def _put(self, key: Key, text: str, where: str) -> None:
        self.places[key.path] = where
        value = self._value(key, text, where)
        if key.path == "erp" and value is not None:
            self.profile["erp"] = {} if value else None
        elif value is not None:
            _set(self.profile, key.path, value)

    def _value(self, key: Key, text: str, where: str) -> Any:
        if _SCIENTIFIC.fullmatch(text):
            return self._refuse(where, key.path, text, SCIENTIFIC_REFUSED)
        read = _READERS.get(key.kind, str)
        try:
            return read(text)
        except (ValueError, AmountUnreadable) as wrong:
            rule = wrong.rule if isinstance(wrong, AmountUnreadable) else str(wrong)
            return self._refuse(where, key.path, text, rule)

    def _refuse(self, row: str, field: str, value: str, rule: str) -> None:
        self.problems.append({"row": row, "field": field, "value": value, "rule": rule})


def _set(profile: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at `a.b[0].c`; a part that is not an object yet becomes one."""
    *parents, last = path.split(".")
    place: Any = profile
    for parent in parents:
        name, _, index = parent.partition("[")
        if index:
            listed = place.setdefault(name, [{}])
            place = listed[int(index.rstrip("]"))]
        else:
            if place.get(name) is None:
                place[name] = {}
            place = place[name]
    place[last] = value


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError("must be a whole number")
    return int(text.partition(".")[0])


def _flag(text: str) -> bool:
    said = text.casefold()
    if said not in (*_YES, *_NO):
        raise ValueError("must be yes or no")
    return said in _YES


def _listed(text: str) -> list[str]:
    return [part.strip() for part in re.split("[,;\uff0c\uff1b\u3001\n]", text) if part.strip()]


def _papers(text: str) -> list[dict[str, str]]:
    return [{"kind": kind.upper()} for kind in _listed(text)]


def _day(text: str) -> str:
    return text.removesuffix(" 00:00:00").replace("/", "-")


_READERS: Mapping[str, Callable[[str], Any]] = {
    "whole": _whole,
    "flag": _flag,
    "list": _listed,
    "papers": _papers,
    "date": _day,
    "yuan": parse_fen,
}


def _sheets(content: bytes) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    try:
        book = fastexcel.read_excel(content)
        if ANSWERS not in book.sheet_names:
            rule = f"there is no sheet of that name; there are {', '.join(book.sheet_names)}"
            raise SheetUnusable([{"row": "", "field": ANSWERS, "value": "", "rule": rule}])
        answers = _sheet(book, ANSWERS)
        products = _sheet(book, PRODUCTS) if PRODUCTS in book.sheet_names else None
    except fastexcel.FastExcelError as fault:
        said = str(fault).splitlines()[0]
        raise SheetUnusable([{"row": "", "field": "", "value": "", "rule": said}]) from fault
    missing = [name for name in ("key", "value") if name not in answers.columns]
    if missing:
        raise SheetUnusable(
            [
                {"row": f"{ANSWERS} 1", "field": n, "value": "", "rule": "the column is missing"}
                for n in missing
            ]
        )
    return answers, products


def _sheet(book: Any, name: str) -> pl.DataFrame:
    """A sheet as text; a number of more than 15 digits shows as the 1.2E+17 that lost its digits."""
    texts: pl.DataFrame = book.load_sheet(name, dtypes="string").to_polars()
    guessed: pl.DataFrame = book.load_sheet(name).to_polars()
    return texts.with_columns(list(_lost(texts, guessed)))


def _lost(texts: pl.DataFrame, guessed: pl.DataFrame) -> Iterator[pl.Series]:
    for name in texts.columns:
        numbers = guessed[name]
        if numbers.dtype.is_numeric():
            shown = [
                text if number is None or abs(number) < _EXACT_IN_EXCEL else f"{number:.5E}"
                for text, number in zip(texts[name], numbers, strict=True)
            ]
            yield pl.Series(name, shown, dtype=pl.String)


def _pairs(sheet: pl.DataFrame) -> Iterator[tuple[int, str, str]]:
    for row, (path, value) in enumerate(sheet.select("key", "value").iter_rows(), start=2):
        if _cell(path):
            yield row, _cell(path), _cell(value)


def _cell(cell: Any) -> str:
    """The text of a cell without the apostrophe that keeps a spreadsheet from guessing."""
    return "" if cell is None else str(cell).strip().removeprefix("'").strip()
