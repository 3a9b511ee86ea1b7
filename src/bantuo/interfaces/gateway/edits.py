"""Edit a semi-managed listing: exclusive price, countries, measures and stock of its SKUs, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bantuo.apps.catalog.models import Sku
from bantuo.apps.catalog.operations import NewSku, RefusedRow, list_skus
from bantuo.core.money import AmountUnreadable, parse_grams, parse_millimetres
from bantuo.core.open_platform_faults import Fault
from bantuo.interfaces.gateway.arguments import (
    fields_of,
    missing,
    objects_of,
    refuse,
    text_of,
    text_or,
    texts_of,
    whole,
)
from bantuo.interfaces.gateway.calls import Call
from bantuo.interfaces.gateway.prices import price_of, refusal_words
from bantuo.interfaces.gateway.products import CURRENCY, own_product
from bantuo.interfaces.gateway.stock import SKUS_MAX, sku_named, state_rows, stock_result, stock_rows

_PARAM = "pop_choice_product"


def edit_product(call: Call) -> Mapping[str, Any]:
    """`aliexpress.pop.choice.product.edit`: what is given is changed, what is left out stays.

    A row that cannot be listed so refuses the whole call; stock is stated as `stocks.update` does.
    """
    if not call.params.get(_PARAM):
        missing(_PARAM)
    fields = fields_of(call.params, _PARAM)
    if (currency := text_or(fields, "currency_code", CURRENCY)) != CURRENCY:
        refuse("currency_code", currency, f"prices are in {CURRENCY}")
    product = own_product(call, whole(fields, "product_id", least=1))
    given = objects_of(fields, "product_sku_list", most=SKUS_MAX) if fields.get("product_sku_list") else []
    markets = tuple(texts_of(fields, "joined_country_list"))
    changes = {sku_named(product, _name_of(told)).sku_id: told for told in given}
    wanted = [sku.sku_id for sku in product.skus if sku.sku_id in changes or markets]
    _list_again(call, list(_rows(call, wanted, changes, markets)))
    rows = list(stock_rows(product, given))
    return {"result": stock_result(product.product_id, state_rows(call, rows) if rows else [])}


def _name_of(told: Mapping[str, Any]) -> str:
    return text_or(told, "sku_id") or text_of(told, "sku_code")


def _rows(
    call: Call, wanted: Sequence[int], changes: Mapping[int, Mapping[str, Any]], markets: tuple[str, ...]
) -> Iterator[NewSku]:
    """The listings as they stand, with what the call changes in them."""
    held = Sku.objects.select_related("product").filter(seller_id=call.seller_id, pk__in=wanted)
    for sku in held.order_by("id"):
        yield _changed(sku, changes.get(sku.pk, {}), markets)


def _changed(sku: Sku, told: Mapping[str, Any], markets: tuple[str, ...]) -> NewSku:
    product, exclusive_fen = sku.product, price_of(told, "base_price")
    return NewSku(
        row=sku.pk,
        seller_id=sku.seller_id,
        product_code=product.code,
        sku_code=sku.code,
        category=product.category,
        title=product.title,
        apparel=product.apparel,
        ordinary_fen=sku.ordinary_fen,
        exclusive_fen=sku.exclusive_fen if exclusive_fen is None else exclusive_fen,
        semi_managed=sku.semi_managed,
        weight_g=_weight(told, sku.weight_g),
        length_mm=_length(told, "package_length", sku.length_mm),
        width_mm=_length(told, "package_width", sku.width_mm),
        height_mm=_length(told, "package_height", sku.height_mm),
        label=sku.label,
        photo_qc=sku.photo_qc,
        markets=markets or tuple(sku.markets),
        attributes_required=product.attributes_required,
        attributes_missing=product.attributes_missing,
        size_chart=product.size_chart,
        hs_code=sku.hs_code,
        customs_name=sku.customs_name,
        item_code=sku.item_code,
    )


def _weight(told: Mapping[str, Any], held: int) -> int:
    text = text_or(told, "package_weight", most=40)
    try:
        return parse_grams(text, unit="kg") if text else held
    except AmountUnreadable as problem:
        refuse("package_weight", text, f"kilograms: {problem.rule}")


def _length(told: Mapping[str, Any], name: str, held: int) -> int:
    text = text_or(told, name, most=40)
    try:
        return parse_millimetres(text, unit="cm") if text else held
    except AmountUnreadable as problem:
        refuse(name, text, f"centimetres: {problem.rule}")


def _list_again(call: Call, rows: Sequence[NewSku]) -> None:
    if not rows:
        return
    programme = call.programme
    result = list_skus(rows, book=programme.book, on=programme.on, now=programme.now, actor=call.actor)
    if result.refused:
        raise Fault("business", _told(result.refused), sub_code="isv.listing-refused")


def _told(refused: Sequence[RefusedRow]) -> str:
    return "; ".join(f"sku_id {one.row}: {refusal_words(one)}" for one in refused)[:1000]
