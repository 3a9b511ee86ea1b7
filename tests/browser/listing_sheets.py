"""A sheet of goods as 店小秘 writes it, with the two prices that the seller put behind."""

from __future__ import annotations

import io

import xlsxwriter

HEADINGS = (
    "*SKU(必填)", "平台SKU", "识别码", "中文名称", "英文名称", "分类ID",
    "图片URL（必须以http://或https：//开头）", "商品净重（g）", "采购参考价（RMB）", "采购员", "长（cm）",
    "宽（cm）", "高（cm）", "来源URL（必须以http://或https：//开头）", "备注", "英文报关名", "中文报关名",
    "申报重量(g)",
    "申报金额（USD）", "出口申报金额（USD）", "危险运输品", "材质", "用途", "海关编码",
    "开发员\n（输入子账号姓名或名称）", "销售方式", "销售员", "售价", "半托管价",
)  # fmt: skip
ROWS = 500
TOO_DEAR = range(0, 40)  # of these the exclusive price is above 95 % of the ordinary one
NEAR_STEP = range(40, 60)  # these weigh a few grams more than two kilograms


def goods_sheet(*, prefix: str = "DXM", rows: int = ROWS, faulty: bool = True) -> bytes:
    """500 lamps; with `faulty` two rows more that cannot be read: a shortened weight, no price."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"strings_to_urls": False}) as book:
        sheet = book.add_worksheet("商品SKU")
        sheet.write_row(0, 0, HEADINGS)
        for at in range(rows):
            sheet.write_row(at + 1, 0, _row(f"{prefix}-{at:04}", at))
        if faulty:
            sheet.write_row(rows + 1, 0, _row(f"{prefix}-BAD-1", 1, weight="1.2E+03"))
            sheet.write_row(rows + 2, 0, _row(f"{prefix}-BAD-2", 1, price="面议"))
    return buffer.getvalue()


def _row(code: str, at: int, *, weight: object = None, price: object = None) -> list[object]:
    grams = weight or (2006.00 if at in NEAR_STEP else 850.25)
    exclusive = 129.99 if at in TOO_DEAR else 119
    return [
        code, "", f"69{at:011}", f"北欧台灯 {code}", "Lamp", "", f"https://img.example/{code}.jpg", grams,
        42.5, "", 20, 10, 10, "", "", "lamp", "台灯", 850, 6, "", "", "铁", "照明", "9405210000", "", "", "",
        130 if price is None else price, exclusive,
    ]  # fmt: skip
