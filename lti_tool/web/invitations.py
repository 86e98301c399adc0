"""Invitations to the team on their way: by e-mail where a server is set and an address was given, else by the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lti_tool import mail
from lti_tool.web.i18n import gettext
from lti_tool.web.security import current
from lti_tool.web.toolbox import toolbox

MOST_AT_ONCE = 20


@dataclass(frozen=True)
class Invited:
    """What became of an invitation. Where no e-mail left, the page shows the code."""

    recipient: str
    code: str
    sent: bool
    failed: bool


def recipients(typed: str) -> Sequence[str]:
    """Each address once, where only addresses were typed; else one name as it stands, which may be empty."""
    parts = [part for part in re.split(r"[\s,;]+", typed) if part]
    if parts and all(mail.is_address(part) for part in parts):
        return list(dict.fromkeys(part.lower() for part in parts))
    return [" ".join(typed.split())]


def deliver(codes: Iterable[tuple[str, str]]) -> list[Invited]:
    """Send each code to its recipient where that can be; to be called while no transaction is open."""
    return [_deliver(recipient, code) for recipient, code in codes]


def _deliver(recipient: str, code: str) -> Invited:
    server = toolbox().settings.smtp_url
    if server is None or not mail.is_address(recipient):
        return Invited(recipient, code, sent=False, failed=False)
    info = current()
    sender = " ".join(part for part in (info.given_name, info.family_name) if part) or gettext("Un administrateur")
    subject = gettext("Invitation à rejoindre Pix pour %(school)s", school=info.school.name)
    text = gettext(
        "Bonjour,\n\n%(sender)s vous invite à rejoindre l’équipe de %(school)s dans Pix.\n\n"
        "1. Ouvrez Pix depuis votre ENT, avec votre propre compte.\n"
        "2. Saisissez ce code d’invitation : %(code)s\n\n"
        "Le code sert une fois, dans les sept jours. Ne le transmettez à personne.\n",
        sender=sender,
        school=info.school.name,
        code=code,
    )
    sent = mail.send(server, to=recipient, subject=subject, text=text)
    return Invited(recipient, code, sent=sent, failed=not sent)
