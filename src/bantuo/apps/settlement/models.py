"""One wide charge row per order (and per later refund), runs, statements and payouts."""

from django.db import models
from django.db.models import F, Q

from bantuo.apps.orders.models import Order
from bantuo.apps.parties.models import Seller
from bantuo.apps.policies.models import PolicyVersion


class Run(models.Model):
    """One settlement run. It claims every unclaimed charge payable up to `run_on`."""

    code = models.TextField(unique=True)
    run_on = models.DateField()
    ran_at = models.DateTimeField()
    policy_version = models.ForeignKey(PolicyVersion, models.PROTECT)


class Charge(models.Model):
    """What one order brought and cost, with the inputs frozen. A refund is a row of its own.

    `kind` is `order` or `refund`; a refund row is negative and never changes the order's row.
    total_fen = the sum of the fee columns; net_fen = receipts_fen - total_fen.
    `measured_difference_fen`: what measuring at the packing station changed against the estimate.
    """

    seller = models.ForeignKey(Seller, models.PROTECT, db_index=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="charges")
    kind = models.TextField()
    cause = models.TextField(default="", help_text="the after-sale kind of a refund row; empty for an order")
    receipts_fen = models.BigIntegerField()
    base_service_fen = models.BigIntegerField()
    fulfilment_fen = models.BigIntegerField()
    transfer_fen = models.BigIntegerField()
    packing_fen = models.BigIntegerField()
    labelling_fen = models.BigIntegerField()
    photo_qc_fen = models.BigIntegerField()
    measured_difference_fen = models.BigIntegerField()
    total_fen = models.BigIntegerField()
    net_fen = models.BigIntegerField()
    inputs = models.JSONField(help_text="every input of every line, frozen")
    card = models.TextField()
    policy_version = models.ForeignKey(PolicyVersion, models.PROTECT, db_index=False)
    rated_on = models.DateField(help_text="the day whose policy applied: the order's (A-40)")
    reason = models.TextField()
    charged_at = models.DateTimeField()
    payable_on = models.DateField()
    run = models.ForeignKey(Run, models.PROTECT, null=True, db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "order", "kind", "cause"], name="charge_once"),
            models.CheckConstraint(condition=Q(kind__in=["order", "refund"]), name="charge_kind_known"),
            models.CheckConstraint(
                condition=Q(
                    total_fen=F("base_service_fen")
                    + F("fulfilment_fen")
                    + F("transfer_fen")
                    + F("packing_fen")
                    + F("labelling_fen")
                    + F("photo_qc_fen")
                    + F("measured_difference_fen")
                ),
                name="charge_lines_sum_to_total",
            ),
            models.CheckConstraint(
                condition=Q(net_fen=F("receipts_fen") - F("total_fen")), name="charge_net_is_what_is_left"
            ),
        ]
        indexes = [
            models.Index(fields=["payable_on"], name="charge_unclaimed", condition=Q(run__isnull=True)),
            models.Index(fields=["run", "seller"], name="charge_by_run"),
        ]


class ChargeRefusal(models.Model):
    """An order that could not be priced: the field, its value and the rule. It stays uncharged."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    order = models.ForeignKey(Order, models.PROTECT)
    field = models.TextField()
    value = models.TextField()
    rule = models.TextField()
    refused_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "order", "field"], name="charge_refusal_once"),
        ]


class Statement(models.Model):
    """A seller's part of a run: carried in, charged, paid out, carried on."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    run = models.ForeignKey(Run, models.PROTECT, related_name="statements")
    charges = models.IntegerField()
    receipts_fen = models.BigIntegerField()
    fees_fen = models.BigIntegerField()
    carried_in_fen = models.BigIntegerField()
    payout_fen = models.BigIntegerField()
    carried_on_fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "run"], name="statement_once"),
            models.CheckConstraint(
                condition=Q(
                    carried_on_fen=F("carried_in_fen") + F("receipts_fen") - F("fees_fen") - F("payout_fen")
                ),
                name="statement_adds_up",
            ),
            models.CheckConstraint(condition=Q(payout_fen__gte=0), name="statement_payout_not_negative"),
        ]


class Payout(models.Model):
    """Money sent to a seller for a run. (seller, run) makes paying twice impossible."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    run = models.ForeignKey(Run, models.PROTECT)
    amount_fen = models.BigIntegerField()
    bank = models.TextField(help_text="the payment adapter; `sandbox` moves no money")
    reference = models.TextField()
    paid_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "run"], name="payout_once"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="payout_positive"),
        ]
