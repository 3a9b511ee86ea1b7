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
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import polars as pl

BASE_BP = 350  # FEE-1, on goods + freight
FIRST_KG_FEN, NEXT_KG_FEN = 500, 300  # FEE-2, by the started kg
VOLUME_MM3_PER_KG = 6_000_000  # FEE-3: cm³ / 6000, sides not rounded
LABELLING_FEN, PHOTO_QC_FEN = 200, 500  # FEE-4, per order
TRANSFER_FEN_PER_KG, TRANSFER_BEYOND_M = 80, 200_000  # FEE-5, on the billed kg
PAYABLE_AFTER_DAYS = 14  # SET-1, from delivery
CUT_OFF = time(16)  # OPS-1; 16:00:00 itself is in time
DAYS_AFTER_LAST_ORDER = 200

FEES = ["base_service_fen", "fulfilment_fen", "transfer_fen", "packing_fen", "labelling_fen", "photo_qc_fen"]
FEES += ["measured_difference_fen"]
COLUMNS = ["receipts_fen", *FEES, "total_fen", "net_fen"]
KEY = ["seller", "order", "part", "kind"]
TRAVEL = ["picking", "packed", "handed_over", "cleared", "departed", "delivered"]
BEFORE_HANDOVER = {"reserved", "released", "picking", "packed"}


# ---------------------------------------------------------------- numbers
def rounded(numerator, denominator):
    """The quotient, half away from zero."""
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


