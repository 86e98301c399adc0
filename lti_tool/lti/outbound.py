"""The one way out: every HTTP request that the tool makes goes through `Client`.

Connections are pooled and kept alive. Time, size and destination are bounded: whatever address a platform or an
attacker has us call, nothing on a private network answers, nothing redirects us, nothing feeds us for ever.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.metadata import version
from typing import Any, cast
from urllib.parse import urlencode

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import connection as sockets
from urllib3.util import parse_url

from lti_tool.errors import UnavailableError
from lti_tool.jobs import utc_now

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 10.0
TOTAL_TIMEOUT_S = 15.0
"""From the request sent to the last byte of the answer: with the connection, a call takes 20 s at most."""
LARGEST_BODY = 1024 * 1024
CONNECTIONS_PER_HOST = 32
HOSTS_KEPT = 200
ADDRESSES_TRIED = 3
USER_AGENT = f"Passerelle/{version('passerelle')}"

_CHUNK = 64 * 1024
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class OutboundError(UnavailableError):
    """A request of ours did not get an answer that can be used."""

    code = "S50"


class UnreachableError(OutboundError):
    """No answer: no such name, no connection, too slow, broken off."""

    code = "S51"


class RefusedAddressError(OutboundError):
    """We do not call that: not https, or on a private network."""

    code = "S52"


class TooLargeError(OutboundError):
    """The answer is larger than anything a platform has reason to send."""

    code = "S53"


class UnreadableError(OutboundError):
    """The answer is not what was asked for: not JSON, or of another shape."""

    code = "S54"


class CertificateError(UnreachableError):
    """The certificate is not good. `fault` is one of `CERTIFICATE_FAULTS`."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__()


EXPIRED, SELF_SIGNED, INCOMPLETE, OTHER_NAME, UNTRUSTED = "expired", "self-signed", "incomplete", "other-name", "other"
CERTIFICATE_FAULTS = {
    10: EXPIRED,
    18: SELF_SIGNED,
    19: SELF_SIGNED,
    20: INCOMPLETE,
    21: INCOMPLETE,
    62: OTHER_NAME,
    64: OTHER_NAME,
}
"""By OpenSSL's number (`X509_V_ERR_…`)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `reason` is the status line's phrase, where Moodle puts its explanations."""

    url: str
    status: int
    reason: str
    headers: Mapping[str, str]
    """Looked up without regard to case."""
    body: bytes
    sent_at: datetime
    received_at: datetime

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def date(self) -> datetime | None:
        """The platform's clock when it answered, to the second."""
        return _date(self.headers.get("Date", ""))

    @property
    def clock_offset_s(self) -> float | None:
        """Seconds by which the platform's clock is ahead of ours, to about a second."""
        if self.date is None:
            return None
        half_way = self.sent_at + (self.received_at - self.sent_at) / 2
        return (self.date + timedelta(milliseconds=500) - half_way).total_seconds()

    @property
    def retry_after(self) -> timedelta | None:
        """How long the platform asks us to wait (RFC 9110 §10.2.3)."""
        value = self.headers.get("Retry-After", "")
        if value.isascii() and value.isdigit() and len(value) < 9:
            return timedelta(seconds=int(value))
        until = _date(value)
        return None if until is None else max(until - (self.date or self.received_at), timedelta())

    @property
    def fresh_for(self) -> timedelta | None:
        """How long the answer says that it holds (RFC 9111 §5.2.2); None where it does not say."""
        said = [part.strip().lower() for part in self.headers.get("Cache-Control", "").split(",")]
        if "no-store" in said or "no-cache" in said:
            return timedelta()
        for part in said:
            name, _, value = part.partition("=")
            value = value.strip('"')
            if name == "max-age" and value.isascii() and value.isdigit() and len(value) < 9:
                return timedelta(seconds=int(value))
        return None

    def json(self) -> Any:
        """The body as JSON; raises `UnreadableError`."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise UnreadableError from None


@cache
def _trusting(authorities: str) -> ssl.SSLContext:
    """Trusts the system's authorities and those of this file; both are long to read, and read once."""
    context = ssl.create_default_context()
    context.load_verify_locations(authorities)
    return context


