"""Addresses of other people's servers that the platform may call: which are refused, and why.

Whoever names an address must not reach through us what only we can reach: our own machine, our
network, or a cloud's metadata service. The address that is checked is the one that is called.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address

URL_LENGTH_MAX = 2000
_PORTS = {"https": 443, "http": 80}
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\\]")
# A last label of digits or 0x… is taken by some resolvers for an address in decimal, octal or hex.
_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)\.?", re.IGNORECASE)
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")

# Beyond what the address library calls not global: metadata and wire servers of clouds on public or
# shared addresses, ranges that carry another address inside, documentation and benchmarking ranges.
_FORBIDDEN = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
        "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
        "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip


class EndpointRefused(ValueError):
    """An address that the platform does not call; `code` names why."""

    def __init__(self, code: str, told: str) -> None:
        super().__init__(told)
        self.code = code


@dataclass(frozen=True, slots=True)
class CallRules:
    """What may be called from here. `allow_loopback` is for tests and the demo on one machine."""

    schemes: frozenset[str] = frozenset({"https"})
    ports: frozenset[int] = frozenset({80, 443, 8080, 8443})
    allow_loopback: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A checked URL in parts; `host` is in ASCII, `target` is the path with its query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The Host header: the port only when it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def read_endpoint(url: str, *, rules: CallRules) -> Endpoint:
    """Take a URL apart and refuse what is odd about it before anything is looked up.

    Raises EndpointRefused: too-long, unreadable, scheme, credentials, host, port, or of its address.
    """
    if len(url) > URL_LENGTH_MAX:
        raise EndpointRefused("too-long", f"longer than {URL_LENGTH_MAX} characters")
    if _UNPRINTABLE.search(url):
        raise EndpointRefused("unreadable", "holds a space, a backslash or an unprintable character")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:
        raise EndpointRefused("unreadable", str(problem)) from problem
    if parts.username is not None or parts.password is not None:
        raise EndpointRefused("credentials", "a name or password in the address; calls are signed instead")
    host = _plain_host(parts.hostname or "")
    local = rules.allow_loopback and _is_loopback(host)
    _check_scheme(parts.scheme, local=local, rules=rules)
    port = port if port is not None else _PORTS[parts.scheme]
    if port not in rules.ports and not (local and port > 0):
        raise EndpointRefused("port", f"port {port}; allowed are {sorted(rules.ports)}")
    return Endpoint(parts.scheme, host, port, _target(parts.path, parts.query))


def check_address(address: str, *, rules: CallRules) -> Address:
    """The address itself if it may be called. Raises EndpointRefused: unreadable or address."""
    try:
        found = ip_address(address)
    except ValueError as problem:
        raise EndpointRefused("unreadable", str(problem)) from problem
    if rules.allow_loopback and found.is_loopback:
        return found
    if isinstance(found, IPv6Address) and found.scope_id is not None:
        raise EndpointRefused("address", f"{found} belongs to one link")
    inside = any(found in network for network in _FORBIDDEN if network.version == found.version)
    if inside or not found.is_global or found.is_multicast or found.is_reserved:
        raise EndpointRefused("address", f"{found} is not an address of the public network")
    return found


def _plain_host(host: str) -> str:
    """The host in ASCII and lower case; an address only in its usual form."""
    if not host:
        raise EndpointRefused("host", "no host")
    if ":" in host:
        return host
    try:
        name = host.encode("idna").decode("ascii").lower().rstrip(".")
    except UnicodeError as problem:
        raise EndpointRefused("host", f"{host!r} is not a host name") from problem
    if _NUMERIC.fullmatch(name.rpartition(".")[2]):
        return _usual_form(name)
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise EndpointRefused("host", f"{host!r} is not a host name")
    return name


def _usual_form(name: str) -> str:
    try:
        return str(IPv4Address(name))
    except ValueError as problem:
        raise EndpointRefused("host", f"{name!r} is an address in an unusual form") from problem


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check_scheme(scheme: str, *, local: bool, rules: CallRules) -> None:
    allowed = rules.schemes | {"http", "https"} if local else rules.schemes
    if scheme not in allowed:
        raise EndpointRefused("scheme", f"{scheme or 'no'} scheme; allowed is {', '.join(sorted(allowed))}")


def _target(path: str, query: str) -> str:
    target = f"{path or '/'}?{query}" if query else path or "/"
    if not target.isascii():
        raise EndpointRefused("unreadable", "the path or query is not percent-encoded")
    return target
