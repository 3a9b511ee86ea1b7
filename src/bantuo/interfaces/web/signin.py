"""What Bantuo wants of the sign-in library: adapters, lock-out with a time, the demonstration's accounts."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.apps.accounts.models import User
from bantuo.apps.accounts.operations import DEMO_DOMAIN, InvitationOver, accept_invitation
from bantuo.interfaces.web.context import Banner, banner_source
from bantuo.interfaces.web.papers import vault

PASSWORD_LENGTH_MAX = 128
_log = logging.getLogger(__name__)
_FRESH_SECONDS = 300  # somebody who has just signed in need not do so again for their own settings
SECOND_FACTOR = "second factor"
_CONFIRMED = "address-confirmed"


class Accounts(AuthenticationBackend):
    """Signing in by mail address and password; who is signed in comes with the shop that pages name."""

    def get_user(self, user_id: Any) -> User | None:
        """The account behind a session, in one question with its seller; None once it may not sign in."""
        user = User.objects.select_related("seller").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None


class AccountAdapter(DefaultAccountAdapter):
    """Signing in as the programme wants it."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy("The mail address or the password is wrong."),
        "incorrect_password": gettext_lazy("The password is wrong."),
        "enter_current_password": gettext_lazy("This is not your current password."),
    }

    def clean_password(self, password: str, user: Any = None) -> str:
        """A password as long as anybody can type; the rest is the validators'."""
        if len(password) > PASSWORD_LENGTH_MAX:
            said = _("A password has at most %(most)s characters.") % {"most": PASSWORD_LENGTH_MAX}
            raise ValidationError(said, code="password_too_long")
        return str(super().clean_password(password, user=user))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt; after too many say until when the address is locked."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as refused:
            key = self._get_login_attempts_cache_key(request, **credentials)
            raise locked_out(request, key=key) from refused

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """The accounts of the demonstration exist nowhere else: everybody knows their password."""
        user = super().authenticate(request, **credentials)
        is_shown = settings.DEMO or user is None or not is_demo_account(user)
        return user if is_shown else None

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in. Whoever tries an account of the demonstration keeps the language they read."""
        if is_demo_account(user):
            user.language = translation.get_language() or user.language
            user.save(update_fields=["language"])
        super().login(request, user)

    def set_password(self, user: User, password: str) -> None:
        """A new password; of an invited person it is the first, and lets them in."""
        if user.state != "invited":
            super().set_password(user, password)
            return
        try:
            accept_invitation(user, password=password, now=timezone.now())
        except InvitationOver:
            _log.info("an invitation was used twice at once: user %s", user.pk)

    def is_reauthentication_required(self, *, app: str, **asked: Any) -> bool:
        """Not of somebody who has signed in a moment ago."""
        records = get_authentication_records(self.request, self.request.user)
        is_fresh = bool(records) and time.time() - records[-1]["at"] < _FRESH_SECONDS
        return not is_fresh and super().is_reauthentication_required(app=app, **asked)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail that cannot be sent now is said so; what it was about has happened all the same."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException):
            _log.exception("%s was not mailed", template_prefix)
            said = _("The mail could not be sent just now. Ask for it again in a few minutes.")
            messages.warning(self.request, said)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets are sealed under a key outside the database; an operator keeps the second factor."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("The code is wrong or has been used. Wait for the next one."),
        "cannot_delete_authenticator": gettext_lazy("An operator's account keeps its second factor."),
        "unverified_email": gettext_lazy(
            "Confirm your mail address first: without it a lost second factor could not be mended."
        ),
    }

    def encrypt(self, text: str) -> str:
        return base64.b64encode(vault().seal(text.encode(), context=SECOND_FACTOR)).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        return vault().unseal(base64.b64decode(encrypted_text), context=SECOND_FACTOR).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not authenticator.user.is_operator


def locked_out(request: HttpRequest, *, key: str) -> ValidationError:
    """Too many wrong attempts, and when the next one counts."""
    at = timezone.localtime(free_again_at(request, key=key))
    said = _("Too many wrong attempts. Try again at %(time)s (Beijing time), in %(minutes)s min.") % {
        "time": date_format(at, "H:i:s"),
        "minutes": max(1, -int((timezone.now() - at).total_seconds() // 60)),
    }
    return ValidationError(said, code="too_many_login_attempts")


def free_again_at(request: HttpRequest, *, key: str) -> datetime:
    """When the oldest of the wrong attempts no longer counts; now, if there is no lock."""
    app, action = "allauth.account", "login_failed"
    moments = [time.time()]
    for rate in ratelimit.get_rates(app=app, action=action):
        name = ratelimit.get_cache_key(request, app=app, action=action, rate=rate, key=key)
        history = cache.get(name, [])
        if len(history) >= rate.amount:
            moments.append(history[-1] + rate.duration)
    return datetime.fromtimestamp(max(moments), UTC)


def is_demo_account(user: User) -> bool:
    """Whether everybody knows its password."""
    return user.email.endswith(f"@{DEMO_DOMAIN}")


def demo_code(user: User) -> str:
    """The code that the person's second factor shows now, on a demonstration only; one not used yet."""
    if not (settings.DEMO and is_demo_account(user)):
        return ""
    factor = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    return next(_unused_codes(factor), "") if factor else ""


def _unused_codes(factor: Authenticator) -> Iterator[str]:
    secret, now = SecondFactorAdapter().decrypt(factor.data["secret"]), int(time.time()) // 30
    for counter in (now, now + 1, now - 1):
        code = totp.format_hotp_value(totp.hotp_value(secret, counter))
        if not cache.get(factor.wrap()._get_used_cache_key(code)):
            yield code


@banner_source
def unconfirmed_address(request: HttpRequest) -> list[Banner]:
    """Until the mail address is confirmed; asked once, then the session knows."""
    if not request.user.is_authenticated or request.session.get(_CONFIRMED) == request.user.email:
        return []
    if EmailAddress.objects.filter(user=request.user, verified=False).exists():
        said = gettext_lazy("Your mail address is not confirmed yet: without it you cannot reset a password.")
        return [Banner(said, reverse("account_email"), gettext_lazy("Confirm it"))]
    request.session[_CONFIRMED] = request.user.email
    return []


def request_now() -> HttpRequest:
    """The request that the sign-in library answers at the moment."""
    request: HttpRequest = context.request
    return request
