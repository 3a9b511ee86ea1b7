"""The papers of a seller: the checklist, uploads, one paper with its preview and the looks at it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from bantuo.apps.admission.queries import latest_application
from bantuo.apps.documents.checklist import paper_kind, paper_state
from bantuo.apps.documents.models import Document
from bantuo.apps.documents.operations import (
    DocumentDestroyed,
    date_document,
    destroy_documents,
    open_document,
    store_document,
)
from bantuo.apps.documents.queries import (
    accesses_of,
    current_ticks,
    expiring_documents,
    legal_representative,
)
from bantuo.channels.document_store import StoredFileMissing
from bantuo.channels.previews import PreviewUnavailable
from bantuo.channels.uploads import PAPERS, UploadRefused
from bantuo.core.policy import PolicyNotInForce
from bantuo.interfaces.seller.paper_cards import (
    PaperCard,
    locked_words,
    may_remove,
    may_upload,
    paper_card,
    paper_cards,
)
from bantuo.interfaces.seller.paper_forms import ExpiryForm, UploadForm
from bantuo.interfaces.web.access import Role, access
from bantuo.interfaces.web.commitment import commitment_pdf
from bantuo.interfaces.web.paper_words import looks_of, paper_words, seen_items
from bantuo.interfaces.web.papers import (
    client_address,
    refused_words,
    store,
    take_upload,
    vault,
    watermarked_preview,
)
from bantuo.interfaces.web.programme import Programme, programme_now
from bantuo.interfaces.web.requests import SellerRequest

READERS = {Role.SELLER_OWNER, Role.SELLER_LISTING, Role.SELLER_FINANCE}
WRITERS = {Role.SELLER_OWNER, Role.SELLER_LISTING}


@access(view=READERS)
@require_GET
def documents(request: SellerRequest) -> HttpResponse:
    """The checklist with the state of every paper."""
    return _checklist(request, programme_now())


def _checklist(
    request: SellerRequest, programme: Programme, form: UploadForm | None = None, status: int = 200
) -> HttpResponse:
    application = latest_application(request.seller.pk)
    cards = [_shown(request, card, programme, form) for card in paper_cards(request.seller.pk, programme)]
    _unfold_first(cards)
    return render(
        request,
        "seller/documents.html",
        {
            "cards": cards,
            "open": sum(card["card"].is_open for card in cards),
            "expiring": _expiring(request, programme),
            "representative": legal_representative(request.seller.pk),
            "locked": locked_words(application),
            "is_owner": Role.SELLER_OWNER in request.user.roles,
        },
        status=status,
    )


def _expiring(request: SellerRequest, programme: Programme) -> list[tuple[Document, str]]:
    """The papers that run out within the first reminder's days, with their names."""
    days = int(programme.book.amount("DOC-0.reminder_first", programme.on))
    papers = expiring_documents(on=programme.on, within_days=days, seller_id=request.seller.pk)
    return [(paper, paper_words(paper, book=programme.book)) for paper in papers]


def _unfold_first(cards: list[dict[str, Any]]) -> None:
    """Show the upload form of what was just tried, else of the first paper that needs something."""
    if not any(card["unfolded"] for card in cards):
        for card in [card for card in cards if card["card"].is_open][:1]:
            card["unfolded"] = True


def _shown(
    request: SellerRequest, card: PaperCard, programme: Programme, form: UploadForm | None = None
) -> dict[str, Any]:
    """A card with its upload form, if papers may be handed in by this person now."""
    application = latest_application(request.seller.pk)
    writes = bool(WRITERS.intersection(request.user.roles)) and may_upload(application)
    bound = form if form is not None and form.card.kind == card.kind else None
    return {
        "card": card,
        "form": (bound or UploadForm(card)) if writes else None,
        "unfolded": bound is not None,
        "max_mib": programme.book.amount("DOC-0.file_mib_max", programme.on),
        "is_owner": Role.SELLER_OWNER in request.user.roles,
    }


