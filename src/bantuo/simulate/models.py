"""What a replay must remember between processes: the staged source and the plan of the outside world.

The programme's own tables never refer to these; deleting a replay's rows changes nothing in it.
"""

from django.db import models


class Replay(models.Model):
    """One replay of one source under one layout. `position` counts the steps that are behind it."""

    name = models.TextField(unique=True)
    fingerprint = models.TextField(help_text="hash of the layout, the source files and the limit")
    position = models.BigIntegerField(default=0)
    finished = models.BooleanField(default=False)


class StagedRow(models.Model):
    """What every staged row has: its replay and its 1-based number in the source file."""

    replay = models.ForeignKey(Replay, models.CASCADE, db_constraint=False)
    row = models.BigIntegerField()

    class Meta:
        abstract = True


class StagedSeller(StagedRow):
    seller = models.TextField()
    ship_from = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["replay", "seller"], name="staged_seller_once")]


class StagedProduct(StagedRow):
    product = models.TextField()
    category = models.TextField(null=True)
    weight_g = models.IntegerField()
    length_mm = models.IntegerField()
    width_mm = models.IntegerField()
    height_mm = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["replay", "product"], name="staged_product_once")]


class StagedOrder(StagedRow):
    order = models.TextField()
    status = models.TextField()
    placed_at = models.DateTimeField()
    carrier_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["replay", "order"], name="staged_order_once")]


class StagedItem(StagedRow):
    order = models.TextField()
    line = models.IntegerField()
    product = models.TextField()
    seller = models.TextField()
    goods_fen = models.BigIntegerField()
    freight_fen = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["replay", "order", "line"], name="staged_item_once")]
        indexes = [models.Index(fields=["replay", "seller", "product"], name="staged_item_by_sku")]


class RefusedRow(StagedRow):
    """A source row that could not be used: field, value, rule and the reason."""

    table = models.TextField()
    key = models.TextField()
    field = models.TextField()
    value = models.TextField()
    rule = models.TextField()
    reason = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["replay", "table", "row"], name="refused_row_once"),
        ]


class PlannedOrder(models.Model):
    """What the outside world does with one seller's part of one order, and what it does next."""

    replay = models.ForeignKey(Replay, models.CASCADE, db_constraint=False)
    order = models.TextField()
    seller = models.TextField()
    placed_at = models.DateTimeField()
    stop = models.TextField(help_text="the furthest state the order reaches")
    carrier_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    case = models.TextField(default="", help_text="cancel | return | empty")
    case_at = models.DateTimeField(null=True)
    case_responsible = models.TextField(default="")
    case_reason = models.TextField(default="")
    pack_hours = models.IntegerField()
    pack_seconds = models.IntegerField()
    wrong_scans = models.IntegerField()
    mis_shipped = models.BooleanField()
    extra_permille = models.IntegerField()
    margin_mm = models.IntegerField()
    clear_hours = models.IntegerField()
    deliver_days = models.IntegerField()
    order_id = models.BigIntegerField(null=True, help_text="the programme's order, once taken in")
    next_step = models.TextField(default="")
    next_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["replay", "seller", "order"], name="planned_order_once"),
        ]
        indexes = [
            models.Index(fields=["replay", "placed_at"], name="planned_by_time"),
            models.Index(
                fields=["replay", "next_step", "next_at"],
                name="planned_next",
                condition=models.Q(next_at__isnull=False),
            ),
            models.Index(
                fields=["replay", "case_at"],
                name="planned_case",
                condition=models.Q(case_at__isnull=False),
            ),
            models.Index(
                fields=["order_id"], name="planned_order", condition=models.Q(order_id__isnull=False)
            ),
        ]
