"""What the layout of every page shows: the menu, the area's name, and banners that concern the reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _

from bantuo.interfaces.web.navigation import Group, menu_of


@dataclass(frozen=True, slots=True)
class Banner:
    """A line above every page until its cause is gone."""

    text: str | Promise
    url: str = ""
    action: str | Promise = ""
    tone: str = "warn"


BannerSource = Callable[[HttpRequest], Iterable[Banner]]
_SOURCES: list[BannerSource] = []


def banner_source(source: BannerSource) -> BannerSource:
    """Register what may put a banner above the pages (a decorator; keep it to one cheap query)."""
    _SOURCES.append(source)
    return source


class Shell:
    """Made when a layout first asks, so that fragments and errors pay nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def layout(self) -> str:
        """The layout for whoever looks: with the menu for people with an account."""
        return "web/page.html" if self._is_known else "web/public.html"

    @property
    def area(self) -> str:
        user = self._request.user
        return _("Operator console") if user.is_authenticated and user.is_operator else _("Seller centre")

    @property
    def _is_known(self) -> bool:
        """Whether somebody has signed in; a request refused at the door has no user at all."""
        user = getattr(self._request, "user", None)
        return user is not None and user.is_authenticated

    @cached_property
    def menu(self) -> list[Group]:
        return menu_of(self._request)

    @cached_property
    def banners(self) -> list[Banner]:
        if not self._is_known:
            return []
        return [banner for source in _SOURCES for banner in source(self._request)]


def shell(request: HttpRequest) -> dict[str, Any]:
    """For every template: `shell.menu`, `shell.area`, `shell.banners`, `shell.layout`."""
    return {"shell": Shell(request)}
