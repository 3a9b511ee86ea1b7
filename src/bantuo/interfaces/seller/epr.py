"""EPR numbers: one per product, country and stream where the law asks for it, checked as they are typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from bantuo.apps.admission.operations.drafts import DraftClosed, SectionUnreadable, save_section
from bantuo.apps.admission.sections import RowUnknown, section_revision
from bantuo.core.identifiers import check_epr_number
from bantuo.interfaces.seller.application import WRITERS, closed_answer, closed_words, overwritten_words
from bantuo.interfaces.seller.desk import Desk, open_desk
from bantuo.interfaces.web.access import SELLER_ROLES, access
from bantuo.interfaces.web.finding_words import STREAMS
from bantuo.interfaces.web.requests import SellerRequest

PAGE = 20


@dataclass(frozen=True, slots=True)
class Need:
    """A number that one product needs at one site for one stream, and what was entered."""

    site: str
    stream: str
    word: Any
    basis: str
    number: str
    certificate: str
    tone: str
    remark: str

    @property
    def key(self) -> str:
        return f"{self.site}_{self.stream}"


@dataclass(frozen=True, slots=True)
class ProductNeeds:
    """The numbers of one product."""

    sku: str
    title: str
    needs: list[Need]
    revision: str

    @property
    def is_complete(self) -> bool:
        return all(need.tone in ("ok", "warn") for need in self.needs)


def epr_needs(desk: Desk) -> Iterator[ProductNeeds]:
    """What every product needs where it is sold, by the streams in force (ELG-17)."""
    book, on = desk.programme.book, desk.programme.on
    in_force = book.find("ELG-17.streams", on)
    sites = book.find("ELG-17.sites", on)
    if in_force is None or sites is None:
        return
    streams = [row for row in in_force.amount if row["site"] in sites.amount]
    for product in desk.profile.get("products", ()):
        needs = [_need(product, row) for row in streams if _is_needed(product, row)]
        if needs:
            revision = section_revision(desk.application.profile, "epr", row=product["sku"])
            yield ProductNeeds(product["sku"], product.get("title", ""), needs, revision)


def _is_needed(product: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    if row["site"] not in product.get("sites", ()):
        return False
    return row["applies_to"] == "all" or bool(product.get(row["applies_to"]))


def _need(product: Mapping[str, Any], row: Mapping[str, Any]) -> Need:
    site, stream = row["site"], row["stream"]
    held: Mapping[str, str] = next(
        (e for e in product.get("epr", ()) if (e["site"], e["stream"]) == (site, stream)), {}
    )
    tone, remark = epr_remark(held.get("number", ""), site=site, stream=stream)
    return Need(
        site=site,
        stream=stream,
        word=STREAMS.get(stream, stream),
        basis=row["basis"],
        number=held.get("number", ""),
        certificate=held.get("certificate", ""),
        tone=tone,
        remark=remark,
    )


def epr_remark(number: str, *, site: str, stream: str) -> tuple[str, str]:
    """What a number's form says: sound, for a reviewer, or wrong, with the form that is wanted."""
    if not number:
        return "mute", _("No number yet. Wanted: %(form)s.") % {"form": _FORMS.get((site, stream), "–")}
    match check_epr_number(number, site=site, stream=stream).verdict:
        case "accepted":
            return "ok", _("The form is right.")
        case "review":
            return "warn", _("Not the usual form. It is taken as it is; a reviewer will look.")
        case _:
            return "bad", _("Wrong form. Wanted: %(form)s.") % {"form": _FORMS.get((site, stream), "–")}


_FORMS: Mapping[tuple[str, str], str] = {
    ("DE", "packaging"): "DE1234567890123",
    ("DE", "weee"): "DE12345678",
    ("DE", "battery"): "DE12345678",
    ("FR", "packaging"): "FR123456_01ABCD",
    ("FR", "weee"): "FR123456_05ABCD",
    ("FR", "battery"): "FR123456_06ABCD",
}


@access(view=SELLER_ROLES, act=WRITERS)
def epr(request: SellerRequest) -> HttpResponse:
    """The matrix of products, countries and streams; each product is saved on its own."""
    desk = open_desk(request.seller.pk)
    if desk is None:
        return redirect("seller:application")
    if request.method == "POST":
        return _save(request, desk)
    return render(request, "seller/section_epr.html", _context(request, desk))


def _context(request: SellerRequest, desk: Desk) -> dict[str, Any]:
    return {
        "desk": desk,
        "section": desk.state_of("epr"),
        "page": Paginator(list(epr_needs(desk)), PAGE).get_page(request.GET.get("page")),
        "has_products": bool(desk.profile.get("products")),
        "closed": "" if desk.is_editable else closed_words(desk.application.state),
        "previous": desk.state_of("products"),
        "following": desk.state_of("size_charts"),
    }


def _save(request: SellerRequest, desk: Desk) -> HttpResponse:
    sku = request.POST.get("sku", "")
    product = next((p for p in desk.profile.get("products", ()) if p["sku"] == sku), None)
    if product is None:
        raise Http404
    try:
        saved = save_section(
            desk.application.pk,
            "epr",
            {sku: _posted(request, desk, product)},
            revision=request.POST.get("revision") or None,
            now=desk.programme.now,
            actor=request.user.actor,
        )
    except DraftClosed as closed:
        return closed_answer(request, closed)
    except (RowUnknown, SectionUnreadable) as wrong:
        return render(request, "seller/parts/section_closed.html", {"text": str(wrong)}, status=422)
    if not request.headers.get("HX-Request"):
        return redirect(request.get_full_path())
    fresh = Desk(saved.application, desk.programme)
    row = next((needs for needs in epr_needs(fresh) if needs.sku == sku), None)
    context = {
        "row": row,
        "section": fresh.state_of("epr"),
        "overwritten": overwritten_words(None, saved.overwritten),
    }
    return render(request, "seller/parts/epr_answer.html", context)


def _posted(request: SellerRequest, desk: Desk, product: Mapping[str, Any]) -> list[dict[str, str]]:
    """What was entered for the product's needs; numbers of other countries stay as they are."""
    needed = [need for needs in epr_needs(desk) if needs.sku == product["sku"] for need in needs.needs]
    asked = {(need.site, need.stream) for need in needed}
    kept = [e for e in product.get("epr", ()) if (e["site"], e["stream"]) not in asked]
    for need in needed:
        number = request.POST.get(f"number_{need.key}", "").strip()[:60]
        certificate = request.POST.get(f"certificate_{need.key}", "").strip()[:200]
        if number:
            entry = {"site": need.site, "stream": need.stream, "number": number}
            kept.append(entry | ({"certificate": certificate} if certificate else {}))
    return kept
