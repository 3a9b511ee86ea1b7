"""Papers at the operator's: the list, one paper beside its tick-list, masked until unmasked with a reason."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from bantuo.apps.documents.checklist import PaperKind, paper_kind, paper_state
from bantuo.apps.documents.models import Document
from bantuo.apps.documents.operations import (
    DocumentDestroyed,
    DocumentReplaced,
    open_document,
    record_tick,
)
from bantuo.apps.documents.queries import accesses_of, current_documents, current_ticks
from bantuo.channels.document_store import StoredFileMissing
from bantuo.channels.previews import PreviewUnavailable
from bantuo.channels.uploads import PAPERS
from bantuo.core.policy import PolicyNotInForce
from bantuo.interfaces.operator.document_forms import ReasonForm, TicksForm
from bantuo.interfaces.operator.document_tables import PaperFilter, Papers
from bantuo.interfaces.operator.paper_masks import UNMASKED_FOR, mask, unmask, unmask_reason
from bantuo.interfaces.web.access import Role, access
from bantuo.interfaces.web.paper_words import looks_of, paper_words, seen_items
from bantuo.interfaces.web.papers import client_address, store, vault, watermarked_preview
from bantuo.interfaces.web.programme import Programme, programme_now
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.tables import list_page

READERS = {Role.REVIEWER, Role.FINANCE, Role.AUDITOR, Role.ADMINISTRATOR}
REVIEWERS = {Role.REVIEWER}
SIGHT = {Role.REVIEWER, Role.FINANCE}  # who may see papers in clear, with a reason
_FINANCE_KINDS = ("deposit_proof",)


@access(view=READERS)
@require_GET
def documents(request: UserRequest) -> HttpResponse:
    """Every paper in use, to be found by kind, seller and expiry."""
    papers = Document.objects.select_related("seller").order_by("-id")
    return list_page(request, table=Papers, filter=PaperFilter, queryset=papers, title=_("Documents"))


@access(view=READERS)
@require_GET
def document(request: UserRequest, pk: int) -> HttpResponse:
    """One paper beside its tick-list, blurred while it is masked, with every look at it."""
    paper = get_object_or_404(Document.objects.select_related("seller"), pk=pk)
    return _one(request, paper, programme_now())


def _one(
    request: UserRequest,
    paper: Document,
    programme: Programme,
    *,
    ticks: TicksForm | None = None,
    reason: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    kind, words = _kind(paper, programme), current_ticks([paper.pk])[paper.pk]
    in_use = paper.replaced_at is None and paper.destroyed_at is None
    unmasked = unmask_reason(request, paper.pk, now=programme.now)
    reviews = in_use and bool(REVIEWERS.intersection(request.user.roles)) and kind is not None
    return render(
        request,
        "operator/document.html",
        {
            "paper": paper,
            "title": paper_words(paper, book=programme.book),
            "state": _state(paper, kind, {name: word.ticked for name, word in words.items()}, programme),
            "kind": kind,
            "is_drawable": paper.media_type in PAPERS and paper.destroyed_at is None,
            "is_masked": _is_sensitive(kind) and not unmasked,
            "unmasked": unmasked,
            "minutes": int(UNMASKED_FOR.total_seconds()) // 60,
            "reason_form": (reason or ReasonForm()) if _may_see(request, paper) else None,
            "page": _page_number(request),
            "ticks": (ticks or TicksForm(kind.ticks, words)) if reviews and kind and kind.ticks else None,
            "words": seen_items(words),
            "others": _others(paper, programme),
            "looks": looks_of(accesses_of(paper.pk)[:50]),
        },
        status=status,
    )


def _kind(paper: Document, programme: Programme) -> PaperKind | None:
    try:
        return paper_kind(paper.kind, book=programme.book, on=programme.on)
    except PolicyNotInForce:
        return None


def _is_sensitive(kind: PaperKind | None) -> bool:
    return kind is not None and kind.is_sensitive


def _state(paper: Document, kind: PaperKind | None, ticks: dict[str, bool], programme: Programme) -> str:
    if paper.destroyed_at is not None:
        return "destroyed"
    if paper.replaced_at is not None:
        return "replaced"
    wanted = kind.ticks if kind else ()
    return paper_state(expires_on=paper.expires_on, ticks=ticks, wanted=wanted, on=programme.on)


def _may_see(request: UserRequest, paper: Document) -> bool:
    """Whether this person may see the paper in clear: reviewers all, finance the proofs of payments."""
    if paper.destroyed_at is not None:
        return False
    roles = request.user.roles
    return Role.REVIEWER in roles or (Role.FINANCE in roles and paper.kind in _FINANCE_KINDS)


def _others(paper: Document, programme: Programme) -> list[dict[str, Any]]:
    """The seller's other papers, to go on to the next one."""
    return [
        {"pk": other.pk, "label": paper_words(other, book=programme.book), "is_this": other.pk == paper.pk}
        for other in current_documents(paper.seller_id)
    ]


