"""Step ① in the browser: the application with its sections, saved as it goes, handed in at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from bantuo.apps.admission.operations import withdraw_applications
from bantuo.apps.admission.operations.applications import ApplicationUnreadable
from bantuo.apps.admission.operations.drafts import (
    ConsentMissing,
    DraftClosed,
    SectionSaved,
    SectionUnreadable,
    StillOpen,
    answer_request,
    save_section,
    start_draft,
    submit_draft,
)
from bantuo.apps.admission.operations.transitions import IllegalTransition
from bantuo.apps.admission.queries import refused_items, seller_standing
from bantuo.apps.admission.sections import section_revision, section_values
from bantuo.interfaces.seller.categories import GROUPS, admission_list, category_word, matching
from bantuo.interfaces.seller.desk import Desk, open_desk
from bantuo.interfaces.seller.section_forms import FORMS, SectionForm, recent_months
from bantuo.interfaces.seller.sections import SECTIONS
from bantuo.interfaces.seller.steps import next_action, seller_steps
from bantuo.interfaces.seller.timeline import application_timeline
from bantuo.interfaces.web.access import SELLER_ROLES, Role, access
from bantuo.interfaces.web.finding_words import paper_label
from bantuo.interfaces.web.programme import Programme, programme_now
from bantuo.interfaces.web.requests import SellerRequest
from bantuo.interfaces.web.words import word_of

WRITERS = {Role.SELLER_OWNER, Role.SELLER_LISTING}


@access(view=SELLER_ROLES)
@require_GET
def application(request: SellerRequest) -> HttpResponse:
    """Where the application stands, what is next and who acts, and every section with its state."""
    desk = open_desk(request.seller.pk)
    if desk is None:
        steps = seller_steps(None, programme_now())
        return render(request, "seller/application_start.html", {"steps": steps, "next": next_action(None)})
    standing = seller_standing(request.seller.pk)
    return render(
        request,
        "seller/application.html",
        {
            "desk": desk,
            "steps": seller_steps(desk.application.state, desk.programme),
            "next": next_action(desk.application.state),
            "done": sum(state.state in ("complete", "not_needed") for state in desk.states),
            "asked": refused_items(desk.application) if desk.application.state == "needs_more" else [],
            "timeline": application_timeline(standing.events if standing else (), desk.programme),
        },
    )


@access(view=WRITERS, act=WRITERS)
@require_POST
def start(request: SellerRequest) -> HttpResponse:
    """Begin an application, or go on with the one begun on another device."""
    try:
        start_draft(request.seller.pk, now=programme_now().now, actor=request.user.actor)
    except StillOpen as still:
        word = word_of("application", still.state).label
        messages.warning(request, _("An application is under way already: %(state)s.") % {"state": word})
    return redirect("seller:application")


@access(view={Role.SELLER_OWNER}, act={Role.SELLER_OWNER})
@require_POST
def withdraw(request: SellerRequest) -> HttpResponse:
    """Take the application back; what was stated is kept for a next attempt."""
    reason = request.POST.get("reason", "").strip() or _("withdrawn by the seller")
    try:
        withdraw_applications(
            [request.seller.pk], reason=reason[:500], now=programme_now().now, actor=request.user.actor
        )
    except IllegalTransition as illegal:
        word = word_of("application", illegal.before).label
        told = _("An application that is “%(state)s” cannot be withdrawn.") % {"state": word}
        messages.error(request, told)
    else:
        messages.success(request, _("The application is withdrawn. What you stated is kept."))
    return redirect("seller:application")


@access(view=SELLER_ROLES, act=WRITERS | {Role.SELLER_STOCK})
def section(request: SellerRequest, section: str) -> HttpResponse:
    """One section: shown, or saved, whole with its button or on its own as it is filled in."""
    if section not in SECTIONS or SECTIONS[section].page != "seller:section":
        raise Http404
    desk = open_desk(request.seller.pk)
    if desk is None:
        return redirect("seller:application")
    if section not in FORMS:
        return show_section(request, desk, section, None)
    if request.method == "POST":
        return _save(request, desk, section)
    form = _form(section, desk.programme, values=section_values(desk.profile, section))
    return show_section(request, desk, section, form)


def _form(
    section: str, programme: Programme, *, values: Mapping[str, Any], posted: Any = None
) -> SectionForm:
    kind, extra = FORMS[section], dict[str, Any]()
    if section == "statements":
        count = int(programme.book.amount("ELG-14.months", programme.on))
        extra = {"months": recent_months(programme.on, count=count)}
    elif section == "categories":
        extra = {"codes": _category_codes(programme, values.get("categories", ()))}
    if posted is not None:
        return kind(posted, initial=kind.initial_of(values), **extra)
    return kind.opened(values, **extra)


def _category_codes(programme: Programme, chosen: Any) -> list[tuple[str, str]]:
    """The admission list in the reader's words; what was chosen and is not on it can be taken out."""
    listed = {row.code: category_word(row) for row in admission_list(programme.on)}
    gone = [(code, _("%(code)s (not on the list)") % {"code": code}) for code in chosen if code not in listed]
    return [*gone, *listed.items()]


