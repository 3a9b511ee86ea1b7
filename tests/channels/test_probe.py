"""The probe against real servers that answer, dawdle, redirect, drip, flood and break off."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bantuo.apps.erp.operations import StockCaller
from bantuo.channels.probe import Answer, HttpCaller, PinnedCaller, rules_of_place
from bantuo.core.endpoints import CallRules, Endpoint, EndpointRefused

LOCAL = CallRules(allow_loopback=True)
LIMIT_MS = 400


class Site(BaseHTTPRequestHandler):
    """A seller's server; what it does is in the path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.seen.append((self.command, self.path, dict(self.headers)))  # type: ignore[attr-defined]
        with_stop = getattr(self, self.path.partition("?")[0].strip("/").replace("-", "_"))
        try:
            with_stop()
        except OSError:  # the probe has hung up
            self.close_connection = True

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None: ...

    def _say(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def stock(self) -> None:
        self._say(200, b'{"rows":[]}', X_Bantuo_Version="V3.10")

    def odd_version(self) -> None:
        self._say(200, b"[]", X_Bantuo_Version="<script>")

    def slow(self) -> None:
        time.sleep(LIMIT_MS * 3 / 1000)
        self._say(200, b"{}")

    def broken(self) -> None:
        self._say(500, b"secret stack trace")

    def missing(self) -> None:
        self._say(404, b"{}")

    def away(self) -> None:
        self._say(302, b"", Location=f"http://127.0.0.1:{self.server.server_port}/stock")  # type: ignore[attr-defined]

    def html(self) -> None:
        self._say(200, b"<html>login</html>")

    def nested(self) -> None:
        self._say(200, b"[" * 200_000)

    def huge(self) -> None:
        self._say(200, b" " * 300_000)

    def claims_huge(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(10**15))
        self.end_headers()
        self.wfile.write(b"{}")

    def endless(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            self.wfile.write(b"1000\r\n" + b" " * 4096 + b"\r\n")

    def drips(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        while True:
            self.wfile.write(b" ")
            time.sleep(0.02)

    def drips_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while True:
            self.wfile.write(b"a")
            time.sleep(0.02)

    def hints(self) -> None:
        while True:
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def many_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 1000 + b"\r\n")
        self.close_connection = True

    def breaks_off(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "50")
        self.end_headers()
        self.wfile.write(b"{")
        self.close_connection = True

    def breaks_off_in_pieces(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"2\r\n{}\r\n")
        self.close_connection = True

    def gibberish(self) -> None:
        self.wfile.write(b"\x16\x03\x01 no http at all\r\n\r\n")
        self.close_connection = True

    def zipped(self) -> None:
        self._say(200, b"\x1f\x8b\x08\x00", Content_Encoding="gzip")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Site)
        self.seen: list[tuple[str, str, dict[str, str]]] = []

    def handle_error(self, request: Any, client_address: Any) -> None: ...


def _serve(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def site() -> Iterator[Server]:
    yield from _serve(Server())


def call(site: Server, path: str, *, size_max: int = 100_000, verb: str = "GET", body: bytes = b"") -> Answer:
    caller = HttpCaller(rules=LOCAL, size_max=size_max)
    pinned = caller.pin(f"http://127.0.0.1:{site.server_port}/{path}")
    return pinned.call(verb=verb, headers={"X-Test": "1"}, body=body, limit_ms=LIMIT_MS)


def test_an_endpoint_that_answers_is_timed_and_its_version_noted(site: Server) -> None:
    caller: StockCaller = HttpCaller(rules=LOCAL)
    pinned = caller.pin(f"http://127.0.0.1:{site.server_port}/stock?site=DE")
    answer = pinned.call(verb="GET", headers={}, body=b"", limit_ms=LIMIT_MS)

    assert (answer.succeeded, answer.detail, answer.api_version) == (True, "200", "V3.10")
    assert 0 < answer.took_ms <= LIMIT_MS
    assert pinned.target == "/stock?site=DE"


def test_a_post_carries_body_and_headers(site: Server) -> None:
    assert call(site, "stock", verb="POST", body=b'{"request":"stock"}').succeeded
    (seen,) = site.seen
    assert seen[:2] == ("POST", "/stock")
    assert seen[2] == {
        "Host": f"127.0.0.1:{site.server_port}",
        "User-Agent": "bantuo-probe/3.2",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "X-Test": "1",
        "Content-Length": "19",
    }


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("broken", "status 500"),
        ("missing", "status 404"),
        ("away", "302: redirects are not followed"),
        ("html", "200, but the answer is not JSON"),
        ("zipped", "200, but the answer is not JSON"),
        ("huge", "answer larger than 100000 bytes"),
        ("endless", "answer larger than 100000 bytes"),
        ("gibberish", "not HTTP: BadStatusLine"),
        ("breaks-off", "200, but the answer broke off"),
        ("breaks-off-in-pieces", "not HTTP: IncompleteRead"),
        ("claims-huge", "answer larger than 100000 bytes"),
        ("many-headers", "not HTTP: HTTPException"),
    ],
)
def test_a_call_that_fails_says_why_and_never_shows_the_body(site: Server, path: str, detail: str) -> None:
    answer = call(site, path)

    assert (answer.succeeded, answer.detail) == (False, detail)
    assert answer.took_ms <= LIMIT_MS


