"""Everybody with an account: the administrator invites operators, gives roles, ends access."""

from __future__ import annotations

import django_filters
import django_tables2
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from bantuo.apps.accounts.models import User
from bantuo.apps.accounts.operations import (
    AddressTaken,
    InvitationOver,
    LastOfRole,
    change_roles,
    create_operator,
    deactivate_user,
    reactivate_user,
    renew_invitation,
    reset_second_factor,
    withdraw_invitation,
)
from bantuo.apps.accounts.queries import people
from bantuo.interfaces.web.access import OPERATOR_ROLES, SELLER_ROLES, Role, access
from bantuo.interfaces.web.people_pages import (
    InviteForm,
    ReasonForm,
    RolesForm,
    history_of,
    mail_invitation,
    role_words,
)
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.tables import BadgeColumn, ListFilter, ListTable, WhenColumn, list_page
from bantuo.interfaces.web.templatetags.ui import badge
from bantuo.interfaces.web.words import choices

_READERS = {Role.ADMINISTRATOR, Role.AUDITOR}
_ACTS = {Role.ADMINISTRATOR}
_LINK = ("operator:user", [django_tables2.A("pk")])
_SIDES = [("operator", gettext_lazy("of the operator")), ("seller", gettext_lazy("of a seller"))]


class People(ListTable):
    """Everybody with an account."""

    name = django_tables2.Column(
        verbose_name=gettext_lazy("Full name"),
        linkify=_LINK,
        empty_values=(),
    )
    email = django_tables2.Column(verbose_name=gettext_lazy("Mail address"))
    seller = django_tables2.Column(
        verbose_name=gettext_lazy("Shop"), accessor="seller__name", order_by="seller__name", default="–"
    )
    roles = django_tables2.Column(verbose_name=gettext_lazy("Roles"), orderable=False)
    state = BadgeColumn(kind="person", verbose_name=gettext_lazy("State"), order_by="is_active")
    second_factor = BadgeColumn(kind="yes_no", verbose_name=gettext_lazy("Second factor"))
    last_login = WhenColumn(verbose_name=gettext_lazy("Last signed in"))

    class Meta(ListTable.Meta):
        model = User
        fields = ("name", "email", "seller", "roles", "state", "second_factor", "last_login")
        order_by = "-id"

    def render_name(self, record: User) -> str:
        return record.name or record.email

    def render_roles(self, value: list[str]) -> SafeString:
        return format_html_join(" ", "{}", ((badge(role, "role"),) for role in value))

    def value_roles(self, value: list[str]) -> str:
        return role_words(value)


