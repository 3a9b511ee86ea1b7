"""Steps ③ and ④ as pages ask for them: agreement, deposit, warehouses, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from bantuo.apps.admission.models import (
    Agreement,
    AgreementText,
    Application,
    BindingNotice,
    Deposit,
    DepositPayment,
    DepositState,
)
from bantuo.apps.admission.queries import deposits_held_fen, open_obligations
from bantuo.apps.parties.divisions import division_place
from bantuo.apps.parties.models import Seller, Warehouse
from bantuo.apps.sql import fetch_rows
from bantuo.core.calendar import add_working_days
from bantuo.core.distance import Place, great_circle_m, place_against_line
from bantuo.core.health import first_report_on
from bantuo.core.policy import Book, Text

_SIGNED_STATES = ("agreement_signed", "deposit_held", "warehouse_bound", "active", "suspended")


def agreement_in_force(on: date) -> AgreementText | None:
    """The version of the agreement in force on a day; None before the first is published."""
    return AgreementText.objects.filter(effective_from__lte=on).order_by("-effective_from").first()


def signed_agreements(seller_id: int) -> list[Agreement]:
    """Every version a seller signed, latest first."""
    return list(Agreement.objects.filter(seller_id=seller_id).order_by("-signed_at", "-id"))


def agreements_outdated(seller_id: int, *, on: date) -> AgreementText | None:
    """The version in force that a seller who signed an earlier one has not signed; None when all is well."""
    found = fetch_rows(
        """
        SELECT t.id
        FROM (SELECT id, state FROM admission_application WHERE seller_id = %s
              ORDER BY attempt DESC LIMIT 1) a
        CROSS JOIN (SELECT id, version FROM admission_agreementtext WHERE effective_from <= %s
                    ORDER BY effective_from DESC LIMIT 1) t
        WHERE a.state = ANY(%s) AND NOT EXISTS (
            SELECT 1 FROM admission_agreement g WHERE g.application_id = a.id AND g.version = t.version)
        """,
        [seller_id, on, list(_SIGNED_STATES)],
    )
    return AgreementText.objects.get(pk=found[0][0]) if found else None


@dataclass(frozen=True, slots=True)
class VersionSigned:
    """How many served sellers have signed a version, and how many have not."""

    text: AgreementText
    signed: int


def agreement_versions() -> list[VersionSigned]:
    """Every published version, latest first, with the number of sellers who signed it."""
    counts = dict(
        fetch_rows("SELECT version, count(DISTINCT seller_id) FROM admission_agreement GROUP BY version")
    )
    texts = AgreementText.objects.order_by("-effective_from")
    return [VersionSigned(text, counts.get(text.version, 0)) for text in texts]


def deposit_due_fen(deposit: Deposit) -> int:
    """What the seller is to pay on its deposit now: all of it, what is missing, or nothing."""
    if deposit.state == DepositState.DUE:
        return deposit.required_fen
    if deposit.state == DepositState.TOP_UP_DUE:
        return deposit.required_fen - deposits_held_fen([deposit.pk]).get(deposit.pk, 0)
    return 0


def latest_deposit(seller_id: int) -> Deposit | None:
    """The deposit of a seller's latest application, if one was asked for."""
    return Deposit.objects.filter(seller_id=seller_id).select_related("application").order_by("-id").first()


_HELD = """
    (SELECT -COALESCE(sum(p.amount_fen), 0)::bigint FROM ledger_entry e
     JOIN ledger_posting p ON p.seller_id = e.seller_id AND p.entry_id = e.id
         AND p.account_id = 'seller_deposit'
     WHERE e.seller_id = admission_deposit.seller_id AND e.kind IN
         ('deposit_held', 'deposit_topped_up', 'deposit_deducted', 'deposit_refunded')
       AND split_part(e.reference, ':', 2) = admission_deposit.id::text)
"""


def deposits_listed() -> QuerySet[Deposit]:
    """Every deposit with `held_fen` from the ledger and `waiting`, the payments that wait for finance."""
    waiting = DepositPayment.objects.filter(deposit=OuterRef("pk"), decided_at__isnull=True)
    held = RawSQL(_HELD, [], output_field=BigIntegerField())
    return Deposit.objects.select_related("seller").annotate(held_fen=held, waiting=Exists(waiting))


def refund_channel(deposit: Deposit) -> str:
    """The route the deposit came by, which is the one it goes back by; by hand when nobody recorded it."""
    confirmed = DepositPayment.objects.filter(deposit=deposit, confirmed=True).order_by("-id")
    return confirmed.values_list("channel", flat=True).first() or "manual"


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One posting of the deposit: debit positive, credit negative, and the rule behind it."""

    posting_id: int
    entry_id: int
    on: date
    kind: str
    account: str
    account_zh: str
    account_en: str
    amount_fen: int
    rule: str
    posted_at: datetime

    @property
    def account_name(self) -> Text:
        return Text(self.account_zh, self.account_en)

    @property
    def credit_fen(self) -> int:
        """The amount as a credit: positive where the posting is negative."""
        return -self.amount_fen


def deposit_lines(deposit_id: int) -> list[LedgerLine]:
    """Every ledger line of a deposit, in order."""
    return [
        LedgerLine(*row)
        for row in fetch_rows(
            """
            SELECT p.id, e.id, e.business_date, e.kind, a.code, a.name_zh, a.name_en, p.amount_fen, p.rule,
                   e.posted_at
            FROM admission_deposit d
            JOIN ledger_entry e ON e.seller_id = d.seller_id AND e.kind IN
                ('deposit_held', 'deposit_topped_up', 'deposit_deducted', 'deposit_refunded')
                AND split_part(e.reference, ':', 2) = d.id::text
            JOIN ledger_posting p ON p.seller_id = e.seller_id AND p.entry_id = e.id
            JOIN ledger_account a ON a.code = p.account_id
            WHERE d.id = %s ORDER BY e.id, p.id
            """,
            [deposit_id],
        )
    ]


@dataclass(frozen=True, slots=True)
class Condition:
    """One of DEP-1.release_conditions and how much of it is open; `count` None: nobody can tell."""

    code: str
    is_open: bool
    count: int | None


def release_conditions(seller_id: int, *, book: Book, on: date, now: datetime) -> list[Condition]:
    """Every condition of the deposit's release, as it stands at this moment."""
    return [
        _condition(code, open_obligations([seller_id], conditions=[code], now=now).get(seller_id, []))
        for code in book.amount("DEP-1.release_conditions", on)
    ]