@pytest.mark.parametrize("path", ["slow", "drips", "drips-headers", "hints"])
def test_nothing_holds_the_probe_longer_than_its_limit(site: Server, path: str) -> None:
    started = time.monotonic()
    answer = call(site, path)
    seconds = time.monotonic() - started

    assert (answer.succeeded, answer.detail) == (False, f"no answer within {LIMIT_MS} ms")
    assert LIMIT_MS <= answer.took_ms <= seconds * 1000 + 1
    assert seconds < LIMIT_MS / 1000 + 1


def test_json_nested_beyond_reason_is_no_answer(site: Server) -> None:
    assert call(site, "nested", size_max=10**6).detail == "200, but the answer is not JSON"


def test_a_redirect_is_not_followed_even_to_the_same_server(site: Server) -> None:
    call(site, "away")

    assert [path for _, path, _ in site.seen] == ["/away"]


def test_a_version_that_is_none_is_not_noted(site: Server) -> None:
    answer = call(site, "odd-version")

    assert (answer.succeeded, answer.detail, answer.api_version) == (True, "200", "")


def test_a_closed_port_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        pinned = HttpCaller(rules=LOCAL).pin(f"http://127.0.0.1:{taken.getsockname()[1]}/")
        answer = pinned.call(verb="GET", headers={}, body=b"", limit_ms=LIMIT_MS)

    assert (answer.succeeded, answer.detail) == (False, "connection refused")


def test_a_server_that_accepts_and_says_nothing_is_cut_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for scheme in ("http", "https"):
            pinned = HttpCaller(rules=LOCAL).pin(f"{scheme}://127.0.0.1:{silent.getsockname()[1]}/")
            answer = pinned.call(verb="GET", headers={}, body=b"", limit_ms=LIMIT_MS)
            assert (answer.succeeded, answer.detail) == (False, f"no answer within {LIMIT_MS} ms")


def test_no_proxy_of_the_environment_is_used(site: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert call(site, "stock").succeeded


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/", "https://[::1]/", "https://localhost:443/", "https://169.254.169.254/latest/meta-data/",
     "https://[::ffff:169.254.169.254]/", "https://10.0.0.1:8443/"],
)  # fmt: skip
def test_what_only_we_can_reach_is_not_pinned(url: str) -> None:
    with pytest.raises(EndpointRefused) as refused:
        HttpCaller(rules=CallRules()).pin(url)

    assert refused.value.code == "address"


def names(monkeypatch: pytest.MonkeyPatch, *rounds: list[str]) -> list[str]:
    """A name server that answers differently each time it is asked; whom it was asked for."""
    asked: list[str] = []
    answers = iter(rounds)

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in next(answers)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_name_with_one_private_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names(monkeypatch, ["8.8.8.8", "10.0.0.5"])

    with pytest.raises(EndpointRefused, match=r"10\.0\.0\.5"):
        HttpCaller(rules=CallRules()).pin("https://erp.example.com/")


def test_a_name_is_looked_up_once_and_its_address_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = names(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    pinned = HttpCaller(rules=CallRules()).pin("https://erp.example.com/stock")

    assert pinned == PinnedCaller(Endpoint("https", "erp.example.com", 443, "/stock"), "8.8.8.8")
    assert asked == ["erp.example.com"]


def test_a_name_without_an_address_is_refused() -> None:
    with pytest.raises(EndpointRefused) as refused:
        HttpCaller(rules=CallRules()).pin("https://does-not-exist.invalid/")

    assert refused.value.code == "lookup"


def test_a_name_server_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr("bantuo.channels.probe.LOOKUP_SECONDS_MAX", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait() and [])

    with pytest.raises(EndpointRefused) as refused:
        HttpCaller(rules=CallRules()).pin("https://erp.example.com/")
    release.set()

    assert refused.value.code == "lookup"


def test_the_place_decides_what_may_be_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BANTUO_PROBE_ALLOW_HTTP", raising=False)
    monkeypatch.delenv("BANTUO_PROBE_ALLOW_LOOPBACK", raising=False)
    assert rules_of_place() == CallRules()

    monkeypatch.setenv("BANTUO_PROBE_ALLOW_HTTP", "1")
    monkeypatch.setenv("BANTUO_PROBE_ALLOW_LOOPBACK", "1")
    assert rules_of_place() == CallRules(schemes=frozenset({"http", "https"}), allow_loopback=True)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate for erp.example.com that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "erp.example.com")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("erp.example.com")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "site.pem"
    path.write_bytes(plain + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secure_site(certificate: Path) -> Iterator[Server]:
    server = Server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    yield from _serve(server)


def secure_call(site: Server, host: str) -> Answer:
    pinned = PinnedCaller(Endpoint("https", host, site.server_port, "/stock"), "127.0.0.1")
    return pinned.call(verb="GET", headers={}, body=b"", limit_ms=2000)


def test_the_certificate_must_be_the_hosts_whatever_the_address(
    secure_site: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted: Callable[..., ssl.SSLContext] = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusted(cafile=certificate))

    assert secure_call(secure_site, "erp.example.com").detail == "200"
    other = secure_call(secure_site, "other.example.com")
    assert not other.succeeded
    assert other.detail.startswith("certificate: Hostname mismatch")


def test_a_certificate_that_nobody_vouches_for_is_refused(secure_site: Server) -> None:
    answer = secure_call(secure_site, "erp.example.com")

    assert (answer.succeeded, answer.detail) == (False, "certificate: self-signed certificate")
