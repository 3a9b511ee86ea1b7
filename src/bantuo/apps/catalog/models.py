"""What is sold: the category admission list, products, SKUs, prices with history, alerts, EPR."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

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
    attributes = models.JSONField(
        default=dict, help_text="what was given of the category's attributes, by name"
    )
    images = ArrayField(models.TextField(), default=list, help_text="links; the first is the main image")
    video = models.TextField(default="", help_text="a link")
    fully_managed = models.BooleanField(default=False, help_text="under a fully managed contract (CAP-1)")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField(db_default=Now())

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
        indexes = [models.Index(fields=["seller", "id"], name="product_of_seller")]


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
    item_code = models.TextField(default="", help_text="the goods behind it, whatever the listing (ELG-10)")
    listed_at = models.DateTimeField()
    delisted_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(db_default=Now())

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
        indexes = [
            models.Index(fields=["seller", "id"], name="sku_of_seller"),
            models.Index(
                fields=["seller"],
                include=["id"],
                condition=Q(semi_managed=False) | Q(delisted_at__isnull=False),
                name="sku_no_stock_asked",
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


class ListingChange(models.Model):
    """Append-only history of what was changed in a listing, prices apart."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    product = models.ForeignKey(Product, models.PROTECT)
    sku = models.ForeignKey(Sku, models.PROTECT, null=True)
    field = models.TextField()
    old = models.TextField()
    new = models.TextField()
    changed_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["seller", "product", "changed_at"], name="listing_history")]


class ListingRequest(models.Model):
    """A change of content that an operator decides, as CAP-1 asks under a fully managed contract."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    product = models.ForeignKey(Product, models.PROTECT)
    kind = models.TextField(help_text="main_image, video")
    old = models.TextField()
    new = models.TextField()
    state = models.TextField(default="open", help_text="open, approved, refused, replaced")
    requested_by = models.TextField()
    requested_at = models.DateTimeField()
    decided_by = models.TextField(default="")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "product", "kind"],
                condition=Q(state="open"),
                name="listing_request_one_open",
            ),
        ]


class ListingDefaults(models.Model):
    """The services that a seller ticks for a SKU that does not say (FEE-4)."""

    seller = models.OneToOneField(Seller, models.PROTECT)
    label = models.BooleanField(default=False)
    photo_qc = models.BooleanField(default=False)


class Promotion(models.Model):
    """A promotion of the seller's own: days in Shanghai, the first and the last included."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    name = models.TextField()
    first_on = models.DateField()
    last_on = models.DateField()
    ended_at = models.DateTimeField(null=True, help_text="called off before its last day")
    created_at = models.DateTimeField()
    created_by = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "name"], name="promotion_name_once"),
            models.CheckConstraint(
                condition=Q(last_on__gte=models.F("first_on")), name="promotion_days_in_order"
            ),
        ]


class PromotionPrice(models.Model):
    """What a SKU costs in a promotion, and what PRC-1 says of it."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="prices")
    sku = models.ForeignKey(Sku, models.PROTECT)
    price_fen = models.BigIntegerField()
    ordinary_fen = models.BigIntegerField(help_text="the ordinary price that it was judged against")
    price_fen_max = models.BigIntegerField(help_text="the highest price without an alert")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "promotion", "sku"], name="promotion_price_once"),
            models.CheckConstraint(condition=Q(price_fen__gt=0), name="promotion_price_positive"),
        ]


class SheetMapping(models.Model):
    """Which column of a sheet is which, as the seller said it the last time such headings came."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    headings_key = models.TextField(help_text="a hash of the headings")
    columns = models.JSONField(help_text="field → heading")
    fixed = models.JSONField(help_text="field → what it is in every row")
    used_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seller", "headings_key"], name="sheet_mapping_once")]


class ListingImport(models.Model):
    """A sheet of listings on its way into the catalogue; its progress lives in its rows."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    file_name = models.TextField()
    origin = models.TextField(help_text="whose headings these are: bantuo, dianxiaomi, lingxing, other")
    headings = models.JSONField()
    columns = models.JSONField(default=dict, help_text="field → heading")
    fixed = models.JSONField(default=dict, help_text="field → what it is in every row")
    state = models.TextField(
        default="mapping", help_text="mapping, checked, running, done, undoing, undone, dropped"
    )
    created_at = models.DateTimeField()
    created_by = models.TextField()
    started_at = models.DateTimeField(null=True)
    started_by = models.TextField(default="")
    ended_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["seller", "-id"], name="listing_imports_latest")]


class ListingImportRow(models.Model):
    """One row of a sheet: what stood in it, what is wrong with it, and what it changed."""

    seller = models.ForeignKey(Seller, models.PROTECT)
    sheet = models.ForeignKey(ListingImport, models.PROTECT, related_name="rows")
    number = models.IntegerField(help_text="as the spreadsheet counts it: the headings are 1")
    cells = models.JSONField()
    state = models.TextField(default="read", help_text="read, bad, ready, listed, refused, undone, kept")
    plan = models.TextField(default="", help_text="new, change, same")
    problems = models.JSONField(default=list)
    changes = models.JSONField(default=dict, help_text="field → before and after, for the preview")
    alert_fen_max = models.BigIntegerField(
        null=True, help_text="would raise a price alert: the highest exclusive price that would not"
    )
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "sheet", "number"], name="listing_import_row_once")
        ]
        indexes = [models.Index(fields=["sheet", "state", "number"], name="listing_import_progress")]
