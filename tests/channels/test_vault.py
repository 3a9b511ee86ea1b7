"""The vault: what was sealed opens only where it belongs, and only whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bantuo.channels.vault import FRAME_BYTES, MasterKeyUnfit, MasterKeyUnknown, Vault, VaultRefused

OLD, NEW = bytes(32), bytes(range(32))
VAULT = Vault(NEW)


def encrypted(plain: bytes, *, context: str = "here") -> tuple[bytes, list[bytes]]:
    key, _sealed = VAULT.new_key(context=context)
    return key, list(VAULT.encrypt([plain], key=key, context=context))


def decrypted(frames: list[bytes], key: bytes, *, context: str = "here") -> bytes:
    return b"".join(VAULT.decrypt(frames, key=key, context=context))


@given(st.binary(max_size=200), st.text(max_size=20))
def test_a_secret_comes_back(secret: bytes, context: str) -> None:
    sealed = VAULT.seal(secret, context=context)
    assert VAULT.unseal(sealed, context=context) == secret
    assert sealed != VAULT.seal(secret, context=context)


def test_a_secret_opens_only_for_what_it_was_sealed() -> None:
    sealed = VAULT.seal(b"secret", context="seller 1")
    with pytest.raises(VaultRefused):
        VAULT.unseal(sealed, context="seller 2")


def test_a_secret_with_any_bit_changed_does_not_open() -> None:
    sealed = VAULT.seal(b"secret", context="here")
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(VaultRefused):
            VAULT.unseal(changed, context="here")
    for length in range(len(sealed)):
        with pytest.raises(VaultRefused):
            VAULT.unseal(sealed[:length], context="here")


@pytest.mark.parametrize(
    "size", [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 2 * FRAME_BYTES, 2 * FRAME_BYTES + 7]
)
def test_a_file_of_any_size_comes_back_in_whatever_pieces_it_is_read(size: int) -> None:
    plain = bytes(number % 251 for number in range(size))
    key, frames = encrypted(plain)
    whole = b"".join(frames)
    pieces = [whole[at : at + 100_003] for at in range(0, len(whole), 100_003)]
    assert decrypted(pieces, key) == plain


def test_a_file_is_encrypted_frame_by_frame_without_being_held_whole() -> None:
    key, _sealed = VAULT.new_key(context="here")
    read = 0

    def pieces() -> object:
        nonlocal read
        for _ in range(8):
            read += 1
            yield bytes(FRAME_BYTES)

    frames = VAULT.encrypt(pieces(), key=key, context="here")  # type: ignore[arg-type]
    next(frames)
    assert read <= 3


def test_a_file_cut_short_shuffled_or_lengthened_does_not_open() -> None:
    key, frames = encrypted(bytes(3 * FRAME_BYTES))
    assert len(frames) == 3
    for wrong in (frames[:2], frames[1:], [frames[1], frames[0], frames[2]], [*frames, frames[0]], []):
        with pytest.raises(VaultRefused):
            decrypted(wrong, key)


def test_a_file_does_not_open_for_another_paper_or_under_another_key() -> None:
    key, frames = encrypted(b"paper")
    with pytest.raises(VaultRefused):
        decrypted(frames, key, context="there")
    with pytest.raises(VaultRefused):
        decrypted(frames, bytes(32))


def test_after_a_change_of_master_key_the_old_opens_until_all_is_sealed_anew() -> None:
    sealed = Vault(OLD).seal(b"secret", context="here")
    both = Vault(NEW, former=(OLD,))
    assert both.unseal(sealed, context="here") == b"secret"
    assert not both.is_current(sealed)
    fresh = both.reseal(sealed, context="here")
    assert both.is_current(fresh)
    assert VAULT.unseal(fresh, context="here") == b"secret"
    with pytest.raises(MasterKeyUnknown):
        VAULT.unseal(sealed, context="here")


def test_a_vault_says_nothing_of_its_keys() -> None:
    assert repr(Vault(NEW, former=(OLD,))) == "Vault()"


def test_a_master_key_is_64_hexadecimal_digits() -> None:
    assert Vault.from_hex(NEW.hex() + "\n", former=(OLD.hex(),)) == Vault(NEW, (OLD,))
    for unfit in ("", "00" * 31, "00" * 33, "zz" * 32):
        with pytest.raises(MasterKeyUnfit):
            Vault.from_hex(unfit)
