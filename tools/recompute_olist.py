"""Recompute every charge of the Olist replay from the raw Parquet, and compare line by line.

The independent witness of `bantuo replay`: it imports nothing of bantuo, knows only the words of the
layout and of the programme, and works one order at a time in plain integers.

    python tools/recompute_olist.py SOURCE_DIR OUT_DIR [--layout examples/olist.toml] [--limit N]
    python tools/recompute_olist.py SOURCE_DIR --only-print

Exit code 0: OUT_DIR/charges.parquet holds exactly these charges. 1: it does not. 2: it cannot be read.
Times are naive Shanghai wall-clock times throughout. Money is in fen, weight in g, lengths in mm.
"""

import argparse
import sys
import tomllib
from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path

import polars as pl

BASE_BP = 350  # FEE-1, on goods + freight
FIRST_KG_FEN, NEXT_KG_FEN = 500, 300  # FEE-2, by the started kg
VOLUME_MM3_PER_KG = 6_000_000  # FEE-3: cm³ / 6000, sides not rounded
LABELLING_FEN, PHOTO_QC_FEN = 200, 500  # FEE-4, per order
TRANSFER_FEN_PER_KG, TRANSFER_BEYOND_M = 80, 200_000  # FEE-5, on the billed kg
PAYABLE_AFTER = timedelta(days=14)  # SET-1, from the day of delivery
CUT_OFF = time(16)  # OPS-1: 16:00:00 itself is in time (A-30b)
DAYS_AFTER_LAST_ORDER = 200

FEES = ["base_service_fen", "fulfilment_fen", "transfer_fen", "packing_fen", "labelling_fen", "photo_qc_fen"]
FEES += ["measured_difference_fen"]
COLUMNS = ["receipts_fen", *FEES, "total_fen", "net_fen"]
KEY = ["seller", "order", "part", "kind"]
TRAVEL = ["picking", "packed", "handed_over", "cleared", "departed", "delivered"]
AFTER_HANDOVER = TRAVEL[2:]


# ---------------------------------------------------------------- numbers
def rounded(numerator, denominator):
    """The quotient, half away from zero."""
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


def centavos(price):
    """The shortest decimal text of the Float64 is what the source said; it must be whole centavos."""
    exact = Decimal(repr(price)) * 100
    if exact != int(exact):
        raise ValueError(f"{price!r} BRL has more than two decimals")
    return int(exact)


