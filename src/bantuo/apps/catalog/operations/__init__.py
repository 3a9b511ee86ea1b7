"""What a caller does with the catalogue: the category list, SKUs on and off sale, prices, EPR numbers."""

from bantuo.apps.catalog.operations.categories import (
    CategoryDraftClosed,
    CategoryDraftFaulty,
    CategoryDraftUnknown,
    CategoryListDiffers,
    ListNotInFuture,
    discard_category_draft,
    draft_category_list,
    import_category_list,
    publish_category_draft,
)
from bantuo.apps.catalog.operations.checks import NewSku, RefusedRow
from bantuo.apps.catalog.operations.delisting import DelistingResult, SkuToDelist, delist_skus
from bantuo.apps.catalog.operations.epr import EprResult, NewEpr, register_epr
from bantuo.apps.catalog.operations.listing import ListingResult, list_skus
from bantuo.apps.catalog.operations.prices import NewPrices, change_prices

__all__ = [
    "CategoryDraftClosed",
    "CategoryDraftFaulty",
    "CategoryDraftUnknown",
    "CategoryListDiffers",
    "DelistingResult",
    "EprResult",
    "ListNotInFuture",
    "ListingResult",
    "NewEpr",
    "NewPrices",
    "NewSku",
    "RefusedRow",
    "SkuToDelist",
    "change_prices",
    "delist_skus",
    "discard_category_draft",
    "draft_category_list",
    "import_category_list",
    "list_skus",
    "publish_category_draft",
    "register_epr",
]
