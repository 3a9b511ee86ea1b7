"""Random secrets of callers, and the digest that is all we keep of them."""

from __future__ import annotations

import hashlib
import secrets

KEY_PREFIX, CLIENT_PREFIX, TOKEN_PREFIX = "btk_", "btc_", "btt_"
_SECRET_BYTES = 32
_NAME_BYTES = 6


def new_key() -> tuple[str, str]:
    """The part of a key that may be shown, and the whole key."""
    shown = f"{KEY_PREFIX}{secrets.token_hex(_NAME_BYTES)}"
    return shown, f"{shown}_{secrets.token_urlsafe(_SECRET_BYTES)}"


def new_client() -> tuple[str, str]:
    """The id of a client and its secret."""
    return f"{CLIENT_PREFIX}{secrets.token_hex(_NAME_BYTES)}", secrets.token_urlsafe(_SECRET_BYTES)


def new_token() -> str:
    """An access token."""
    return f"{TOKEN_PREFIX}{secrets.token_urlsafe(_SECRET_BYTES)}"


def digest(secret: str) -> bytes:
    """What is kept of a secret. It is random and long: a slow hash would protect nothing more."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
