"""The warehouse floor: inbound cartons, receiving, packing with scans, handover."""

from django.db import models
from django.db.models import F, Q

from bantuo.apps.catalog.models import Sku
from bantuo.apps.orders.models import Order, OrderLine
from bantuo.apps.parties.models import Seller, Warehouse


class Shipment(models.Model):
    """What a seller sends to a warehouse (发货单): JIT for released orders, or stock-up."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT)
    code = models.TextField()
    kind = models.TextField()
    notified_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="the latest arrival that counts as in time")
    received_at = models.DateTimeField(null=True)
    in_time = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "code"], name="shipment_once"),
            models.CheckConstraint(condition=Q(kind__in=["jit", "stock_up"]), name="shipment_kind_known"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="shipment_on_the_way", condition=Q(received_at__isnull=True)
            ),
        ]


class Carton(models.Model):
    """An inbound carton (箱) with its SSCC; `pieces` decides the packing discount (FEE-6)."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    shipment = models.ForeignKey(Shipment, models.PROTECT, related_name="cartons")
    sscc = models.TextField()
    pieces = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "sscc"], name="carton_once"),
            models.CheckConstraint(condition=Q(pieces__gt=0), name="carton_not_empty"),
        ]


class CartonLine(models.Model):
    """A SKU in a carton, for an order line (JIT) or for the shelf (stock-up): expected and counted.

    What an order line still lacks after a short count travels in a line of a later carton.
    """

    seller = models.ForeignKey(Seller, models.PROTECT)
    carton = models.ForeignKey(Carton, models.PROTECT, related_name="lines")
    kind = models.TextField(help_text="of the shipment")
    sku = models.ForeignKey(Sku, models.PROTECT)
    order_line = models.ForeignKey(OrderLine, models.PROTECT, null=True)
    expected = models.IntegerField()
    received = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "carton", "order_line"], name="carton_line_once"),
            models.UniqueConstraint(
                fields=["seller", "carton", "sku"],
                condition=Q(order_line__isnull=True),
                name="carton_line_stock_up_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="jit", order_line__isnull=False)
                | Q(kind="stock_up", order_line__isnull=True),
                name="carton_line_jit_has_order_line",
            ),
            models.CheckConstraint(condition=Q(expected__gt=0), name="carton_line_expected_positive"),
            models.CheckConstraint(
                condition=Q(received__isnull=True) | Q(received__gte=0), name="carton_line_received_counted"
            ),
        ]


class Discrepancy(models.Model):
    """What was counted at receiving differs from what was announced. Append-only."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    carton_line = models.ForeignKey(CartonLine, models.PROTECT)
    expected = models.IntegerField()
    received = models.IntegerField()
    reason = models.TextField(help_text="short | surplus")
    found_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "carton_line"], name="discrepancy_once"),
            models.CheckConstraint(
                condition=Q(reason="short", received__lt=F("expected"))
                | Q(reason="surplus", received__gt=F("expected")),
                name="discrepancy_reason_fits",
            ),
        ]


class Parcel(models.Model):
    """A packed order as the packing station measured it. One parcel per order (A-23)."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    order = models.OneToOneField(Order, models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT)
    started_at = models.DateTimeField()
    packed_at = models.DateTimeField()
    seconds = models.IntegerField()
    wrong_scans = models.IntegerField(default=0, help_text="refused at the bench, so they never left")
    mis_shipped = models.BooleanField(default=False, help_text="escaped: the buyer got something else")
    weight_g = models.IntegerField()
    length_mm = models.IntegerField()
    width_mm = models.IntegerField()
    height_mm = models.IntegerField()
    carton_pieces = models.IntegerField()
    station = models.TextField()
    actor = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "order"], name="parcel_once"),
            models.CheckConstraint(
                condition=Q(weight_g__gt=0, length_mm__gt=0, width_mm__gt=0, height_mm__gt=0),
                name="parcel_measured",
            ),
            models.CheckConstraint(
                condition=Q(seconds__gte=0, wrong_scans__gte=0, packed_at__gte=F("started_at")),
                name="parcel_times_sane",
            ),
        ]


class Scan(models.Model):
    """Every scan at a bench, the wrong ones too. Append-only."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    order = models.ForeignKey(Order, models.PROTECT)
    kind = models.TextField()
    code = models.TextField()
    accepted = models.BooleanField()
    scanned_at = models.DateTimeField()
    station = models.TextField()
    actor = models.TextField()


class Handover(models.Model):
    """A manifest of parcels given to the first-leg carrier by one warehouse on one day."""

    warehouse = models.ForeignKey(Warehouse, models.PROTECT)
    code = models.TextField(unique=True)
    handed_over_at = models.DateTimeField()


class HandoverParcel(models.Model):
    """A parcel on a manifest."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    handover = models.ForeignKey(Handover, models.PROTECT)
    parcel = models.OneToOneField(Parcel, models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seller", "parcel"], name="handover_parcel_once")]
