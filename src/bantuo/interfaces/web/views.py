"""The shell's own pages."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from bantuo.interfaces.web.access import OPERATOR_ROLES, access, public, signed_in
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.samples import style_samples


@signed_in
def landing(request: UserRequest) -> HttpResponse:
    """Where somebody goes after signing in: the operator console or the seller centre."""
    return redirect("operator:dashboard" if request.user.is_operator else "seller:home")


@public
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Show everything in another language, from now on and on every device of the person."""
    chosen = request.POST.get("language", "")
    where = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(where, allowed_hosts={request.get_host()}):
        where = reverse("public:home")
    response = redirect(where)
    if chosen in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, max_age=31_536_000, samesite="Lax")
        if request.user.is_authenticated:
            request.user.language = chosen
            request.user.save(update_fields=["language"])
    return response


@access(view=OPERATOR_ROLES)
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component with its states."""
    return render(request, "web/styleguide.html", style_samples(timezone.now()))


@public
def healthz(request: HttpRequest) -> HttpResponse:
    """For whoever watches the server: 200 when the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