class PeopleFilter(ListFilter):
    """By words, side, role and state."""

    q = django_filters.CharFilter(method="by_words", label=gettext_lazy("Name, address or shop"))
    side = django_filters.ChoiceFilter(method="by_side", choices=_SIDES, label=gettext_lazy("Side"))
    role = django_filters.ChoiceFilter(method="by_role", choices=choices("role"), label=gettext_lazy("Role"))
    state = django_filters.ChoiceFilter(
        method="by_state", choices=choices("person"), label=gettext_lazy("State")
    )

    def by_words(self, found: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        shop = Q(seller__name__icontains=value) | Q(seller__code__iexact=value)
        return found.filter(Q(name__icontains=value) | Q(email__icontains=value) | shop)

    def by_side(self, found: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return found.filter(seller__isnull=value == "operator")

    def by_role(self, found: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return found.filter(roles__contains=[value])

    def by_state(self, found: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        if value == "active":
            return found.filter(is_active=True)
        return found.filter(is_active=False, invited_at__isnull=value != "invited")


@access(view=_READERS)
def users(request: UserRequest) -> HttpResponse:
    """Everybody with an account, of the operator and of the sellers."""
    return list_page(
        request, table=People, filter=PeopleFilter, queryset=people(), title=_("Users and roles"),
        template="operator/people.html", context={"may_act": _may_act(request)},
    )  # fmt: skip


@access(view=_ACTS, act=_ACTS)
def add(request: UserRequest) -> HttpResponse:
    """Invite somebody of the operator by mail."""
    form = InviteForm(request.POST or None, among=OPERATOR_ROLES)
    if request.method == "POST" and form.is_valid() and (made := _invited(request, form)):
        _send(request, made)
        return redirect("operator:user", made.pk)
    return render(request, "operator/people_add.html", {"form": form})


def _invited(request: UserRequest, form: InviteForm) -> User | None:
    """The invited person; None, with the form saying why, if the address has an account."""
    told = form.cleaned_data
    try:
        return create_operator(
            told["email"], name=told["name"], roles=told["roles"], password=None, now=timezone.now(),
            actor=request.user.actor,
        )  # fmt: skip
    except AddressTaken:
        form.add_error("email", _("This address has an account already."))
        return None


@access(view=_READERS)
def user(request: UserRequest, pk: int) -> HttpResponse:
    """One person: roles, access, second factor, history."""
    person = _person(pk)
    among = SELLER_ROLES if person.seller else OPERATOR_ROLES
    told = {
        "person": person,
        "roles": RolesForm(initial={"roles": person.roles}, among=among),
        "reason": ReasonForm(auto_id="access-%s"),
        "factor_reason": ReasonForm(auto_id="factor-%s"),
        "happenings": history_of([person]),
        "may_act": _may_act(request),
    }
    return render(request, "operator/people_person.html", told)


@access(view=_ACTS, act=_ACTS)
@require_POST
def roles(request: UserRequest, pk: int) -> HttpResponse:
    """Give somebody of the operator other roles; a seller's owner does so for the seller's people."""
    person = get_object_or_404(people(), pk=pk, seller__isnull=True)
    form = RolesForm(request.POST, among=OPERATOR_ROLES)
    if not form.is_valid():
        messages.error(request, _("Tick one role at least, or end the person's access."))
        return redirect("operator:user", person.pk)
    try:
        now, actor = timezone.now(), request.user.actor
        if change_roles(person.pk, roles=form.cleaned_data["roles"], now=now, actor=actor):
            messages.success(request, _("The roles are changed; they hold from the next page on."))
    except LastOfRole:
        messages.error(request, _only_one_in_charge())
    return redirect("operator:user", person.pk)


@access(view=_ACTS, act=_ACTS)
@require_POST
def deactivate(request: UserRequest, pk: int) -> HttpResponse:
    """End somebody's access on every device, with a reason."""
    person = _person(pk)
    if (reason := _reason(request)) is None:
        return redirect("operator:user", person.pk)
    try:
        deactivate_user(person.pk, reason=reason, now=timezone.now(), actor=request.user.actor)
        messages.success(request, _("The access has ended; the person is signed out everywhere."))
    except LastOfRole:
        messages.error(request, _only_one_in_charge())
    return redirect("operator:user", person.pk)


@access(view=_ACTS, act=_ACTS)
@require_POST
def reactivate(request: UserRequest, pk: int) -> HttpResponse:
    """Let somebody in again."""
    person = _person(pk)
    if reactivate_user(person.pk, now=timezone.now(), actor=request.user.actor):
        messages.success(request, _("The person may sign in again."))
    return redirect("operator:user", person.pk)


@access(view=_ACTS, act=_ACTS)
@require_POST
def second_factor(request: UserRequest, pk: int) -> HttpResponse:
    """Take a lost second factor away, with a reason."""
    person = _person(pk)
    if (reason := _reason(request)) is None:
        return redirect("operator:user", person.pk)
    if reset_second_factor(person.pk, reason=reason, now=timezone.now(), actor=request.user.actor):
        messages.success(request, _("The second factor is gone; the person is signed out everywhere."))
    else:
        messages.info(request, _("This person has no second factor."))
    return redirect("operator:user", person.pk)


@access(view=_ACTS, act=_ACTS)
@require_POST
def invite_again(request: UserRequest, pk: int) -> HttpResponse:
    """Send a waiting invitation once more; the link before it ends."""
    person = _person(pk)
    try:
        _send(request, renew_invitation(person.pk, now=timezone.now(), actor=request.user.actor))
    except InvitationOver:
        messages.info(request, _("The invitation no longer waits."))
    return redirect("operator:user", person.pk)


@access(view=_ACTS, act=_ACTS)
@require_POST
def withdraw(request: UserRequest, pk: int) -> HttpResponse:
    """Take a waiting invitation back."""
    person = _person(pk)
    try:
        withdraw_invitation(person.pk, now=timezone.now(), actor=request.user.actor)
        messages.success(request, _("The invitation is withdrawn; its link no longer works."))
    except InvitationOver:
        messages.info(request, _("The invitation no longer waits."))
    return redirect("operator:users")


def _reason(request: UserRequest) -> str | None:
    form: Form = ReasonForm(request.POST)
    if form.is_valid():
        return str(form.cleaned_data["reason"])
    messages.error(request, _("Give a reason: it stays in the history."))
    return None


def _send(request: UserRequest, person: User) -> None:
    if mail_invitation(person, inviter=request.user):
        said = _("An invitation went to %(address)s. It works for three days.") % {"address": person.email}
        messages.success(request, said)
    else:
        messages.warning(request, _("The mail could not be sent just now. Send the invitation again later."))


def _person(pk: int) -> User:
    return get_object_or_404(people(), pk=pk)


def _may_act(request: UserRequest) -> bool:
    return Role.ADMINISTRATOR in request.user.roles


def _only_one_in_charge() -> str:
    return _("Nobody else who may sign in is administrator, or owner of the shop: name another one first.")