def started(amount, step):
    return -(-amount // step)


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
        rule = self.rules[fact]
        text = "|".join([self.seed, fact, *map(str, keys)])
        h = int.from_bytes(sha256(text.encode()).digest()[:8], "big")
        if "share_bp" in rule:
            return int(h % 10_000 < rule["share_bp"])
        if "range" in rule:
            low, high, step = rule["range"]
            return low + step * (h % ((high - low) // step + 1))
        return picked(rule["pick"], h)


def picked(weights, h):
    left = h % sum(weights.values())
    for choice, weight in weights.items():
        if left < weight:
            return choice
        left -= weight
    raise AssertionError("the running total exceeds h mod the sum")


# ---------------------------------------------------------------- what there is
@dataclass(eq=False)
class Sku:
    """A listed seller × product and its one stock balance."""

    seller: str
    product: str
    weight_g: int
    sides_mm: tuple[int, int, int]
    semi_managed: int
    label: int
    photo_qc: int
    declared: int = 0
    reserved: int = 0
    on_hand: int = 0
    on_hand_reserved: int = 0
    in_time_on: date | None = None


@dataclass(eq=False)
class Line:
    number: int
    sku: Sku
    goods_fen: int
    freight_fen: int
    pool: str = ""  # where it is reserved now: declared, on_hand or nowhere
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
    stop: str
    case: str = ""  # cancel or return
    case_at: datetime | None = None
    state: str = "placed"
    state_at: datetime | None = None
    due_at: datetime | None = None  # when the next step of TRAVEL is due; None: it goes no further
    charged: dict | None = None

    @property
    def age(self):
        return (self.placed_at, self.order, self.seller)


class Source:
    """The raw rows, and what admission and listing make of them."""

    def __init__(self, folder, layout, limit=None):
        self.folder, self.layout, self.facts = folder, layout, Facts(layout)
        self.products = {row["product"]: row for row in self.rows("products")}
        self.items = self.rows("items")
        self.orders = self.rows("orders")[:limit]
        lists = layout["categories"]["admitted"].values()
        self.categories = {category for names in lists for category in names}
        self.sellers = self.admitted_sellers()
        pairs = {(row["seller"], row["product"]) for row in self.items}
        self.skus = {pair: self.listed(*pair) for pair in sorted(pairs) if self.is_listed(*pair)}

    def rows(self, table):
        spec = self.layout["tables"][table]
        names = {column["column"]: name for name, column in spec["columns"].items()}
        frame = pl.read_parquet(self.folder / spec["file"], columns=list(names))
        return frame.rename(names).to_dicts()

    def category(self, product):
        return self.products.get(product, {}).get("category")

    def admitted_sellers(self):
        counts = defaultdict(Counter)
        for row in self.items:
            if category := self.category(row["product"]):
                counts[row["seller"]][category] += 1
        known = {row["seller"] for row in self.rows("sellers")}
        return {seller for seller in known if self.is_admitted(seller, counts[seller])}

    def is_admitted(self, seller, counts):
        main = min(counts, key=lambda name: (name not in self.categories, -counts[name], name), default=None)
        return main in self.categories and self.facts("seller_fault", seller) == "none"

    def measures(self, product):
        """Weight in g and the three sides in mm; None where one is missing or not positive."""
        row = self.products.get(product, {})
        raw = [row.get(name) for name in ("weight_g", "length_mm", "width_mm", "height_mm")]
        if any(value is None or value <= 0 for value in raw):
            return None
        if any(int(value) != value for value in raw):
            raise ValueError(f"product {product} is not measured in whole g and cm")
        return int(raw[0]), tuple(10 * int(side_cm) for side_cm in raw[1:])

    def is_listed(self, seller, product):
        is_usable = self.measures(product) is not None and self.category(product) in self.categories
        return seller in self.sellers and is_usable

    def listed(self, seller, product):
        ticks = (self.facts(fact, seller, product) for fact in ("semi_managed", "label", "photo_qc"))
        return Sku(seller, product, *self.measures(product), *ticks)

    def parts(self):
        """(placed_at, order, seller, Order or None if refused) of every staged part, oldest first."""
        staged = {row["order"]: row for row in self.orders}
        rows = defaultdict(list)
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
        if part.stop.startswith("cancelled_by"):
            self.set_case(part)
        return part

    def set_case(self, part):
        if part.carrier_at is None:
            hours = self.facts("cancel_hours", part.order, part.seller)
            part.case, part.case_at, part.stop = "cancel", part.placed_at + timedelta(hours=hours), "packed"
            return
        since, stop = part.delivered_at or part.carrier_at, "delivered" if part.delivered_at else "departed"
        days = self.facts("return_days", part.order, part.seller)
        part.case, part.case_at, part.stop = "return", since + timedelta(days=days), stop

    def line(self, item):
        goods_fen, freight_fen = self.fen(item["goods_fen"]), self.fen(item["freight_fen"])
        return Line(item["line"], self.skus[item["seller"], item["product"]], goods_fen, freight_fen)

    def fen(self, price):
        rate = int(Decimal(self.layout["money"]["rate_to_cny"]) * 10_000)
        return rounded(centavos(price) * rate, 10_000)

    def moved(self, at):
        return at and at + timedelta(days=self.layout["time"]["shift_days"])


# ---------------------------------------------------------------- fees
def carriage(weight_g, volume_mm3, distance_km):
    """(fulfilment, transfer) of a parcel, in fen."""
    billed_kg = max(started(weight_g, 1000), started(volume_mm3, VOLUME_MM3_PER_KG))
    is_far = distance_km * 1000 > TRANSFER_BEYOND_M
    return FIRST_KG_FEN + NEXT_KG_FEN * (billed_kg - 1), TRANSFER_FEN_PER_KG * billed_kg if is_far else 0


def charge_row(order, facts, receipts_fen):
    """The wide charge of an order on these receipts: estimate in its columns, measurement as a difference."""
    keys, skus = (order.order, order.seller), [line.sku for line in order.lines]
    distance_km = facts("distance_km", order.seller)
    weight_g = sum(sku.weight_g for sku in skus)
    volume_mm3 = sum(length * width * height for length, width, height in (sku.sides_mm for sku in skus))
    fulfilment_fen, transfer_fen = carriage(weight_g, volume_mm3, distance_km)
    lengths, widths, heights = zip(*(sku.sides_mm for sku in skus), strict=True)
    margin_mm = int(facts("margin_mm", *keys))
    parcel_mm3 = (max(lengths) + margin_mm) * (max(widths) + margin_mm) * (sum(heights) + margin_mm)
    parcel_g = weight_g + weight_g * int(facts("extra_permille", *keys)) // 1000
    measured_fen = sum(carriage(parcel_g, parcel_mm3, distance_km))
    row = {
        "receipts_fen": receipts_fen,
        "base_service_fen": rounded(receipts_fen * BASE_BP, 10_000),
        "fulfilment_fen": fulfilment_fen,
        "transfer_fen": transfer_fen,
        "packing_fen": 0,
        "labelling_fen": LABELLING_FEN if any(sku.label for sku in skus) else 0,
        "photo_qc_fen": PHOTO_QC_FEN if any(sku.photo_qc for sku in skus) else 0,
        "measured_difference_fen": measured_fen - fulfilment_fen - transfer_fen,
    }
    return finished(row)


def refund_row(charged):
    reversed_fen = {name: -charged[name] for name in ("receipts_fen", "base_service_fen")}
    return finished(dict.fromkeys(["receipts_fen", *FEES], 0) | reversed_fen)


def finished(row):
    total_fen = sum(row[name] for name in FEES)
    return row | {"total_fen": total_fen, "net_fen": row["receipts_fen"] - total_fen}


# ---------------------------------------------------------------- the programme, day by day
class Programme:
    """Runs every business day; `charges` maps (seller, order, part, kind) to the row expected."""

    def __init__(self, source):
        self.facts, self.rules = source.facts, source.layout["day"]
        self.charges, self.counts = {}, Counter()
        self.reserved, self.released, self.travelling, self.cases, self.shipments = [], [], [], [], []
        self.taken, self.placed, self.stating = [], defaultdict(list), defaultdict(set)
        self.skus, self.semi = source.skus.values(), defaultdict(list)
        for sku in self.skus:
            if sku.semi_managed:
                self.semi[sku.seller].append(sku)
        for placed_at, _, seller, part in source.parts():
            self.stating[placed_at.date()].add(seller)
            if part is None:
                self.counts["parts refused"] += 1
            else:
                self.taken.append(part)
                self.placed[placed_at.date()].append(part)

    def run(self):
        if not self.stating:
            return
        day, last = min(self.stating), max(self.stating) + timedelta(days=DAYS_AFTER_LAST_ORDER)
        while day <= last:
            self.run_day(day)
            day += timedelta(days=1)
        self.check_end()

    def run_day(self, day):
        state_at = time.fromisoformat(self.rules["state_at"])
        midnight = datetime.combine(day + timedelta(days=1), time())
        placed = [(order.placed_at.time(), order) for order in self.placed[day]]
        self.route([order for at, order in placed if at < state_at], day, is_cut=False)
        self.state(day, is_late=0)
        self.release(day)
        self.route([order for at, order in placed if state_at <= at <= CUT_OFF], day, is_cut=False)
        self.release(day)
        self.cut_off(day)
        self.route([order for at, order in placed if at > CUT_OFF], day, is_cut=True)
        self.state(day, is_late=1)
        self.release(day)
        self.ship(day)
        self.receive(midnight)
        self.pick_from_stock(midnight)
        charging = self.travel(midnight) + self.close_cases(midnight)
        for order in charging:
            self.charge(order)
        self.check_stock()

    # ------------------------------------------------ routing, statements, cut-off, release
    def route(self, orders, day, is_cut):
        for order in orders:
            for line in order.lines:
                line.pool = pool_for(line.sku, is_cut and line.sku.in_time_on != day)
                if not line.pool:
                    break
                hold(line, +1)
            if all(line.pool for line in order.lines):
                order.state = "reserved"
                self.reserved.append(order)
            else:
                self.turn(order, order.lines, "routed to the seller after the cut" if is_cut else "routed")
            if order.case:
                self.cases.append(order)

    def state(self, day, is_late):
        for seller in self.stating[day]:
            if self.facts("late_day", seller, day) != is_late:
                continue
            for sku in self.semi[seller]:
                is_short = self.facts("short_day", seller, sku.product, day)
                sku.declared = 1 if is_short else self.facts("stock", seller, sku.product, day)
                sku.in_time_on = sku.in_time_on if is_late else day
        self.turn_all(self.shortages(), "shortage")

    def shortages(self):
        """The youngest unreleased lines of each balance that has less declared than reserved."""
        held = defaultdict(list)
        for order in self.reserved:
            for line in declared_lines(order):
                held[line.sku].append((order, line))
        for sku, pairs in held.items():
            pairs.sort(key=lambda pair: (pair[0].age, pair[1].number), reverse=True)
            yield from pairs[: max(sku.reserved - sku.declared, 0)]

    def cut_off(self, day):
        unstated = [
            (order, line)
            for order in self.reserved
            for line in declared_lines(order)
            if line.sku.in_time_on != day
        ]
        self.turn_all(unstated, "cut-off")

    def turn_all(self, pairs, why):
        turned = defaultdict(list)
        for order, line in list(pairs):
            turned[order].append(line)
        for order, lines in turned.items():
            self.turn(order, lines, why)
        self.reserved = [order for order in self.reserved if order.state == "reserved"]

    def turn(self, order, lines, why):
        """To the seller: the whole order, or a split part that is charged nothing and leaves the order."""
        for line in lines:
            free(line)
        rest = [line for line in order.lines if line not in lines]
        self.counts[f"{why}: {'split' if rest else 'whole order'} to the seller"] += 1
        if rest:
            order.lines = rest
        else:
            order.state = "self"

    def release(self, day):
        ready = [order for order in self.reserved if all(is_ready(x.sku, day) for x in declared_lines(order))]
        for order in ready:
            order.state = "released"
        self.released += ready
        self.reserved = [order for order in self.reserved if order.state == "reserved"]

    # ------------------------------------------------ warehouse and transport
    def ship(self, day):
        leaving = defaultdict(list)
        for order in self.released:
            for line in declared_lines(order):
                if not line.shipped:
                    line.shipped = True
                    leaving[order.seller].append((order, line))
        for seller, pairs in leaving.items():
            hours = self.facts("inbound_hours", seller, day)
            hours += self.rules["delay_hours"] * self.facts("inbound_delay", seller, day)
            arrives_at = datetime.combine(day, time(23, 59, 59)) + timedelta(hours=hours)
            self.shipments.append((arrives_at, pairs))

    def receive(self, midnight):
        arrived = [shipment for shipment in self.shipments if shipment[0] < midnight]
        self.shipments = [shipment for shipment in self.shipments if shipment[0] >= midnight]
        for arrives_at, pairs in arrived:
            for order, line in pairs:
                if line.pool:
                    line.sku.declared -= min(line.sku.declared, 1)
                    free(line)
                else:
                    assert order.state == "cancelled", order
                    line.sku.on_hand += 1
            for order in dict.fromkeys(order for order, _ in pairs):
                if order.state == "released" and not declared_lines(order):
                    self.enter(order, "picking", arrives_at)

    def pick_from_stock(self, midnight):
        for order in self.released:
            if order.state == "released" and not declared_lines(order):
                self.enter(order, "picking", midnight - timedelta(seconds=1))
        self.travelling += [order for order in self.released if order.state == "picking"]
        self.released = [order for order in self.released if order.state == "released"]

    def enter(self, order, state, at):
        """Reach a step of TRAVEL; the next one falls due unless the order stops here."""
        order.state, order.state_at = state, at
        is_last = TRAVEL.index(state) >= TRAVEL.index(order.stop)
        order.due_at = None if is_last else self.next_due_at(order)

    def next_due_at(self, order):
        at, keys = order.state_at, (order.order, order.seller)
        match order.state:
            case "picking":
                return at + timedelta(hours=self.facts("pack_hours", *keys))
            case "packed":
                own_at = at + timedelta(hours=self.rules["handover_after_hours"])
                return max(own_at, order.carrier_at or own_at)
            case "handed_over":
                return at + timedelta(hours=self.facts("clear_hours", *keys))
            case "cleared":
                return at + timedelta(hours=self.rules["depart_after_hours"])
            case "departed":
                said_at = order.delivered_at or at + timedelta(days=self.facts("deliver_days", *keys))
                return max(said_at, at + timedelta(hours=self.rules["deliver_after_hours"]))

    def travel(self, midnight):
        """Take every step due before midnight; returns the orders delivered."""
        for state, following in zip(TRAVEL, TRAVEL[1:], strict=False):
            for order in self.travelling:
                if order.state == state and order.due_at and order.due_at < midnight:
                    self.enter(order, following, self.pack(order) if state == "picking" else order.due_at)
        delivered = [order for order in self.travelling if order.state == "delivered"]
        self.travelling = [order for order in self.travelling if order.due_at]
        return delivered

    def pack(self, order):
        for line in order.lines:
            if line.pool:
                line.sku.on_hand -= 1
                free(line)
        return order.due_at + timedelta(seconds=self.facts("pack_seconds", order.order, order.seller))

    # ------------------------------------------------ cases and charges
    def close_cases(self, midnight):
        """Cancel and return what is due before midnight; returns the orders returned."""
        due = [order for order in self.cases if order.case_at < midnight]
        for order in due:
            if order.case == "cancel" and order.state in BEFORE_HANDOVER:
                self.cancel(order)
            elif order.case == "return" and order.state in TRAVEL[2:]:
                order.state, order.due_at = "returned", None
        is_waiting = {order for order in due if order.case == "return" and order.state in BEFORE_HANDOVER}
        self.cases = [order for order in self.cases if order.case_at >= midnight or order in is_waiting]
        self.reserved, self.released, self.travelling = (
            [order for order in orders if order.state not in ("cancelled", "returned")]
            for orders in (self.reserved, self.released, self.travelling)
        )
        return [order for order in due if order.state == "returned"]

    def cancel(self, order):
        for line in order.lines:
            if line.pool:
                free(line)
            else:
                line.sku.on_hand += 1
        order.state, order.due_at = "cancelled", None

    def charge(self, order):
        receipts_fen = sum(line.goods_fen + line.freight_fen for line in order.lines)
        if order.state == "delivered":
            order.charged = charge_row(order, self.facts, receipts_fen)
            payable_on = order.state_at.date() + timedelta(days=PAYABLE_AFTER_DAYS)
            self.add(order, "order", order.charged | {"payable_on": payable_on})
        elif order.charged:
            self.add(order, "refund", refund_row(order.charged))
        elif (order.seller, order.order, 0, "order") not in self.charges:
            self.add(order, "order", charge_row(order, self.facts, 0))

    def add(self, order, kind, row):
        key = (order.seller, order.order, 0, kind)
        assert key not in self.charges, key
        self.charges[key] = row | {"rated_on": order.placed_at.date()}

    # ------------------------------------------------ sanity
    def check_stock(self):
        for sku in self.skus:
            assert sku.declared >= 0 and sku.reserved >= 0, sku
            assert 0 <= sku.on_hand_reserved <= sku.on_hand, sku

    def check_end(self):
        """Nothing is left to do, and the balances hold exactly what unfinished orders reserve."""
        left = (self.reserved, self.released, self.travelling, self.cases, self.shipments)
        assert not any(left), [len(orders) for orders in left]
        held = Counter((line.sku, line.pool) for order in self.taken for line in order.lines if line.pool)
        for sku in self.skus:
            assert (sku.reserved, sku.on_hand_reserved) == (held[sku, "declared"], held[sku, "on_hand"]), sku
        self.counts.update(f"ended {order.state}" for order in self.taken)
        self.counts.update(f"charges of kind {kind}" for *_, kind in self.charges)


def declared_lines(order):
    return [line for line in order.lines if line.pool == "declared"]


def is_ready(sku, day):
    return sku.in_time_on == day and sku.declared >= sku.reserved


def pool_for(sku, is_closed):
    """The pool that can serve one more piece: on hand first; "" sends the order to the seller."""
    if sku.semi_managed and sku.on_hand - sku.on_hand_reserved >= 1:
        return "on_hand"
    return "declared" if sku.semi_managed and not is_closed and sku.declared - sku.reserved >= 1 else ""


def hold(line, by):
    if line.pool == "declared":
        line.sku.reserved += by
    elif line.pool == "on_hand":
        line.sku.on_hand_reserved += by


def free(line):
    hold(line, -1)
    line.pool = ""


# ---------------------------------------------------------------- comparison and output
def differences(expected, frame):
    """One text for each key or value that differs."""
    found = {}
    for row in frame.to_dicts():
        key = tuple(row[name] for name in KEY)
        if key in found:
            yield f"{key}: twice in the replay"
        found[key] = row
    yield from (f"{key}: missing in the replay" for key in expected if key not in found)
    yield from (f"{key}: only in the replay" for key in found if key not in expected)
    for key in expected.keys() & found.keys():
        for name, value in expected[key].items():
            if found[key][name] != value:
                yield f"{key} {name}: expected {value}, the replay has {found[key][name]}"


def print_summary(programme):
    for name, count in sorted(programme.counts.items()):
        print(f"{name:52} {count:>14,}")
    for name in COLUMNS:
        print(f"{name:52} {sum(row[name] for row in programme.charges.values()):>14,}")


def compare(programme, path):
    if not path.is_file():
        print(f"{path}: no such file (--only-print needs none)", file=sys.stderr)
        return 2
    frame = pl.read_parquet(path)
    texts = sorted(differences(programme.charges, frame))
    for text in texts[:20]:
        print(text)
    print(f"{len(programme.charges):,} charges expected, {len(frame):,} found, {len(texts):,} differences")
    return 1 if texts else 0


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