class Facts:
    """The layout's SYNTHETIC facts, each derived by h(fact, keys…)."""

    def __init__(self, layout):
        self.seed, self.rules = layout["seed"], layout["facts"]

    def __call__(self, fact, *keys):
        rule, text = self.rules[fact], "|".join([self.seed, fact, *map(str, keys)])
        h = int.from_bytes(sha256(text.encode()).digest()[:8], "big")
        if "share_bp" in rule:
            return int(h % 10_000 < rule["share_bp"])
        if "range" in rule:
            low, high, step = rule["range"]
            return low + step * (h % ((high - low) // step + 1))
        totals = list(accumulate(rule["pick"].values()))
        return list(rule["pick"])[bisect_right(totals, h % totals[-1])]


# ---------------------------------------------------------------- what there is
@dataclass(eq=False)
class Sku:
    """A listed seller × product, and its one balance: what is there and what of it is held, by pool."""

    seller: str
    product: str
    weight_g: int
    sides_mm: list[int]
    semi_managed: int
    label: int
    photo_qc: int
    there: dict = field(default_factory=lambda: {"on_hand": 0, "declared": 0})
    held: dict = field(default_factory=lambda: {"on_hand": 0, "declared": 0})
    in_time_on: date | None = None


@dataclass(eq=False)
class Line:
    number: int
    sku: Sku
    receipts_fen: int
    pool: str = ""  # where the piece is held now: on_hand, declared, or nowhere
    shipped: bool = False


@dataclass(eq=False)
class Order:
    """One seller's part of a source order; lines turned to the seller leave it."""

    order: str
    seller: str
    lines: list[Line]
    placed_at: datetime
    carrier_at: datetime | None
    delivered_at: datetime | None
    stop: str  # the step of TRAVEL it gets to
    case: str = ""  # cancel or return, until it is done
    case_at: datetime | None = None
    state: str = "placed"
    due_at: datetime | None = None  # when the next step of TRAVEL is due
    charged: dict | None = None

    @property
    def age(self):
        return (self.placed_at, self.order, self.seller)

    def held_in(self, pool):
        return [line for line in self.lines if line.pool == pool]


class Source:
    """The raw rows, and what admission and listing make of them."""

    def __init__(self, folder, layout, limit=None):
        self.folder, self.layout, self.facts = folder, layout, Facts(layout)
        self.categories = {name for names in layout["categories"]["admitted"].values() for name in names}
        self.products = {row["product"]: row for row in self.rows("products")}
        self.items, self.orders = self.rows("items"), self.rows("orders")[:limit]
        self.sellers = self.admitted_sellers()
        pairs = sorted({(row["seller"], row["product"]) for row in self.items})
        self.skus = {pair: sku for pair in pairs if (sku := self.listed(*pair))}

    def rows(self, table):
        spec = self.layout["tables"][table]
        names = {column["column"]: name for name, column in spec["columns"].items()}
        return pl.read_parquet(self.folder / spec["file"], columns=list(names)).rename(names).to_dicts()

    def admitted_sellers(self):
        counts = {row["seller"]: Counter() for row in self.rows("sellers")}
        for row in self.items:
            category = self.products.get(row["product"], {}).get("category")
            if category and row["seller"] in counts:
                counts[row["seller"]][category] += 1
        return {seller for seller, own in counts.items() if self.is_admitted(seller, own)}

    def is_admitted(self, seller, counts):
        main = min(counts, key=lambda name: (name not in self.categories, -counts[name], name), default=None)
        return main in self.categories and self.facts("seller_fault", seller) == "none"

    def listed(self, seller, product):
        """The SKU, or None where seller, category or a measure (missing, not positive) does not allow it."""
        row = self.products.get(product, {})
        weight_g, *sides_cm = (row.get(name) for name in ("weight_g", "length_mm", "width_mm", "height_mm"))
        is_usable = all(value and value > 0 for value in (weight_g, *sides_cm))
        if seller not in self.sellers or row.get("category") not in self.categories or not is_usable:
            return None
        assert all(isinstance(value, int) for value in (weight_g, *sides_cm)), row
        ticks = (self.facts(fact, seller, product) for fact in ("semi_managed", "label", "photo_qc"))
        return Sku(seller, product, weight_g, [10 * side_cm for side_cm in sides_cm], *ticks)

    def parts(self):
        """(placed_at, order, seller, Order or None if refused) of every staged part, oldest first."""
        staged, rows = {row["order"]: row for row in self.orders}, defaultdict(list)
        for row in self.items:
            if row["order"] in staged:
                rows[row["order"], row["seller"]].append(row)
        parts = []
        for (order, seller), own in rows.items():
            is_taken = all((seller, row["product"]) in self.skus for row in own)
            part = self.part(staged[order], seller, own) if is_taken else None
            parts.append((self.moved(staged[order]["placed_at"]), order, seller, part))
        return sorted(parts, key=lambda part: part[:3])

    def part(self, row, seller, own):
        lines = [self.line(item) for item in sorted(own, key=lambda item: item["line"])]
        times = [self.moved(row[name]) for name in ("placed_at", "carrier_at", "delivered_at")]
        part = Order(row["order"], seller, lines, *times, stop=self.layout["status"][row["status"]])
        if part.stop.startswith("cancelled_by_"):
            self.set_case(part)
        return part

    def set_case(self, part):
        keys = (part.order, part.seller)
        if part.carrier_at is None:
            part.case, part.stop = "cancel", "packed"
            part.case_at = part.placed_at + timedelta(hours=self.facts("cancel_hours", *keys))
        else:
            part.case, part.stop = "return", "delivered" if part.delivered_at else "departed"
            days = self.facts("return_days", *keys)
            part.case_at = (part.delivered_at or part.carrier_at) + timedelta(days=days)

    def line(self, item):
        sku = self.skus[item["seller"], item["product"]]
        return Line(item["line"], sku, self.fen(item["goods_fen"]) + self.fen(item["freight_fen"]))

    def fen(self, price):
        rate = Decimal(self.layout["money"]["rate_to_cny"]) * 10_000
        return rounded(centavos(price) * int(rate), 10_000)

    def moved(self, at):
        return at and at + timedelta(days=self.layout["time"]["shift_days"])


# ---------------------------------------------------------------- fees
def carriage(weight_g, volume_mm3, distance_km):
    """(fulfilment, transfer) of a parcel, in fen."""
    billed_kg = max(-(-weight_g // 1000), -(-volume_mm3 // VOLUME_MM3_PER_KG))
    is_far = distance_km * 1000 > TRANSFER_BEYOND_M
    return FIRST_KG_FEN + NEXT_KG_FEN * (billed_kg - 1), TRANSFER_FEN_PER_KG * billed_kg if is_far else 0


def charge_row(order, facts, receipts_fen):
    """The charge of an order on these receipts: the estimate by column, what was measured as a difference."""
    keys, skus = (order.order, order.seller), [line.sku for line in order.lines]
    distance_km, margin_mm = facts("distance_km", order.seller), int(facts("margin_mm", *keys))
    weight_g = sum(sku.weight_g for sku in skus)
    parcel_g = weight_g + weight_g * int(facts("extra_permille", *keys)) // 1000
    lengths, widths, heights = zip(*(sku.sides_mm for sku in skus), strict=True)
    volume_mm3 = sum(x * y * z for x, y, z in zip(lengths, widths, heights, strict=True))
    parcel_mm3 = (max(lengths) + margin_mm) * (max(widths) + margin_mm) * (sum(heights) + margin_mm)
    estimated = carriage(weight_g, volume_mm3, distance_km)
    return finished(
        receipts_fen=receipts_fen,
        base_service_fen=rounded(receipts_fen * BASE_BP, 10_000),
        fulfilment_fen=estimated[0],
        transfer_fen=estimated[1],
        labelling_fen=LABELLING_FEN if any(sku.label for sku in skus) else 0,
        photo_qc_fen=PHOTO_QC_FEN if any(sku.photo_qc for sku in skus) else 0,
        measured_difference_fen=sum(carriage(parcel_g, parcel_mm3, distance_km)) - sum(estimated),
    )


def finished(**fen):
    row = dict.fromkeys(COLUMNS, 0) | fen
    total_fen = sum(row[name] for name in FEES)
    return row | {"total_fen": total_fen, "net_fen": row["receipts_fen"] - total_fen}


# ---------------------------------------------------------------- the programme, day by day
class Programme:
    """Runs every business day; `charges` maps (seller, order, part, kind) to the row expected."""

    def __init__(self, source):
        self.facts, self.rules, self.skus = source.facts, source.layout["day"], list(source.skus.values())
        self.charges, self.counts, self.live, self.shipments = {}, Counter(), [], []
        self.placed, self.sellers_on, self.semi = defaultdict(list), defaultdict(set), defaultdict(list)
        for sku in self.skus:
            if sku.semi_managed:
                self.semi[sku.seller].append(sku)
        for placed_at, _, seller, part in source.parts():
            self.sellers_on[placed_at.date()].add(seller)
            self.counts["parts taken in" if part else "parts refused"] += 1
            if part:
                self.placed[placed_at.date()].append(part)

    def run(self):
        first, last = min(self.sellers_on), max(self.sellers_on)
        for number in range((last - first).days + DAYS_AFTER_LAST_ORDER + 1):
            self.run_day(first + timedelta(days=number))
        self.check_end()

    def run_day(self, day):
        midnight, state_at = datetime.combine(day, time()) + timedelta(days=1), self.rules["state_at"]
        placed = [(order.placed_at.time(), order) for order in self.placed[day]]
        self.route(day, [order for at, order in placed if at < time.fromisoformat(state_at)])
        self.state(day, is_late=0)
        self.release(day)
        self.route(day, [order for at, order in placed if time.fromisoformat(state_at) <= at <= CUT_OFF])
        self.release(day)
        self.cut_off(day)
        self.route(day, [order for at, order in placed if at > CUT_OFF], is_cut=True)
        self.state(day, is_late=1)
        self.release(day)
        self.ship(day)
        self.receive(midnight)
        self.pick(midnight)
        self.travel(midnight)
        self.close_cases(midnight)
        self.charge()
        self.live = [order for order in self.live if is_live(order)]

    def in_state(self, state):
        return [order for order in self.live if order.state == state]

    # ------------------------------------------------ routing, statements, cut-off, release
    def route(self, day, orders, is_cut=False):
        for order in orders:
            order.state = "reserved"
            for line in order.lines:
                line.pool = pool_for(line.sku, is_cut and line.sku.in_time_on != day)
                if not line.pool:
                    whole = [(order, each) for each in order.lines]
                    self.turn(whole, "routed after the cut-off" if is_cut else "routed")
                    break
                line.sku.held[line.pool] += 1
        self.live += orders

    def state(self, day, is_late):
        for seller in self.sellers_on[day]:
            if self.facts("late_day", seller, day) == is_late:
                for sku in self.semi[seller]:
                    keys = (seller, sku.product, day)
                    is_short = self.facts("short_day", *keys)
                    level = self.facts("stock", seller, sku.product, f"{day:%Y-%m}")
                    sku.there["declared"] = 1 if is_short else level
                    sku.in_time_on = None if is_late else day
        self.turn(self.shortages(), "shortage")

    def reserved_lines(self):
        return [(order, x) for order in self.in_state("reserved") for x in order.held_in("declared")]

    def shortages(self):
        """The youngest unreleased lines of each balance that declares less than is held."""
        by_sku = defaultdict(list)
        for order, line in sorted(self.reserved_lines(), key=lambda x: (x[0].age, x[1].number), reverse=True):
            by_sku[line.sku].append((order, line))
        missing = {sku: max(sku.held["declared"] - sku.there["declared"], 0) for sku in by_sku}
        return [pair for sku, pairs in by_sku.items() for pair in pairs[: missing[sku]]]

    def cut_off(self, day):
        self.turn([pair for pair in self.reserved_lines() if pair[1].sku.in_time_on != day], "cut-off")

    def turn(self, pairs, why):
        """To the seller: a whole order, or split-off lines, which are charged nothing and leave the order."""
        turned = defaultdict(list)
        for order, line in pairs:
            turned[order].append(line)
            let_go(line)
        for order, lines in turned.items():
            rest = [line for line in order.lines if line not in lines]
            self.counts[f"{why}: {'lines split off' if rest else 'whole order'} to the seller"] += 1
            order.state, order.lines = ("reserved", rest) if rest else ("self", lines)

    def release(self, day):
        orders = self.in_state("reserved")
        for order in orders:
            skus = [line.sku for line in order.held_in("declared")]
            if all(x.in_time_on == day and x.there["declared"] >= x.held["declared"] for x in skus):
                order.state = "released"

    # ------------------------------------------------ warehouse and transport
    def ship(self, day):
        leaving = defaultdict(list)
        for order in self.in_state("released"):
            for line in order.held_in("declared"):
                if not line.shipped:
                    line.shipped = True
                    leaving[order.seller].append((order, line))
        for seller, pairs in leaving.items():
            delay_hours = self.rules["delay_hours"] * self.facts("inbound_delay", seller, day)
            hours = self.facts("inbound_hours", seller, day) + delay_hours
            arrives_at = datetime.combine(day, time(23, 59, 59)) + timedelta(hours=hours)
            self.shipments.append((arrives_at, pairs))

    def receive(self, midnight):
        for arrives_at, pairs in self.shipments:
            if arrives_at < midnight:
                for order, line in pairs:
                    if line.pool:
                        line.sku.there["declared"] -= min(line.sku.there["declared"], 1)
                        let_go(line)
                    else:
                        assert order.state == "cancelled", order
                        line.sku.there["on_hand"] += 1
                for order, _ in pairs:
                    if order.state == "released" and not order.held_in("declared"):
                        self.enter(order, "picking", arrives_at)
        self.shipments = [shipment for shipment in self.shipments if shipment[0] >= midnight]

    def pick(self, midnight):
        """Released orders served from stock alone."""
        for order in self.in_state("released"):
            if not order.held_in("declared"):
                self.enter(order, "picking", midnight - timedelta(seconds=1))

    def enter(self, order, state, at):
        order.state = state
        is_last = TRAVEL.index(state) >= TRAVEL.index(order.stop)
        order.due_at = None if is_last else self.next_due_at(order, at)
        if state == "delivered":
            order.delivered_at = at

    def next_due_at(self, order, at):
        keys, rules = (order.order, order.seller), self.rules
        hours = {
            "picking": self.facts("pack_hours", *keys),
            "packed": rules["handover_after_hours"],
            "handed_over": self.facts("clear_hours", *keys),
            "cleared": rules["depart_after_hours"],
            "departed": rules["deliver_after_hours"],
        }
        own_at = at + timedelta(hours=hours[order.state])
        delivered_at = order.delivered_at or at + timedelta(days=self.facts("deliver_days", *keys))
        source_at = {"packed": order.carrier_at, "departed": delivered_at}.get(order.state)
        return max(own_at, source_at or own_at)

    def travel(self, midnight):
        for state, following in pairwise(TRAVEL):
            for order in self.in_state(state):
                if order.due_at and order.due_at < midnight:
                    at = self.pack(order) if following == "packed" else order.due_at
                    self.enter(order, following, at)

    def pack(self, order):
        for line in order.held_in("on_hand"):
            line.sku.there["on_hand"] -= 1
            let_go(line)
        return order.due_at + timedelta(seconds=self.facts("pack_seconds", order.order, order.seller))

    # ------------------------------------------------ cases and charges
    def close_cases(self, midnight):
        for order in self.live:
            if order.case and order.case_at < midnight and order.state != "self":
                if order.case == "cancel":
                    self.cancel(order)
                elif order.state in AFTER_HANDOVER:
                    order.state, order.case = "returned", ""

    def cancel(self, order):
        assert order.state not in AFTER_HANDOVER, order
        for line in order.lines:
            line.sku.there["on_hand"] += not line.pool  # received already, or packed from stock
            let_go(line)
        order.state, order.case = "cancelled", ""

    def charge(self):
        for order in self.in_state("delivered"):
            if not order.charged:
                order.charged = charge_row(order, self.facts, sum(line.receipts_fen for line in order.lines))
                self.add(order, "order", order.charged, order.delivered_at.date() + PAYABLE_AFTER)
        for order in self.in_state("returned"):
            if order.charged:
                names = ("receipts_fen", "base_service_fen")
                self.add(order, "refund", finished(**{name: -order.charged[name] for name in names}))
            else:
                self.add(order, "order", charge_row(order, self.facts, receipts_fen=0))

    def add(self, order, kind, row, payable_on=None):
        key = (order.seller, order.order, 0, kind)
        assert key not in self.charges, key
        self.charges[key] = row | {"rated_on": order.placed_at.date()}
        if payable_on:
            self.charges[key]["payable_on"] = payable_on

    def check_end(self):
        """Nothing is left to do, and the balances hold exactly what the unfinished orders hold."""
        assert not self.live, self.live[0]
        assert not self.shipments, self.shipments[0]
        orders = [order for placed in self.placed.values() for order in placed]
        held = Counter((line.sku, line.pool) for order in orders for line in order.lines)
        for sku in self.skus:
            assert all(count == held[sku, pool] for pool, count in sku.held.items()), sku
            assert min(sku.there.values()) >= 0, sku
        self.counts.update(f"ended {order.state}" for order in orders)
        self.counts.update(f"charges of kind {kind}" for *_, kind in self.charges)


def is_live(order):
    """Whether the order still waits for its release, a step of TRAVEL or a case."""
    is_travelling = order.state in TRAVEL and bool(order.due_at or order.case)
    return order.state in ("reserved", "released") or is_travelling


def pool_for(sku, is_closed):
    """The pool that can serve one more piece: on hand first; "" sends the order to the seller."""
    for pool in ("on_hand", "declared"):
        if sku.semi_managed and sku.there[pool] > sku.held[pool] and not (is_closed and pool == "declared"):
            return pool
    return ""


def let_go(line):
    if line.pool:
        line.sku.held[line.pool] -= 1
        line.pool = ""
        assert min(line.sku.held.values()) >= 0, line
        assert line.sku.held["on_hand"] <= line.sku.there["on_hand"], line


# ---------------------------------------------------------------- comparison and output
def differences(expected, rows):
    """One text for each key or value that differs."""
    found = {}
    for row in rows:
        key = tuple(row[name] for name in KEY)
        if key in found:
            yield f"{key}: twice in the replay"
        found[key] = row
    yield from (f"{key}: missing in the replay" for key in expected.keys() - found.keys())
    yield from (f"{key}: only in the replay" for key in found.keys() - expected.keys())
    for key in expected.keys() & found.keys():
        for name, value in expected[key].items():
            if found[key][name] != value:
                yield f"{key} {name}: expected {value}, the replay has {found[key][name]}"


def compare(programme, path):
    if not path.is_file():
        print(f"{path}: no such file (--only-print needs none)", file=sys.stderr)
        return 2
    rows = pl.read_parquet(path).to_dicts()
    texts = sorted(differences(programme.charges, rows))
    print(*texts[:20], sep="\n", end="\n" if texts else "")
    print(f"{len(programme.charges):,} charges expected, {len(rows):,} found, {len(texts):,} differences")
    return 1 if texts else 0


def print_summary(programme):
    sums = {name: sum(row[name] for row in programme.charges.values()) for name in COLUMNS}
    for name, number in [*sorted(programme.counts.items()), *sums.items()]:
        print(f"{name:52} {number:>14,}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source_dir", type=Path)
    parser.add_argument("out_dir", type=Path, nargs="?")
    layout = Path(__file__).parents[1] / "examples" / "olist.toml"
    parser.add_argument("--layout", type=Path, default=layout)
    parser.add_argument("--limit", type=int, help="only the first N rows of orders_sample.parquet exist")
    parser.add_argument("--only-print", action="store_true", help="totals and counts, no comparison")
    args = parser.parse_args()
    if not args.out_dir and not args.only_print:
        parser.error("OUT_DIR or --only-print is needed")
    programme = Programme(Source(args.source_dir, tomllib.loads(args.layout.read_text("utf-8")), args.limit))
    programme.run()
    print_summary(programme)
    return 0 if args.only_print else compare(programme, args.out_dir / "charges.parquet")


if __name__ == "__main__":
    sys.exit(main())
