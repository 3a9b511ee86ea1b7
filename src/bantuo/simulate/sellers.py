"""Bring the source's sellers into the programme: apply, be assessed, join or be refused, list SKUs."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bantuo.apps.admission.operations import (
    NewApplication,
    approve_applications,
    assess_applications,
    bind_and_activate,
    hold_deposits,
    sign_agreements,
    submit_applications,
)
from bantuo.apps.catalog.operations import NewSku, import_category_list, list_skus
from bantuo.apps.parties.operations import NewSeller, NewWarehouse, open_warehouses, register_sellers
from bantuo.apps.policies.operations import publish_book
from bantuo.apps.sql import fetch_rows
from bantuo.apps.stock.operations import open_balances
from bantuo.core.policy import Book
from bantuo.engine.diagnosis import Evaluator
from bantuo.simulate.layout import Layout

BATCH = 200
ACTOR = "simulation:replay"
AGREEMENT = "Semi-managed service agreement, simulated text, version 1"


def prepare_programme(*, layout: Layout, book: Book) -> int:
    """Publish the book, open the book's warehouses, import the layout's category list."""
    on = layout.on_day("apply_on")
    now = layout.instant(on, "00:00")
    publish_book(book, now=now, actor=ACTOR)
    open_warehouses(_warehouses(layout, book, on), now=now, actor=ACTOR)
    listed = layout.raw["categories"]
    rows = [
        {"code": code, "group": group, "name_zh": code, "name_en": code}
        for group, codes in listed["admitted"].items()
        for code in codes
    ]
    import_category_list(
        rows,
        valid_from=date.fromisoformat(str(listed["valid_from"])),
        origin=f"synthetic: layout {layout.name}",
        now=now,
        actor=ACTOR,
    )
    return len(rows)


def _warehouses(layout: Layout, book: Book, on: date) -> list[NewWarehouse]:
    return [
        NewWarehouse(
            code=code,
            kind=book.amount(rule, on),
            name_zh=book.rules[rule].label.zh,
            name_en=book.rules[rule].label.en,
            supervision_code=book.amount(f"{rule}.supervision", on),
            opened_on=on,
        )
        for code, rule in layout.raw["warehouses"].items()
        if code != "words"
    ]


def admitted_codes(layout: Layout) -> frozenset[str]:
    """The categories that the layout's list admits."""
    return frozenset(code for codes in layout.raw["categories"]["admitted"].values() for code in codes)


@dataclass(frozen=True, slots=True)
class Admission:
    """What taking sellers in rests on: the layout, the rules, and the day's evaluator."""

    layout: Layout
    book: Book
    evaluator: Evaluator
    policy_version_id: int
    replay_id: int

    def admit_sellers(self, first_row: int) -> int:
        """Take the staged sellers of one batch of rows from application to active, or to a refusal."""
        ids, passed = self._apply(first_row)
        joined = sorted(seller for seller, good in passed.items() if good)
        codes = {seller: code for code, seller in ids.items()}
        self._join(joined, codes)
        listed = _list_batch(joined, codes, layout=self.layout, book=self.book, replay_id=self.replay_id)
        return len(ids) + listed

    def _apply(self, first_row: int) -> tuple[dict[str, int], dict[int, bool]]:
        """Register, apply and be assessed: seller ids by code, and who passed."""
        layout, on = self.layout, self.layout.on_day("apply_on")
        now = layout.instant(on, "10:00")
        staged = fetch_rows(
            """
            SELECT seller, ship_from FROM simulate_stagedseller
            WHERE replay_id = %s AND row >= %s AND row < %s ORDER BY row
            """,
            [self.replay_id, first_row, first_row + BATCH],
        )
        new = [NewSeller(layout.marketplace, code, code, None, ship_from) for code, ship_from in staged]
        ids = register_sellers(new, now=now, actor=ACTOR)
        categories = main_categories(list(ids), layout=layout, replay_id=self.replay_id)
        fault = layout.facts.choice("seller_fault")
        applications = [
            NewApplication(seller, seller_profile(layout, code, categories.get(code), fault(code)))
            for code, seller in ids.items()
        ]
        submit_applications(applications, now=now, actor=ACTOR)
        passed = assess_applications(
            list(ids.values()),
            evaluator=self.evaluator,
            policy_version_id=self.policy_version_id,
            on=on,
            now=now,
            actor=ACTOR,
        )
        return ids, passed

    def _join(self, joined: Sequence[int], codes: Mapping[int, str]) -> None:
        """Approve, sign, pay the deposit, bind a warehouse and become active."""
        layout, on, active_on = self.layout, self.layout.on_day("apply_on"), self.layout.on_day("active_on")
        now = layout.instant(on, "10:00")
        approve_applications(joined, reason="every gate passed", now=now, actor=ACTOR)
        digest = hashlib.sha256(AGREEMENT.encode()).hexdigest()
        signer = "simulated owner"
        sign_agreements(joined, version="1", text_sha256=digest, signed_by=signer, now=now, actor=ACTOR)
        hold_deposits(
            joined, book=self.book, on=on, policy_version_id=self.policy_version_id, now=now, actor=ACTOR
        )
        later = layout.instant(active_on, "10:00")
        bind_and_activate(_bindings(joined, codes, layout), on=active_on, now=later, actor=ACTOR)


