"""What is sold: the category admission list, products, SKUs, prices with history, alerts, EPR."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from bantuo.apps.parties.models import Seller


class CategoryList(models.Model):
    """One import of the category admission list (半托管类目准入清单), in force from a day."""

    valid_from = models.DateField(unique=True)
    origin = models.TextField(help_text="who says so; the shipped starter list is marked as ours")
    imported_at = models.DateTimeField()
    imported_by = models.TextField(db_default="", default="")


class AdmittedCategory(models.Model):
    """A category that the list admits."""

    category_list = models.ForeignKey(CategoryList, models.PROTECT, related_name="entries")
    code = models.TextField()
    group = models.TextField()
    name_zh = models.TextField()
    name_en = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["category_list", "code"], name="admitted_category_once")
        ]


class CategoryDraft(models.Model):
    """An uploaded list on its way to be published: read, with what is wrong in it, deciding nothing."""

    file_name = models.TextField()
    rows = models.JSONField(help_text="code, group, name_zh, name_en of each row that can be read")
    problems = models.JSONField(help_text="row, field, value and rule of each that cannot")
    created_by = models.TextField()
    created_at = models.DateTimeField()
    closed_by = models.TextField(null=True, help_text="who published or discarded it")
    closed_at = models.DateTimeField(null=True)
    category_list = models.OneToOneField(
        CategoryList, models.PROTECT, null=True, related_name="draft", help_text="what it became"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(category_list__isnull=True) | Q(closed_at__isnull=False, problems=[]),
                name="category_draft_published_is_sound",
            ),
        ]


class Product(models.Model):
    """A listing of one seller: what the buyer sees, shared by its SKUs."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    code = models.TextField()
    category = models.TextField()
    title = models.TextField()
    apparel = models.BooleanField(default=False)
    size_chart = models.JSONField(null=True)
    attributes_required = models.IntegerField(default=0)
    attributes_missing = models.IntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "code"], name="product_code_once"),
            models.CheckConstraint(
                condition=Q(
                    attributes_missing__gte=0, attributes_missing__lte=models.F("attributes_required")
                ),
                name="product_attributes_counted",
            ),
        ]


class Sku(models.Model):
    """A sellable unit with both prices, declared weight and size, and the ticked services."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    product = models.ForeignKey(Product, models.PROTECT, related_name="skus")
    code = models.TextField()
    semi_managed = models.BooleanField(default=False)
    ordinary_fen = models.BigIntegerField()
    exclusive_fen = models.BigIntegerField(null=True)
    weight_g = models.IntegerField()
    length_mm = models.IntegerField()
    width_mm = models.IntegerField()
    height_mm = models.IntegerField()
    hs_code = models.TextField(default="")
    customs_name = models.TextField(default="")
    markets = ArrayField(models.TextField(), default=list)
    label = models.BooleanField(default=False, help_text="FEE-4 labelling, copied to each order")
    photo_qc = models.BooleanField(default=False, help_text="FEE-4 photo inspection, copied to each order")
    listed_at = models.DateTimeField()
    delisted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "code"], name="sku_code_once"),
            models.CheckConstraint(condition=Q(ordinary_fen__gt=0), name="sku_ordinary_price_positive"),
            models.CheckConstraint(
                condition=Q(exclusive_fen__isnull=True) | Q(exclusive_fen__gt=0),
                name="sku_exclusive_positive",
            ),
            models.CheckConstraint(
                condition=Q(semi_managed=False) | Q(exclusive_fen__isnull=False),
                name="sku_semi_has_exclusive_price",
            ),
            models.CheckConstraint(
                condition=Q(weight_g__gt=0, length_mm__gt=0, width_mm__gt=0, height_mm__gt=0),
                name="sku_measures_positive",
            ),
        ]


class PriceChange(models.Model):
    """Append-only history of both prices."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    sku = models.ForeignKey(Sku, models.PROTECT)
    kind = models.TextField()
    old_fen = models.BigIntegerField(null=True)
    new_fen = models.BigIntegerField()
    changed_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["ordinary", "exclusive"]), name="price_kind_known")
        ]
        indexes = [models.Index(fields=["seller", "sku", "changed_at"], name="price_history")]


class PriceAlert(models.Model):
    """PRC-1: the exclusive price was above the allowed share of the ordinary one."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    sku = models.ForeignKey(Sku, models.PROTECT)
    ordinary_fen = models.BigIntegerField()
    exclusive_fen = models.BigIntegerField()
    exclusive_fen_max = models.BigIntegerField()
    rule = models.TextField()
    reason = models.TextField()
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "sku"], condition=Q(cleared_at__isnull=True), name="price_alert_one_open"
            ),
        ]


class EprRegistration(models.Model):
    """A producer-responsibility number of one product in one market and stream (ELG-17)."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    product = models.ForeignKey(Product, models.PROTECT)
    market = models.TextField()
    stream = models.TextField()
    number = models.TextField()
    needs_review = models.BooleanField(default=False, help_text="its shape is unknown: a person decides")
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "product", "market", "stream"], name="epr_once"),
        ]


class ListingRefusal(models.Model):
    """A SKU that was not listed, with the row, field, value and rule."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    code = models.TextField()
    field = models.TextField()
    value = models.TextField()
    rule = models.TextField()
    reason = models.TextField()
    refused_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "code", "field", "rule"], name="listing_refusal_once"),
        ]
