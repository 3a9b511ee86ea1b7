"""Cancellations, returns and refunds, and who is responsible for each."""

from django.db import models
from django.db.models import Q

from bantuo.apps.orders.models import Order
from bantuo.apps.parties.models import Seller


class Responsible(models.TextChoices):
    SELLER = "seller"
    PROVIDER = "provider"
    BUYER = "buyer"
    PLATFORM = "platform"


class AfterSale(models.Model):
    """One case on one order. `refund_fen` is what the buyer gets back."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    order = models.ForeignKey(Order, models.PROTECT, related_name="aftersales")
    kind = models.TextField()
    responsible = models.TextField(choices=Responsible.choices)
    reason = models.TextField()
    rule = models.TextField(help_text="what decides the responsibility")
    refund_fen = models.BigIntegerField()
    opened_at = models.DateTimeField()
    decided_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "order", "kind"], name="aftersale_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["cancellation", "return", "refund"]), name="aftersale_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(responsible__in=Responsible.values), name="aftersale_responsible_known"
            ),
            models.CheckConstraint(condition=Q(refund_fen__gte=0), name="aftersale_refund_not_negative"),
        ]


class RefundLine(models.Model):
    """What of a refund belongs to which order line."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    aftersale = models.ForeignKey(AfterSale, models.PROTECT, related_name="lines")
    line_no = models.IntegerField()
    quantity = models.IntegerField()
    refund_fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "aftersale", "line_no"], name="refund_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, refund_fen__gte=0), name="refund_line_positive"
            ),
        ]
