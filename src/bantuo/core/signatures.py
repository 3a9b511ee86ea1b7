"""Signed calls between the platform and a seller's ERP: what is signed, how, and when it is refused.

The text that is signed has five lines: method, target (path with its query), Unix time in
milliseconds, nonce, and the SHA-256 of the body in hex. The signature is HMAC-SHA256 of that text
under the key's secret, in hex. The same form serves both directions.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256

CLOCK_SKEW_MS_MAX = 300_000
KEY_HEADER, TIMESTAMP_HEADER = "X-Bantuo-Key", "X-Bantuo-Timestamp"
NONCE_HEADER, SIGNATURE_HEADER = "X-Bantuo-Nonce", "X-Bantuo-Signature"
VERSION_HEADER = "X-Bantuo-Version"
_TIMESTAMP, _NONCE = re.compile(r"[0-9]{13}", re.ASCII), re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


class SignatureRefused(ValueError):
    """A call whose signature does not hold; `code` names why."""

    code = "signature-refused"


class TimestampUnreadable(SignatureRefused):
    """Not thirteen digits."""

    code = "timestamp-unreadable"


class ClockSkewed(SignatureRefused):
    """Signed too long ago, or in the future: the caller's clock is off, or the call is an old one."""

    code = "clock-skewed"


class NonceUnreadable(SignatureRefused):
    """Not 16 to 64 letters, digits, hyphens or underscores."""

    code = "nonce-unreadable"


class SignatureWrong(SignatureRefused):
    """Another secret, or something of the call was changed after signing."""

    code = "signature-wrong"


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A call as it was sent; `target` is the path with its query, `timestamp` as it stands in the header."""

    method: str
    target: str
    timestamp: str
    nonce: str
    body: bytes


def signed_text(call: SignedCall) -> str:
    """The text that a signature is made of: what a developer compares when one is refused."""
    digest = sha256(call.body).hexdigest()
    return "\n".join((call.method.upper(), call.target, call.timestamp, call.nonce, digest))


def sign_call(call: SignedCall, *, secret: str) -> str:
    """The signature of a call, 64 hex digits."""
    return hmac.new(secret.encode(), signed_text(call).encode(), sha256).hexdigest()


def check_signature(call: SignedCall, *, signature: str, secret: str, now_ms: int) -> None:
    """Let a call in only if its holder of the secret made it just now.

    Raises TimestampUnreadable, ClockSkewed, NonceUnreadable or SignatureWrong. Whether the same call
    came before is not known here.
    """
    if not _TIMESTAMP.fullmatch(call.timestamp):
        raise TimestampUnreadable(
            f"{TIMESTAMP_HEADER} is the Unix time in milliseconds, 13 digits: {call.timestamp[:40]!r}"
        )
    if not _NONCE.fullmatch(call.nonce):
        raise NonceUnreadable(f"{NONCE_HEADER} is 16 to 64 of A-Z a-z 0-9 - _: {call.nonce[:80]!r}")
    given, made = signature.strip().lower().encode(), sign_call(call, secret=secret).encode()
    if not hmac.compare_digest(given, made):
        raise SignatureWrong(f"{SIGNATURE_HEADER} is not the signature of this call under this key")
    skew_ms = int(call.timestamp) - now_ms
    if abs(skew_ms) > CLOCK_SKEW_MS_MAX:
        raise ClockSkewed(
            f"signed {abs(skew_ms)} ms {'after' if skew_ms > 0 else 'before'} our clock; "
            f"at most {CLOCK_SKEW_MS_MAX} ms are let pass"
        )
