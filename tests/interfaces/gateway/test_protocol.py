"""The protocol itself: three families, three signatures, every way to send, and every refusal by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from bantuo.apps.open_platform.models import AccessGrant, OpenApp
from bantuo.core.open_platform_signing import sign_text, signed_text
from bantuo.interfaces.gateway import views
from tests.interfaces.gateway.conftest import Shop
from tests.interfaces.gateway.erps import answer_of, milliseconds, private_erp

RELATION = "global.seller.relation.query"
SHOWN = "S1"


def code_of(answer: Any) -> Any:
    """The code, wherever the family puts it."""
    return answer.get("error_response", answer)["code"]


def sub_code_of(answer: Any) -> Any:
    return answer.get("error_response", answer)["sub_code"]


@pytest.mark.parametrize("how", ["GET", "QUERY", "POST", "PARTS", "MIXED"])
@pytest.mark.parametrize("sign_method", ["sha256", "md5", "hmac"])
@pytest.mark.parametrize("family", ["sync", "classic"])
def test_every_way_to_send_and_to_sign_is_let_in(shop: Shop, how: str, sign_method: str, family: str) -> None:
    told = shop.erp.call(RELATION, family=family, how=how, sign_method=sign_method)
    assert told["seller_relation_list"][0]["channel_shop_name"] == SHOWN


@pytest.mark.parametrize("how", ["GET", "POST", "PARTS"])
@pytest.mark.parametrize(
    "path", [f"/{RELATION}", "/global/seller/relation/query", f"/2.0/{RELATION}", f"/{RELATION}/"]
)
def test_a_method_by_path_is_signed_with_its_path(shop: Shop, how: str, path: str) -> None:
    told = shop.erp.call(path, family="rest", how=how)
    assert (told["code"], told["global_currency"]) == ("0", "CNY")


def test_a_templated_path_may_be_signed_without_its_first_part(shop: Shop) -> None:
    params = {
        "app_key": shop.erp.app_key,
        "timestamp": milliseconds(timezone.now()),
        "sign_method": "sha256",
        "access_token": shop.erp.session,
    }
    text = signed_text(params, path=f"/{RELATION}")
    params["sign"] = sign_text(text, secret=shop.erp.secret, sign_method="sha256")
    assert answer_of(f"/rest/2.0/{RELATION}", params)["code"] == "0"


@pytest.mark.parametrize("family", ["rest", "sync"])
def test_the_path_may_come_as_the_method(shop: Shop, family: str) -> None:
    """As the official Python client sends it: the path before the text, and once more in it."""
    path = "/auth/token/refresh"
    params = {
        "app_key": shop.erp.app_key,
        "timestamp": milliseconds(timezone.now()),
        "sign_method": "sha256",
        "method": path,
        "simplify": "false",
        "format": "json",
        "refresh_token": "5001nothing",
    }
    text = signed_text(params, path=path)
    params["sign"] = sign_text(text, secret=shop.erp.secret, sign_method="sha256")
    assert code_of(answer_of("/rest" if family == "rest" else "/sync", params)) == "IllegalRefreshToken"


def test_a_method_sent_twice_counts_once(shop: Shop) -> None:
    params = {
        "app_key": shop.erp.app_key,
        "timestamp": milliseconds(timezone.now()),
        "sign_method": "sha256",
        "session": shop.erp.session,
        "simplify": "true",
        "method": RELATION,
    }
    sign = sign_text(signed_text(params), secret=shop.erp.secret, sign_method="sha256")
    told = answer_of(f"/sync?method={RELATION}&method={RELATION}", {**params, "sign": sign})
    assert told["code"] == "0"


def test_a_file_beside_the_parameters_is_not_signed(shop: Shop) -> None:
    params = {
        "app_key": shop.erp.app_key,
        "timestamp": milliseconds(timezone.now()),
        "sign_method": "sha256",
        "session": shop.erp.session,
        "simplify": "true",
        "method": RELATION,
    }
    params["sign"] = sign_text(signed_text(params), secret=shop.erp.secret, sign_method="sha256")
    response = Client().post("/sync", {**params, "image": SimpleUploadedFile("a.png", b"\x89PNG")})
    assert (response.status_code, response.json()["code"]) == (200, "0")


@pytest.mark.parametrize("keeps_blank", [True, False])
def test_an_empty_value_may_be_signed_or_not(shop: Shop, keeps_blank: bool) -> None:
    params = {
        "app_key": shop.erp.app_key,
        "timestamp": milliseconds(timezone.now()),
        "sign_method": "sha256",
        "session": shop.erp.session,
        "method": RELATION,
        "simplify": "true",
        "aaa": "",
    }
    text = signed_text(params, keeps_blank=keeps_blank)
    params["sign"] = sign_text(text, secret=shop.erp.secret, sign_method="sha256")
    assert answer_of("/sync", params)["code"] == "0"


def test_the_token_may_be_called_either_way_everywhere(shop: Shop) -> None:
    for family in ("sync", "classic"):
        told = shop.erp.call(RELATION, family=family, dropped=("session",), access_token=shop.erp.session)
        assert told["success"] is True
    told = shop.erp.call(f"/{RELATION}", family="rest")  # `session` on a path
    assert told["success"] is True


def test_shapes_of_the_families(shop: Shop) -> None:
    bare = shop.erp.call(RELATION)
    request_id = bare.pop("request_id")
    assert len(request_id) == 32
    relation = {
        "seller_id": shop.seller.pk,
        "channel_seller_id": shop.seller.pk,
        "channel": "AE_GLOBAL",
        "channel_currency": "CNY",
        "channel_shop_name": "S1",
        "business_type": "POP_CHOICE",
    }
    content = {"global_currency": "CNY", "success": True}
    assert bare == {"seller_relation_list": [relation], **content, "code": "0"}
    for family in ("sync", "classic"):
        told = shop.erp.call(RELATION, family=family, simplify="false")
        inner = told.pop("global_seller_relation_query_response")
        assert told == {}
        del inner["request_id"]
        assert inner == {"seller_relation_list": {"seller_relation_lis": [relation]}, **content}
    classic = shop.erp.call(RELATION, family="classic")
    del classic["request_id"]
    assert classic == {"seller_relation_list": [relation], **content}


def test_all_three_forms_of_a_timestamp(shop: Shop) -> None:
    now = timezone.now()
    texts = [
        milliseconds(now),
        now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        now.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M:%S"),
    ]
    for family in ("sync", "classic"):
        for text in texts:
            assert shop.erp.call(RELATION, family=family, timestamp=text)["success"] is True


@pytest.mark.parametrize(
    ("family", "off", "is_let_in"),
    [
        ("sync", timedelta(seconds=7190), True),
        ("sync", timedelta(seconds=-7190), True),
        ("sync", timedelta(hours=3), False),
        ("sync", timedelta(hours=-3), False),
        ("classic", timedelta(seconds=590), True),
        ("classic", timedelta(seconds=-620), False),
        ("classic", timedelta(hours=3), False),
    ],
)
def test_a_clock_that_is_off(shop: Shop, family: str, off: timedelta, is_let_in: bool) -> None:
    told = shop.erp.call(RELATION, family=family, off=off)
    if is_let_in:
        assert told["success"] is True
    else:
        assert code_of(told) == (31 if family == "classic" else "IllegalTimestamp")
        assert sub_code_of(told) == "isv.clock-off"


REFUSALS = [
    ({"spoilt": {"sign": "0" * 64}}, "IncompleteSignature", 25),
    ({"spoilt": {"more": "1"}}, "IncompleteSignature", 25),
    ({"spoilt": {"sign": "é"}}, "IncompleteSignature", 25),
    ({"dropped": ("sign",)}, "IncompleteSignature", 24),
    ({"spoilt": {"sign_method": "rsa"}}, "IncompleteSignature", 25),
    ({"dropped": ("app_key",)}, "MissingParameter", 28),
    ({"spoilt": {"app_key": "1"}}, "InvalidAppKey", 29),
    ({"spoilt": {"app_key": "٣"}}, "InvalidAppKey", 29),
    ({"dropped": ("timestamp",)}, "MissingParameter", 30),
    ({"timestamp": "soon"}, "IllegalTimestamp", 31),
    ({"dropped": ("session",)}, "IllegalAccessToken", 26),
    ({"session": "5000nothing"}, "IllegalAccessToken", 27),
    ({"format": "xml"}, "InvalidFormat", 23),
    ({"spoilt": {"method": ""}}, "MissingParameter", 21),
    ({"spoilt": {"method": "aliexpress.no.such.method"}}, "InvalidApiPath", 22),
    ({"more": "a\x00b"}, "InvalidParameter", 41),
]


@pytest.mark.parametrize(("asked", "code", "number"), REFUSALS)
def test_every_refusal_has_its_name_and_its_number(
    shop: Shop, asked: dict[str, Any], code: str, number: int
) -> None:
    told = shop.erp.call(RELATION, **asked)
    assert set(told) == {"error_response"}
    assert (code_of(told), type(told["error_response"]["msg"])) == (code, str)
    assert len(told["error_response"]["request_id"]) == 32
    classic = shop.erp.call(RELATION, family="classic", **asked)
    assert code_of(classic) == number


def test_a_refusal_by_path_stands_at_the_top(shop: Shop) -> None:
    told = shop.erp.call(f"/{RELATION}", family="rest", spoilt={"sign": "0"})
    assert told["code"] == "IncompleteSignature"
    assert told["message"] == "The request signature does not conform to platform standards"
    assert told["type"] == "ISV"
    assert code_of(shop.erp.call("/no/such/path", family="rest")) == "InvalidApiPath"
    assert code_of(answer_of("/rest", {})) == "MissingParameter"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"a=1", "application/x-www-form-urlencoded;charset=gbk"),
        (b"--x\r\nnot a part", "multipart/form-data; boundary=x"),
        (b"--x", "multipart/form-data"),
        (b"&".join(b"f%d=1" % n for n in range(1200)), "application/x-www-form-urlencoded"),
        (b"a=" + b"x" * 3_000_000, "application/x-www-form-urlencoded"),
        (b"\xff\xfe=\x80", "application/x-www-form-urlencoded"),
        (b"", "application/json"),
    ],
)
@pytest.mark.parametrize("address", ["/sync", "/rest/auth/token/create", "/router/rest"])
def test_a_body_that_cannot_be_read_is_a_200_with_a_name(
    shop: Shop, body: bytes, kind: str, address: str
) -> None:
    response = Client().post(address, body, content_type=kind)
    assert response.status_code == 200
    assert code_of(response.json()) in ("InvalidParameter", "MissingParameter", 3, 21, 28)


@pytest.mark.parametrize("verb", ["put", "delete", "patch", "options", "get"])
def test_other_verbs_are_answered_alike(shop: Shop, verb: str) -> None:
    response = getattr(Client(), verb)("/sync")
    assert (response.status_code, code_of(response.json())) == (200, "MissingParameter")


def test_a_token_of_another_app_is_none(shop: Shop) -> None:
    other = shop.world.seller("S2", "X")
    theirs = private_erp(other)
    assert code_of(shop.erp.with_(session=theirs.session).call(RELATION)) == "IllegalAccessToken"


def test_revoked_expired_and_closed(shop: Shop) -> None:
    grants, apps = AccessGrant.objects.all(), OpenApp.objects.all()
    now = timezone.now()
    grants.update(revoked_at=now)
    assert code_of(shop.erp.call(RELATION)) == "IllegalAccessToken"
    grants.update(revoked_at=None, access_expires_at=now)
    assert code_of(shop.erp.call(RELATION)) == "IllegalAccessToken"
    grants.update(access_expires_at=now + timedelta(days=1), scopes=["orders"])
    assert shop.erp.call(RELATION)["success"] is True
    told = shop.erp.call("aliexpress.pop.choice.products.list")
    assert code_of(told) == "InsufficientPermission"
    apps.update(closed_at=now)
    assert code_of(shop.erp.call(RELATION)) == "InvalidAppKey"


def test_use_is_noted_to_the_minute(shop: Shop) -> None:
    assert AccessGrant.objects.get().last_used_at is None
    shop.erp.call(RELATION)
    first = AccessGrant.objects.get().last_used_at
    shop.erp.call(RELATION)
    assert first is not None
    assert AccessGrant.objects.get().last_used_at == first


def test_a_flood_is_stopped_by_name(shop: Shop, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 2
    assert [code_of(shop.erp.call(RELATION)) for _ in range(4)][2:] == ["ApiCallLimit"] * 2


def test_what_nobody_foresaw_is_a_200_too(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(views, "admit_seller", fail)
    told = shop.erp.call(RELATION)
    assert code_of(told) == "ServiceUnavailable"
    assert told["error_response"]["type"] == "SYSTEM"
