"""What a caller does with the catalogue: the category list, SKUs on and off sale, prices, EPR numbers."""

from bantuo.apps.catalog.operations.categories import CategoryListDiffers, import_category_list
from bantuo.apps.catalog.operations.checks import NewSku, RefusedRow
from bantuo.apps.catalog.operations.delisting import DelistingResult, SkuToDelist, delist_skus
from bantuo.apps.catalog.operations.epr import EprResult, NewEpr, register_epr
from bantuo.apps.catalog.operations.listing import ListingResult, list_skus
from bantuo.apps.catalog.operations.prices import NewPrices, change_prices

__all__ = [
    "CategoryListDiffers",
    "DelistingResult",
    "EprResult",
    "ListingResult",
    "NewEpr",
    "NewPrices",
    "NewSku",
    "RefusedRow",
    "SkuToDelist",
    "change_prices",
    "delist_skus",
    "import_category_list",
    "list_skus",
    "register_epr",
]
