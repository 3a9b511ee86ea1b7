"""`bantuo serve` as a real process: it answers, it stops cleanly with its worker, it says why it cannot."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.processes import ROOT, environment

pytestmark = pytest.mark.processes


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def serving(url: str, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`bantuo serve` on a free port, once it answers."""
    port = free_port()
    started = subprocess.Popen(
        [sys.executable, "-m", "bantuo.interfaces.cli.main", "serve", "--port", str(port), *options],
        cwd=ROOT, env=environment(url), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    with started:
        try:
            wait_until_healthy(started, port)
            yield started, port
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)


def wait_until_healthy(process: subprocess.Popen[str], port: int) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        assert process.poll() is None, process.stdout and process.stdout.read()
        try:
            if get(port, "/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("it never answered")


def get(port: int, path: str, **headers: str) -> tuple[int, str]:
    """Status and text of a page."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def test_it_answers_in_both_languages_and_stops_cleanly_with_its_worker(scratch_database: str) -> None:
    with serving(scratch_database, "--json") as (process, port):
        status, page = get(port, "/")
        assert (status, "半托管" in page, '<html lang="zh-Hans">' in page) == (200, True, True)
        status, page = get(port, "/", **{"Accept-Language": "en"})
        assert (status, '<html lang="en">' in page) == (200, True)
        assert get(port, "/static/manifest.json")[0] == 200
        assert get(port, "/", Host="evil.example.org")[0] >= 400
        started = children(process.pid)
        assert len(started) >= 2  # pages and worker
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, said
        assert json.JSONDecoder().raw_decode(said)[0]["url"] == f"http://127.0.0.1:{port}"
        # What multiprocessing keeps beside them hears of the end by its pipe, a moment later.
        for _ in range(100):
            if not (left := [pid for pid in started if Path(f"/proc/{pid}").exists()]):
                break
            time.sleep(0.1)
        assert left == []


def test_without_a_worker_it_only_serves(scratch_database: str) -> None:
    with serving(scratch_database, "--no-worker") as (process, port):
        assert get(port, "/healthz") == (200, "ok")
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=60) == 0


def test_a_port_that_is_taken_is_said_so(scratch_database: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "bantuo.interfaces.cli.main", "serve", "--port", str(port), "--json"],
            cwd=ROOT, env=environment(scratch_database), capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert f"127.0.0.1:{port} cannot be served" in error
    assert "choose another --port" in error