def _page_number(request: UserRequest) -> int:
    asked = request.GET.get("page", "1")
    return int(asked) if asked.isdecimal() and 1 <= int(asked) <= 9999 else 1


@access(view=READERS)
@require_GET
def document_page(request: UserRequest, pk: int, page: int) -> HttpResponse:
    """One page as a watermarked picture, blurred while it is masked; the look is logged."""
    paper, programme = get_object_or_404(Document, pk=pk), programme_now()
    reason = unmask_reason(request, pk, now=programme.now) if _may_see(request, paper) else ""
    masked = _is_sensitive(_kind(paper, programme)) and not reason
    try:
        preview = watermarked_preview(paper, request=request, page=page, is_masked=masked, reason=reason)
    except (PreviewUnavailable, DocumentDestroyed, StoredFileMissing):
        raise Http404 from None
    return HttpResponse(preview.png, content_type="image/png")


@access(view=REVIEWERS, act=REVIEWERS)
@require_POST
def document_ticks(request: UserRequest, pk: int) -> HttpResponse:
    """Record what the reviewer saw, item by item."""
    paper, programme = get_object_or_404(Document.objects.select_related("seller"), pk=pk), programme_now()
    kind = _kind(paper, programme)
    if kind is None or not kind.ticks:
        raise Http404
    form = TicksForm(kind.ticks, current_ticks([pk])[pk], request.POST)
    if not form.is_valid():
        return _one(request, paper, programme, ticks=form, status=422)
    try:
        for said in form.verdicts:
            record_tick(
                pk,
                tick=said.tick,
                ticked=said.ticked,
                note=said.note,
                now=programme.now,
                actor=request.user.actor,
            )
    except DocumentReplaced:
        messages.error(request, _("The seller has replaced this paper meanwhile: look at the new one."))
    else:
        messages.success(request, _("Saved. The seller sees what is not in order."))
    return redirect("operator:document", pk=pk)


@access(view=SIGHT, act=SIGHT)
@require_POST
def document_unmask(request: UserRequest, pk: int) -> HttpResponse:
    """Show a paper in clear for a while, for a reason that stands in the log with every look."""
    paper, programme = get_object_or_404(Document.objects.select_related("seller"), pk=pk), programme_now()
    if not _may_see(request, paper):
        raise Http404
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _one(request, paper, programme, reason=form, status=422)
    unmask(request, pk, reason=form.cleaned_data["reason"], now=programme.now)
    return redirect("operator:document", pk=pk)


@access(view=SIGHT, act=SIGHT)
@require_POST
def document_mask(request: UserRequest, pk: int) -> HttpResponse:
    """Blur a paper again before its time is over."""
    mask(request, pk)
    return redirect("operator:document", pk=pk)


@access(view=SIGHT, act=SIGHT)
@require_POST
def document_file(request: UserRequest, pk: int) -> HttpResponse:
    """The file as it was kept, for a reason that stands in the log: for what cannot be shown as a picture."""
    paper, programme = get_object_or_404(Document.objects.select_related("seller"), pk=pk), programme_now()
    if not _may_see(request, paper):
        raise Http404
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _one(request, paper, programme, reason=form, status=422)
    content = open_document(
        pk,
        action="download",
        reason=form.cleaned_data["reason"],
        vault=vault(),
        store=store(),
        now=programme.now,
        actor=request.user.actor,
        address=client_address(request),
    )
    response = HttpResponse(content, content_type=paper.media_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, paper.name)
    return response
