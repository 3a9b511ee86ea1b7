"""The store: a file is there whole or not at all, and no name of anybody's making reaches the disk."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bantuo.channels.document_store import FolderStore, StoredFileMissing, StoreKeyUnfit, is_part


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "papers")


def test_a_file_comes_back_and_only_its_owner_may_read_it(store: FolderStore) -> None:
    key = store.new_key()
    store.write(key, [b"one", b"two"])
    assert b"".join(store.read(key)) == b"onetwo"
    path = store.root / key[:2] / key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_interrupted_write_leaves_nothing_and_spoils_nothing(store: FolderStore) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError

    key = store.new_key()
    with pytest.raises(ConnectionError):
        store.write(key, broken())
    with pytest.raises(StoredFileMissing):
        store.read(key)
    assert list(store.files()) == []
    store.write(key, [b"whole"])
    with pytest.raises(ConnectionError):
        store.write(key, broken())
    assert b"".join(store.read(key)) == b"whole"


def test_a_file_may_be_deleted_twice(store: FolderStore) -> None:
    key = store.new_key()
    store.write(key, [b"x"])
    store.delete(key)
    store.delete(key)
    with pytest.raises(StoredFileMissing):
        store.read(key)


def test_files_are_listed_with_the_time_of_writing_half_written_ones_too(store: FolderStore) -> None:
    key = store.new_key()
    store.write(key, [b"x"])
    half = store.root / key[:2] / f"{key}.part"
    half.write_bytes(b"y")
    listed = dict(store.files())
    assert set(listed) == {key, f"{key}.part"}
    assert all(abs(datetime.now(UTC) - at) < timedelta(minutes=1) for at in listed.values())
    assert [is_part(name) for name in sorted(listed)] == [False, True]
    store.delete_part(f"{key}.part")
    assert list(dict(store.files())) == [key]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "../secret",
        "a" * 31,
        "A" * 32,
        f"{'a' * 32}/..",
        f"{'a' * 32}\x00",
        f"{'a' * 32}\n",
        "/etc/passwd",
    ],
)
def test_a_name_that_is_none_of_ours_is_refused(store: FolderStore, key: str) -> None:
    for use in (store.read, store.delete, lambda name: store.write(name, [b"x"])):
        with pytest.raises(StoreKeyUnfit):
            use(key)
    assert not store.root.exists()
