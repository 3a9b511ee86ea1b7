"""How pages call what an ERP app may do, and its state."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from bantuo.apps.open_platform.models import Scope
from bantuo.interfaces.web.words import INFO, MUTE, OK, WARN, Word, add_words

add_words(
    "open_scope",
    {
        Scope.LISTINGS: Word(_("listings and prices"), INFO),
        Scope.STOCK: Word(_("stock"), INFO),
        Scope.ORDERS: Word(_("orders and shipments"), INFO),
        Scope.RECIPIENTS: Word(_("buyers' addresses"), WARN),
    },
)
add_words("open_app", {"open": Word(_("in use"), OK), "closed": Word(_("closed"), MUTE)})

MEANINGS = {
    Scope.LISTINGS: _("Read your listings; change prices, countries, weights and sizes."),
    Scope.STOCK: _("State your stock, as if you did it yourself."),
    Scope.ORDERS: _("Read your orders; report shipments; accept or refuse cancellations."),
    Scope.RECIPIENTS: _("Read names, addresses and telephone numbers of buyers. Every look is logged."),
}
