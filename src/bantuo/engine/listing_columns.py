"""The columns of a sheet of listings: ours, and the headings that sellers' tools give them.

The headings of 店小秘 are those of its template for goods (商品SKU), the ones of 领星 those of its
product export, both as public programs that write or read such sheets spell them
(docs/listing-sheets.md). A heading is compared without blanks, marks, case and what stands in
brackets; a unit in brackets counts.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bantuo.engine.attributes import attribute_sheet

ATTRIBUTE = "attributes."  # a column `attributes.material` states the attribute `material`


@dataclass(frozen=True, slots=True)
class Column:
    """A column of ours: what it is called, what else it may be called, the first that is there counts."""

    name: str
    zh: str
    en: str
    also: tuple[str, ...] = ()
    is_required: bool = False
    kind: str = "text"  # text, money, weight, length, flag, list, json, unit

    @property
    def label(self) -> Mapping[str, str]:
        """What it is called, in both languages."""
        return {"zh": self.zh, "en": self.en}


def _column(name: str, zh: str, en: str, *also: str, kind: str = "text", required: bool = False) -> Column:
    return Column(name, zh, en, also, required, kind)


COLUMNS: tuple[Column, ...] = (
    _column("sku_code", "SKU编码", "SKU code", "SKU", "商品SKU", "平台SKU", "货号", "sku", required=True),
    _column("product_code", "商品编码", "Product code", "SPU", "父SKU", "产品ID", "商品ID", "款号"),
    _column("title", "商品标题", "Title", "标题", "产品标题", "中文名称", "品名", "商品名称", "英文名称"),
    _column("category", "类目编码", "Category code", "类目", "category", required=True),
    _column(
        "ordinary_fen", "普通价(元)", "Ordinary price (yuan)", "普通价", "零售价", "售价", "price",
        kind="money", required=True,
    ),
    _column(
        "exclusive_fen", "半托管价(元)", "Exclusive price (yuan)", "半托管价", "半托管专属价", "专属价",
        kind="money",
    ),
    _column("semi_managed", "半托管", "Semi-managed", "是否半托管", kind="flag"),
    _column(
        "weight_g", "重量(g)", "Weight (g)", "包装重量", "毛重", "单品毛重", "商品净重", "单品净重", "净重",
        "重量", "申报重量", kind="weight", required=True,
    ),
    _column("weight_unit", "重量单位", "Weight unit", "单品毛重单位", "单品净重单位", kind="unit"),
    _column(
        "length_mm", "长(cm)", "Length (cm)", "包装长", "包装规格长", "单品规格长", "长", kind="length",
        required=True,
    ),
    _column(
        "width_mm", "宽(cm)", "Width (cm)", "包装宽", "包装规格宽", "单品规格宽", "宽", kind="length",
        required=True,
    ),
    _column(
        "height_mm", "高(cm)", "Height (cm)", "包装高", "包装规格高", "单品规格高", "高", kind="length",
        required=True,
    ),
    _column("size_unit", "尺寸单位", "Size unit", "包装规格单位", "单品规格单位", kind="unit"),
    _column("markets", "销售国家", "Markets", "国家", "目的国", "站点", kind="list"),
    _column("hs_code", "海关编码", "HS code", "报关HSCODE", "HSCODE", "HS编码", "中国海关编码"),
    _column("customs_name", "报关名", "Customs name", "中文报关名", "报关中文名", "海关中文名", "英文报关名"),
    _column("label", "贴标", "Labelling", "是否贴标", kind="flag"),
    _column("photo_qc", "拍照质检", "Photo quality check", "是否拍照质检", kind="flag"),
    _column("item_code", "货品编码", "Item code", "识别码", "条码", "货品条码"),
    _column("main_image", "主图", "Main image", "图片URL", "图片链接", "主图链接", "商品主图"),
    _column("images", "附图", "More images", "附图链接", "产品图片", kind="list"),
    _column("video", "视频", "Video", "视频链接"),
    _column("apparel", "服装", "Apparel", "是否服装", kind="flag"),
    _column("size_chart", "尺码表(JSON)", "Size chart (JSON)", "尺码表", kind="json"),
)  # fmt: skip
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}

# Columns that only this tool's sheets have: two of them say whose sheet it is.
_SIGNS: Mapping[str, tuple[str, ...]] = {
    "lingxing": (
        "品名",
        "款名",
        "单品毛重",
        "单品规格长",
        "包装规格长",
        "采购成本",
        "报关HSCODE",
        "外箱规格长",
    ),
    "dianxiaomi": (
        "商品净重",
        "采购参考价",
        "识别码",
        "申报金额",
        "危险运输品",
        "来源URL",
        "出口申报金额",
        "开发员",
    ),
}
_BRACKETS = re.compile(r"[(\[【{][^)\]】}]*[)\]】}]")
_MARKS = re.compile(r"[\s*:：_/\-·]+")
_UNIT = re.compile(r"[(\[]\s*(kg|g|cm|mm|m)\s*[)\]]", re.IGNORECASE)


def plain_heading(text: str) -> str:
    """A heading as it is compared: `*SKU(必填)` and `SKU` are the same."""
    return _MARKS.sub("", _BRACKETS.sub("", unicodedata.normalize("NFKC", text))).casefold()


def heading_unit(text: str) -> str:
    """The unit that a heading names in brackets, as in `长（cm）`; empty without one."""
    found = _UNIT.search(unicodedata.normalize("NFKC", text))
    return found[1].lower() if found else ""


def is_known_heading(text: str) -> bool:
    """Whether some column of ours goes by this heading."""
    plain = plain_heading(text)
    return bool(plain) and (plain in _KNOWN or text.strip().startswith(ATTRIBUTE))


def origin_of(headings: Iterable[str]) -> str:
    """Whose headings these are: bantuo, dianxiaomi, lingxing, other."""
    plain = {plain_heading(heading) for heading in headings}
    for origin, signs in _SIGNS.items():
        if len(plain.intersection(map(plain_heading, signs))) > 1:
            return origin
    ours = {plain_heading(word) for column in COLUMNS for word in (column.zh, column.en, _both(column))}
    return "bantuo" if len(plain & ours) > 3 else "other"


def recognised_columns(headings: Sequence[str]) -> dict[str, str]:
    """Which heading each column of ours is found under, by the order in which its names are listed."""
    by_plain: dict[str, str] = {}
    for heading in headings:
        by_plain.setdefault(plain_heading(heading), heading)
    found: dict[str, str] = {}
    taken: set[str] = set()
    for column in COLUMNS:
        names = (column.name, _both(column), column.zh, column.en, *column.also)
        for name in map(plain_heading, names):
            found_under = by_plain.get(name)
            if found_under is not None and found_under not in taken:
                found[column.name] = found_under
                taken.add(found_under)
                break
    return found | {name: heading for name, heading in _attributes(headings) if heading not in taken}


def _attributes(headings: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Columns that state an attribute: by its name, or by its label in either language."""
    labels: dict[str, str] = {}
    for attribute in attribute_sheet():
        zh, en = attribute.label_zh, attribute.label_en
        for word in (attribute.name, zh, en, f"{zh} / {en}"):
            labels.setdefault(plain_heading(word), attribute.name)
    for heading in headings:
        plain = plain_heading(heading.removeprefix(ATTRIBUTE))
        if plain in labels:
            yield f"{ATTRIBUTE}{labels[plain]}", heading


def headings_key(headings: Sequence[str]) -> str:
    """A name for a set of headings, by which a seller's mapping is remembered."""
    text = "\n".join(sorted(plain_heading(heading) for heading in headings))
    return hashlib.sha256(text.encode()).hexdigest()


def our_heading(column: Column) -> str:
    """The heading of our own sheets: both languages."""
    return _both(column)


def _both(column: Column) -> str:
    return f"{column.zh} / {column.en}"


_KNOWN = frozenset(
    plain_heading(word)
    for column in COLUMNS
    for word in (column.name, column.zh, column.en, _both(column), *column.also)
)