def _bindings(
    joined: Sequence[int], codes: Mapping[int, str], layout: Layout
) -> list[tuple[int, int, int, str]]:
    warehouses = dict(fetch_rows("SELECT code, id FROM parties_warehouse"))
    choose, distance = layout.facts.choice("warehouse"), layout.facts.number("distance_km")
    return [
        (
            seller,
            warehouses[choose(codes[seller])],
            distance(codes[seller]) * 1000,
            "SYNTHETIC road distance of the layout",
        )
        for seller in joined
    ]


def main_categories(sellers: Sequence[str], *, layout: Layout, replay_id: int) -> dict[str, str]:
    """Each seller's main category: an admitted one before others, most item rows, first by name."""
    return dict(
        fetch_rows(
            """
            SELECT DISTINCT ON (i.seller) i.seller, p.category
            FROM simulate_stageditem i
            JOIN simulate_stagedproduct p ON p.replay_id = i.replay_id AND p.product = i.product
            WHERE i.replay_id = %s AND i.seller = ANY(%s) AND p.category IS NOT NULL
            GROUP BY i.seller, p.category
            ORDER BY i.seller, p.category = ANY(%s) DESC, count(*) DESC, p.category COLLATE "C"
            """,
            [replay_id, list(sellers), sorted(admitted_codes(layout))],
        )
    )


def seller_profile(layout: Layout, code: str, category: str | None, fault: str) -> dict[str, Any]:
    """The layout's profile for one seller, with the values of its fault put in."""
    profile: dict[str, Any] = copy.deepcopy(dict(layout.raw["admission"]["profile"]))
    profile["code"] = code
    if category is not None:
        profile["categories"] = [category]
        for product in profile["products"]:
            product["category"] = category
    for path, value in layout.raw["admission"]["faults"][fault].items():
        *parents, last = path.split(".")
        place = profile
        for parent in parents:
            place = place[parent]
        place[last] = value
    return profile


def _list_batch(
    joined: Sequence[int], codes: Mapping[int, str], *, layout: Layout, book: Book, replay_id: int
) -> int:
    """List every seller × product pair of these sellers that any item row names."""
    active_on = layout.on_day("active_on")
    now = layout.instant(active_on, "12:00")
    ids = {code: seller for seller, code in codes.items()}
    pairs = fetch_rows(
        """
        SELECT i.seller, i.product, p.row, p.category, p.weight_g, p.length_mm, p.width_mm, p.height_mm,
               max(i.goods_fen)
        FROM simulate_stageditem i
        JOIN simulate_stagedproduct p ON p.replay_id = i.replay_id AND p.product = i.product
        WHERE i.replay_id = %s AND i.seller = ANY(%s)
        GROUP BY i.seller, i.product, p.row, p.category, p.weight_g, p.length_mm, p.width_mm, p.height_mm
        ORDER BY i.seller, i.product
        """,
        [replay_id, [codes[seller] for seller in joined]],
    )
    facts = layout.facts
    discount, semi = facts.choice("discount"), facts.number("semi_managed")
    label, photo = facts.number("label"), facts.number("photo_qc")
    skus = [
        NewSku(
            row=int(row),
            seller_id=ids[seller],
            product_code=product,
            sku_code=product,
            category=category or "",
            title=product,
            apparel=False,
            ordinary_fen=-(-int(price) * 10_000 // (10_000 - int(discount(seller, product)))),
            exclusive_fen=int(price),
            semi_managed=bool(semi(seller, product)),
            weight_g=weight,
            length_mm=length,
            width_mm=width,
            height_mm=height,
            label=bool(label(seller, product)),
            photo_qc=bool(photo(seller, product)),
            markets=(layout.raw["destination"],),
            attributes_required=0,
            attributes_missing=0,
            size_chart=None,
        )
        for seller, product, row, category, weight, length, width, height, price in pairs
    ]
    list_skus(skus, book=book, on=active_on, now=now, actor=ACTOR)
    open_balances(joined, now=now)
    return len(skus)
