"""The forms of signing in and up, with our words and without placeholders."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.account.fields import PasswordField
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bantuo.apps.accounts.models import User
from bantuo.apps.accounts.operations import (
    DEMO_DOMAIN,
    DEMO_PASSWORD,
    AddressTaken,
    ShopKnown,
    begin_second_factor,
    sign_up_seller,
)
from bantuo.apps.accounts.queries import users_at
from bantuo.apps.parties.operations import NewSeller, SellerRefused
from bantuo.interfaces.web.signin import demo_code, locked_out, request_now

PASSWORD_HINT = _("At least 10 characters. Not a common word, and not like your mail address.")
MARKETPLACES = [("aliexpress", _("AliExpress"))]
_LABELS: dict[str, Any] = {
    "login": _("Mail address"),
    "email": _("Mail address"),
    "password": _("Password"),
    "remember": _("Stay signed in on this device"),
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("New password again"),
    "code": _("Verification code"),
}


class OurWords:
    """Our labels instead of the library's, and no placeholders that repeat them."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = _LABELS.get(name) or field.label
            field.widget.attrs.pop("placeholder", None)
            field.help_text = PASSWORD_HINT if name == "password1" else ""
            if name == "code":
                field.widget.attrs |= {"inputmode": "numeric", "autofocus": True, "maxlength": 32}


class SignInForm(OurWords, account.LoginForm):
    """By mail address and password."""

    @property
    def demo_accounts(self) -> list[User]:
        """Who may be signed in by one click, on a demonstration."""
        return users_at(DEMO_DOMAIN) if settings.DEMO else []

    demo_password = DEMO_PASSWORD


class SignUpForm(account.SignupForm):
    """A merchant comes: the person and the shop, in one form."""

    name = forms.CharField(label=_("Full name"), max_length=100)
    shop_name = forms.CharField(label=_("Name of the shop"), max_length=200)
    marketplace = forms.ChoiceField(label=_("Marketplace"), choices=MARKETPLACES)
    shop_code = forms.CharField(
        label=_("Code of the shop"),
        max_length=64,
        validators=[
            RegexValidator(r"^[0-9A-Za-z][0-9A-Za-z._/-]*\Z", _("Letters, digits and . _ / - only."))
        ],
        help_text=_("As the marketplace shows it in your shop's settings. It never changes."),
    )
    ship_from = forms.CharField(
        label=_("Goods leave from"),
        max_length=200,
        help_text=_("Province, city and county, for example 浙江省金华市义乌市. You can change it later."),
    )
    field_order = ["shop_name", "marketplace", "shop_code", "ship_from", "name", "email", "password1"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("Mail address")
        self.fields["email"].help_text = _("You sign in with it.")
        self.fields["password1"].label = _("Password")
        self.fields["password1"].help_text = PASSWORD_HINT
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)

    def validate_unique_email(self, value: str) -> str:
        """Whether the address is free is decided when the account is made: of two at once one wins."""
        return value

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """The shop and its owner; or the form again, with what is in the way."""
        try:
            return self._sign_up(), None
        except AddressTaken as refused:
            self.add_error("email", _INVITED if refused.is_invited else _TAKEN)
        except ShopKnown:
            self.add_error("shop_code", _KNOWN)
        except SellerRefused as refused:
            self.add_error("shop_name", str(refused))
        return None, render(request, "account/signup.html", {"form": self})

    def _sign_up(self) -> User:
        told = self.cleaned_data
        shop = NewSeller(
            told["marketplace"], told["shop_code"], told["shop_name"], None, told["ship_from"]
        )  # fmt: skip
        return sign_up_seller(
            shop,
            email=told["email"],
            name=told["name"],
            password=told["password1"],
            language=get_language() or settings.LANGUAGE_CODE,
            now=timezone.now(),
            actor="system:sign-up",
        )


_TAKEN = _("There is an account with this address: sign in, or reset its password.")
_INVITED = _(
    "Somebody has invited this address to a shop: open the link in that mail, or ask them to withdraw it."
)
_KNOWN = _("This shop has joined already. Ask its owner to invite you: People, Invite.")


class ResetForm(OurWords, account.ResetPasswordForm):
    """A forgotten password."""


class NewPasswordForm(OurWords, account.ResetPasswordKeyForm):
    """A new password, or the first one of somebody who was invited."""

    @property
    def is_invitation(self) -> bool:
        return self.user is not None and self.user.state == "invited"


class ChangeForm(OurWords, account.ChangePasswordForm):
    """Another password."""


class PasswordAgainForm(OurWords, account.ReauthenticateForm):
    """Is it still you?"""


class SaysWhen:
    """After too many wrong codes says when to try again."""

    user: User

    def clean_code(self) -> str:
        try:
            return str(super().clean_code())  # type: ignore[misc]
        except ValidationError as refused:
            if refused.code in ("too_many_login_attempts", "rate_limited"):
                raise locked_out(request_now(), key=f"mfa-auth-user-{self.user.pk}") from refused
            raise

    @property
    def demo_code(self) -> str:
        return demo_code(self.user)


class CodeForm(SaysWhen, OurWords, mfa.AuthenticateForm):
    """The second step of signing in: a code of the app, or a recovery code."""


class CodeAgainForm(SaysWhen, OurWords, mfa.ReauthenticateForm):
    """Is it still you, by code?"""


class ActivateForm(SaysWhen, OurWords, totp.ActivateTOTPForm):
    """The first code of a new authenticator app; sessions opened without it are over."""

    def clean_code(self) -> str:
        code = super().clean_code()
        request = request_now()
        begin_second_factor(self.user, now=timezone.now())
        update_session_auth_hash(request, self.user)
        UserSession.objects.create_from_request(request)
        return code


__all__ = ["PASSWORD_HINT", "PasswordField"]
