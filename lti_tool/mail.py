"""E-mail by the server that `LTI_TOOL_SMTP_URL` names: one short text at a time, never while a transaction is open."""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from lti_tool import logs

TIMEOUT_S = 10.0
_SCHEMES = {"smtp": 587, "smtps": 465}
_ADDRESS = re.compile(r"[^@\s,;<>\"()]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,252}\.[A-Za-z]{2,63}")
_log = logging.getLogger(__name__)


def is_address(text: str) -> bool:
    """Whether the text can be an e-mail address."""
    return _ADDRESS.fullmatch(text) is not None


def is_server(url: str) -> bool:
    """Whether the text is the address of a server: `smtp[s]://[name:password@]host[:port][?from=address]`."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return False
    return parts.scheme in _SCHEMES and bool(parts.hostname) and is_address(_sender(parts))


def send(url: str, *, to: str, subject: str, text: str) -> bool:
    """Send a text through the server at `url`; False where it did not take it, for whatever reason.

    The connection is encrypted wherever the server can, and always where a password is given.
    """
    parts = urlsplit(url)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = _sender(parts), to, subject
    message.set_content(text)
    try:
        with _connected(parts) as server:
            if parts.username is not None:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        logs.event(_log, "mail.failed", logging.WARNING, error=type(error).__name__)
        return False
    return True


def _connected(parts: SplitResult) -> smtplib.SMTP:
    host, port = parts.hostname or "", parts.port or _SCHEMES[parts.scheme]
    context = ssl.create_default_context()
    if parts.scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=context)
    server = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
    try:
        server.ehlo()
        if server.has_extn("starttls") or parts.username is not None:
            server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


def _sender(parts: SplitResult) -> str:
    """The address that `from` gives; else the name of the account where it is one, or `pix` of the host."""
    given = parse_qs(parts.query).get("from", [""])[0]
    name = unquote(parts.username or "")
    return given or (name if is_address(name) else f"pix@{parts.hostname}")
