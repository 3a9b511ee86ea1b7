"""One replay in a process of its own, so that its peak memory is its own: prints one JSON object."""

from __future__ import annotations

import argparse
from pathlib import Path

from bantuo.interfaces.cli.database import lazy


def main() -> None:
    """`python -m tools.bench.replay_child SOURCE LAYOUT OUT [LIMIT]`, the database by environment."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("layout_path", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("limit", type=int, nargs="?")
    lazy("tools.bench.replay_run", "report_replay", **vars(parser.parse_args()))


if __name__ == "__main__":
    main()