class Client:
    """Makes requests, from any thread.

    `allow_private`: addresses on private networks and plain http are allowed too (a demo, a development).
    `clock` dates the requests. `authorities`: a file of certificate authorities trusted beside the system's, certifi's
    unless given.
    """

    def __init__(
        self, allow_private: bool, clock: Callable[[], datetime] = utc_now, *, authorities: str | None = None
    ) -> None:
        self.allow_private = allow_private
        self._clock = clock
        context = _trusting(authorities or certifi.where())
        self._pool = urllib3.PoolManager(HOSTS_KEPT, maxsize=CONNECTIONS_PER_HOST, ssl_context=context)
        self._pool.pool_classes_by_scheme = (
            {"http": _HTTPPool, "https": _HTTPSPool}
            if allow_private
            else {"http": _GuardedHTTPPool, "https": _GuardedHTTPSPool}
        )

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | str | Mapping[str, str] | None = None,
        json: Any = None,
    ) -> Reply:
        """Send one request; any status is a reply, a redirection too. Raises `OutboundError`.

        A mapping as `data` is sent as a form, `json` as JSON.
        """
        sent_headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        body = _body(data, json, sent_headers)
        sent_headers.update(headers or {})
        self._check(url)
        sent_at = self._clock()
        try:
            response = self._pool.request(
                method,
                url,
                body=body,
                headers=sent_headers,
                timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S),
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            received = _read(response)
        except RefusedAddressError:
            raise
        except (HTTPError, OSError, ValueError) as error:
            raise UnreachableError from error
        return Reply(url, response.status, response.reason or "", response.headers, received, sent_at, self._clock())

    def certificate_end(self, url: str) -> datetime:
        """When the certificate at this https address ends, once it was found good.

        Raises `CertificateError` where it is not, else `OutboundError`.
        """
        self._check(url)
        pool = self._pool.connection_from_url(url)
        connection = pool._new_conn()
        try:
            connection.timeout = CONNECT_TIMEOUT_S
            connection.connect()
            found: Any = cast(Any, connection).sock.getpeercert()
            return datetime.fromtimestamp(ssl.cert_time_to_seconds(found["notAfter"]), UTC)
        except RefusedAddressError:
            raise
        except (HTTPError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            found = error.__cause__ if isinstance(error, HTTPError) else error
            if isinstance(found, ssl.SSLCertVerificationError):
                raise CertificateError(CERTIFICATE_FAULTS.get(found.verify_code, UNTRUSTED)) from error
            raise UnreachableError from error
        finally:
            connection.close()

    def _check(self, url: str) -> None:
        try:
            parts = parse_url(url)
        except LocationParseError:
            raise RefusedAddressError from None
        allowed = ("https", "http") if self.allow_private else ("https",)
        if parts.scheme not in allowed or not parts.host or parts.auth is not None:
            raise RefusedAddressError


def is_public(address: str) -> bool:
    """Whether an IP address is one that anybody on the Internet may be reached at, also inside IPv6's wrappings."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _body(data: bytes | str | Mapping[str, str] | None, document: Any, headers: dict[str, str]) -> bytes | None:
    if document is not None:
        headers["Content-Type"] = "application/json"
        return json.dumps(document).encode()
    if isinstance(data, Mapping):
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return urlencode(data).encode()
    return data.encode() if isinstance(data, str) else data


def _read(response: urllib3.BaseHTTPResponse) -> bytes:
    """The whole body, or an error; a connection whose answer was not read to its end is not used again."""
    chunks, size = [], 0
    try:
        while chunk := response.read(_CHUNK):
            size += len(chunk)
            if size > LARGEST_BODY:
                raise TooLargeError
            chunks.append(chunk)
    except BaseException:
        response.close()
        raise
    response.release_conn()
    return b"".join(chunks)


class _Timed(io.RawIOBase):
    """What comes from a socket, until a deadline: an answer that drips costs no more than one that does not come."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = time.monotonic() + TOTAL_TIMEOUT_S

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]  # what BufferedReader passes
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(min(left, READ_TIMEOUT_S))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _WholeLines(io.BufferedReader):
    """`http.client` takes headers that break off for all there are, and their answer for a success without a body."""

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        if not line:
            raise http.client.RemoteDisconnected("the answer breaks off")
        return line


class _TimedSocket:
    """All that `http.client` asks of a socket in order to read an answer."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return _WholeLines(_Timed(self._sock), _CHUNK)


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(cast(socket.socket, _TimedSocket(sock)), *args, **options)


class _HTTP(HTTPConnection):
    response_class = _TimedResponse


class _HTTPS(HTTPSConnection):
    response_class = _TimedResponse


class _Guarded(_HTTP):
    """A connection that looks at the very address it connects to, so that no second look-up can change it."""

    def _new_conn(self) -> socket.socket:
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise UnreachableError from None
        addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        if not addresses or not all(is_public(address) for address in addresses):
            raise RefusedAddressError
        tried = addresses[:ADDRESSES_TRIED]
        for address in tried:
            try:
                made = sockets.create_connection(
                    (address, self.port), CONNECT_TIMEOUT_S / len(tried), socket_options=self.socket_options
                )
            except OSError:
                continue
            made.settimeout(CONNECT_TIMEOUT_S)
            return made
        raise UnreachableError


class _GuardedHTTPS(_Guarded, _HTTPS):
    """The same over TLS; the certificate is checked against the name, not the address."""


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPS


class _GuardedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _GuardedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPS
