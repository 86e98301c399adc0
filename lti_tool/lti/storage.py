"""Platform storage: where no cookie lives in a platform's frame, its own page keeps the login's secret (postMessage).

The secret is given to the exact origin of the platform's authorization endpoint and asked back from there, so that a
launch is tied to one browser as it is by a cookie (SEC §7.3.1): another site that posts its own launch into this
browser finds no such frame here, and what it posts as the secret itself is not read, since it is another site.
The messages are those of LTI Client Side postMessages and LTI Platform Storage; `storage.js` sends them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lti_tool.lti.platforms import PlatformRecord

PARENT = "_parent"
_FRAME_NAME = re.compile(r"[A-Za-z0-9][\w.:-]{0,99}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Deposit:
    """What one login gives into the platform's keeping, and where it goes once it is kept."""

    frame: str
    origin: str
    """The only origin that may receive the secret."""
    key: str
    secret: str
    next_url: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What a launch asks back: under which key, from which frame, and of which origin."""

    platform: PlatformRecord
    frame: str
    key: str


def frame_name(text: str | None) -> str | None:
    """A login's `lti_storage_target`, where it can name a frame; whatever else stands there offers nothing."""
    if text == PARENT or (text is not None and _FRAME_NAME.fullmatch(text)):
        return text
    return None


def key_for(fingerprint: str) -> str:
    """The name under which a secret of this fingerprint is kept: the state holds as much, the secret it does not."""
    return f"passerelle.{fingerprint[:32]}"
