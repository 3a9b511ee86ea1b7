"""Encryption of papers: each file under a random key of its own, that key sealed under the master key.

AES-256-GCM throughout. The context (what the thing is and whose) is authenticated with it, so that a
sealed key or a file put in another's place does not open. Destroying a sealed key destroys its file.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
FRAME_BYTES = 1024 * 1024
_FORMAT = b"\x01"
_NAME_BYTES, _NONCE_BYTES, _TAG_BYTES = 8, 12, 16


class VaultRefused(ValueError):
    """What was sealed does not open: changed, cut short, or put in another's place."""


class MasterKeyUnknown(VaultRefused):
    """It was sealed under a master key that this vault does not hold."""


class MasterKeyUnfit(ValueError):
    """A master key is 32 bytes, written as 64 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals under `master`; opens what was sealed under it or under one of the `former` master keys."""

    master: bytes = field(repr=False)
    former: Sequence[bytes] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if any(len(key) != KEY_BYTES for key in (self.master, *self.former)):
            raise MasterKeyUnfit("a master key has 32 bytes")

    @classmethod
    def from_hex(cls, master: str, *, former: Sequence[str] = ()) -> Vault:
        """A vault from keys written as hexadecimal digits; raises MasterKeyUnfit."""
        try:
            return cls(bytes.fromhex(master.strip()), tuple(bytes.fromhex(key.strip()) for key in former))
        except ValueError as unfit:
            raise MasterKeyUnfit("a master key is written as 64 hexadecimal digits") from unfit

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """A short secret (a file's key, an identity number) under the master key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self.master).encrypt(nonce, plain, context.encode())
        return _FORMAT + _key_name(self.master) + nonce + sealed

    def unseal(self, sealed: bytes, *, context: str) -> bytes:
        """The secret again; raises VaultRefused."""
        form, name, nonce, body = _parts(bytes(sealed))
        if form != _FORMAT:
            raise VaultRefused("sealed in a form that is not known")
        key = next((k for k in (self.master, *self.former) if _key_name(k) == name), None)
        if key is None:
            raise MasterKeyUnknown(f"sealed under master key {name.hex()}, which is not here")
        return _open(AESGCM(key), nonce, body, context)

    def is_current(self, sealed: bytes) -> bool:
        """Whether it is sealed under the master key in use, not under a former one."""
        return _parts(bytes(sealed))[1] == _key_name(self.master)

    def reseal(self, sealed: bytes, *, context: str) -> bytes:
        """The same secret under the master key in use; files need no new encryption."""
        return self.seal(self.unseal(sealed, context=context), context=context)

    def new_key(self, *, context: str) -> tuple[bytes, bytes]:
        """A random key for one file, and the same key sealed."""
        key = secrets.token_bytes(KEY_BYTES)
        return key, self.seal(key, context=context)

    def encrypt(self, chunks: Iterable[bytes], *, key: bytes, context: str) -> Iterator[bytes]:
        """A file frame by frame; each frame knows its place and whether it is the last."""
        cipher = AESGCM(key)
        for number, (frame, is_last) in enumerate(_frames(chunks, FRAME_BYTES)):
            yield cipher.encrypt(_nonce(number, is_last), frame, context.encode())

    def decrypt(self, chunks: Iterable[bytes], *, key: bytes, context: str) -> Iterator[bytes]:
        """The file again; raises VaultRefused at the first frame that is changed, moved or missing."""
        cipher = AESGCM(key)
        for number, (frame, is_last) in enumerate(_frames(chunks, FRAME_BYTES + _TAG_BYTES)):
            yield _open(cipher, _nonce(number, is_last), frame, context)


def _key_name(key: bytes) -> bytes:
    """Tells master keys apart without giving anything of them away."""
    return hashlib.sha256(b"bantuo master key" + key).digest()[:_NAME_BYTES]


def _parts(sealed: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    name_end, nonce_end = 1 + _NAME_BYTES, 1 + _NAME_BYTES + _NONCE_BYTES
    return sealed[:1], sealed[1:name_end], sealed[name_end:nonce_end], sealed[nonce_end:]


def _nonce(number: int, is_last: bool) -> bytes:
    """Never twice under one key: a file has a key of its own and each frame its number."""
    return number.to_bytes(_NONCE_BYTES - 1, "big") + bytes([is_last])


def _open(cipher: AESGCM, nonce: bytes, body: bytes, context: str) -> bytes:
    try:
        return cipher.decrypt(nonce, body, context.encode())
    except (InvalidTag, ValueError) as refused:
        raise VaultRefused("changed, cut short, or put in another's place") from refused


def _frames(chunks: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Pieces of exactly `size` bytes and a last one of at most that; an empty file is one empty frame."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) > size:
            yield bytes(held[:size]), False
            del held[:size]
    yield bytes(held), True
