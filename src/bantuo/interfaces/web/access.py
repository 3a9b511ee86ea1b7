"""Who may open a page: every view says so, and one that says nothing is refused to everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from bantuo.apps.accounts.models import OPERATOR_ROLES, SELLER_ROLES, Role

View = TypeVar("View", bound=Callable[..., Any])
AUDITOR = frozenset({Role.AUDITOR.value})
WRITING_OPERATORS = OPERATOR_ROLES - AUDITOR


@dataclass(frozen=True, slots=True)
class Access:
    """The roles that may look at a page (GET) and those that may act on it (any other method)."""

    public: bool
    view: frozenset[str]
    act: frozenset[str]
    signed_in: bool = False  # anybody with an account, whatever the role
    superuser: bool = False  # Django's plain admin

    def allows(self, roles: Iterable[str], *, method: str) -> bool:
        """Whether somebody with these roles may do this; the public and signed-in are decided before."""
        allowed = self.view if method in ("GET", "HEAD", "OPTIONS") else self.act
        return bool(allowed.intersection(roles))

    def words(self) -> str:
        """As the committed URL × role snapshot says it."""
        if self.public:
            return "public"
        if self.signed_in:
            return "signed in"
        if self.superuser:
            return "superuser"
        acting = f" | act: {', '.join(sorted(self.act))}" if self.act else ""
        return f"view: {', '.join(sorted(self.view))}{acting}"


PUBLIC = Access(public=True, view=frozenset(), act=frozenset())
SIGNED_IN = Access(public=False, view=frozenset(), act=frozenset(), signed_in=True)
SUPERUSER = Access(public=False, view=frozenset(), act=frozenset(), superuser=True)


def public(view: View) -> View:
    """A page for everybody, with or without an account."""
    return _mark(view, PUBLIC)


def signed_in(view: View) -> View:
    """A page for everybody with an account."""
    return _mark(view, SIGNED_IN)


def access(*, view: Iterable[str], act: Iterable[str] = ()) -> Callable[[View], View]:
    """A page for these roles. Who acts must be named; an auditor never acts."""
    acting = frozenset(str(role) for role in act)
    if acting & AUDITOR:
        raise ValueError("an auditor only reads")
    told = Access(public=False, view=frozenset(str(role) for role in view) | acting, act=acting)
    return lambda decorated: _mark(decorated, told)


def access_of(view: Any) -> Access | None:
    """What a view says of itself, None when it says nothing (then nobody gets in)."""
    return getattr(view, "access", None)


def _mark(view: View, told: Access) -> View:
    view.access = told  # type: ignore[attr-defined]
    return view


__all__ = [
    "OPERATOR_ROLES", "PUBLIC", "SELLER_ROLES", "SIGNED_IN", "SUPERUSER", "WRITING_OPERATORS", "Access",
    "Role", "access", "access_of", "public", "signed_in",
]  # fmt: skip
