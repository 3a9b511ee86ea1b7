"""The inbox of whoever has signed in: what they were told, and what of it comes by mail."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2
from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from bantuo.apps.notices.models import Notice
from bantuo.apps.notices.operations import choose_mails, mark_all_read, mark_read
from bantuo.apps.notices.queries import inbox_notices, mail_choices, notices_about, unread_count
from bantuo.apps.notices.topics import subjects_of
from bantuo.interfaces.web.access import signed_in
from bantuo.interfaces.web.notice_words import SUBJECTS, show_notice
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.tables import ListFilter, ListTable, WhenColumn, list_page


def _subjects(request: UserRequest | None) -> list[tuple[str, Any]]:
    roles = frozenset(request.user.roles if request else ())
    return [(subject.value, SUBJECTS[subject]) for subject in subjects_of(roles)]


class InboxFilter(ListFilter):
    """By subject, and the unread ones alone."""

    subject = django_filters.ChoiceFilter(
        label=gettext_lazy("Subject"), choices=_subjects, method="about", empty_label=gettext_lazy("all")
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=[("unread", gettext_lazy("unread")), ("read", gettext_lazy("read"))],
        method="in_state",
        empty_label=gettext_lazy("all"),
    )

    class Meta:
        model = Notice
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["subject"].extra["choices"] = _subjects(self.request)

    def about(self, queryset: QuerySet[Notice], name: str, value: str) -> QuerySet[Notice]:
        return queryset.filter(topic__in=notices_about(value))

    def in_state(self, queryset: QuerySet[Notice], name: str, value: str) -> QuerySet[Notice]:
        return queryset.filter(read_at__isnull=value == "unread")


class InboxTable(ListTable):
    """The newest first; what has not been read stands out."""

    created_at = WhenColumn(verbose_name=gettext_lazy("When"))
    topic = django_tables2.Column(verbose_name=gettext_lazy("Notice"), orderable=False)
    actions = django_tables2.Column(empty_values=(), verbose_name="", orderable=False)

    class Meta(ListTable.Meta):
        model = Notice
        fields = ("created_at", "topic", "actions")

    empty_title = gettext_lazy("No notices yet")
    empty_hint = gettext_lazy("When something happens that concerns you, it stands here and comes by mail.")

    def render_topic(self, record: Notice) -> SafeString:
        return render_to_string("web/notice_row.html", {"shown": show_notice(record)})

    def value_topic(self, record: Notice) -> str:
        shown = show_notice(record)
        return " ".join(force_str(part) for part in (shown.words.title, shown.shop, shown.reason) if part)

    def render_actions(self, record: Notice) -> SafeString:
        context = {"shown": show_notice(record)}
        return render_to_string("web/notice_actions.html", context, request=self.request)


@require_GET
@signed_in
def inbox(request: UserRequest) -> HttpResponse:
    """Everything one was told, with a filter."""
    return list_page(
        request,
        table=InboxTable,
        filter=InboxFilter,
        queryset=inbox_notices(request.user.pk),
        title=_("Notices"),
        template="web/inbox.html",
        context={"unread": unread_count(request.user.pk)},
    )


@require_GET
@signed_in
def open_notice(request: UserRequest, pk: int) -> HttpResponse:
    """Take the reader to where a notice leads; it counts as read from now on."""
    notice = get_object_or_404(inbox_notices(request.user.pk), pk=pk)
    mark_read([notice.pk], user_id=request.user.pk, now=timezone.now())
    return redirect(show_notice(notice).url or "web:inbox")


@require_POST
@signed_in
def read_one(request: UserRequest, pk: int) -> HttpResponse:
    """One notice counts as read."""
    notice = get_object_or_404(inbox_notices(request.user.pk), pk=pk)
    mark_read([notice.pk], user_id=request.user.pk, now=timezone.now())
    return redirect("web:inbox")


@require_POST
@signed_in
def read_all(request: UserRequest) -> HttpResponse:
    """Everything in the inbox counts as read."""
    mark_all_read(request.user.pk, now=timezone.now())
    messages.success(request, _("Everything is marked as read."))
    return redirect("web:inbox")


class MailForm(forms.Form):
    """A tick per subject that this person may ever hear of."""

    def __init__(self, *args: Any, request: UserRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = mail_choices(request.user.pk)
        for subject, label in _subjects(request):
            self.fields[subject] = forms.BooleanField(label=label, required=False, initial=chosen[subject])


@signed_in
def notice_settings(request: UserRequest) -> HttpResponse:
    """What comes by mail; the inbox shows everything all the same."""
    form = MailForm(request.POST if request.method == "POST" else None, request=request)
    if request.method == "POST" and form.is_valid():
        choose_mails(request.user.pk, wanted=form.cleaned_data)
        messages.success(request, _("Your choice is kept."))
        return redirect("web:notice_settings")
    return render(request, "web/inbox_settings.html", {"form": form})
