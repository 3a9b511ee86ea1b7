"""Change prices, and edit a listing: prices, countries, measures and stock of its SKUs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bantuo.apps.catalog.operations import NewPrices, RefusedRow, change_prices
from bantuo.core.money import AmountUnreadable, parse_fen
from bantuo.interfaces.gateway.arguments import refuse, shown, text_of, text_or
from bantuo.interfaces.gateway.calls import Call
from bantuo.interfaces.gateway.stock import batch_result, products_asked, skus_by_product


def batch_prices(call: Call) -> Mapping[str, Any]:
    """`aliexpress.solution.batch.product.price.update`: `price` is the ordinary price, `discount_price`
    the exclusive one. A semi-managed SKU always has one, so that leaving it out leaves it as it is."""
    asked = products_asked(call)
    known = skus_by_product(call, asked)
    rows: list[NewPrices] = []
    failed: dict[int, str] = {}
    for product_id, updates in asked:
        for update in updates:
            code = text_of(update, "sku_code", most=500)
            row = NewPrices(
                row=product_id,
                seller_id=call.seller_id,
                sku_code=code,
                ordinary_fen=price_of(update, "price"),
                exclusive_fen=price_of(update, "discount_price"),
            )
            if code in known.get(product_id, {}):
                rows.append(row)
            else:
                failed.setdefault(product_id, f"sku_code: {shown(code)}: is no SKU of this product")
    for refused in set_prices(call, rows):
        failed.setdefault(refused.row, refusal_words(refused))
    return batch_result([product_id for product_id, _ in asked], failed)


def set_prices(call: Call, rows: Sequence[NewPrices]) -> list[RefusedRow]:
    """Change these prices; what was refused."""
    if not rows:
        return []
    programme = call.programme
    result = change_prices(rows, book=programme.book, on=programme.on, now=programme.now, actor=call.actor)
    return result.refused


def refusal_words(refused: RefusedRow) -> str:
    """A refusal in one line: field, value, rule, reason."""
    return f"{refused.field}: {refused.value}: {refused.rule}: {refused.reason}"


def price_of(fields: Mapping[str, Any], name: str) -> int | None:
    """A price in fen, None where none is given. Raises Fault."""
    text = text_or(fields, name, most=40)
    if not text:
        return None
    try:
        return parse_fen(text, field=name)
    except AmountUnreadable as problem:
        refuse(name, text, problem.rule)
