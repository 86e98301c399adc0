"""E-mail: what is sent arrives as it was written; a server that does not take it is no error of ours."""

from __future__ import annotations

import socket

import pytest

from lti_tool import mail
from tests.mailserver import mail_server


def test_a_text_arrives_as_it_was_written() -> None:
    with mail_server() as server:
        assert mail.send(server.url, to="claire@ac-x.fr", subject="Invitation à Pix", text="Voici l’été.\n")

    (message,) = server.received
    assert (message["From"], message["To"], message["Subject"]) == (
        "pix@example.fr",
        "claire@ac-x.fr",
        "Invitation à Pix",
    )
    assert message.get_content().splitlines() == ["Voici l’été."]


def test_a_refused_recipient_is_told() -> None:
    with mail_server(refuses=True) as server:
        assert not mail.send(server.url, to="claire@ac-x.fr", subject="s", text="t")
    assert server.received == []


def test_a_password_never_travels_in_the_clear() -> None:
    with mail_server() as server:  # it offers no encryption
        url = server.url.replace("smtp://", "smtp://pix%40example.fr:secret@")
        assert not mail.send(url, to="claire@ac-x.fr", subject="s", text="t")
    assert server.received == []


def test_a_server_that_is_not_there_is_told() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert not mail.send(f"smtp://127.0.0.1:{port}?from=pix@example.fr", to="a@b.fr", subject="s", text="t")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("claire.fontaine@ac-besancon.fr", True),
        ("Mme Roy", False),
        ("a@b", False),
        ("a@b.fr, c@d.fr", False),
        ("a@b.fr\nBcc: c@d.fr", False),
        ("", False),
    ],
)
def test_what_can_be_an_address(text: str, expected: bool) -> None:
    assert mail.is_address(text) is expected
