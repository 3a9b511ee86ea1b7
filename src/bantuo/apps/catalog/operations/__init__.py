"""What a caller does with the catalogue: import the category list, list SKUs, change prices."""

from bantuo.apps.catalog.operations.categories import CategoryListDiffers, import_category_list
from bantuo.apps.catalog.operations.checks import NewSku, RefusedRow
from bantuo.apps.catalog.operations.listing import ListingResult, list_skus
from bantuo.apps.catalog.operations.prices import NewPrices, change_prices

__all__ = [
    "CategoryListDiffers",
    "ListingResult",
    "NewPrices",
    "NewSku",
    "RefusedRow",
    "change_prices",
    "import_category_list",
    "list_skus",
]
