"""Register sellers, open and close warehouses, bind one to the other, record where a seller stands."""

from bantuo.apps.parties.operations.bindings import BindingRefused, NewBinding, bind_warehouses
from bantuo.apps.parties.operations.sellers import (
    DivisionUnknown,
    NewSeller,
    SellerRefused,
    SellerUnknown,
    lock_sellers,
    register_sellers,
    set_programme_state,
    set_ship_from,
)
from bantuo.apps.parties.operations.warehouses import (
    NewWarehouse,
    WarehouseChanges,
    WarehouseInUse,
    WarehouseRefused,
    WarehouseUnknown,
    close_warehouse,
    edit_warehouse,
    open_starter_warehouses,
    open_warehouses,
)

__all__ = [
    "BindingRefused",
    "DivisionUnknown",
    "NewBinding",
    "NewSeller",
    "NewWarehouse",
    "SellerRefused",
    "SellerUnknown",
    "WarehouseChanges",
    "WarehouseInUse",
    "WarehouseRefused",
    "WarehouseUnknown",
    "bind_warehouses",
    "close_warehouse",
    "edit_warehouse",
    "lock_sellers",
    "open_starter_warehouses",
    "open_warehouses",
    "register_sellers",
    "set_programme_state",
    "set_ship_from",
]
