"""One-use links that let somebody choose a password: for a forgotten one, or after an invitation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.http import int_to_base36

from bantuo.apps.accounts.models import User


class LinkTokens(PasswordResetTokenGenerator):
    """Works once and for PASSWORD_RESET_TIMEOUT; a later invitation or an end of access ends it too."""

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        rest = f"{user.is_active}|{user.invited_at}|{user.sign_outs}"
        return f"{super()._make_hash_value(user, timestamp)}|{rest}"

    def check_token(self, user: Any, token: str | None) -> bool:
        """A link of somebody whose access has ended opens nothing."""
        return super().check_token(user, token) and user.state != "deactivated"


def invitation_url(user: User) -> str:
    """The whole address where an invited person chooses a password."""
    path = reverse(
        "account_reset_password_from_key", args=[int_to_base36(user.pk), LinkTokens().make_token(user)]
    )
    return f"{settings.BASE_URL}{path}"