def _save(request: SellerRequest, desk: Desk, section: str) -> HttpResponse:
    form = _form(section, desk.programme, values=section_values(desk.profile, section), posted=request.POST)
    values = form.values()
    try:
        saved = save_section(
            desk.application.pk,
            section,
            values,
            revision=request.POST.get("revision") or None,
            now=desk.programme.now,
            actor=request.user.actor,
        )
    except DraftClosed as closed:
        return closed_answer(request, closed)
    except SectionUnreadable as unreadable:
        for problem in unreadable.problems:
            form.add_error(None, f"{problem['path']}: {problem['value']}: {problem['rule']}")
        return show_section(request, desk, section, form, status=422)
    return _saved(request, Desk(saved.application, desk.programme), section, form, saved)


def _saved(
    request: SellerRequest, desk: Desk, section: str, form: SectionForm, saved: SectionSaved
) -> HttpResponse:
    """The page again, or for HTMX only what changed: nothing that is being typed is touched."""
    if request.headers.get("HX-Request"):
        context = _context(desk, section, form) | {"overwritten": overwritten_words(form, saved.overwritten)}
        return render(
            request, "seller/parts/section_answer.html", context, status=422 if form.errors else 200
        )
    if saved.overwritten is not None:
        told = overwritten_words(form, saved.overwritten)
        messages.warning(
            request, _("Another device had saved: %(values)s. It was replaced.") % {"values": told}
        )
    if form.errors:
        return show_section(request, desk, section, form, status=422)
    messages.success(request, _("Saved."))
    return redirect("seller:section", section=section)


def closed_answer(request: SellerRequest, closed: DraftClosed) -> HttpResponse:
    """What somebody hears who saves into an application that was handed in meanwhile."""
    told = closed_words(closed.state)
    if request.headers.get("HX-Request"):
        return render(request, "seller/parts/section_closed.html", {"text": told}, status=422)
    messages.error(request, told)
    return redirect("seller:application")


def closed_words(state: str) -> str:
    """Why an application can no longer be changed."""
    if state == "superseded":
        return _("A later attempt has been begun; this one can no longer be changed.")
    word = word_of("application", state).label
    return _("This application can no longer be changed: it is “%(state)s”.") % {"state": word}


def overwritten_words(form: SectionForm | None, overwritten: Any) -> str:
    """What another device had saved in the meantime, field by field."""
    if overwritten is None:
        return ""
    if not overwritten:
        return _("nothing (it was empty)")
    labels = {name: bound.label for name, bound in form.fields.items()} if form else {}
    return "; ".join(f"{labels.get(key, key)}: {value}" for key, value in overwritten.items())


def _context(desk: Desk, section: str, form: SectionForm | None, *, words: str = "") -> dict[str, Any]:
    state = desk.state_of(section)
    values = section_values(desk.profile, section) if form is not None else {}
    codes = list(SECTIONS)
    at = codes.index(section)
    extra = category_context(desk, values, words) if section == "categories" else {}
    return extra | {
        "desk": desk,
        "section": state,
        "form": form,
        "rows": field_rows(form, desk, values) if form is not None else [],
        "revision": section_revision(desk.application.profile, section) if form is not None else "",
        "values": values,
        "previous": desk.states[at - 1] if at else None,
        "following": desk.states[at + 1] if at + 1 < len(codes) else None,
        "closed": "" if desk.is_editable else closed_words(desk.application.state),
    }


