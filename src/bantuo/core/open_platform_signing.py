"""Signatures of the open-platform protocol: what is signed, in three ways, and when one holds.

Signed is every text parameter of query and body but `sign`, sorted by name in byte order, name and value
joined without anything between. A call by path is signed with its path before that. A parameter that was
sent empty is left out by some clients and signed by others: both hold.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from hashlib import md5, sha256

SIGN = "sign"
SIGN_METHODS = ("sha256", "md5", "hmac")


class SignMethodUnknown(ValueError):
    """None of sha256, md5 and hmac."""


def signed_text(params: Mapping[str, str], *, path: str = "", keeps_blank: bool = False) -> str:
    """The text that a signature is made of; `path` only where the API is named by one."""
    pairs = [
        (name, value)
        for name, value in params.items()
        if name != SIGN and (keeps_blank or (name.strip() and value.strip()))
    ]
    return path + "".join(name + value for name, value in sorted(pairs, key=lambda pair: pair[0].encode()))


def sign_text(text: str, *, secret: str, sign_method: str) -> str:
    """The signature of a text in upper-case hex. Raises SignMethodUnknown."""
    key, message = secret.encode(), text.encode("utf-8", "surrogatepass")
    if sign_method == "sha256":
        return hmac.new(key, message, sha256).hexdigest().upper()
    if sign_method == "md5":  # the protocol's own choice, for clients of its first generation
        return md5(key + message + key, usedforsecurity=False).hexdigest().upper()
    if sign_method == "hmac":
        return hmac.new(key, message, "md5").hexdigest().upper()
    raise SignMethodUnknown(sign_method)


def has_valid_sign(
    params: Mapping[str, str], *, secret: str, sign_method: str, paths: Iterable[str] = ("",)
) -> bool:
    """Whether `params["sign"]` was made with this secret, under one of the paths it may be signed with.

    Raises SignMethodUnknown.
    """
    given = params.get(SIGN, "").strip().upper().encode("utf-8", "replace")
    return any(
        hmac.compare_digest(given, sign_text(text, secret=secret, sign_method=sign_method).encode())
        for path in paths
        for text in dict.fromkeys(
            (signed_text(params, path=path), signed_text(params, path=path, keeps_blank=True))
        )
    )
