"""Who the sellers and warehouses are, and which warehouse each seller uses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bantuo.apps.events.models import OutboxEvent
from bantuo.apps.parties.models import Binding, ProgrammeState, Seller, Warehouse
from bantuo.apps.sql import fetch_rows


def seller_ids(codes: Sequence[str], *, marketplace: str) -> dict[str, int]:
    """The sellers of these codes that the marketplace knows here; an unknown code is left out."""
    found = Seller.objects.filter(marketplace=marketplace, code__in=codes)
    return dict(found.values_list("code", "id"))


def marketplaces() -> list[str]:
    """The marketplaces whose sellers are known here."""
    return list(Seller.objects.order_by("marketplace").values_list("marketplace", flat=True).distinct())


def warehouse_ids(codes: Sequence[str]) -> dict[str, int]:
    """The warehouses of these codes; an unknown code is left out."""
    return dict(Warehouse.objects.filter(code__in=codes).values_list("code", "id"))


def active_sellers(on: date) -> list[int]:
    """Sellers that the programme serves on a day, in order."""
    active = Seller.objects.filter(programme_state=ProgrammeState.ACTIVE, active_from__lte=on)
    return list(active.order_by("id").values_list("id", flat=True))


def open_bindings(sellers: Sequence[int]) -> dict[int, tuple[int, int, str]]:
    """The warehouse, road metres and evidence of each seller that is bound now."""
    return {
        seller: (warehouse, distance, evidence)
        for seller, warehouse, distance, evidence in fetch_rows(
            """
            SELECT seller_id, warehouse_id, distance_m, distance_evidence FROM parties_binding
            WHERE seller_id = ANY(%s) AND unbound_at IS NULL
            """,
            [list(sellers)],
        )
    }


def sellers_named(code: str) -> list[int]:
    """Ids of the sellers with this code, of any marketplace."""
    return list(Seller.objects.filter(code=code).order_by("id").values_list("id", flat=True))


def sellers_bound_to(warehouse_id: int) -> list[int]:
    """Ids of the sellers bound to a warehouse now, in order."""
    bound = Binding.objects.filter(warehouse_id=warehouse_id, unbound_at__isnull=True)
    return list(bound.order_by("seller_id").values_list("seller_id", flat=True))


def sellers_per_warehouse() -> dict[int, int]:
    """How many sellers are bound to each warehouse now; a warehouse without any is left out."""
    return dict(
        fetch_rows(
            """
            SELECT warehouse_id, count(*) FROM parties_binding WHERE unbound_at IS NULL
            GROUP BY warehouse_id ORDER BY warehouse_id
            """
        )
    )


def warehouse_history(warehouse_id: int) -> list[OutboxEvent]:
    """What happened to a warehouse, latest first."""
    told = OutboxEvent.objects.filter(key=f"warehouse:{warehouse_id}", topic__startswith="warehouse.")
    return list(told.order_by("-id"))


def current_binding(seller_id: int) -> Binding | None:
    """The warehouse a seller is bound to now, with the distance and its evidence."""
    bound = Binding.objects.filter(seller_id=seller_id, unbound_at__isnull=True)
    return bound.select_related("warehouse").first()


def binding_history(seller_id: int) -> list[Binding]:
    """Every binding a seller ever had, latest first."""
    bound = Binding.objects.filter(seller_id=seller_id).select_related("warehouse")
    return list(bound.order_by("-bound_at", "-id"))
