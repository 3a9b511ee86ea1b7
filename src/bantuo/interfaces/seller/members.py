"""Who works for the shop: the owner invites, gives roles and ends access."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bantuo.apps.accounts.models import User
from bantuo.apps.accounts.operations import (
    AddressTaken,
    InvitationOver,
    LastOfRole,
    change_roles,
    create_seller_user,
    deactivate_user,
    reactivate_user,
    renew_invitation,
    withdraw_invitation,
)
from bantuo.apps.accounts.queries import people
from bantuo.interfaces.web.access import SELLER_ROLES, Role, access
from bantuo.interfaces.web.people_pages import InviteForm, RolesForm, history_of, mail_invitation
from bantuo.interfaces.web.requests import SellerRequest

_OWNER = {Role.SELLER_OWNER}


@access(view=SELLER_ROLES)
def members(request: SellerRequest) -> HttpResponse:
    """Everybody of the shop, and what happened to their accounts."""
    shown = list(_people(request).order_by("-is_active", "id"))
    told = {"members": shown, "happenings": history_of(shown)[:20], "may_act": _may_act(request)}
    return render(request, "seller/members.html", told)


@access(view=_OWNER, act=_OWNER)
def invite(request: SellerRequest) -> HttpResponse:
    """Invite somebody by mail: they choose a password with the link."""
    form = InviteForm(request.POST or None, among=SELLER_ROLES)
    if request.method == "POST" and form.is_valid() and (made := _invited(request, form)):
        _send(request, made)
        return redirect("seller:members")
    return render(request, "seller/members_invite.html", {"form": form})


def _invited(request: SellerRequest, form: InviteForm) -> User | None:
    """The invited person; None, with the form saying why, if the address has an account."""
    try:
        return create_seller_user(
            form.cleaned_data["email"],
            seller_id=request.seller.pk,
            name=form.cleaned_data["name"],
            roles=form.cleaned_data["roles"],
            password=None,
            language=get_language() or request.user.language,
            now=timezone.now(),
            actor=request.user.actor,
        )
    except AddressTaken:
        form.add_error("email", _("This address has an account already: use another one for this shop."))
        return None


@access(view=SELLER_ROLES)
def member(request: SellerRequest, pk: int) -> HttpResponse:
    """One person: roles, access, history."""
    person = _person(request, pk)
    told = {
        "person": person,
        "form": RolesForm(initial={"roles": person.roles}, among=SELLER_ROLES),
        "happenings": history_of([person]),
        "may_act": _may_act(request),
    }
    return render(request, "seller/members_person.html", told)


@access(view=_OWNER, act=_OWNER)
@require_POST
def roles(request: SellerRequest, pk: int) -> HttpResponse:
    """Give somebody other roles."""
    person = _person(request, pk)
    form = RolesForm(request.POST, among=SELLER_ROLES)
    if not form.is_valid():
        messages.error(request, _("Tick one role at least, or end the person's access."))
        return redirect("seller:member", person.pk)
    try:
        now, actor = timezone.now(), request.user.actor
        if change_roles(person.pk, roles=form.cleaned_data["roles"], now=now, actor=actor):
            messages.success(request, _("The roles are changed; they hold from the next page on."))
    except LastOfRole:
        messages.error(request, _only_owner())
    return redirect("seller:member", person.pk)


@access(view=_OWNER, act=_OWNER)
@require_POST
def deactivate(request: SellerRequest, pk: int) -> HttpResponse:
    """End somebody's access on every device."""
    person = _person(request, pk)
    try:
        deactivate_user(person.pk, reason="", now=timezone.now(), actor=request.user.actor)
        messages.success(request, _("The access has ended; the person is signed out everywhere."))
    except LastOfRole:
        messages.error(request, _only_owner())
    return redirect("seller:member", person.pk)


@access(view=_OWNER, act=_OWNER)
@require_POST
def reactivate(request: SellerRequest, pk: int) -> HttpResponse:
    """Let somebody in again."""
    person = _person(request, pk)
    if reactivate_user(person.pk, now=timezone.now(), actor=request.user.actor):
        messages.success(request, _("The person may sign in again."))
    return redirect("seller:member", person.pk)


@access(view=_OWNER, act=_OWNER)
@require_POST
def invite_again(request: SellerRequest, pk: int) -> HttpResponse:
    """Send a waiting invitation once more; the link before it ends."""
    person = _person(request, pk)
    try:
        _send(request, renew_invitation(person.pk, now=timezone.now(), actor=request.user.actor))
    except InvitationOver:
        messages.info(request, _("The invitation no longer waits."))
    return redirect("seller:member", person.pk)


@access(view=_OWNER, act=_OWNER)
@require_POST
def withdraw(request: SellerRequest, pk: int) -> HttpResponse:
    """Take a waiting invitation back."""
    person = _person(request, pk)
    try:
        withdraw_invitation(person.pk, now=timezone.now(), actor=request.user.actor)
        messages.success(request, _("The invitation is withdrawn; its link no longer works."))
    except InvitationOver:
        messages.info(request, _("The invitation no longer waits."))
    return redirect("seller:members")


def _send(request: SellerRequest, person: User) -> None:
    if mail_invitation(person, inviter=request.user):
        said = _("An invitation went to %(address)s. It works for three days.") % {"address": person.email}
        messages.success(request, said)
    else:
        messages.warning(request, _("The mail could not be sent just now. Send the invitation again later."))


def _people(request: SellerRequest) -> QuerySet[User]:
    return people().filter(seller=request.seller)


def _person(request: SellerRequest, pk: int) -> User:
    return get_object_or_404(_people(request), pk=pk)


def _may_act(request: SellerRequest) -> bool:
    return Role.SELLER_OWNER in request.user.roles


def _only_owner() -> str:
    return _("This is the only owner who may sign in: make somebody else an owner first.")