@access(view=WRITERS, act=WRITERS)
@require_POST
def upload(request: SellerRequest, kind: str) -> HttpResponse:
    """Take a file in for one paper; what is wrong with it is said beside the chooser."""
    programme = programme_now()
    try:
        card = paper_card(request.seller.pk, kind, programme)
    except StopIteration:
        raise Http404 from None
    form = UploadForm(card, request.POST, request.FILES)
    if locked := locked_words(latest_application(request.seller.pk)):
        form.add_error("file", locked)
    if form.is_valid():
        _keep(request, form, programme)
    if form.errors:
        return _refused(request, form, programme)
    return _taken_in(request, kind, programme)


def _keep(request: SellerRequest, form: UploadForm, programme: Programme) -> None:
    """Store the file, or leave on the form why not."""
    chosen: UploadedFile[Any] = form.cleaned_data["chosen"]
    try:
        store_document(
            take_upload(chosen, programme=programme),
            seller_id=request.seller.pk,
            kind=form.card.kind.rule_id,
            subject=form.cleaned_data.get("subject", ""),
            expires_on=form.cleaned_data.get("expires_on"),
            vault=vault(),
            store=store(),
            now=programme.now,
            actor=request.user.actor,
            address=client_address(request),
        )
    except UploadRefused as refused:
        form.add_error("file", refused_words(refused))


def _refused(request: SellerRequest, form: UploadForm, programme: Programme) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return _checklist(request, programme, form, status=422)
    shown = _shown(request, form.card, programme, form)
    return render(request, "seller/document_card.html", shown, status=422)


def _taken_in(request: SellerRequest, kind: str, programme: Programme) -> HttpResponse:
    told = _("Received. A reviewer will look at it after you have handed the application in.")
    if not request.headers.get("HX-Request"):
        messages.success(request, told)
        return redirect("seller:documents")
    card = paper_card(request.seller.pk, kind, programme)
    return render(request, "seller/document_card.html", {**_shown(request, card, programme), "told": told})


@access(view=READERS)
@require_GET
def document(request: SellerRequest, pk: int) -> HttpResponse:
    """One paper: a watermarked preview, its state, the reviewer's notes, and who looked at it."""
    paper = get_object_or_404(Document, pk=pk, seller=request.seller)
    return _one(request, paper, ExpiryForm(initial={"expires_on": paper.expires_on}))


def _one(request: SellerRequest, paper: Document, form: ExpiryForm, status: int = 200) -> HttpResponse:
    programme, application = programme_now(), latest_application(request.seller.pk)
    in_use = paper.replaced_at is None and paper.destroyed_at is None
    writes = bool(WRITERS.intersection(request.user.roles)) and in_use
    words = current_ticks([paper.pk])[paper.pk]
    return render(
        request,
        "seller/document.html",
        {
            "paper": paper,
            "title": paper_words(paper, book=programme.book),
            "state": _state(paper, {name: word.ticked for name, word in words.items()}, programme),
            "words": seen_items(words),
            "is_drawable": paper.media_type in PAPERS and paper.destroyed_at is None,
            "is_masked": _is_masked(request, paper, programme),
            "page": _page_number(request),
            "form": form if writes and may_upload(application) else None,
            "may_remove": writes and may_remove(application),
            "may_download": _may_download(request, paper, programme),
            "looks": looks_of(accesses_of(paper.pk)[:50]),
        },
        status=status,
    )


def _state(paper: Document, ticks: dict[str, bool], programme: Programme) -> str:
    if paper.destroyed_at is not None:
        return "destroyed"
    if paper.replaced_at is not None:
        return "replaced"
    try:
        wanted = paper_kind(paper.kind, book=programme.book, on=programme.on).ticks
    except PolicyNotInForce:
        wanted = ()
    return paper_state(expires_on=paper.expires_on, ticks=ticks, wanted=wanted, on=programme.on)


