"""Signed calls: vectors made with openssl, and every way in which one is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bantuo.core.signatures import (
    CLOCK_SKEW_MS_MAX,
    ClockSkewed,
    NonceUnreadable,
    SignatureRefused,
    SignatureWrong,
    SignedCall,
    TimestampUnreadable,
    check_signature,
    sign_call,
    signed_text,
)

SECRET = "helloworld"
SENT_MS = 1_722_477_600_000
CALL = SignedCall(
    method="POST",
    target="/sandbox/v3.2/stock",
    timestamp=str(SENT_MS),
    nonce="0123456789abcdef",
    body=b'{"rows":[{"sku":"A-1","warehouse":"YIWU","quantity":7}]}',
)
# printf '…' | openssl dgst -sha256 -hmac helloworld
SIGNATURE = "7bde7784d940f4586fa777ca549df71b695ef62ed62b2f653f3a909a6e3fb7df"
EMPTY_SIGNATURE = "bae4d9911f76b61dc81c171af63862ee4f4ff6f2a4a3bfd20ec91127851fa6d8"
CHINESE_SIGNATURE = "a548da5155ebf7be2a6197a4660b445eb17ff35cf41db661033cd34d6c22320c"


def check(
    call: SignedCall = CALL, *, signature: str = SIGNATURE, secret: str = SECRET, late_ms: int = 0
) -> None:
    check_signature(call, signature=signature, secret=secret, now_ms=SENT_MS + late_ms)


def test_the_signed_text_is_five_lines() -> None:
    assert signed_text(CALL).split("\n") == [
        "POST",
        "/sandbox/v3.2/stock",
        "1722477600000",
        "0123456789abcdef",
        "e73dd28df67d1a69dafa02d364e34f4a433d3a0c36f8bf3d9ac743f8b23ab1f6",
    ]


@pytest.mark.parametrize(
    ("changed", "signature"),
    [
        ({}, SIGNATURE),
        ({"method": "GET", "target": "/sandbox/v3.2/ping", "body": b""}, EMPTY_SIGNATURE),
        ({"target": "/stock?site=DE&sku=%E6%9D%AF", "body": '{"sku":"马克杯"}'.encode()}, CHINESE_SIGNATURE),
    ],
)
def test_signatures_equal_those_of_openssl(changed: dict[str, Any], signature: str) -> None:
    assert sign_call(replace(CALL, **changed), secret=SECRET) == signature
    check(replace(CALL, **changed), signature=signature)


def test_upper_case_digits_and_spaces_round_them_are_the_same_signature() -> None:
    check(signature=f" {SIGNATURE.upper()} ")


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "PUT"},
        {"target": "/sandbox/v3.1/stock"},
        {"target": "/sandbox/v3.2/stock?x=1"},
        {"timestamp": str(SENT_MS + 1)},
        {"nonce": "0123456789abcdeF"},
        {"body": CALL.body.replace(b"7", b"9")},
        {"body": CALL.body + b" "},
        {"body": b""},
    ],
)
def test_whatever_is_changed_after_signing_is_noticed(changed: dict[str, Any]) -> None:
    with pytest.raises(SignatureWrong):
        check(replace(CALL, **changed))


@pytest.mark.parametrize("signature", ["", "0" * 64, SIGNATURE[:-1], SIGNATURE + "0", "é" * 64, "None"])
def test_another_signature_is_refused(signature: str) -> None:
    with pytest.raises(SignatureWrong):
        check(signature=signature)


def test_another_secret_is_refused() -> None:
    with pytest.raises(SignatureWrong):
        check(secret="helloworlD")


@pytest.mark.parametrize("late_ms", [0, 1, -1, CLOCK_SKEW_MS_MAX, -CLOCK_SKEW_MS_MAX])
def test_a_clock_may_be_off_by_minutes(late_ms: int) -> None:
    check(late_ms=late_ms)


@pytest.mark.parametrize(
    ("late_ms", "told"),
    [
        (CLOCK_SKEW_MS_MAX + 1, "300001 ms before"),
        (-CLOCK_SKEW_MS_MAX - 1, "300001 ms after"),
        (10**10, "before"),
    ],
)
def test_a_clock_further_off_is_refused_and_told_by_how_much(late_ms: int, told: str) -> None:
    with pytest.raises(ClockSkewed, match=told):
        check(late_ms=late_ms)


@pytest.mark.parametrize(
    "timestamp",
    ["", "1722477600", "17224776000000", "2024-08-01", "-722477600000", "１７２２４７７６０００００"],
)
def test_a_timestamp_is_thirteen_digits(timestamp: str) -> None:
    with pytest.raises(TimestampUnreadable):
        check(replace(CALL, timestamp=timestamp))


@pytest.mark.parametrize(
    "nonce", ["", "short", "a" * 15, "a" * 65, "0123456789abcde\n", "0123456789abcde;", "杯" * 16]
)
def test_a_nonce_is_sixteen_to_sixty_four_plain_characters(nonce: str) -> None:
    with pytest.raises(NonceUnreadable):
        check(replace(CALL, nonce=nonce))


def test_every_refusal_has_a_code_of_its_own() -> None:
    codes = [refusal.code for refusal in SignatureRefused.__subclasses__()]

    assert len(set(codes)) == len(codes) == 4
