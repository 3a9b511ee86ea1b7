"""SSCC labels of inbound cartons."""

from __future__ import annotations

from stdnum import ean

# GS1 prefix 0000000 is never allocated to a company: these labels cannot be taken for real ones.
_PREFIX = "0000000"


def sscc_of(serial: int, *, extension: int = 0) -> str:
    """An SSCC-18: extension digit and prefix, the serial, the GS1 check digit."""
    body = f"{extension}{_PREFIX}{serial:09d}"
    return body + str(ean.calc_check_digit(body))
