"""The seller's ERP page: keys shown once, samples, the endpoint, and calls as they arrive."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.erp.models import ProbeRun, ProbeTarget, SandboxKey
from bantuo.apps.erp.operations import issue_key, open_secret, run_probe, start_probe
from bantuo.apps.erp.queries import active_key
from bantuo.interfaces.web.papers import vault
from tests.apps.erp.erps import FAST, SELLER, Endpoint, Unreachable, an_endpoint, clock, sandbox_calls
from tests.apps.factories import NOW, make_sellers

pytestmark = pytest.mark.django_db

PAGE = "/seller/erp/"
ENDPOINT = {
    "url": "https://erp.example.com/stock",
    "verb": "GET",
    "api_version": "V3.2",
    "vendor": "Example ERP",
}


def signed_in(seller_id: int, *roles: str, mail: str = "owner@example.com", language: str = "en") -> Client:
    """A browser of somebody of the seller."""
    user = User.objects.create_user(
        mail, seller_id=seller_id, roles=list(roles or (Role.SELLER_OWNER,)), language=language
    )
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def seller() -> int:
    (made,) = make_sellers("S1")
    return made


@pytest.fixture
def owner(seller: int) -> Client:
    return signed_in(seller)


def text_of(answer: Any) -> str:
    """What is read on a page, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def content_of(answer: Any, element: str) -> str:
    found = re.search(rf'id="{element}"[^>]*>(.*?)</code>', answer.content.decode(), re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def make_key(client: Client) -> Any:
    return client.post(f"{PAGE}key/", follow=True)


def test_a_newcomer_sees_what_is_asked_and_both_ways(owner: Client) -> None:
    told = text_of(owner.get(PAGE))

    assert "95 of 100 stock calls are answered within 3,000 ms" in told
    for part in (
        "required: 3.2 or later",
        "0 / 100",
        "Make a key",
        "I have no ERP",
        "The programme asks for one",
    ):
        assert part in told
    assert "Register the endpoint" in text_of(owner.get(f"{PAGE}?way=probe"))


def test_a_secret_is_shown_once_and_kept_sealed(owner: Client, seller: int) -> None:
    first = make_key(owner)
    key = active_key(seller)
    assert key is not None
    secret = open_secret(key, vault=vault())

    assert content_of(first, "secret") == secret
    assert "It is shown this once" in text_of(first)
    again = owner.get(PAGE).content.decode()
    assert secret not in again
    assert key.app_key in again
    assert secret not in str(dict(owner.session))


def test_pressing_twice_makes_one_key_and_still_shows_its_secret(owner: Client, seller: int) -> None:
    owner.post(f"{PAGE}key/")
    second = make_key(owner)

    assert SandboxKey.objects.filter(seller_id=seller).count() == 1
    assert len(content_of(second, "secret")) == 43


def test_a_replaced_key_shows_the_new_secret_and_a_second_press_changes_nothing(
    owner: Client, seller: int
) -> None:
    make_key(owner)
    old = active_key(seller)
    assert old is not None
    answer = owner.post(f"{PAGE}key/rotate/", {"app_key": old.app_key}, follow=True)
    new = active_key(seller)
    assert new is not None

    assert content_of(answer, "secret") == open_secret(new, vault=vault())
    assert new.app_key != old.app_key
    assert "was replaced or revoked before" in text_of(
        owner.post(f"{PAGE}key/rotate/", {"app_key": old.app_key}, follow=True)
    )
    assert active_key(seller) == new


def test_a_key_is_revoked_once(owner: Client, seller: int) -> None:
    make_key(owner)
    key = active_key(seller)
    assert key is not None

    told = [
        text_of(owner.post(f"{PAGE}key/revoke/", {"app_key": key.app_key}, follow=True)) for _ in range(2)
    ]
    assert "The key is revoked" in told[0]
    assert "was replaced or revoked before" in told[1]
    assert active_key(seller) is None


def test_anothers_key_is_neither_seen_nor_ended(owner: Client) -> None:
    (other,) = make_sellers("S2")
    theirs = issue_key(other, vault=vault(), now=NOW, actor="user:9")
    sandbox_calls(theirs.app_key, 77)

    page = owner.get(PAGE)
    assert theirs.app_key not in page.content.decode()
    assert "0 / 100" in text_of(page)
    owner.post(f"{PAGE}key/revoke/", {"app_key": theirs.app_key})
    assert active_key(other) is not None


@pytest.mark.parametrize("role", [Role.SELLER_LISTING, Role.SELLER_FINANCE])
@pytest.mark.parametrize(
    "path", ["key/", "key/rotate/", "key/revoke/", "endpoint/", "probe/start/", "probe/stop/"]
)
def test_listing_and_finance_staff_look_but_do_not_act(seller: int, role: str, path: str) -> None:
    client = signed_in(seller, role)

    assert client.get(PAGE).status_code == 200
    assert "Make a key" not in text_of(client.get(PAGE))
    assert client.post(f"{PAGE}{path}").status_code == 403


def test_stock_staff_may_act(seller: int) -> None:
    make_key(signed_in(seller, Role.SELLER_STOCK))

    assert active_key(seller) is not None


@pytest.mark.parametrize("path", ["", "arriving/", "version/"])
def test_a_stranger_is_asked_to_sign_in(path: str) -> None:
    answer = Client().get(f"{PAGE}{path}")

    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, "/accounts/login/")


