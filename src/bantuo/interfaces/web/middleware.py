"""What holds for every page: strict headers, the reader's language, and who may come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode

from bantuo.apps.accounts.models import User
from bantuo.interfaces.web.access import PUBLIC, SIGNED_IN, SUPERUSER, access_of
from bantuo.interfaces.web.access import Access as Rule

Respond = Callable[[HttpRequest], HttpResponseBase]


def content_policy(form_target: str = "") -> str:
    """What a page may load and where its forms may go: to us, and at the end to `form_target`."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            f"form-action 'self' {form_target}".strip(),
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


_POLICY = content_policy()
# Views of the libraries by name: signing in is for everybody, the rest for whoever has signed in. Django's
# plain admin is for superusers, who sign in on our page like everybody.
_LIBRARY_PUBLIC = frozenset({
    "account_login", "account_signup", "account_logout", "account_inactive", "account_confirm_email",
    "account_email_verification_sent", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done", "mfa_authenticate",
})  # fmt: skip
_LIBRARY_SIGNED_IN = ("account_", "mfa_", "usersessions_")
_BEFORE_SECOND_FACTOR = frozenset({
    "mfa_index", "mfa_activate_totp", "account_email", "account_reauthenticate", "web:language",
})  # fmt: skip


class SecurityHeaders:
    """A content security policy without unsafe sources, and nothing kept in shared caches."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.respond(request)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class Language:
    """The language a person has chosen once holds on every device."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.respond(request)


class Access:
    """Nobody gets into a view that does not say who may; operators come in with a second factor only."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.seller = getattr(request.user, "seller", None)  # type: ignore[attr-defined]
        return self.respond(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        rule = access_of(view) or library_access(name)
        if rule is None:
            raise PermissionDenied(f"{name}: the view does not say who may open it")
        if rule.public:
            return None
        if not request.user.is_authenticated:
            return session_ended(request)
        if needs_second_factor(request.user) and name not in _BEFORE_SECOND_FACTOR:
            return redirect("mfa_activate_totp")
        if rule.superuser:
            is_allowed = request.user.is_superuser
        else:
            is_allowed = rule.allows(request.user.roles, method=request.method or "GET")
        if not (is_allowed or rule.signed_in):
            raise PermissionDenied
        return None


def library_access(name: str) -> Rule | None:
    """Who may open a view of the sign-in library or of Django's admin, by its name."""
    if name in _LIBRARY_PUBLIC:
        return PUBLIC
    if name.startswith("admin:"):
        return SUPERUSER
    return SIGNED_IN if name.startswith(_LIBRARY_SIGNED_IN) else None


def session_ended(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in page and back; a form under way stays on the screen and is told to sign in beside it."""
    if not request.headers.get("HX-Request"):
        return redirect_to_login(request.get_full_path(), login_url=settings.LOGIN_URL)
    if request.method != "GET":
        return HttpResponse(status=401, headers={"HX-Trigger": "session-ended"})
    back = urlencode({"next": request.headers.get("HX-Current-URL", "/")})
    return HttpResponse(status=204, headers={"HX-Redirect": f"{reverse(settings.LOGIN_URL)}?{back}"})


def needs_second_factor(user: User) -> bool:
    """Whether somebody must set up a second factor before anything else: operators and superusers."""
    return (user.is_operator or user.is_superuser) and not has_second_factor(user)


def has_second_factor(user: User) -> bool:
    """Whether this person has a second factor; with one, nobody signs in without it.

    Sessions from before it was set up ended with the set-up (`accounts.begin_second_factor`).
    """
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())
