"""Designated warehouses: opened, described, closed from a day on. Every change is told to the outbox."""

from __future__ import annotations

import csv
import importlib.resources
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.divisions import division_label, division_place, divisions
from bantuo.apps.parties.models import Warehouse
from bantuo.apps.parties.queries import sellers_bound_to, warehouse_ids
from bantuo.apps.sql import columns_of, fetch_rows
from bantuo.core.distance import Place, PlaceOffTheGlobe
from bantuo.core.policy import Book

SUPERVISION_CODES = ("9610", "9710", "9810", "1210", "1239")


@dataclass(frozen=True, slots=True)
class NewWarehouse:
    """A designated warehouse with the supervision code of its exports (A-35)."""

    code: str
    kind: str
    name_zh: str
    name_en: str
    supervision_code: str
    opened_on: date
    place: str = ""
    place_code: str | None = None
    latitude_e6: int | None = None
    longitude_e6: int | None = None
    parcels_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class WarehouseChanges:
    """What an operator may change of a warehouse; its code, kind and first day stay."""

    name_zh: str
    name_en: str
    supervision_code: str
    place: str
    place_code: str | None
    latitude_e6: int | None
    longitude_e6: int | None
    parcels_per_day: int | None


class WarehouseRefused(ValueError):
    """A warehouse that cannot be so: `code`, `field`, `value` and `rule` say why."""

    def __init__(self, *, code: str, field: str, value: object, rule: str) -> None:
        super().__init__(f"warehouse {code!r}: {field} {value!r}: {rule}")
        self.code, self.field, self.value, self.rule = code, field, value, rule


class WarehouseUnknown(LookupError):
    """No warehouse has that id."""


class WarehouseInUse(ValueError):
    """Sellers are bound to the warehouse and have given no notice to leave it: `seller_ids` names them."""

    def __init__(self, *, code: str, seller_ids: Sequence[int]) -> None:
        super().__init__(f"warehouse {code}: {len(seller_ids)} sellers are still bound to it")
        self.code, self.seller_ids = code, tuple(seller_ids)


@transaction.atomic
def open_warehouses(warehouses: Sequence[NewWarehouse], *, now: datetime, actor: str) -> dict[str, int]:
    """Open designated warehouses; returns the id of each code. One that is open stays as it is.

    Raises WarehouseRefused, before anything is written, for a name, code or place that cannot be.
    """
    wanted = sorted({w.code: w for w in warehouses}.values(), key=lambda w: w.code)
    for warehouse in wanted:
        _check(warehouse.code, warehouse)
    made = fetch_rows(
        """
        INSERT INTO parties_warehouse (code, kind, name_zh, name_en, supervision_code, opened_on, place,
                                       place_code, latitude_e6, longitude_e6, parcels_per_day)
        SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::date[],
                             %s::text[], %s::text[], %s::int[], %s::int[], %s::int[])
        ON CONFLICT (code) DO NOTHING RETURNING id, code, supervision_code
        """,
        columns_of([tuple(asdict(w).values()) for w in wanted], 11),
    )
    emit_events(
        "warehouse.opened",
        [
            (None, f"warehouse:{made_id}", {"code": code, "supervision_code": supervision, "by": actor})
            for made_id, code, supervision in made
        ],
        at=now,
    )
    return warehouse_ids([w.code for w in warehouses])


@transaction.atomic
def open_starter_warehouses(*, book: Book, on: date, now: datetime, actor: str) -> dict[str, int]:
    """Open the warehouses that the book names, with the places the article's names give away.

    One that is open already gets its place only where nobody has told it; the bonded warehouse has no
    place in the article, so none is made up. Returns the id of each code.
    """
    wanted = _starter_warehouses(book, on)
    ids = open_warehouses(wanted, now=now, actor=actor)
    placeless = Warehouse.objects.filter(id__in=ids.values(), place="", place_code__isnull=True)
    places = {w.code: w for w in wanted if w.place_code}
    for warehouse in placeless.select_for_update().order_by("id"):
        told = places.get(warehouse.code)
        if told is not None:
            changes = WarehouseChanges(
                **{name: getattr(warehouse, name) for name in WarehouseChanges.__slots__}
                | {
                    name: getattr(told, name)
                    for name in ("place", "place_code", "latitude_e6", "longitude_e6")
                }
            )
            edit_warehouse(warehouse.pk, changes=changes, now=now, actor=actor)
    return ids


def _starter_warehouses(book: Book, on: date) -> list[NewWarehouse]:
    home = importlib.resources.files("bantuo").joinpath("policybook", "starter", "warehouses.csv")
    rows = csv.DictReader(home.read_text(encoding="utf-8").splitlines())
    return [_starter(row, book, on) for row in rows]


