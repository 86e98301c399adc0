"""The way out: what we never call, and what we never wait for or swallow."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lti_tool.lti import outbound
from lti_tool.lti.outbound import (
    LARGEST_BODY,
    Client,
    OutboundError,
    RefusedAddressError,
    TooLargeError,
    UnreachableError,
    UnreadableError,
    is_public,
)
from tests.platform.server import Answer, FakePlatform


@pytest.fixture
def guarded(clock: Callable[[], datetime]) -> Client:
    return Client(allow_private=False, clock=clock)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.1.2.3",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
    ],
)
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:4700::6810:84e5", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"]
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/jwks",
        "https://localhost/jwks",
        "https://[::1]/jwks",
        "https://[::ffff:127.0.0.1]/jwks",
        "https://169.254.169.254/latest/meta-data",
        "https://2130706433/jwks",
        "https://0x7f.1/jwks",
        "http://93.184.215.14/jwks",
        "ftp://93.184.215.14/jwks",
        "file:///etc/passwd",
        "https://user:pass@93.184.215.14/",
        "https:///jwks",
        "//93.184.215.14/jwks",
        "jwks",
        "",
    ],
)
def test_what_is_not_on_the_public_web_is_not_called(guarded: Client, url: str) -> None:
    with pytest.raises(RefusedAddressError):
        guarded.request("GET", url)


def test_a_private_platform_is_not_called_even_by_a_name_that_looked_public(
    guarded: Client, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: what counts is the address that the connection itself is made to."""
    port = int(platform.url.rpartition(":")[2])

    def resolve(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(RefusedAddressError):
        guarded.request("GET", f"https://lms.example:{port}/jwks")
    assert platform.received == []


def test_one_private_address_among_public_ones_refuses_the_name(
    guarded: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(RefusedAddressError):
        guarded.request("GET", "https://lms.example/jwks")


def test_a_public_address_is_connected_to_as_it_was_looked_at(guarded: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def connect(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        tried.append(address[0])
        raise OSError

    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"93.184.215.{n}", 443)) for n in range(1, 9)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(outbound.sockets, "create_connection", connect)
    with pytest.raises(UnreachableError):
        guarded.request("GET", "https://lms.example/jwks")
    assert tried == ["93.184.215.1", "93.184.215.2", "93.184.215.3"]


def test_a_reply_with_all_that_matters(client: Client, platform: FakePlatform, now: datetime) -> None:
    platform.answers = [Answer(409, {"x": 1}, "Refusing score", {"Retry-After": "120", "X-Odd": "é"})]
    platform.clock = lambda: now + timedelta(minutes=3)
    reply = client.request("POST", f"{platform.url}/x", data={"a": "é &"}, headers={"Accept": "x/y"})
    assert (reply.status, reply.reason, reply.ok, reply.json()) == (409, "Refusing score", False, {"x": 1})
    assert reply.headers["x-odd"]
    assert reply.retry_after == timedelta(minutes=2)
    assert reply.date == now + timedelta(minutes=3)
    assert reply.clock_offset_s == pytest.approx(180, abs=1)
    sent = platform.received[0]
    assert sent.form() == {"a": "é &"}
    assert sent.headers["Accept"] == "x/y"
    assert sent.headers["User-Agent"].startswith("Passerelle/")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("60", timedelta(seconds=60)),
        ("Mon, 23 Nov 2026 09:31:00 GMT", timedelta(seconds=60)),
        ("Mon, 23 Nov 2020 09:31:00 GMT", timedelta()),
        ("soon", None),
        ("-5", None),
        ("9" * 30, None),
        ("²", None),
        ("", None),
    ],
)
def test_how_long_a_platform_asks_us_to_wait(
    client: Client, platform: FakePlatform, value: str, expected: timedelta | None
) -> None:
    platform.answers = [Answer(503, headers={"Retry-After": value.encode().decode("latin-1")})]
    assert client.request("GET", platform.url).retry_after == expected


def test_json_goes_out_as_json(client: Client, platform: FakePlatform) -> None:
    client.request("POST", f"{platform.url}/x", json={"nom": "é"})
    assert platform.received[0].json() == {"nom": "é"}
    assert platform.received[0].headers["Content-Type"] == "application/json"


def test_a_redirection_is_not_followed(client: Client, platform: FakePlatform) -> None:
    platform.answers = [Answer(302, headers={"Location": f"{platform.url}/elsewhere"})]
    assert client.request("GET", f"{platform.url}/x").status == 302
    assert [request.path for request in platform.received] == ["/x"]


def test_a_connection_is_used_again(client: Client, platform: FakePlatform) -> None:
    for _ in range(3):
        client.request("GET", f"{platform.url}/jwks")
    assert len(platform.connections) == 1


def test_an_answer_too_large_is_not_swallowed(client: Client, platform: FakePlatform) -> None:
    platform.answers = [Answer(body=b"x" * LARGEST_BODY), Answer(body=b"x" * (LARGEST_BODY + 1))]
    assert len(client.request("GET", platform.url).body) == LARGEST_BODY
    with pytest.raises(TooLargeError):
        client.request("GET", platform.url)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 100_000, b"\xff", b"{"])
def test_what_is_not_json_says_so(client: Client, platform: FakePlatform, body: bytes) -> None:
    platform.answers = [Answer(body=body)]
    with pytest.raises(UnreadableError):
        client.request("GET", platform.url).json()


@pytest.fixture
def rude_server() -> Iterator[tuple[str, list[bytes]]]:
    """Sends what it is given, whatever was asked, then hangs up."""
    answers: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(answers.pop(0))

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/", answers
    listener.close()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="hangs-up"),
        pytest.param(b"nonsense\r\n\r\n", id="no-http"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", id="breaks-off"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="bad-chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n", id="too-many-headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", id="endless-header"),
    ],
)
def test_a_broken_answer_is_no_answer(client: Client, rude_server: tuple[str, list[bytes]], answer: bytes) -> None:
    url, answers = rude_server
    answers.append(answer)
    with pytest.raises(UnreachableError):
        client.request("GET", url)


def test_nobody_there_is_no_answer(client: Client, platform: FakePlatform) -> None:
    platform.stop()
    with pytest.raises(UnreachableError) as caught:
        client.request("GET", platform.url)
    assert isinstance(caught.value, OutboundError)
    assert caught.value.status == 503


def test_an_answer_that_takes_too_long_is_given_up(
    client: Client, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body that drips: each byte comes in time, the whole never would."""
    ticks = iter(range(0, 1000, 15))
    monkeypatch.setattr(outbound.time, "monotonic", lambda: next(ticks))
    platform.answers = [Answer(body=b"x" * 300_000)]
    with pytest.raises(UnreachableError):
        client.request("GET", platform.url)


def test_dates_are_utc(client: Client, platform: FakePlatform) -> None:
    platform.clock = lambda: datetime(2026, 1, 1, tzinfo=UTC)
    assert client.request("GET", platform.url).date == datetime(2026, 1, 1, tzinfo=UTC)
