"""Numbers that authorities give to firms, people and products: which are sound, which a person must look at.

A wrong check digit is a rejection; a shape that the published sources do not settle (French EPR
numbers) goes to a reviewer instead, because refusing a sound number costs the seller a market.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

Verdict = Literal["accepted", "review", "rejected"]

_USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORG_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Checked:
    """A number in its normal form, the verdict, and the rule it broke."""

    number: str
    verdict: Verdict
    reason: str = ""


def check_uscc(text: str) -> Checked:
    """A unified social credit code (GB 32100) with both check digits.

    The outer one is mod 31; the organisation code inside (places 9 to 17) has its own, mod 11.
    Letters are allowed in the first two places, for authorities other than market regulation.
    """
    number = uscc.compact(text)
    if not _USCC.fullmatch(number):
        return Checked(number, "rejected", "18 characters, no I O Z S V, digits in places 3 to 8")
    if number[-1] != uscc.calc_check_digit(number[:-1]):
        return Checked(number, "rejected", "check digit (mod 31)")
    if number[16] != organisation_check_digit(number[8:16]):
        return Checked(number, "rejected", "check digit of the organisation code inside (mod 11)")
    return Checked(number, "accepted")


def organisation_check_digit(body: str) -> str:
    """The ninth character of an organisation code (GB 11714), from its first eight."""
    total = sum(_ORG_ALPHABET.index(c) * weight for c, weight in zip(body, _ORG_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def check_identity_number(text: str) -> Checked:
    """A resident identity number (GB 11643): check digit, birth date and region."""
    number = ric.compact(text)
    try:
        return Checked(ric.validate(number), "accepted")
    except ValidationError as problem:
        return Checked(number, "rejected", str(problem))


def mask_identity_number(number: str) -> str:
    """As shown by default: `110105********002X`."""
    return f"{number[:6]}{'*' * max(0, len(number) - 10)}{number[-4:]}"


_GERMAN = {
    "packaging": (re.compile(r"DE\d{13}"), "LUCID: DE and 13 digits"),
    "weee": (re.compile(r"DE\d{8}"), "WEEE-Reg.-Nr.: DE and 8 digits"),
    "battery": (re.compile(r"DE\d{8}"), "Batt-Reg.-Nr.: DE and 8 digits"),
}
_GERMAN_LABEL = re.compile(r"^(WEEE|BATT)-?REG\.?-?NR\.?:?")
_FRENCH = re.compile(r"FR\d{6}_\d{2}[A-Z]{4}")


def check_epr_number(text: str, *, site: str, stream: str) -> Checked:
    """An EPR registration number of one stream (packaging, weee, battery, …) at one site."""
    number = re.sub(r"\s+", "", text).upper()
    if not number:
        return Checked(number, "rejected", "empty")
    check = _EPR_CHECKS.get(site)
    return check(number, stream) if check else Checked(number, "review", f"no published shape for {site}")


def _check_german(number: str, stream: str) -> Checked:
    bare = _GERMAN_LABEL.sub("", number)
    if stream not in _GERMAN:
        return Checked(bare, "review", f"no published shape for stream {stream}")
    shape, rule = _GERMAN[stream]
    return Checked(bare, "accepted") if shape.fullmatch(bare) else Checked(bare, "rejected", rule)


def _check_french(number: str, stream: str) -> Checked:
    if _FRENCH.fullmatch(number):
        return Checked(number, "accepted")
    return Checked(number, "review", f"{stream}: not FR123456_78ZZZZ; sources disagree, so a person decides")


_EPR_CHECKS: dict[str, Callable[[str, str], Checked]] = {"DE": _check_german, "FR": _check_french}


_BASIC_ACCOUNT = re.compile(r"[A-Z]\d{13}")


def check_basic_account(text: str) -> Checked:
    """The number of a basic deposit account (filing or old permit): letter and 13 digits as a rule."""
    number = re.sub(r"\s+", "", text).upper()
    if _BASIC_ACCOUNT.fullmatch(number):
        return Checked(number, "accepted")
    return Checked(number, "review", "usually a letter and 13 digits; no check digit is published")
