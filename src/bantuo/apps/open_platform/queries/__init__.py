"""Who calls and for whom, and what the protocol's lists hold."""

from bantuo.apps.open_platform.queries.apps import (
    AppLeave,
    leaves_of,
    live_grant,
    open_app,
    private_app,
    registered_apps,
    token_hash,
)
from bantuo.apps.open_platform.queries.listings import (
    ListedProduct,
    ListedSku,
    ProductQuery,
    ProductRow,
    WarehouseStock,
    listed_product,
    listed_skus_of,
    markets_of,
    semi_managed_products,
)
from bantuo.apps.open_platform.queries.orders import (
    COUNT_MAX,
    LineProduct,
    OrderQuery,
    line_products,
    order_page,
)

__all__ = [
    "COUNT_MAX",
    "AppLeave",
    "LineProduct",
    "ListedProduct",
    "ListedSku",
    "OrderQuery",
    "ProductQuery",
    "ProductRow",
    "WarehouseStock",
    "leaves_of",
    "line_products",
    "listed_product",
    "listed_skus_of",
    "live_grant",
    "markets_of",
    "open_app",
    "order_page",
    "private_app",
    "registered_apps",
    "semi_managed_products",
    "token_hash",
]