def test_the_samples_carry_the_key_but_never_the_secret(owner: Client, seller: int) -> None:
    page = make_key(owner)
    key = active_key(seller)
    assert key is not None
    secret = open_secret(key, vault=vault())

    for sample in (content_of(page, "sample-python"), content_of(page, "sample-curl")):
        assert key.app_key in sample
        assert "/sandbox/v3.2/stock" in sample
        assert secret not in sample
        assert "&quot;" not in sample


def test_an_endpoint_is_registered_and_measured_by_a_job(owner: Client, seller: int) -> None:
    answer = owner.post(f"{PAGE}endpoint/", ENDPOINT, follow=True)
    target = ProbeTarget.objects.get()
    assert (target.url, target.api_version, target.vendor) == (ENDPOINT["url"], "3.2", "Example ERP")
    assert "Start the measurement" in text_of(answer)

    started = [owner.post(f"{PAGE}probe/start/", follow=True) for _ in range(2)]
    assert "Measuring: call 0 of 100" in text_of(started[0])
    assert ProbeRun.objects.count() == 1
    jobs = ProcrastinateJob.objects.filter(task_name="erp.run_probe")
    assert [(job.args, job.status) for job in jobs] == [({"seller_id": seller}, "todo")]

    assert "stopped" in text_of(owner.post(f"{PAGE}probe/stop/", follow=True))
    assert ProbeRun.objects.get().outcome == "stopped"


def test_a_measurement_needs_an_endpoint(owner: Client) -> None:
    assert "Register the endpoint first." in text_of(owner.post(f"{PAGE}probe/start/", follow=True))
    assert ProbeRun.objects.count() == 0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": ""}, "This field is required."),
        ({"url": "http://erp.example.com/"}, "The address must begin with https://."),
        ({"url": "https://127.0.0.1\\@erp.example.com/"}, "The address cannot be read"),
        ({"url": "https://2130706433/"}, "There is no host name in the address"),
        ({"url": "https://a:b@erp.example.com/"}, "Leave name and password out"),
        ({"url": "https://erp.example.com:6379/"}, "That port is not called."),
        ({"url": "https://erp.example.com/" + "a" * 2000}, "at most 2000 characters"),
        ({"api_version": "three"}, "A version looks like 3.2."),
        ({"verb": "DELETE"}, "Select a valid choice."),
    ],
)
def test_a_wrong_endpoint_is_told_beside_its_field(
    owner: Client, changed: dict[str, str], words: str
) -> None:
    answer = owner.post(f"{PAGE}endpoint/", {**ENDPOINT, **changed})

    assert answer.status_code == 422
    assert words in text_of(answer)
    assert html.escape(changed.get("url", ENDPOINT["url"])) in answer.content.decode()
    assert ProbeTarget.objects.count() == 0


def test_an_endpoint_at_home_is_refused_when_it_is_called(owner: Client, seller: int) -> None:
    an_endpoint(seller)
    start_probe(seller, calls=1, now=NOW, actor=SELLER)
    run_probe(seller, caller=Unreachable(), vault=vault(), limit_ms=3000, calls_max=1, clock=clock())

    told = text_of(owner.get(f"{PAGE}?way=probe"))
    assert "The measurement could not begin. That address is not on the public network" in told


