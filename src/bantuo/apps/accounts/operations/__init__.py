"""Who may sign in: shops sign up, owners and administrators invite, roles change, access ends."""

from bantuo.apps.accounts.operations.access import (
    LastOfRole,
    ReasonMissing,
    begin_second_factor,
    change_roles,
    deactivate_user,
    reactivate_user,
    reset_second_factor,
)
from bantuo.apps.accounts.operations.demo import (
    DEMO_DOMAIN,
    DEMO_PASSWORD,
    activate_demo_factor,
    make_demo_accounts,
)
from bantuo.apps.accounts.operations.people import (
    AddressTaken,
    InvitationOver,
    PersonUnknown,
    RolesUnfit,
    accept_invitation,
    create_operator,
    create_seller_user,
    renew_invitation,
    withdraw_invitation,
)
from bantuo.apps.accounts.operations.sign_up import ShopKnown, sign_up_seller

__all__ = [
    "DEMO_DOMAIN",
    "DEMO_PASSWORD",
    "AddressTaken",
    "InvitationOver",
    "LastOfRole",
    "PersonUnknown",
    "ReasonMissing",
    "RolesUnfit",
    "ShopKnown",
    "accept_invitation",
    "activate_demo_factor",
    "begin_second_factor",
    "change_roles",
    "create_operator",
    "create_seller_user",
    "deactivate_user",
    "make_demo_accounts",
    "reactivate_user",
    "renew_invitation",
    "reset_second_factor",
    "sign_up_seller",
    "withdraw_invitation",
]
