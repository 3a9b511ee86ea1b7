"""The menus of the seller centre and of the operator console: what a person may open, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from django.http import HttpRequest
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bantuo.apps.notices.queries import unread_count
from bantuo.interfaces.web.access import Access, access_of


@dataclass(frozen=True, slots=True)
class Item:
    """One place of a menu: the URL's name, what it is called, its icon."""

    name: str
    label: Promise
    icon: str
    count: Callable[[HttpRequest], int] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A place as one person sees it on one page."""

    label: Promise
    url: str
    icon: str
    is_current: bool
    count: int


@dataclass(frozen=True, slots=True)
class Group:
    """Places under one heading."""

    label: Promise | str
    entries: Sequence[Entry]


def _unread(request: HttpRequest) -> int:
    return unread_count(request.user.pk or 0)


SELLER = (
    ("", (
        Item("seller:home", _("Overview"), icon="home"),
        Item("web:inbox", _("Notices"), icon="bell", count=_unread),
    )),
    (_("Admission"), (
        Item("seller:application", _("Application"), icon="clipboard-list"),
        Item("seller:documents", _("Documents"), icon="file-text"),
        Item("seller:erp", _("ERP evidence"), icon="plug-connected"),
        Item("seller:report", _("Assessment report"), icon="report"),
        Item("seller:diagnosis", _("Diagnostic tool"), icon="stethoscope"),
    )),
    (_("Trading"), (
        Item("seller:listings", _("Listings"), icon="tags"),
        Item("seller:stock", _("Stock"), icon="packages"),
        Item("seller:orders", _("Orders"), icon="shopping-cart"),
    )),
    (_("Signing and warehouse"), (
        Item("seller:agreement", _("Agreement"), icon="signature"),
        Item("seller:deposit", _("Deposit"), icon="coin-yuan"),
        Item("seller:warehouse", _("Warehouse"), icon="building-warehouse"),
    )),
    (_("Account"), (
        Item("seller:members", _("People"), icon="users"),
        Item("seller:open_apps", _("ERP apps"), icon="apps"),
        Item("seller:developers", _("Developers"), icon="code"),
        Item("public:rules", _("Rules"), icon="scale"),
    )),
)  # fmt: skip
OPERATOR = (
    ("", (
        Item("operator:dashboard", _("Dashboard"), icon="layout-dashboard"),
        Item("web:inbox", _("Notices"), icon="bell", count=_unread),
    )),
    (_("Admission"), (
        Item("operator:applications", _("Review queue"), icon="clipboard-check"),
        Item("operator:documents", _("Documents"), icon="file-text"),
        Item("operator:deposits", _("Deposits"), icon="coin-yuan"),
        Item("operator:agreements", _("Agreements"), icon="signature"),
        Item("operator:warehouses", _("Warehouses"), icon="building-warehouse"),
    )),
    (_("Trading"), (
        Item("operator:orders", _("Orders"), icon="shopping-cart"),
        Item("operator:cutover", _("16:00"), icon="clock"),
        Item("operator:stock", _("Stock of the day"), icon="packages"),
        Item("operator:listing_requests", _("Listing requests"), icon="photo-question"),
    )),
    (_("Rules"), (
        Item("operator:policies", _("Policy console"), icon="scale"),
        Item("operator:categories", _("Admission list"), icon="category"),
    )),
    (_("Administration"), (
        Item("operator:users", _("Users and roles"), icon="users"),
        Item("operator:open_apps", _("ERP apps"), icon="apps"),
        Item("operator:api_keys", _("Marketplace keys"), icon="key"),
        Item("operator:audit", _("Access log"), icon="shield-lock"),
        Item("web:styleguide", _("Style guide"), icon="palette"),
    )),
)  # fmt: skip


def menu_of(request: HttpRequest) -> list[Group]:
    """The menu of whoever asks; somebody without an account has none."""
    if not request.user.is_authenticated:
        return []
    groups = OPERATOR if request.user.is_operator else SELLER
    current = _current([item for _, items in groups for item in items], request.path)
    made = [Group(label, list(_entries(items, current, request))) for label, items in groups]
    return [group for group in made if group.entries]


def _entries(items: Sequence[Item], current: str | None, request: HttpRequest) -> Iterator[Entry]:
    for item in items:
        place = _place(item.name)
        if place is not None and _may_look(place[1], request):
            count = item.count(request) if item.count else 0
            yield Entry(item.label, place[0], item.icon, item.name == current, count)


def _current(items: Sequence[Item], path: str) -> str | None:
    """The place whose address begins the page's own, the longest if several do."""
    urls = {item.name: place[0] for item in items if (place := _place(item.name))}
    fitting = [name for name, url in urls.items() if path.startswith(url)]
    return max(fitting, key=lambda name: len(urls[name]), default=None)


@cache
def _place(name: str) -> tuple[str, Access | None] | None:
    try:
        url = reverse(name)
    except NoReverseMatch:
        return None
    return url, access_of(resolve(url).func)


def _may_look(rule: Access | None, request: HttpRequest) -> bool:
    if rule is None:
        return False
    roles = request.user.roles if request.user.is_authenticated else ()
    return rule.public or rule.signed_in or rule.allows(roles, method="GET")
