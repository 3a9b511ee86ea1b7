"""Merchants: registered once, where they ship from, and where they stand in the programme."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.divisions import divisions
from bantuo.apps.parties.models import ProgrammeState, Seller
from bantuo.apps.sql import columns_of, fetch_rows
from bantuo.core.identifiers import check_uscc


@dataclass(frozen=True, slots=True)
class NewSeller:
    """A merchant as the marketplace knows it. The code is the shop's and never changes."""

    marketplace: str
    code: str
    name: str
    uscc: str | None
    ship_from: str


class SellerRefused(ValueError):
    """A seller that cannot be registered: names code, field, value and rule."""


class SellerUnknown(LookupError):
    """No seller has that id."""


class DivisionUnknown(LookupError):
    """No prefecture or county has that code (GB/T 2260)."""


@transaction.atomic
def register_sellers(sellers: Sequence[NewSeller], *, now: datetime, actor: str) -> dict[str, int]:
    """Make merchants known here; returns the id of each code. One that is known stays as it is.

    Raises SellerRefused before anything is written: an empty or unreadable code, name or place, a
    company number with a wrong check digit, one code from two marketplaces.
    """
    for seller in sellers:
        _check_seller(seller)
    _check_codes_once(sellers)
    columns = columns_of(
        sorted(
            {
                (s.marketplace, s.code): (s.marketplace, s.code, s.name, s.uscc, s.ship_from) for s in sellers
            }.values()
        ),
        5,
    )
    made = fetch_rows(
        """
        INSERT INTO parties_seller (marketplace, code, name, uscc, ship_from, programme_state, created_at)
        SELECT i.*, 'outside', %s
        FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
            AS i(marketplace, code, name, uscc, ship_from)
        ORDER BY i.marketplace, i.code
        ON CONFLICT (marketplace, code) DO NOTHING RETURNING id, code
        """,
        [now, *columns],
    )
    emit_events("seller.registered", [(i, f"seller:{i}", {"code": c, "by": actor}) for i, c in made], at=now)
    return dict(
        fetch_rows(
            """
            SELECT s.code, s.id FROM parties_seller s
            JOIN unnest(%s::text[], %s::text[]) AS i(marketplace, code) USING (marketplace, code)
            """,
            columns[:2],
        )
    )


def _check_seller(seller: NewSeller) -> None:
    for field in ("marketplace", "code", "name", "ship_from"):
        value: str = getattr(seller, field)
        if not value.strip() or "\x00" in value:
            raise SellerRefused(f"{seller.code!r}: {field} {value!r}: text without NUL is needed")
    checked = check_uscc(seller.uscc) if seller.uscc is not None else None
    if checked and checked.verdict == "rejected":
        raise SellerRefused(f"{seller.code!r}: uscc {seller.uscc!r}: {checked.reason}")


def _check_codes_once(sellers: Sequence[NewSeller]) -> None:
    codes = Counter(code for _, code in {(s.marketplace, s.code) for s in sellers})
    for code, count in codes.items():
        if count > 1:
            raise SellerRefused(f"{code!r}: code of {count} marketplaces in one batch: send one at a time")


@transaction.atomic
def set_ship_from(seller_id: int, *, code: str, now: datetime, actor: str) -> bool:
    """Keep the division a seller's goods leave from, for estimates of distance; False if it was that already.

    The place as the seller stated it stays. Raises SellerUnknown, DivisionUnknown.
    """
    if code not in divisions():
        raise DivisionUnknown(f"no prefecture or county {code!r}")
    seller = lock_sellers([seller_id])[seller_id]
    if seller.ship_from_code == code:
        return False
    told = {"from": seller.ship_from_code, "to": code, "by": actor}
    seller.ship_from_code = code
    seller.save(update_fields=["ship_from_code"])
    emit_events("seller.ship_from", [(seller_id, f"seller:{seller_id}", told)], at=now)
    return True


@transaction.atomic
def set_programme_state(
    seller_ids: Sequence[int],
    *,
    state: str,
    reason: str,
    now: datetime,
    actor: str,
    active_from: date | None = None,
) -> int:
    """Record where sellers stand, so that every room above knows whom the programme serves.

    Returns how many changed. The first day of activity is kept when `active_from` is not given.
    """
    ProgrammeState(state)
    lock_sellers(sorted(set(seller_ids)))
    changed = fetch_rows(
        """
        UPDATE parties_seller SET programme_state = %s, active_from = COALESCE(%s::date, active_from)
        WHERE id = ANY(%s) AND (programme_state, active_from)
              IS DISTINCT FROM (%s, COALESCE(%s::date, active_from))
        RETURNING id
        """,
        [state, active_from, list(seller_ids), state, active_from],
    )
    emit_events(
        "seller.programme_state",
        [(i, f"seller:{i}", {"state": state, "reason": reason, "by": actor}) for (i,) in sorted(changed)],
        at=now,
    )
    return len(changed)


def lock_sellers(seller_ids: Sequence[int]) -> dict[int, Seller]:
    """Hold sellers until the end of the transaction, in order of id; raises SellerUnknown.

    Whoever changes what hangs on a seller as a whole (binding, listing, grants) locks here first.
    """
    locked = Seller.objects.select_for_update(no_key=True).filter(id__in=seller_ids).order_by("id")
    found = {seller.pk: seller for seller in locked}
    missing = sorted(set(seller_ids) - found.keys())
    if missing:
        raise SellerUnknown(f"no seller with id {', '.join(map(str, missing[:5]))}")
    return found
