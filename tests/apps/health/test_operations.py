"""The weekly health report: who is due, what is counted, what is missed and by whom."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from bantuo.apps.health.models import WeeklyHealth
from bantuo.apps.health.operations import NotAWeek, report_week
from bantuo.apps.health.queries import health_reports
from bantuo.apps.orders.models import Order
from bantuo.apps.parties.models import Binding
from bantuo.apps.warehouse.models import Parcel, Shipment
from bantuo.core.health import percentile_seconds
from tests.apps.factories import ACTOR, MARKETPLACE, make_active_sellers, outbox, policy_version, the_book

pytestmark = pytest.mark.django_db
# Active since 2024-08-01: day 30 is Saturday 2024-08-31, the first boundary Monday 2024-09-02.
WEEK = date(2024, 8, 26)
STARTS = datetime(2024, 8, 25, 16, 0, tzinfo=UTC)  # that Monday 00:00 in Shanghai
NOW = datetime(2024, 9, 1, 17, 0, tzinfo=UTC)
FIRST_INSTANT, LAST_INSTANT = STARTS, STARTS + timedelta(days=7, microseconds=-1)


def report(week_start: date = WEEK) -> int:
    return report_week(
        week_start, book=the_book(), policy_version_id=policy_version(), now=NOW, actor="system:health"
    )


def shipment(seller_id: int, code: str, *, in_time: bool = True, at: datetime = FIRST_INSTANT) -> None:
    Shipment.objects.create(
        seller_id=seller_id,
        warehouse_id=Binding.objects.get(seller_id=seller_id).warehouse_id,
        code=code,
        kind="jit",
        notified_at=at - timedelta(days=1),
        due_at=at,
        received_at=at,
        in_time=in_time,
    )


def shipments(seller_id: int, *, total: int, late: int) -> None:
    warehouse_id = Binding.objects.get(seller_id=seller_id).warehouse_id
    Shipment.objects.bulk_create(
        Shipment(
            seller_id=seller_id,
            warehouse_id=warehouse_id,
            code=f"J-{n}",
            kind="jit",
            notified_at=FIRST_INSTANT,
            due_at=FIRST_INSTANT,
            received_at=FIRST_INSTANT,
            in_time=n >= late,
        )
        for n in range(total)
    )


def parcels(seller_id: int, *seconds: int, at: datetime = LAST_INSTANT, mis_shipped: int = 0) -> None:
    warehouse_id = Binding.objects.get(seller_id=seller_id).warehouse_id
    orders = Order.objects.bulk_create(
        Order(
            seller_id=seller_id,
            marketplace=MARKETPLACE,
            external_id=f"{at.isoformat()}-{n}",
            placed_at=at,
            business_date=WEEK,
            destination="US",
            goods_fen=1,
            freight_fen=0,
            route="semi",
            state="packed",
            warehouse_id=warehouse_id,
        )
        for n in range(len(seconds))
    )
    Parcel.objects.bulk_create(
        Parcel(
            seller_id=seller_id,
            order=order,
            warehouse_id=warehouse_id,
            started_at=at - timedelta(seconds=took),
            packed_at=at,
            seconds=took,
            wrong_scans=1 if n == 0 else 0,
            mis_shipped=n < mis_shipped,
            weight_g=1,
            length_mm=1,
            width_mm=1,
            height_mm=1,
            carton_pieces=1,
            station="S1",
            actor=ACTOR,
        )
        for n, (order, took) in enumerate(zip(orders, seconds, strict=True))
    )


def test_first_report_is_the_first_monday_on_or_after_day_30() -> None:
    (seller,) = make_active_sellers("S-1")
    shipment(seller, "J-1", at=FIRST_INSTANT - timedelta(days=1))
    shipment(seller, "J-2")

    assert report(WEEK - timedelta(days=7)) == 0
    assert report(WEEK) == 1
    assert WeeklyHealth.objects.get().seller_id == seller


def test_a_week_starts_on_monday() -> None:
    with pytest.raises(NotAWeek):
        report(date(2024, 8, 27))


def test_the_week_is_counted_in_shanghai_days() -> None:
    (seller,) = make_active_sellers("S-1")
    shipment(seller, "J-1", at=FIRST_INSTANT)
    shipment(seller, "J-2", at=LAST_INSTANT, in_time=False)
    shipment(seller, "J-3", at=FIRST_INSTANT - timedelta(microseconds=1))
    shipment(seller, "J-4", at=LAST_INSTANT + timedelta(microseconds=1))
    parcels(seller, 80, 90, at=LAST_INSTANT, mis_shipped=1)
    parcels(seller, 500, at=LAST_INSTANT + timedelta(microseconds=1))

    report()

    week = WeeklyHealth.objects.values().get()
    counted = {name: week[name] for name in ("inbound_total", "inbound_in_time", "parcels", "mis_shipped")}
    assert counted == {"inbound_total": 2, "inbound_in_time": 1, "parcels": 2, "mis_shipped": 1}
    assert (week["pack_seconds"], week["pack_seconds_p90"], week["wrong_scans"]) == (170, 90, 1)
    assert (week["inbound_ppm"], week["mis_ship_ppm"], week["pack_mean_s"]) == (500_000, 500_000, 85)


@pytest.mark.parametrize(("late", "missed"), [(1, []), (2, ["KPI-1"])])
def test_inbound_boundary_is_exact(late: int, missed: list[str]) -> None:
    (seller,) = make_active_sellers("S-1")
    shipments(seller, total=125, late=late)  # 124 of 125 is exactly 99.2 %

    report()

    assert [miss["rule"] for miss in WeeklyHealth.objects.get().failed] == missed


@pytest.mark.parametrize(("seconds", "missed"), [((87, 87, 87), []), ((87, 87, 88), ["KPI-3"])])
def test_packing_is_judged_on_the_sums_not_on_the_rounded_mean(
    seconds: tuple[int, ...], missed: list[str]
) -> None:
    (seller,) = make_active_sellers("S-1")
    parcels(seller, *seconds)

    report()

    week = WeeklyHealth.objects.get()
    assert (week.pack_mean_s, [miss["rule"] for miss in week.failed]) == (87, missed)


def test_who_is_accountable_is_named_and_told() -> None:
    (seller,) = make_active_sellers("S-1")
    shipment(seller, "J-1", in_time=False)
    parcels(seller, 300, mis_shipped=1)

    report()

    failed = [
        {"rule": "KPI-1", "accountable": "merchant"},
        {"rule": "KPI-2", "accountable": "provider"},
        {"rule": "KPI-3", "accountable": "provider"},
    ]
    assert WeeklyHealth.objects.get().failed == failed
    assert outbox("health.reported") == [
        (f"health:{seller}/2024-08-26", {"failed": failed, "actor": "system:health"})
    ]


def test_a_quiet_week_is_not_reported() -> None:
    make_active_sellers("S-1")

    assert report() == 0
    assert not WeeklyHealth.objects.exists()


def test_reporting_again_changes_nothing() -> None:
    (seller,) = make_active_sellers("S-1")
    parcels(seller, 80)
    report()
    before = list(WeeklyHealth.objects.values())
    parcels(seller, 300, at=FIRST_INSTANT)

    assert report() == 0
    assert list(WeeklyHealth.objects.values()) == before
    assert len(outbox("health.reported")) == 1


def test_percentile_is_that_of_core() -> None:
    (seller,) = make_active_sellers("S-1")
    seconds = [10, 20, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    parcels(seller, *seconds)

    report()

    assert WeeklyHealth.objects.get().pack_seconds_p90 == percentile_seconds(Counter(seconds), percentile=90)


def test_a_report_opens_to_rule_and_source() -> None:
    one, two = make_active_sellers("S-1", "S-2")
    shipments(one, total=125, late=1)
    parcels(one, 80, at=LAST_INSTANT + timedelta(days=1))
    parcels(two, 80)
    report()
    report(WEEK + timedelta(days=7))

    newest, oldest = health_reports(one, book=the_book())

    assert (newest.week_start, oldest.week_start) == (date(2024, 9, 2), WEEK)
    inbound = oldest.kpis[0]
    assert (inbound.result.numerator, inbound.result.denominator, inbound.result.met) == (124, 125, True)
    assert (inbound.result.rule, inbound.result.accountable, inbound.result.value) == (
        "KPI-1",
        "merchant",
        992_000,
    )
    assert inbound.cite.value.quote == "入库及时率≥99.2%"
    assert (oldest.book, oldest.version) == ("aliexpress-semi", the_book().version)
    assert [kpi.result.met for kpi in newest.kpis] == [None, True, True]
    assert [report.week_start for report in health_reports(two, book=the_book())] == [WEEK]
