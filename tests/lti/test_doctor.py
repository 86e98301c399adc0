"""What the doctor says of certificates: good ones, ending ones, and each that nobody should trust."""

from __future__ import annotations

import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lti_tool.database import Database
from lti_tool.lti import platforms
from lti_tool.lti.doctor import Doctor, Finding
from lti_tool.lti.keys import KeyRing
from lti_tool.lti.outbound import Client
from lti_tool.vault import Vault

TODAY = datetime.now(UTC)
"""Certificates are judged by the machine's own clock."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@dataclass(frozen=True)
class Signed:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def issue(name: str, by: Signed | None, until: timedelta, *, host: str | None = "127.0.0.1") -> Signed:
    """A certificate of this name, from a year ago `until` then; an authority's where `host` is None."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(TODAY - timedelta(days=365))
        .not_valid_after(TODAY + until)
        .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
    )
    if host is not None:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
        builder = builder.add_extension(names, critical=False)
    return Signed(builder.sign(by.key if by else key, hashes.SHA256()), key)


@cache
def authority() -> Signed:
    return issue("An authority", None, timedelta(days=900), host=None)


@cache
def intermediate() -> Signed:
    return issue("Its intermediate", authority(), timedelta(days=900), host=None)


class _Nothing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(404)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def serving(folder: Path, leaf: Signed, *chain: Signed) -> Iterator[str]:
    """An https server with this certificate; yields its address."""
    path = folder / "leaf.pem"
    path.write_bytes(leaf.key_pem + leaf.pem + b"".join(each.pem for each in chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Nothing)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def examine(database: Database, vault: Vault, keyring: KeyRing, tmp_path: Path) -> Callable[[str], Finding]:
    """What the doctor finds of the certificate of a platform at that address."""
    trusted = tmp_path / "authorities.pem"
    trusted.write_bytes(authority().pem)
    client = Client(allow_private=True, authorities=str(trusted))

    def run(url: str) -> Finding:
        with database.write() as session:
            added = platforms.add(
                session,
                issuer=url,
                client_id="passerelle",
                auth_url=f"{url}/auth",
                token_url=f"{url}/token",
                jwks_url=f"{url}/jwks",
                now=TODAY,
            ).id
        found = Doctor(database, vault, client, keyring, lambda: TODAY).examine(added)
        (certificate,) = (each for each in found if each.check == "certificate")
        return certificate

    return run


def good(days: int) -> list[Signed]:
    return [issue("lms", intermediate(), timedelta(days=days, hours=1)), intermediate()]


@pytest.mark.parametrize(
    ("chain", "ok", "words"),
    [
        pytest.param(lambda: good(60), True, "est valable encore 60 jours", id="good"),
        pytest.param(lambda: good(15), True, "est valable encore 15 jours", id="a-fortnight-and-a-day"),
        pytest.param(
            lambda: good(5),
            False,
            f"se termine le {TODAY + timedelta(days=5, hours=1):%d/%m/%Y}. Renouvelez-le",
            id="near-its-end",
        ),
        pytest.param(lambda: good(-3), False, "est périmé", id="expired"),
        pytest.param(
            lambda: [issue("lms", None, timedelta(days=60))], False, "signé par son serveur lui-même", id="self-signed"
        ),
        pytest.param(lambda: good(60)[:1], False, "sans son autorité intermédiaire", id="chain-not-sent"),
        pytest.param(
            lambda: [issue("lms", authority(), timedelta(days=60), host="127.0.0.2")],
            False,
            "celui d’un autre nom",
            id="other-name",
        ),
    ],
)
def test_a_certificate_is_told_in_words(
    examine: Callable[[str], Finding], tmp_path: Path, chain: Callable[[], list[Signed]], ok: bool, words: str
) -> None:
    with serving(tmp_path, *chain()) as url:
        found = examine(url)
    assert found.ok is ok
    assert words in found.message
    assert url.removeprefix("https://") in found.message


def test_where_nobody_answers_there_is_no_certificate(examine: Callable[[str], Finding], tmp_path: Path) -> None:
    with serving(tmp_path, *good(60)) as url:
        pass
    found = examine(url)
    assert (found.ok, "n’a pas pu être vérifié" in found.message) == (False, True)
