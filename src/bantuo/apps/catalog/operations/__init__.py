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
from bantuo.apps.catalog.operations.defaults import set_listing_defaults
from bantuo.apps.catalog.operations.delisting import DelistingResult, SkuToDelist, delist_skus
from bantuo.apps.catalog.operations.epr import EprResult, NewEpr, register_epr
from bantuo.apps.catalog.operations.import_runs import (
    imports_under_way,
    run_batch,
    start_import,
    start_undo,
)
from bantuo.apps.catalog.operations.imports import (
    ImportClosed,
    ImportUnknown,
    MappingUnusable,
    check_import,
    drop_import,
    map_columns,
    take_in_sheet,
)
from bantuo.apps.catalog.operations.listing import ListingResult, list_skus
from bantuo.apps.catalog.operations.prices import NewPrices, PriceResult, change_prices
from bantuo.apps.catalog.operations.promotions import (
    NewPromotionPrice,
    PromotionResult,
    PromotionUnknown,
    PromotionUnusable,
    drop_promotion_price,
    end_promotion,
    open_promotion,
    price_promotion,
)
from bantuo.apps.catalog.operations.repairs import repair_prices
from bantuo.apps.catalog.operations.requests import (
    ReasonMissing,
    RequestDecided,
    RequestUnknown,
    approve_request,
    refuse_request,
    withdraw_request,
)

__all__ = [
    "CategoryDraftClosed",
    "CategoryDraftFaulty",
    "CategoryDraftUnknown",
    "CategoryListDiffers",
    "DelistingResult",
    "EprResult",
    "ImportClosed",
    "ImportUnknown",
    "ListNotInFuture",
    "ListingResult",
    "MappingUnusable",
    "NewEpr",
    "NewPrices",
    "NewPromotionPrice",
    "NewSku",
    "PriceResult",
    "PromotionResult",
    "PromotionUnknown",
    "PromotionUnusable",
    "ReasonMissing",
    "RefusedRow",
    "RequestDecided",
    "RequestUnknown",
    "SkuToDelist",
    "approve_request",
    "change_prices",
    "check_import",
    "delist_skus",
    "discard_category_draft",
    "draft_category_list",
    "drop_import",
    "drop_promotion_price",
    "end_promotion",
    "import_category_list",
    "imports_under_way",
    "list_skus",
    "map_columns",
    "open_promotion",
    "price_promotion",
    "publish_category_draft",
    "refuse_request",
    "register_epr",
    "repair_prices",
    "run_batch",
    "set_listing_defaults",
    "start_import",
    "start_undo",
    "take_in_sheet",
    "withdraw_request",
]