def _starter(row: Mapping[str, str], book: Book, on: date) -> NewWarehouse:
    code, rule = row["place_code"] or None, row["rule"]
    place, label = division_place(code), book.rules[rule].label
    return NewWarehouse(
        code=row["code"],
        kind=book.amount(rule, on),
        name_zh=label.zh,
        name_en=label.en,
        supervision_code=book.amount(f"{rule}.supervision", on),
        opened_on=on,
        place=division_label(code),
        place_code=code,
        latitude_e6=place.latitude_e6 if place else None,
        longitude_e6=place.longitude_e6 if place else None,
    )


@transaction.atomic
def edit_warehouse(warehouse_id: int, *, changes: WarehouseChanges, now: datetime, actor: str) -> bool:
    """Describe a warehouse anew; False when nothing differs. What changed, from what to what, is told.

    Orders and bindings stand as they are. Raises WarehouseUnknown, WarehouseRefused.
    """
    warehouse = lock_warehouse(warehouse_id)
    _check(warehouse.code, changes)
    wanted = asdict(changes)
    changed = {
        name: [getattr(warehouse, name), value]
        for name, value in wanted.items()
        if getattr(warehouse, name) != value
    }
    if not changed:
        return False
    Warehouse.objects.filter(pk=warehouse_id).update(**wanted)
    told = {"code": warehouse.code, "changed": changed, "by": actor}
    emit_events("warehouse.changed", [(None, f"warehouse:{warehouse_id}", told)], at=now)
    return True


@transaction.atomic
def close_warehouse(
    warehouse_id: int, *, closed_on: date, on: date, leaving: Collection[int], now: datetime, actor: str
) -> bool:
    """Close a warehouse from `closed_on` on; False when it is closed from that day already.

    `leaving` are the sellers who move out before. Raises WarehouseUnknown, WarehouseRefused for a day
    that is past or before it opened, WarehouseInUse while others are bound to it.
    """
    warehouse = lock_warehouse(warehouse_id)
    if warehouse.closed_on == closed_on:
        return False
    earliest = max(on, warehouse.opened_on)
    if closed_on < earliest:
        raise WarehouseRefused(
            code=warehouse.code, field="closed_on", value=str(closed_on), rule=f"not before {earliest}"
        )
    if warehouse.closed_on is not None and warehouse.closed_on <= on:
        raise WarehouseRefused(
            code=warehouse.code,
            field="closed_on",
            value=str(closed_on),
            rule=f"closed since {warehouse.closed_on}",
        )
    staying = [seller for seller in sellers_bound_to(warehouse_id) if seller not in leaving]
    if staying:
        raise WarehouseInUse(code=warehouse.code, seller_ids=staying)
    Warehouse.objects.filter(pk=warehouse_id).update(closed_on=closed_on)
    told = {"code": warehouse.code, "closed_on": closed_on.isoformat(), "by": actor}
    emit_events("warehouse.closed", [(None, f"warehouse:{warehouse_id}", told)], at=now)
    return True


def lock_warehouse(warehouse_id: int) -> Warehouse:
    """Hold a warehouse until the end of the transaction: who binds to it waits. Raises WarehouseUnknown."""
    held = Warehouse.objects.select_for_update(no_key=True).filter(pk=warehouse_id).first()
    if held is None:
        raise WarehouseUnknown(f"no warehouse {warehouse_id}")
    return held


def _check(code: str, told: NewWarehouse | WarehouseChanges) -> None:
    texts: dict[str, Any] = {"code": code, "name_zh": told.name_zh, "name_en": told.name_en}
    for field, value in texts.items():
        if not value.strip() or "\x00" in value:
            raise WarehouseRefused(code=code, field=field, value=value, rule="text without NUL is needed")
    if "\x00" in told.place:
        raise WarehouseRefused(code=code, field="place", value=told.place, rule="text without NUL is needed")
    if told.supervision_code not in SUPERVISION_CODES:
        rule = f"one of {', '.join(SUPERVISION_CODES)}"
        raise WarehouseRefused(code=code, field="supervision_code", value=told.supervision_code, rule=rule)
    if told.place_code is not None and told.place_code not in divisions():
        raise WarehouseRefused(code=code, field="place_code", value=told.place_code, rule="no such division")
    if told.parcels_per_day is not None and not 0 < told.parcels_per_day <= 100_000_000:
        raise WarehouseRefused(
            code=code, field="parcels_per_day", value=told.parcels_per_day, rule="1…100000000, or not told"
        )
    _check_coordinates(code, told)


def _check_coordinates(code: str, told: NewWarehouse | WarehouseChanges) -> None:
    latitude, longitude = told.latitude_e6, told.longitude_e6
    if (latitude is None) is not (longitude is None):
        raise WarehouseRefused(
            code=code, field="latitude_e6", value=latitude, rule="both coordinates or none"
        )
    if latitude is not None and longitude is not None:
        try:
            Place(latitude, longitude)
        except PlaceOffTheGlobe as error:
            raise WarehouseRefused(code=code, field="latitude_e6", value=latitude, rule=str(error)) from error