def _is_sensitive(paper: Document, programme: Programme) -> bool:
    try:
        return paper_kind(paper.kind, book=programme.book, on=programme.on).is_sensitive
    except PolicyNotInForce:
        return False


def _is_masked(request: SellerRequest, paper: Document, programme: Programme) -> bool:
    """Sensitive papers are in clear for the owner only, also within the seller's own house."""
    return _is_sensitive(paper, programme) and Role.SELLER_OWNER not in request.user.roles


def _may_download(request: SellerRequest, paper: Document, programme: Programme) -> bool:
    return paper.destroyed_at is None and not _is_masked(request, paper, programme)


def _page_number(request: SellerRequest) -> int:
    asked = request.GET.get("page", "1")
    return int(asked) if asked.isdecimal() and 1 <= int(asked) <= 9999 else 1


@access(view=READERS)
@require_GET
def document_page(request: SellerRequest, pk: int, page: int) -> HttpResponse:
    """One page of a paper as a watermarked picture; the look is logged."""
    paper = get_object_or_404(Document, pk=pk, seller=request.seller)
    masked = _is_masked(request, paper, programme_now())
    try:
        preview = watermarked_preview(paper, request=request, page=page, is_masked=masked)
    except (PreviewUnavailable, DocumentDestroyed, StoredFileMissing):
        raise Http404 from None
    return HttpResponse(preview.png, content_type="image/png")


@access(view=READERS)
@require_GET
def document_file(request: SellerRequest, pk: int) -> HttpResponse:
    """A paper of one's own as it was kept, as a download; logged."""
    paper, programme = get_object_or_404(Document, pk=pk, seller=request.seller), programme_now()
    if not _may_download(request, paper, programme):
        raise Http404
    content = open_document(
        pk,
        action="download",
        reason="",
        vault=vault(),
        store=store(),
        now=programme.now,
        actor=request.user.actor,
        address=client_address(request),
    )
    response = HttpResponse(content, content_type=paper.media_type)
    response.headers["Content-Disposition"] = content_disposition_header(True, paper.name)
    return response


@access(view=WRITERS, act=WRITERS)
@require_POST
def document_expiry(request: SellerRequest, pk: int) -> HttpResponse:
    """Record until when a paper is good."""
    paper = get_object_or_404(Document, pk=pk, seller=request.seller, replaced_at=None, destroyed_at=None)
    form = ExpiryForm(request.POST)
    if locked := locked_words(latest_application(request.seller.pk)):
        messages.error(request, locked)
    elif not form.is_valid():
        return _one(request, paper, form, status=422)
    else:
        day = form.cleaned_data["expires_on"]
        date_document(pk, expires_on=day, now=programme_now().now, actor=request.user.actor)
        messages.success(request, _("Saved."))
    return redirect("seller:document", pk=pk)


@access(view=WRITERS, act=WRITERS)
@require_POST
def document_remove(request: SellerRequest, pk: int) -> HttpResponse:
    """Take a paper away before it is handed in: it is destroyed."""
    paper = get_object_or_404(Document, pk=pk, seller=request.seller)
    if not may_remove(latest_application(request.seller.pk)):
        messages.error(request, _("The paper is part of your application: replace it instead."))
        return redirect("seller:document", pk=pk)
    destroy_documents(
        [paper.pk],
        reason="removed by the seller",
        store=store(),
        now=programme_now().now,
        actor=request.user.actor,
        address=client_address(request),
    )
    messages.success(request, _("Removed. The file was destroyed."))
    return redirect("seller:documents")


@access(view=READERS)
@require_GET
def commitment_template(request: SellerRequest) -> HttpResponse:
    """《商品合规承诺书》 with the seller's name filled in, to print, sign and seal."""
    response = HttpResponse(commitment_pdf(request.seller, programme_now()), content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(True, "商品合规承诺书.pdf")
    return response
