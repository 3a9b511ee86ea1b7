"""The agreement's versions: read, compared, published from a day on, and who signed which."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe
from django_tables2 import Column

from bantuo.apps.admission.joining_queries import agreement_in_force, agreement_versions
from bantuo.apps.admission.models import Agreement, AgreementText
from bantuo.apps.admission.operations.agreements import (
    AgreementChanged,
    VersionTaken,
    VersionTooEarly,
    publish_agreement,
    starter_texts,
)
from bantuo.apps.admission.operations.joining import AgreementUnreadable
from bantuo.core.agreement import Difference, differences, normalise_text
from bantuo.interfaces.web.access import OPERATOR_ROLES, Role, access
from bantuo.interfaces.web.agreement_papers import agreement_pdf, signed_text, text_in_reading_language
from bantuo.interfaces.web.joining_words import refusal_words
from bantuo.interfaces.web.programme import Programme, programme_now
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.tables import ListTable, WhenColumn, list_page

PUBLISHERS = {Role.POLICY, Role.ADMINISTRATOR}
TEXT_MAX = 200_000


class AgreementForm(forms.Form):
    """A new version: its name, its day, and the text in both languages."""

    version = forms.CharField(
        label=gettext_lazy("Version"),
        max_length=20,
        help_text=gettext_lazy("A name never used before, for example 2 or 2027-01."),
    )
    effective_from = forms.DateField(
        label=gettext_lazy("In force from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    text_zh = forms.CharField(
        label=gettext_lazy("Chinese text"),
        max_length=TEXT_MAX,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 18, "lang": "zh-Hans", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Title after #, headings after ##, clauses begin with their number, blank lines between."
        ),
    )
    text_en = forms.CharField(
        label=gettext_lazy("English text"),
        max_length=TEXT_MAX,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 18, "lang": "en"}),
    )


class Signatures(ListTable):
    """Who signed a version, when and from where."""

    seller = Column(verbose_name=gettext_lazy("Seller"), accessor="seller__code", order_by="seller__code")
    name = Column(verbose_name=gettext_lazy("Shop name"), accessor="seller__name", orderable=False)
    signed_by = Column(verbose_name=gettext_lazy("Signed by"), orderable=False)
    signed_at = WhenColumn(verbose_name=gettext_lazy("Signed at"))
    signer_address = Column(verbose_name=gettext_lazy("Network address"), orderable=False, default="–")
    copy = Column(verbose_name=gettext_lazy("Signed copy"), accessor="pk", orderable=False)

    class Meta(ListTable.Meta):
        model = Agreement
        fields = ("seller", "name", "signed_by", "signed_at", "signer_address", "copy")
        order_by = "-signed_at"

    empty_title = gettext_lazy("Nobody has signed this version yet")
    empty_hint = gettext_lazy(
        "Sellers who signed an earlier one are asked on every page once it is in force."
    )

    def render_copy(self, value: int) -> SafeString:
        return format_html('<a href="{}">PDF</a>', reverse("operator:agreement_pdf", args=[value]))


@access(view=OPERATOR_ROLES)
@require_safe
def agreements(request: UserRequest) -> HttpResponse:
    """Every published version with its day, its hash and how many signed it."""
    programme = programme_now()
    current = agreement_in_force(programme.on)
    context = {
        "versions": agreement_versions(),
        "current": current,
        "on": programme.on,
        "may_publish": bool(PUBLISHERS.intersection(request.user.roles)),
    }
    return render(request, "operator/agreements.html", context)


@access(view=OPERATOR_ROLES)
@require_safe
def agreement(request: UserRequest, pk: int) -> HttpResponse:
    """One version: its text, its difference to another one, and its signatures."""
    text = get_object_or_404(AgreementText, pk=pk)
    others = list(AgreementText.objects.exclude(pk=pk).order_by("-effective_from"))
    other = _other(request, text, others)
    return list_page(
        request,
        table=Signatures,
        queryset=_signatures(text),
        title=_("Signatures"),
        template="operator/agreement.html",
        context={
            "text": text,
            "others": others,
            "other": other,
            "changes": _changes(other, text) if other else [],
            "paragraphs": text_in_reading_language(text),
        },
    )


def _signatures(text: AgreementText) -> QuerySet[Agreement]:
    return Agreement.objects.filter(version=text.version).select_related("seller")


def _other(request: UserRequest, text: AgreementText, others: list[AgreementText]) -> AgreementText | None:
    """The version to compare with: the one asked for, else the one before."""
    wanted = request.GET.get("with", "")
    asked = next((other for other in others if str(other.pk) == wanted), None)
    return asked or next((o for o in others if o.effective_from < text.effective_from), None)


def _changes(before: AgreementText, after: AgreementText) -> list[tuple[str, Difference]]:
    """What changed, in both languages."""
    pairs = (("zh-Hans", before.text_zh, after.text_zh), ("en", before.text_en, after.text_en))
    return [(lang, d) for lang, old, new in pairs for d in differences(old, new) if d.kind != "same"]


@access(view=PUBLISHERS, act=PUBLISHERS)
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: UserRequest) -> HttpResponse:
    """Write a new version on top of the last one, see what it changes, then publish it from a day on."""
    programme = programme_now()
    last = AgreementText.objects.order_by("-effective_from").first()
    form = (
        AgreementForm(request.POST)
        if request.method == "POST"
        else AgreementForm(initial=_start(last, programme))
    )
    changes: list[tuple[str, Difference]] = []
    if request.method == "POST" and form.is_valid():
        if "publish" in request.POST and _publish(request, form, programme):
            return redirect("operator:agreements")
        changes = _changes(last, _text(form)) if last else []
    context = {
        "form": form,
        "last": last,
        "changes": changes,
        "is_checked": form.is_bound and form.is_valid(),
    }
    return render(request, "operator/agreement_new.html", context, status=422 if form.errors else 200)


def _start(last: AgreementText | None, programme: Programme) -> dict[str, Any]:
    zh, en = (last.text_zh, last.text_en) if last else starter_texts()
    return {"text_zh": zh, "text_en": en, "effective_from": programme.on + timedelta(days=30)}


def _text(form: AgreementForm) -> AgreementText:
    told = form.cleaned_data
    return AgreementText(text_zh=normalise_text(told["text_zh"]), text_en=normalise_text(told["text_en"]))


def _publish(request: UserRequest, form: AgreementForm, programme: Programme) -> bool:
    try:
        publish_agreement(**form.cleaned_data, on=programme.on, now=programme.now, actor=request.user.actor)
    except (VersionTaken, VersionTooEarly) as refused:
        form.add_error(
            "version" if isinstance(refused, VersionTaken) else "effective_from", refusal_words(refused)
        )
        return False
    except (AgreementUnreadable, AgreementChanged) as refused:
        form.add_error(None, refusal_words(refused))
        return False
    messages.success(request, _("The version is published. Sellers are asked to sign it from its day on."))
    return True


@access(view=OPERATOR_ROLES)
@require_safe
def signed_pdf(request: UserRequest, pk: int) -> HttpResponse:
    """A PDF copy of what a seller signed."""
    signed = get_object_or_404(Agreement.objects.select_related("seller"), pk=pk)
    text = signed_text(signed)
    if text is None:
        raise Http404("no text of that version is kept here")
    return agreement_pdf(signed, text)
