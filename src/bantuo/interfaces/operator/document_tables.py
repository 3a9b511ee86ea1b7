"""The lists of papers and of the looks at them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import django_filters
import django_tables2
from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bantuo.apps.accounts.models import User
from bantuo.apps.accounts.queries import actor_names
from bantuo.apps.documents.models import Document, DocumentAccess
from bantuo.interfaces.web.paper_words import kind_choices, kind_words, reason_words, subject_words
from bantuo.interfaces.web.programme import Programme, programme_now
from bantuo.interfaces.web.tables import BadgeColumn, DayColumn, ListFilter, ListTable, WhenColumn
from bantuo.interfaces.web.templatetags.ui import badge
from bantuo.interfaces.web.words import choices, word_of

_STATES = (("in_use", _("in use")), ("replaced", _("replaced")), ("destroyed", _("destroyed")))
_EXPIRY = (
    ("expired", _("out of date")),
    ("7", _("within 7 days")),
    ("30", _("within 30 days")),
    ("60", _("within 60 days")),
)


class Papers(ListTable):
    """Papers, the latest upload first."""

    kind = django_tables2.Column(verbose_name=_("Paper"))
    seller = django_tables2.Column(verbose_name=_("Seller"), order_by="seller__code", accessor="seller__name")
    name = django_tables2.Column(verbose_name=_("File"), orderable=False)
    uploaded_at = WhenColumn(verbose_name=_("Uploaded"), order_by="id")
    expires_on = DayColumn(verbose_name=_("Good until"), default="–")
    state = BadgeColumn(kind="paper", verbose_name=_("State"), orderable=False, empty_values=())

    class Meta(ListTable.Meta):
        model = Document
        fields = ("kind", "seller", "name", "uploaded_at", "expires_on", "state")
        order_by = "-uploaded_at"

    empty_title = _("No papers yet")
    empty_hint = _("They appear here as soon as a seller uploads one.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.programme: Programme = programme_now()

    def render_kind(self, record: Document) -> SafeString:
        url = reverse("operator:document", args=[record.pk])
        return format_html('<a href="{}">{}</a>', url, self.value_kind(record))

    def value_kind(self, record: Document) -> str:
        part = subject_words(record.kind, record.subject)
        kind = kind_words(record.kind, book=self.programme.book)
        return f"{kind} · {part}" if part else kind

    def render_state(self, record: Document) -> SafeString:
        return badge(self._state(record), "paper")

    def value_state(self, record: Document) -> str:
        return str(word_of("paper", self._state(record)).label)

    def _state(self, record: Document) -> str:
        if record.destroyed_at is not None:
            return "destroyed"
        if record.replaced_at is not None:
            return "replaced"
        expired = record.expires_on is not None and record.expires_on < self.programme.on
        return "expired" if expired else "received"


class PaperFilter(ListFilter):
    """By kind, seller, state and expiry; papers in use unless asked otherwise."""

    kind = django_filters.ChoiceFilter(label=_("Paper"), empty_label=_("all papers"))
    seller = django_filters.CharFilter(label=_("Seller (code or name)"), method="of_seller")
    expiry = django_filters.ChoiceFilter(
        label=_("Runs out"), choices=_EXPIRY, method="running_out", empty_label=_("any time")
    )
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=_STATES, method="in_state", empty_label=_("all")
    )

    class Meta:
        model = Document
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["kind"].extra["choices"] = kind_choices(programme_now().book)

    def of_seller(self, papers: QuerySet[Document], name: str, value: str) -> QuerySet[Document]:
        return papers.filter(Q(seller__code__iexact=value) | Q(seller__name__icontains=value))

    def running_out(self, papers: QuerySet[Document], name: str, value: str) -> QuerySet[Document]:
        on = programme_now().on
        papers = papers.filter(replaced_at__isnull=True, destroyed_at__isnull=True)
        if value == "expired":
            return papers.filter(expires_on__lt=on)
        return papers.filter(expires_on__gte=on, expires_on__lte=on + timedelta(days=int(value)))

    def in_state(self, papers: QuerySet[Document], name: str, value: str) -> QuerySet[Document]:
        match value:
            case "destroyed":
                return papers.filter(destroyed_at__isnull=False)
            case "replaced":
                return papers.filter(replaced_at__isnull=False, destroyed_at__isnull=True)
        return papers.filter(replaced_at__isnull=True, destroyed_at__isnull=True)


class Looks(ListTable):
    """Every entry of the access log, the latest first, with its place in the chain."""

    id = django_tables2.Column(verbose_name=_("No."))
    happened_at = WhenColumn(verbose_name=_("When"), order_by="id")
    action = BadgeColumn(kind="look", verbose_name=_("Act"), orderable=False)
    seller = django_tables2.Column(verbose_name=_("Seller"), accessor="seller__name", orderable=False)
    document = django_tables2.Column(
        verbose_name=_("Paper"), orderable=False, empty_values=(), accessor="document_id"
    )
    actor = django_tables2.Column(verbose_name=_("Person"), orderable=False)
    reason = django_tables2.Column(verbose_name=_("Reason"), orderable=False)
    address = django_tables2.Column(verbose_name=_("Network address"), orderable=False)
    entry_hash = django_tables2.Column(verbose_name=_("Hash"), orderable=False)

    class Meta(ListTable.Meta):
        model = DocumentAccess
        fields = (
            "id", "happened_at", "action", "seller", "document", "actor", "reason", "address", "entry_hash",
        )  # fmt: skip
        order_by = "-id"

    empty_title = _("Nobody has looked at anything yet")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.book = programme_now().book
        self._names: dict[str, str] | None = None

    def render_document(self, record: DocumentAccess) -> SafeString | str:
        if record.document is None:
            return self.value_document(record)
        url = reverse("operator:document", args=[record.document.pk])
        return format_html('<a href="{}">{}</a>', url, self.value_document(record))

    def value_document(self, record: DocumentAccess) -> str:
        if record.document is None:
            return str(_("legal representative"))
        return kind_words(record.document.kind, book=self.book)

    def render_reason(self, record: DocumentAccess) -> str:
        return reason_words(record.action, record.reason)

    def render_entry_hash(self, value: str) -> SafeString:
        return format_html('<code title="{}">{}…</code>', value, value[:12])

    def value_entry_hash(self, value: str) -> str:
        return value

    def render_actor(self, value: str) -> str:
        return self._known_names({value}).get(value, value)

    def value_actor(self, value: str) -> str:
        return self.render_actor(value)

    def _known_names(self, wanted: set[str]) -> Mapping[str, str]:
        """The people on this page in one query; an export adds those it meets."""
        if self._names is None:
            shown = {row.record.actor for row in self.paginated_rows}
            self._names = actor_names(shown)
        missing = wanted - self._names.keys()
        if missing:
            self._names |= {actor: actor_names([actor]).get(actor, actor) for actor in missing}
        return self._names


class LookFilter(ListFilter):
    """By what was done, by whom, to whose papers, and when."""

    action = django_filters.ChoiceFilter(label=_("Act"), choices=choices("look"), empty_label=_("anything"))
    seller = django_filters.CharFilter(label=_("Seller (code or name)"), method="of_seller")
    who = django_filters.CharFilter(label=_("Person (name or mail)"), method="by_person")
    since = django_filters.DateFilter(
        label=_("From"),
        field_name="happened_at",
        lookup_expr="date__gte",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    until = django_filters.DateFilter(
        label=_("To"),
        field_name="happened_at",
        lookup_expr="date__lte",
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    class Meta:
        model = DocumentAccess
        fields: tuple[str, ...] = ()

    def of_seller(self, looks: QuerySet[DocumentAccess], name: str, value: str) -> QuerySet[DocumentAccess]:
        return looks.filter(Q(seller__code__iexact=value) | Q(seller__name__icontains=value))

    def by_person(self, looks: QuerySet[DocumentAccess], name: str, value: str) -> QuerySet[DocumentAccess]:
        people = User.objects.filter(Q(name__icontains=value) | Q(email__icontains=value))
        return looks.filter(actor__in=[f"user:{pk}" for pk in people.values_list("pk", flat=True)])
