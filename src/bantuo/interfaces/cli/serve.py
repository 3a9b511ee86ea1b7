"""`bantuo serve` and `bantuo worker`: the pages, and what happens by itself."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import typer
from django.core.management import call_command
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from bantuo.interfaces.cli.terminal import err, print_json, stop_bad_input
from bantuo.interfaces.jobs.worker import run_worker, stop_with_parent

_STOP_SECONDS = 30
# Of each process. Orders that are pushed one by one wait in a thread each for the commit they share;
# whatever else needs the database takes one of a few connections.
_THREADS = 64
_CONNECTIONS = 8


def serve(*, host: str, port: int, workers: int, with_worker: bool, as_json: bool) -> None:
    """Bring the database up to date, then answer requests until told to stop."""
    check_port_free(host, port, as_json=as_json)
    prepare_database()
    url = f"http://{_written(host)}:{port}"
    if as_json:
        print_json({"url": url, "worker": with_worker})
    else:
        typer.echo(f"serving {url} (Ctrl-C stops)")
    sys.stdout.flush()
    with worker_process() if with_worker else contextlib.nullcontext():
        serve_until_stopped(host, port, workers)


def prepare_database() -> None:
    """Every table of this version, and the one that short-lived facts are kept in."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)


def check_port_free(host: str, port: int, *, as_json: bool) -> None:
    """End with exit code 2 when somebody else listens there, or when there is no such address."""
    try:
        with socket.create_server((host, port), family=_family(host)):
            return
    except OSError as fault:
        said = f"{host}:{port} cannot be served: {fault.strerror or fault}; choose another --port"
        stop_bad_input(said, as_json=as_json)


def serve_until_stopped(host: str, port: int, workers: int) -> None:
    """Granian with our WSGI application; returns when SIGINT or SIGTERM has stopped it.

    Its processes begin anew rather than as copies of this one, whose settings know no pool.
    """
    multiprocessing.set_start_method("spawn", force=True)
    os.environ.setdefault("BANTUO_DATABASE_POOL", str(_CONNECTIONS))  # read by the processes it starts
    Granian(
        "bantuo.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=_THREADS,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
    ).serve()


@contextlib.contextmanager
def worker_process() -> Iterator[subprocess.Popen[bytes]]:
    """`bantuo worker` beside the pages; it ends with them, also when this process is killed."""
    command = [sys.executable, "-m", "bantuo.interfaces.cli.main", "worker", "--with-parent"]
    started = subprocess.Popen(command, stdin=subprocess.PIPE, env=os.environ.copy(), start_new_session=True)
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def work(*, with_parent: bool, as_json: bool) -> None:
    """Take jobs until told to stop."""
    if with_parent:
        stop_with_parent()
    elif as_json:
        print_json({"working": True})
    else:
        err.print("working (Ctrl-C stops)", highlight=False)
    run_worker()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host
