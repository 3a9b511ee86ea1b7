"""What the key pages of the seller centre and of the operator console share."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import django_tables2
from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bantuo.apps.integrations.models import ApiCall, ApiKey, KeyKind
from bantuo.apps.integrations.operations.keys import GivenKey
from bantuo.apps.integrations.scopes import Scope
from bantuo.channels.vault import VaultRefused
from bantuo.interfaces.web.form_choices import choice_field
from bantuo.interfaces.web.papers import vault
from bantuo.interfaces.web.tables import ListTable, NumberColumn, WhenColumn
from bantuo.interfaces.web.words import BAD, INFO, MUTE, OK, WARN, Word, add_words

_SHOWN = "api_secret_shown"
OVERLAP = timedelta(days=1)
SCOPE_WORDS: dict[str, str | Promise] = {
    Scope.STOCK_READ: _("read stock and the state of the day"),
    Scope.STOCK_WRITE: _("state stock"),
    Scope.PRODUCTS_READ: _("read products and SKUs"),
    Scope.PRODUCTS_WRITE: _("list and delist SKUs"),
    Scope.PRICES_WRITE: _("change prices"),
    Scope.ORDERS_READ: _("read orders"),
    Scope.ORDERS_WRITE: _("ship orders, answer cancel requests"),
    Scope.ORDERS_INTAKE: _("push new orders"),
    Scope.SHIPMENTS_READ: _("read shipments to warehouses"),
    Scope.PROGRAMME_READ: _("quotes, diagnosis and rules"),
}
add_words(
    "api_key_kind",
    {KeyKind.KEY: Word(_("API key"), INFO), KeyKind.CLIENT: Word(_("OAuth2 client"), MUTE)},
)
add_words("api_key_state", {"active": Word(_("in use"), OK), "revoked": Word(_("revoked"), MUTE)})


def _status_tone(code: int) -> str:
    return OK if code < 400 else WARN if code < 500 else BAD


add_words("http_status", {str(code): Word(str(code), _status_tone(code)) for code in range(100, 600)})


class KeyForm(forms.Form):
    """A new key: what it is called and what it may do."""

    title = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("For yourself: which program uses it, such as ERP or test."),
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=((KeyKind.KEY, _("API key: one secret, sent with each call")),
                 (KeyKind.CLIENT, _("OAuth2 client: its secret buys tokens for an hour"))),
        initial=KeyKind.KEY,
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(
        label=_("May do"), widget=forms.CheckboxSelectMultiple, help_text=_("As little as the program needs.")
    )

    def __init__(self, *arguments: Any, scopes: Iterable[Scope], **options: Any) -> None:
        super().__init__(*arguments, **options)
        choice_field(self, "scopes").choices = [(scope.value, SCOPE_WORDS[scope]) for scope in scopes]


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key as its page shows it, with its scopes in words."""

    key: ApiKey
    scopes: Sequence[str | Promise]

    @property
    def state(self) -> str:
        """active or revoked."""
        return "active" if self.key.revoked_at is None else "revoked"


def shown_keys(keys: Iterable[ApiKey]) -> list[ShownKey]:
    """Keys for a page."""
    return [ShownKey(key, [SCOPE_WORDS.get(scope, scope) for scope in key.scopes]) for key in keys]


@dataclass(frozen=True, slots=True)
class ShownSecret:
    """A secret on the one page that shows it."""

    key: ApiKey
    secret: str


def show_once(request: HttpRequest, given: GivenKey) -> None:
    """Have the next page show the secret; on the way it is sealed, as we keep its digest only."""
    sealed = vault().seal(given.secret.encode(), context=_context(given.key.pk))
    request.session[_SHOWN] = [given.key.pk, base64.b64encode(sealed).decode()]


def shown_once(request: HttpRequest, keys: Iterable[ApiKey]) -> ShownSecret | None:
    """The secret that this page is to show, if it is of one of these keys; never a second time."""
    pk, sealed = request.session.pop(_SHOWN, (0, ""))
    key = next((key for key in keys if key.pk == pk), None)
    if key is None:
        return None
    try:
        return ShownSecret(key, vault().unseal(base64.b64decode(sealed), context=_context(pk)).decode())
    except VaultRefused:
        return None


def _context(key_id: int) -> str:
    return f"integrations.shown_once:{key_id}"


class Calls(ListTable):
    """The log of calls."""

    called_at = WhenColumn(verbose_name=_("When"))
    key = django_tables2.Column(verbose_name=_("Key"), empty_values=(), orderable=False)
    method = django_tables2.Column(verbose_name=_("Method"), orderable=False)
    path = django_tables2.Column(verbose_name=_("Address"), orderable=False)
    status = django_tables2.TemplateColumn(
        "{% load ui %}{% badge value kind='http_status' %}", verbose_name=_("Answer"), orderable=False
    )
    took_ms = NumberColumn(verbose_name=_("ms"), orderable=False)
    request_id = django_tables2.Column(verbose_name=_("Request id"), orderable=False)

    class Meta(ListTable.Meta):
        model = ApiCall
        fields = ("called_at", "key", "method", "path", "status", "took_ms", "request_id")
        order_by = "-id"

    empty_title = _("No calls yet")
    empty_hint = _("The last 1,000 calls of each key stand here as soon as they are made.")

    def __init__(self, *arguments: Any, names: dict[int, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.names = names

    def render_key(self, record: ApiCall) -> str:
        """The key's own name."""
        return self.names.get(record.key_id, str(record.key_id))

    value_key = render_key

    def value_status(self, value: int) -> int:
        """The number, in an export."""
        return value