def test_arriving_calls_are_shown_once_there_are_new_ones(owner: Client, seller: int) -> None:
    make_key(owner)
    page = owner.get(PAGE).content.decode()
    (address,) = re.findall(r'hx-get="(/seller/erp/arriving/[^"]*)"', page)
    assert owner.get(address).status_code == 204

    key = active_key(seller)
    assert key is not None
    sandbox_calls(key.app_key, 12, 9, failed=1)
    answer = owner.get(address)
    told = text_of(answer)
    assert answer.status_code == 200
    assert "2 / 100" in told
    assert "signed, but the body could not be read" in told
    assert "> 3,000 ms" in told
    (renewed,) = re.findall(r'hx-get="(/seller/erp/arriving/[^"]*)"', answer.content.decode())
    assert owner.get(renewed).status_code == 204


def test_complete_evidence_is_said_so(owner: Client, seller: int) -> None:
    make_key(owner)
    key = active_key(seller)
    assert key is not None
    sandbox_calls(key.app_key, *[40] * 100)
    told = text_of(owner.get(PAGE))

    for part in ("100 / 100", "40 ms", "The evidence is complete and within the limits."):
        assert part in told


def test_slow_evidence_says_what_counts(owner: Client, seller: int) -> None:
    an_endpoint(seller)
    start_probe(seller, calls=100, now=NOW, actor=SELLER)
    slow = [FAST] * 90 + [type(FAST)(3001, False, "no answer within 3000 ms")]
    run_probe(seller, caller=Endpoint(slow), vault=vault(), limit_ms=3000, calls_max=100, clock=clock())
    told = text_of(owner.get(PAGE))

    assert "Enough calls, but too slow. 10 of the 100 calls failed." in told
    assert "no complete answer within 3000 ms" in told


def test_a_version_that_is_too_old_leads_to_its_page(owner: Client, seller: int) -> None:
    make_key(owner)
    key = active_key(seller)
    assert key is not None
    sandbox_calls(key.app_key, 5, version="3.1")

    assert "Your ERP calls in version 3.1; 3.2 or later is required." in text_of(owner.get(PAGE))
    told = text_of(owner.get(f"{PAGE}version/"))
    for part in (
        "3.1 too old",
        "1 call",
        "/sandbox/v3.1/stock → /sandbox/v3.2/stock",
        "3.10 is later than 3.2",
    ):
        assert part in told


def test_a_version_that_is_late_enough_needs_nothing(owner: Client, seller: int) -> None:
    make_key(owner)
    key = active_key(seller)
    assert key is not None
    sandbox_calls(key.app_key, 5, version="3.10")
    told = text_of(owner.get(f"{PAGE}version/"))

    assert "3.10 late enough" in told
    assert "What to do" not in told


def test_the_version_page_without_calls_leads_back(owner: Client) -> None:
    assert "No call has arrived yet" in text_of(owner.get(f"{PAGE}version/"))


def test_the_page_takes_a_fixed_number_of_queries(
    owner: Client, seller: int, django_assert_max_num_queries: Any
) -> None:
    make_key(owner)
    key = active_key(seller)
    assert key is not None
    sandbox_calls(key.app_key, *[40] * 100)
    (address,) = re.findall(r'hx-get="(/seller/erp/arriving/[^"]*)"', owner.get(PAGE).content.decode())

    with django_assert_max_num_queries(25):
        owner.get(PAGE)
    with django_assert_max_num_queries(5):
        assert owner.get(address).status_code == 204


def test_all_of_it_is_there_in_chinese(seller: int) -> None:
    client = signed_in(seller, language="zh-hans")
    make_key(client)
    key = active_key(seller)
    assert key is not None
    sandbox_calls(key.app_key, 12, 9, version="3.1", failed=1)

    for path in ("", "?way=probe", "version/"):
        page = client.get(f"{PAGE}{path}").content.decode()
        told = re.sub(r"<(pre|code|a class=.rule-link).*?</(pre|code|a)>", "", page, flags=re.DOTALL)
        assert re.findall(r">[^<>]*\b(?:the|The|your|Your|call|calls)\b[^<>]*<", told) == []