def category_context(desk: Desk, values: Mapping[str, Any], words: str) -> dict[str, Any]:
    """The admission list in groups, narrowed by a search; what is chosen and not shown stays chosen."""
    chosen = list(values.get("categories", ()))
    listed = admission_list(desk.programme.on)
    shown = matching(listed, words)
    groups: dict[str, list[tuple[str, str, bool]]] = {}
    for category in shown:
        entry = (category.code, category_word(category), category.code in chosen)
        groups.setdefault(str(GROUPS.get(category.group, category.group)), []).append(entry)
    names = {category.code: category_word(category) for category in listed}
    return {
        "q": words,
        "category_groups": list(groups.items()),
        "category_hidden": [code for code in chosen if code not in {category.code for category in shown}],
        "chosen_words": [names.get(code, code) for code in chosen],
    }


def field_rows(form: SectionForm, desk: Desk, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each field with the gates it serves, as they stand for what is saved, and a remark."""
    remarks = form.remarks(values)
    return [
        {
            "field": bound,
            "gates": [desk.gates[rule] for rule in form.rules.get(bound.name, ()) if rule in desk.gates],
            "rules": [rule for rule in form.rules.get(bound.name, ()) if rule not in desk.gates],
            "remark": remarks.get(bound.name),
        }
        for bound in form
    ]


def show_section(
    request: SellerRequest, desk: Desk, section: str, form: SectionForm | None, *, status: int = 200
) -> HttpResponse:
    context = _context(desk, section, form, words=request.GET.get("q", ""))
    if request.headers.get("HX-Request") and status == 422:
        return render(request, "seller/parts/section_answer.html", context, status=status)
    return render(request, f"seller/section_{section}.html", context, status=status)


@access(view=SELLER_ROLES, act={Role.SELLER_OWNER})
def submit(request: SellerRequest) -> HttpResponse:
    """Everything listed with a preview of the evaluation; handed in, or sent back, with one button."""
    desk = open_desk(request.seller.pk)
    if desk is None:
        return redirect("seller:application")
    if request.method == "POST":
        return _hand_in(request, desk)
    if not desk.is_editable:
        messages.info(request, closed_words(desk.application.state))
        return redirect("seller:application")
    return _preview(request, desk)


def _preview(request: SellerRequest, desk: Desk, *, status: int = 200) -> HttpResponse:
    context = {
        "desk": desk,
        "incomplete": [s for s in desk.states if s.state not in ("complete", "not_needed")],
        "answer": desk.answer,
        "papers": [paper_label(paper["kind"], desk.programme.book) for paper in desk.profile["documents"]],
    }
    return render(request, "seller/application_submit.html", context, status=status)


def _hand_in(request: SellerRequest, desk: Desk) -> HttpResponse:
    programme = desk.programme
    rules: dict[str, Any] = {
        "evaluator": programme.evaluator(),
        "policy_version_id": programme.policy_version_id,
        "on": programme.on,
        "now": programme.now,
        "actor": request.user.actor,
    }
    try:
        if desk.application.state == "needs_more":
            answer_request(desk.application.pk, **rules)
            messages.success(request, _("Sent back to the reviewer."))
            return redirect("seller:application")
        passed = submit_draft(desk.application.pk, **rules)
    except ConsentMissing as missing:
        messages.error(request, consent_words(missing.missing))
        return _preview(request, desk, status=422)
    except ApplicationUnreadable as unreadable:
        for problem in unreadable.problems[:5]:
            messages.error(request, f"{problem['path']}: {problem['value']}: {problem['rule']}")
        return _preview(request, desk, status=422)
    except DraftClosed as closed:
        return closed_answer(request, closed)
    if passed:
        messages.success(request, _("Handed in, and every gate passed. A reviewer looks at it now."))
        return redirect("seller:report")
    messages.warning(request, _("Handed in. Some gates did not pass: here is what to mend."))
    return redirect("seller:diagnosis")


def consent_words(missing: str) -> str:
    """What of the legal representative is still needed before anything can be handed in."""
    if missing == "consent":
        return _("The consent of the legal representative is missing. Record it first; then hand in.")
    return _("The name and identity number of the legal representative are missing.")
