"""The signatures of real clients, vector by vector, and what may be left out."""

from __future__ import annotations

import pytest

from bantuo.core.open_platform_signing import SignMethodUnknown, has_valid_sign, sign_text, signed_text

SECRET = "helloworld"
STOCKS = {
    "app_key": "123456",
    "session": "test-session",
    "method": "aliexpress.pop.choice.product.stocks.update",
    "sign_method": "sha256",
    "timestamp": "1517820392000",
    "v": "2.0",
    "format": "json",
    "simplify": "true",
    "partner_id": "iop-sdk-java-20181207",
    "product_id": "1005001",
    "pop_choice_sku_stock_list": '[{"sku_id":"1","pop_choice_sku_warehouse_stock_list":'
    '[{"warehouse_code":"WH-DG-JIT","sellable_quantity":9}]}]',
    "empty": "",
}
LISTED = {
    "app_key": "123456",
    "sign_method": "sha256",
    "timestamp": "1517820392000",
    "partner_id": "iop-sdk-python-20220609",
    "method": "aliexpress.pop.choice.products.list",
    "simplify": "false",
    "format": "json",
    "session": "test-session",
    "param": '{"current_page":1,"page_size":20}',
}
VECTORS = {
    "V1": (
        "/auth/token/create",
        {
            "app_key": "12345678",
            "code": "3_500102_JxZ05Ux3cnnSSUm6dCxYg6Q26",
            "sign_method": "sha256",
            "timestamp": "1517820392000",
        },
        "35607762342831B6A417A0DED84B79C05FEFBF116969C48AD6DC00279A9F4D81",
    ),
    "V2": (
        "",
        {
            "access_token": "test",
            "aliexpress_category_id": "200135143",
            "app_key": "123456",
            "method": "aliexpress.logistics.redefining.getonlinelogisticsinfo",
            "sign_method": "sha256",
            "timestamp": "1517820392000",
        },
        "F7F7926B67316C9D1E8E15F7E66940ED3059B1638C497D77973F30046EFB5BBB",
    ),
    "V3": ("", STOCKS, "79B5BAD641B376B3CF8691DDCE843D0F5D4153069FE63FD66A406A8BC989C26D"),
    "V4": (
        "",
        {**STOCKS, "title": "马克杯 mug"},
        "48FBD948267D77EDE7F023217B4A84FBC42B3C8BC20A889735AE9F5CDE3B6CF4",
    ),
    "V5": ("", LISTED, "5102D59A7B7E96B1E26A698C84FA2435C43C2C286EEEA33A5B5B0EBC38BA1F06"),
    "V6": ("", {**LISTED, "sign_method": "md5"}, "8F3EF7AA5DDF24DC51E7086EB83FFD9A"),
    "V7": ("", {**LISTED, "sign_method": "hmac"}, "56B163A37CA58074FDC05EB4FA1AFF64"),
    "V8": (
        "/auth/token/create",
        {
            "app_key": "123456",
            "sign_method": "sha256",
            "timestamp": "1517820392000",
            "partner_id": "iop-sdk-python-20220609",
            "method": "/auth/token/create",
            "simplify": "false",
            "format": "json",
            "code": "3_x",
        },
        "1A1E0F58F632E8D395D6EC925BE32A86DBB856EB30E4794FEFCE946B9D1C5AD1",
    ),
    "V9": (
        "/order/get",
        {
            "access_token": "test",
            "app_key": "123456",
            "order_id": "1234",
            "sign_method": "sha256",
            "timestamp": "1517820392000",
        },
        "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_a_published_signature_comes_out(name: str) -> None:
    path, params, expected = VECTORS[name]
    text = signed_text(params, path=path)
    assert sign_text(text, secret=SECRET, sign_method=params["sign_method"]) == expected


@pytest.mark.parametrize("name", VECTORS)
def test_a_published_signature_is_let_in_and_one_changed_letter_is_not(name: str) -> None:
    path, params, expected = VECTORS[name]
    method = params["sign_method"]

    def holds(**changed: str) -> bool:
        given = {**params, "sign": expected, **changed}
        return has_valid_sign(given, secret=SECRET, sign_method=method, paths=("/other", path))

    assert holds()
    assert holds(sign=expected.lower())
    assert not holds(sign=("0" if expected[0] != "0" else "1") + expected[1:])
    assert not holds(app_key="123457")
    assert not holds(sign="")
    assert not holds(more="1")


def test_an_empty_value_is_signed_by_some_clients_and_left_out_by_others() -> None:
    params = {"b": "2", "a": "", "c": "  "}
    assert signed_text(params) == "b2"
    assert signed_text(params, keeps_blank=True) == "ab2c  "
    for text in ("b2", "ab2c  "):
        sign = sign_text(text, secret=SECRET, sign_method="sha256")
        assert has_valid_sign({**params, "sign": sign}, secret=SECRET, sign_method="sha256")
    assert not has_valid_sign(
        {**params, "sign": sign_text("ab2", secret=SECRET, sign_method="sha256")},
        secret=SECRET,
        sign_method="sha256",
    )


def test_names_are_sorted_by_bytes_not_by_the_alphabet() -> None:
    assert signed_text({"b": "1", "B": "2", "_": "3", "é": "4", "1": "5"}) == "15B2_3b1é4"


def test_a_sign_method_that_is_none_is_named() -> None:
    with pytest.raises(SignMethodUnknown, match="rsa"):
        sign_text("x", secret=SECRET, sign_method="rsa")
