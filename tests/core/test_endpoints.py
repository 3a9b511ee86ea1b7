"""Which addresses of other people's servers are called: never one that only we can reach."""

from __future__ import annotations

import pytest

from bantuo.core.endpoints import CallRules, Endpoint, EndpointRefused, check_address, read_endpoint

PUBLIC = CallRules()
WITH_HTTP = CallRules(schemes=frozenset({"http", "https"}))
LOCAL = CallRules(allow_loopback=True)


def code_of(url: str, rules: CallRules = PUBLIC) -> str:
    with pytest.raises(EndpointRefused) as refused:
        read_endpoint(url, rules=rules)
    return refused.value.code


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://erp.example.com", Endpoint("https", "erp.example.com", 443, "/")),
        ("https://ERP.Example.com./stock?x=1#part", Endpoint("https", "erp.example.com", 443, "/stock?x=1")),
        ("https://erp.example.com:8443/stock", Endpoint("https", "erp.example.com", 8443, "/stock")),
        ("https://库存.example.com/a", Endpoint("https", "xn--q8sz8e.example.com", 443, "/a")),
        ("https://8.8.8.8/stock", Endpoint("https", "8.8.8.8", 443, "/stock")),
        ("https://[2606:4700:4700::1111]/s", Endpoint("https", "2606:4700:4700::1111", 443, "/s")),
    ],
)
def test_an_ordinary_address_is_taken_apart(url: str, endpoint: Endpoint) -> None:
    assert read_endpoint(url, rules=PUBLIC) == endpoint


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://a.example.com", "a.example.com"),
        ("https://a.example.com:443/", "a.example.com"),
        ("https://a.example.com:8443/", "a.example.com:8443"),
        ("https://[2606:4700:4700::1111]:8443/", "[2606:4700:4700::1111]:8443"),
    ],
)
def test_the_host_header_names_the_port_when_it_is_not_the_usual_one(url: str, authority: str) -> None:
    assert read_endpoint(url, rules=PUBLIC).authority == authority


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "host"),
        ("erp.example.com/stock", "host"),
        ("https:///stock", "host"),
        ("ftp://erp.example.com/", "scheme"),
        ("file:///etc/passwd", "host"),
        ("gopher://erp.example.com:443/x", "scheme"),
        ("http://erp.example.com/", "scheme"),
        ("https://user:word@erp.example.com/", "credentials"),
        ("https://user@erp.example.com/", "credentials"),
        ("https://erp.example.com:22/", "port"),
        ("https://erp.example.com:5432/", "port"),
        ("https://erp.example.com:0/", "port"),
        ("https://erp.example.com:99999/", "unreadable"),
        ("https://erp.example.com:abc/", "unreadable"),
        ("https://[::1", "unreadable"),
        ("https://erp.example.com/a b", "unreadable"),
        ("https://erp.example.com/a\r\nHost: x", "unreadable"),
        ("https://erp.example.com\\@127.0.0.1/", "unreadable"),
        ("https://erp.example.com/\x00", "unreadable"),
        ("https://erp.example.com/库存", "unreadable"),
        ("https://" + "a" * 2000 + ".example.com", "too-long"),
        ("https://" + "a" * 64 + ".example.com", "host"),
        ("https://erp_1.example.com/", "host"),
        ("https://-erp.example.com/", "host"),
        ("https://a..example.com/", "host"),
    ],
)
def test_an_odd_address_is_refused_by_name(url: str, code: str) -> None:
    assert code_of(url) == code


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "017700000001",
        "0177.0.0.1",
        "0x7f.1",
        "127.1",
        "127.0.0.01",
        "0",
        "1.2.3.0x",
        "１２７.１",
    ],
)
@pytest.mark.parametrize("rules", [WITH_HTTP, LOCAL])
def test_an_address_in_decimal_octal_or_hex_is_refused(host: str, rules: CallRules) -> None:
    assert code_of(f"https://{host}/", rules) == "host"


FORBIDDEN = [
    "0.0.0.0", "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1",
    "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "fe80::1%eth0", "2606:4700::1%eth0",
    "100::1", "3fff::1", "5f00::1",
]  # fmt: skip


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(EndpointRefused) as refused:
        check_address(address, rules=WITH_HTTP)

    assert refused.value.code == "address"


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.63.255.255", "2606:4700:4700::1111"]
)
def test_a_public_address_may_be_called(address: str) -> None:
    assert str(check_address(address, rules=PUBLIC)) == address


@pytest.mark.parametrize("address", ["localhost", "", "256.1.1.1", "127.1"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(EndpointRefused) as refused:
        check_address(address, rules=PUBLIC)

    assert refused.value.code == "unreadable"


@pytest.mark.parametrize("address", sorted(set(FORBIDDEN) - {"127.0.0.1", "127.8.8.8", "::1"}))
def test_loopback_is_all_that_a_test_or_demo_opens(address: str) -> None:
    with pytest.raises(EndpointRefused):
        check_address(address, rules=LOCAL)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/", "http://localhost:9000/", "https://[::1]:9000/"])
def test_a_demo_on_one_machine_may_call_itself_on_any_port_in_plain_http(url: str) -> None:
    assert read_endpoint(url, rules=LOCAL).port == 9000
    assert code_of(url, WITH_HTTP) == "port"
