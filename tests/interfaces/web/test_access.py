"""Who may open what: every address as every role, as nobody, and as the wrong seller."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from bantuo.interfaces.web.access import OPERATOR_ROLES, SELLER_ROLES, Access, access
from tests.interfaces.web.access_world import ROLES, Route, World, make_world, routes

TABLE = Path(__file__).with_name("access.txt")
# Beside their own account, people without a role for it may only do this: none of it changes the programme.
OPEN_SPACES = ("account_", "mfa_", "usersessions_", "web:")
QUERIES = {"seller:warehouse_confirm": "?distance_m=1000&reference=quote"}
# Who may look, and yet finds nothing in this world: no codes, no second factor, no draft of an active seller.
NOTHING_TO_SHOW = {
    "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_download_recovery_codes", "seller:size_chart",
    "api:nothing_here",
}  # fmt: skip


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.DOCUMENT_STORE = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return make_world()


def table() -> str:
    """The committed table: `r` looks, `w` acts."""
    shown = [route for route in routes() if route.access]
    width = max(len(route.path) for route in shown) + 2
    names = max(len(route.name) for route in shown) + 2
    short = {role: role.replace("seller_", "").replace("operator_", "")[:7] for role in ROLES}
    head = f"{'':{width}}{'':{names}}{' '.join(f'{short[role]:7}' for role in ROLES)}"
    lines = [f"{route.path:{width}}{route.name:{names}}{_cells(route.access)}" for route in shown]
    return "\n".join(line.rstrip() for line in [head, *sorted(lines)]) + "\n"


def _cells(told: Access) -> str:
    if told.public or told.signed_in or told.superuser:
        return told.words()
    marks = {
        role: ("r" if role in told.view else "") + ("w" if role in told.act else "") or "-" for role in ROLES
    }
    return " ".join(f"{marks[role]:7}" for role in ROLES)


def test_the_committed_table_says_who_may_open_what() -> None:
    """BANTUO_WRITE_ACCESS=1 writes it anew: look at what changed."""
    if os.environ.get("BANTUO_WRITE_ACCESS"):
        TABLE.write_text(table(), encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == table()


def test_every_view_says_who_may_open_it() -> None:
    assert [route.name for route in routes() if route.access is None] == []


def test_nobody_acts_as_an_auditor() -> None:
    with pytest.raises(ValueError, match="an auditor only reads"):
        access(view=[], act=["operator_auditor"])
    acting = [route.name for route in routes() if route.access and "operator_auditor" in route.access.act]
    assert acting == []


def test_pages_for_everybody_with_an_account_are_their_own() -> None:
    strange = [
        route.name
        for route in routes()
        if route.access and route.access.signed_in and not route.name.startswith(OPEN_SPACES)
    ]
    assert strange == []


def test_sellers_pages_are_sellers_and_operators_are_operators() -> None:
    for route in routes():
        told = route.access
        assert told is not None
        if route.name.startswith("seller:"):
            assert told.view | told.act <= SELLER_ROLES, route.name
            assert told.view, route.name
        if route.name.startswith("operator:"):
            assert told.view | told.act <= OPERATOR_ROLES, route.name
            assert "operator_auditor" in told.view or told.view == told.act, route.name


def _is_let_in(answer: HttpResponse) -> bool:
    """Neither refused, nor lost, nor broken, nor sent to sign in or to set up a second factor."""
    sent_away = answer.headers.get("Location", "").startswith(("/accounts/login/", "/accounts/2fa/totp/"))
    return answer.status_code not in (403, 404) and answer.status_code < 500 and not sent_away


def _says(route: Route, answer: HttpResponse) -> str:
    return f"{route.name} {answer.status_code} {answer.headers.get('Location', '')}"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_in_where_it_may_and_nowhere_else(world: World, role: str) -> None:
    client, wrong = world.client(role), []
    for route in routes():
        told = route.access
        assert told is not None
        answer = client.get(world.url(route, role=role) + QUERIES.get(route.name, ""))
        if told.public or told.signed_in or role in told.view:
            is_nothing = answer.status_code == 404 and route.name in NOTHING_TO_SHOW
            is_right = is_nothing or _is_let_in(answer) or _goes_on(route, answer)
        else:
            is_right = answer.status_code == 403
        wrong += [] if is_right else [_says(route, answer)]
        if route.name == "account_logout":
            client = world.client(role)
    assert wrong == []


def _goes_on(route: Route, answer: HttpResponse) -> bool:
    """Setting up a second factor asks who has not just signed in to prove who they are; that is its way."""
    return route.name.startswith(("mfa_", "account_")) and answer.status_code == 302


@pytest.mark.parametrize("role", ROLES)
def test_who_may_only_look_does_not_act(world: World, role: str) -> None:
    client, wrong = world.client(role), []
    for route in routes():
        told = route.access
        if told is None or told.public or told.signed_in or role in told.act:
            continue
        answer = client.post(world.url(route))
        wrong += [] if answer.status_code == 403 else [_says(route, answer)]
    assert wrong == []


def test_nobody_gets_in_without_an_account(world: World) -> None:
    client, wrong = Client(), []
    for route in routes():
        told = route.access
        assert told is not None
        answer = client.get(world.url(route))
        if told.public:
            is_nothing = answer.status_code == 404 and route.name in NOTHING_TO_SHOW
            needs_first_step = route.name == "mfa_authenticate"
            is_right = _is_let_in(answer) or is_nothing or needs_first_step
        else:
            is_right = answer.headers.get("Location", "").startswith("/accounts/login/?next=/")
        wrong += [] if is_right else [_says(route, answer)]
    assert wrong == []


def test_the_wrong_seller_finds_nothing(world: World) -> None:
    """The stranger is an owner too: whatever an owner may do, it finds nothing to do it with."""
    client, wrong = world.client(world.stranger), []
    for route in routes():
        told = route.access
        if route.name not in world.mine or told is None:
            continue
        refused = 404 if told.signed_in or "seller_owner" in told.act else 403
        for answer, expected in (
            (client.get(world.url(route)), 404),
            (client.post(world.url(route)), refused),
        ):
            is_right = answer.status_code in (expected, 405)  # 405: the page has no such method at all
            wrong += [] if is_right else [_says(route, answer)]
    assert wrong == []


def test_every_thing_of_a_seller_is_in_the_walk() -> None:
    """A seller's page with an argument opens the seller's own thing, or says that it belongs to all."""
    shared = {
        "seller:section", "seller:document_upload", "seller:agreement_text", "seller:warehouse_choose",
        "seller:warehouse_confirm",
    }  # fmt: skip
    named = {route.name for route in routes() if route.name.startswith("seller:") and route.arguments}
    assert shared <= named


def test_nothing_is_done_without_the_forms_own_mark(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    exempt, wrong = [], []
    for route in routes():
        if route.is_csrf_exempt:
            exempt.append(route.name)
            continue
        answer = client.post(world.url(route))
        marks = [template.name for template in answer.templates]
        wrong += [] if answer.status_code == 403 and "403_csrf.html" in marks else [_says(route, answer)]
    assert wrong == []
    machines = ("sandbox:", "api:", "gateway:")  # signed calls or keys, no cookies
    assert all(name.startswith(machines) for name in exempt)