def _condition(code: str, told: Sequence[str]) -> Condition:
    """`no_open_order: 3 open orders` as its count; words without one cannot be counted."""
    if not told:
        return Condition(code, is_open=False, count=0)
    number = told[0].removeprefix(f"{code}: ").split(" ")[0]
    return Condition(code, is_open=True, count=int(number) if number.isdigit() else None)


def cooling_ends_on(*, book: Book, on: date) -> date:
    """The day on which a deposit that begins to cool on `on` may be paid back; raises CalendarYearUnknown."""
    return add_working_days(on, days=int(book.amount("DEP-1.cooling_days", on)))


@dataclass(frozen=True, slots=True)
class WarehouseChoice:
    """A warehouse as a seller weighs it; `estimate_m` and `against_line` are None without both places.

    `against_line` (within, close, beyond) is advice: the fee rests on the road distance alone.
    """

    warehouse: Warehouse
    estimate_m: int | None
    against_line: str | None


def warehouse_choices(seller: Seller, *, book: Book, on: date) -> list[WarehouseChoice]:
    """The warehouses a seller may bind on a day, the nearest first by estimate, then by code."""
    line_m, doubt_m = int(book.amount("FEE-5.distance", on)), int(book.amount("BND-2", on))
    origin = division_place(seller.ship_from_code)
    taking = Warehouse.objects.filter(opened_on__lte=on, closed_on__isnull=True).order_by("code")
    choices = [_choice(warehouse, origin, line_m=line_m, doubt_m=doubt_m) for warehouse in taking]
    return sorted(choices, key=lambda c: (c.estimate_m is None, c.estimate_m or 0, c.warehouse.code))


def _choice(warehouse: Warehouse, origin: Place | None, *, line_m: int, doubt_m: int) -> WarehouseChoice:
    there = warehouse_place(warehouse)
    if origin is None or there is None:
        return WarehouseChoice(warehouse, None, None)
    estimate = great_circle_m(origin, there)
    return WarehouseChoice(warehouse, estimate, place_against_line(estimate, line_m=line_m, doubt_m=doubt_m))


def warehouse_place(warehouse: Warehouse) -> Place | None:
    """Where a warehouse lies: its own coordinates, else those of its division, else unknown."""
    if warehouse.latitude_e6 is not None and warehouse.longitude_e6 is not None:
        return Place(warehouse.latitude_e6, warehouse.longitude_e6)
    return division_place(warehouse.place_code)


def open_notice(seller_id: int) -> BindingNotice | None:
    """The change of warehouse that a seller has announced and that is not in force yet."""
    notices = BindingNotice.objects.filter(
        seller_id=seller_id, applied_at__isnull=True, withdrawn_at__isnull=True
    )
    return notices.select_related("warehouse").first()


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One of steps ⑤–⑦ of an active seller: `step` is the rule, `count` of `total` is done."""

    step: str
    is_done: bool
    count: int
    total: int
    due_on: date | None = None


def active_checklist(seller_id: int, *, book: Book, on: date) -> list[ChecklistItem]:
    """What an active seller does next: SKUs listed with an exclusive price, stock stated today, first report.

    Empty for a seller who is not active. The last item's `count` is the days until the first weekly
    report (OPS-2), 0 from that day on.
    """
    seller = Seller.objects.get(pk=seller_id)
    if seller.programme_state != "active" or seller.active_from is None:
        return []
    ((listed, priced, stated),) = fetch_rows(
        """
        SELECT count(*), count(*) FILTER (WHERE s.semi_managed AND s.exclusive_fen IS NOT NULL),
               count(*) FILTER (WHERE s.semi_managed AND EXISTS (
                   SELECT 1 FROM stock_balance b
                   WHERE b.seller_id = s.seller_id AND b.sku_id = s.id AND b.stated_on = %s))
        FROM catalog_sku s WHERE s.seller_id = %s AND s.delisted_at IS NULL
        """,
        [on, seller_id],
    )
    first = first_report_on(seller.active_from, days=int(book.amount("OPS-2.days", on)))
    days = max((first - on).days, 0)
    return [
        ChecklistItem("STEP-5", is_done=priced > 0, count=priced, total=listed),
        ChecklistItem("STEP-6", is_done=0 < priced == stated, count=stated, total=priced),
        ChecklistItem(
            "STEP-7", is_done=days == 0, count=days, total=(first - seller.active_from).days, due_on=first
        ),
    ]


def application_of(seller_id: int) -> Application | None:
    """The latest application of a seller with the seller, if it ever applied."""
    return (
        Application.objects.filter(seller_id=seller_id).select_related("seller").order_by("-attempt").first()
    )
