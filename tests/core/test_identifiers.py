"""Numbers of firms, people and products: the vectors of the catalogue, and what goes to a reviewer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from bantuo.core.identifiers import (
    check_basic_account,
    check_epr_number,
    check_identity_number,
    check_uscc,
    mask_identity_number,
    organisation_check_digit,
)  # fmt: skip


@pytest.mark.parametrize("number", ["91330100799655058B", "91110108551385082Q", "9133 0100 799655058b"])
def test_sound_credit_code(number: str) -> None:
    assert check_uscc(number).verdict == "accepted"


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("913301007996550580", "mod 31"),
        ("91330100799655058", "18 characters"),
        ("9133010079965505IB", "no I O Z S V"),
        ("91AB0100799655058B", "digits in places 3 to 8"),
    ],
)
def test_unsound_credit_code_says_why(number: str, reason: str) -> None:
    checked = check_uscc(number)
    assert checked.verdict == "rejected"
    assert reason in checked.reason


def test_wrong_inner_check_digit_is_found_under_a_right_outer_one() -> None:
    body = "91330100" + "79965505" + "7"  # 8 would be right
    assert "organisation code" in check_uscc(body + uscc.calc_check_digit(body)).reason


def test_letters_in_the_first_two_places_are_other_authorities() -> None:
    body = "N2330100" + "79965505" + "8"
    assert check_uscc(body + uscc.calc_check_digit(body)).verdict == "accepted"


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8), st.integers(1, 30))
def test_a_changed_last_character_is_always_found(organisation: str, shift: int) -> None:
    body = "91000000" + organisation + organisation_check_digit(organisation)
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    right = uscc.calc_check_digit(body)
    assert check_uscc(body + right).verdict == "accepted"
    assert check_uscc(body + alphabet[(alphabet.index(right) + shift) % 31]).verdict == "rejected"


def test_organisation_code_of_the_catalogue() -> None:
    assert organisation_check_digit("79965505") == "8"


@pytest.mark.parametrize("number", ["11010519491231002X", "360426199101010071", "11010519491231002x"])
def test_sound_identity_number(number: str) -> None:
    assert check_identity_number(number).verdict == "accepted"


@pytest.mark.parametrize("number", ["110105194912310021", "11010519491331002X", "1101051949123100", ""])
def test_unsound_identity_number(number: str) -> None:
    assert check_identity_number(number).verdict == "rejected"


def test_identity_number_is_masked() -> None:
    assert mask_identity_number("11010519491231002X") == "110105********002X"


@pytest.mark.parametrize(
    ("site", "stream", "number", "verdict"),
    [
        ("DE", "packaging", "DE0000000000001", "accepted"),
        ("DE", "packaging", "DE 0000 0000 00001", "accepted"),
        ("DE", "packaging", "DE000000000000", "rejected"),
        ("DE", "packaging", "", "rejected"),
        ("DE", "weee", "WEEE-Reg.-Nr. DE 00000001", "accepted"),
        ("DE", "weee", "DE00000001", "accepted"),
        ("DE", "weee", "DE0000001", "rejected"),
        ("DE", "battery", "Batt-Reg.-Nr. DE 00000001", "accepted"),
        ("DE", "textile", "DE00000001", "review"),
        ("FR", "packaging", "FR000000_01SIMU", "accepted"),
        ("FR", "packaging", "FR-XXX-00000000", "review"),
        ("FR", "packaging", " ", "rejected"),
        ("AT", "packaging", "AT1", "review"),
    ],
)
def test_epr_number(site: str, stream: str, number: str, verdict: str) -> None:
    assert check_epr_number(number, site=site, stream=stream).verdict == verdict


def test_basic_account_number_of_another_shape_is_reviewed() -> None:
    assert check_basic_account("J0000000000001").verdict == "accepted"
    assert check_basic_account("00001").verdict == "review"
