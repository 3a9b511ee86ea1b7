"""What the people's pages of the seller centre and of the operator console share."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from smtplib import SMTPException
from typing import Any

from django import forms
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.accounts.queries import account_history, actor_names
from bantuo.apps.events.models import OutboxEvent
from bantuo.interfaces.web.form_choices import choice_field
from bantuo.interfaces.web.signin_tokens import invitation_url
from bantuo.interfaces.web.words import BAD, INFO, MUTE, OK, WARN, Word, add_words, word_of

_log = logging.getLogger(__name__)
ROLE_SCOPES: dict[str, str | Promise] = {
    Role.SELLER_OWNER: _("everything of the shop, and its people"),
    Role.SELLER_LISTING: _("the application, papers and products"),
    Role.SELLER_STOCK: _("ERP and stock"),
    Role.SELLER_FINANCE: _("deposit and statements"),
    Role.REVIEWER: _("reviews applications and papers"),
    Role.POLICY: _("publishes values of rules and the admission list"),
    Role.FINANCE: _("confirms and refunds deposits"),
    Role.WAREHOUSE: _("runs the designated warehouses"),
    Role.AUDITOR: _("reads everything, changes nothing"),
    Role.ADMINISTRATOR: _("manages people and roles, reads everything"),
}
add_words(
    "person",
    {
        "active": Word(_("may sign in"), OK),
        "invited": Word(_("invited"), INFO),
        "deactivated": Word(_("closed"), MUTE),
    },
)
_TOLD: dict[str, tuple[str | Promise, str]] = {
    "account.created": (_("Account made"), OK),
    "account.invited": (_("Invited"), INFO),
    "account.accepted": (_("Invitation accepted"), OK),
    "account.withdrawn": (_("Invitation withdrawn"), WARN),
    "account.roles": (_("Roles changed"), INFO),
    "account.deactivated": (_("Access ended"), BAD),
    "account.reactivated": (_("Access given back"), OK),
    "account.second_factor_set": (_("Second factor set up"), OK),
    "account.second_factor_reset": (_("Second factor reset"), WARN),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the time line of accounts."""

    at: datetime
    title: str
    text: str
    actor: str
    tone: str


def history_of(users: Iterable[User]) -> list[Happening]:
    """What happened to these accounts, latest first; several people are told apart by their address."""
    named = {f"user:{user.pk}": user.name or user.email for user in users}
    events = account_history([int(key[5:]) for key in named])
    actors = actor_names(event.payload.get("by", "") for event in events)
    return [_happening(event, named if len(named) > 1 else {}, actors) for event in events]


def _happening(event: OutboxEvent, named: dict[str, str], actors: dict[str, str]) -> Happening:
    title, tone = _TOLD.get(event.topic, (event.topic, MUTE))
    whose = named.get(event.key, "")
    shown = f"{whose}: {title}" if whose else str(title)
    by = event.payload.get("by", "")
    return Happening(event.occurred_at, shown, _detail(event.payload), actors.get(by, by), tone)


def _detail(payload: dict[str, Any]) -> str:
    if "from" in payload:
        return f"{role_words(payload['from'])} → {role_words(payload['to'])}"
    if payload.get("reason"):
        return str(payload["reason"])
    return role_words(payload.get("roles", []))


def role_words(roles: Collection[str]) -> str:
    """Roles as the reader's words, in one line."""
    return _gettext(", ").join(str(word_of("role", role).label) for role in roles)


def role_choices(roles: Collection[str]) -> list[tuple[str, SafeString]]:
    """Roles to tick, each with what it is for."""
    return [(role, _role_choice(role)) for role in Role.values if role in roles]


def _role_choice(role: str) -> SafeString:
    return format_html(
        '<strong>{}</strong> <span class="text-secondary">{}</span>',
        word_of("role", role).label,
        ROLE_SCOPES[role],
    )


class RolesForm(forms.Form):
    """Which roles somebody has."""

    roles = forms.MultipleChoiceField(label=_("Roles"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, among: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice_field(self, "roles").choices = role_choices(among)


class InviteForm(RolesForm):
    """Whom to invite, and for what."""

    name = forms.CharField(label=_("Full name"), max_length=100)
    email = forms.EmailField(label=_("Mail address"), max_length=254)
    field_order = ["name", "email", "roles"]


class ReasonForm(forms.Form):
    """Why, for whoever reads the history."""

    reason = forms.CharField(label=_("Reason"), max_length=500)


def mail_invitation(user: User, *, inviter: User) -> bool:
    """Send the link with which somebody accepts; False when it could not be sent (it can be sent again)."""
    told = {
        "shop": user.seller.name if user.seller else "",
        "inviter": inviter.name or inviter.email,
        "url": invitation_url(user),
    }
    with translation.override(user.language):
        subject = " ".join(render_to_string("account/email/invitation_subject.txt", told).split())
        body = render_to_string("account/email/invitation_message.txt", told)
    try:
        send_mail(f"[Bantuo] {subject}", body, None, [user.email])
    except (OSError, SMTPException):
        _log.exception("the invitation of user %s was not mailed", user.pk)
        return False
    return True
