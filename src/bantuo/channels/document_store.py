"""Where encrypted papers lie: files in a folder, named at random, whole or not there at all."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

_KEY = re.compile(r"[0-9a-f]{32}")
_PART = ".part"
_READ_BYTES = 1024 * 1024


class StoreKeyUnfit(ValueError):
    """Not a name that this store gives: no path of anybody's making reaches the file system."""


class StoredFileMissing(LookupError):
    """The store has no file of that name."""


@dataclass(frozen=True, slots=True)
class FolderStore:
    """Keeps files below `root`, readable by this system user only."""

    root: Path

    def new_key(self) -> str:
        """A name that nobody can guess and that says nothing about the file."""
        return secrets.token_hex(16)

    def write(self, key: str, chunks: Iterable[bytes]) -> None:
        """Keep a file under that name: after a crash at any point it is there whole or not at all."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_name(path.name + _PART)
        try:
            _write_through(part, chunks)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)

    def read(self, key: str) -> Iterator[bytes]:
        """The file piece by piece; raises StoredFileMissing."""
        try:
            file = self._path(key).open("rb")
        except FileNotFoundError as missing:
            raise StoredFileMissing(f"no file {key}") from missing
        return _pieces(file)

    def delete(self, key: str) -> None:
        """Take a file away; one that is gone already is no fault."""
        self._path(key).unlink(missing_ok=True)

    def files(self) -> Iterator[tuple[str, datetime]]:
        """Every name with the time it was written; a name that ends in .part never became a file."""
        for path in sorted(self.root.glob("*/*")):
            yield path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def delete_part(self, name: str) -> None:
        """Take away what a crash left half written."""
        self._path(name.removesuffix(_PART)).with_name(name).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise StoreKeyUnfit("a name has 32 hexadecimal digits")
        return self.root / key[:2] / key


def is_part(name: str) -> bool:
    """Whether a name of the store is that of a half-written file."""
    return name.endswith(_PART)


def _write_through(path: Path, chunks: Iterable[bytes]) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """A rename is safe only once the folder itself is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_READ_BYTES):
            yield piece
