"""What may stand in no log: the names, birthdates, INE, e-mails, subs and tokens that the tests play with."""

from __future__ import annotations

import logging
import re

PERSONAL = re.compile(
    r"""
      eyJ[\w-]{10,}                       # a signed token
    | Bearer\s+\S{8,}
    | \b\d{9}[A-Z]{2}\b | \b\d{10}[A-Z]\b # an INE
    | \b(?:19|20)\d\d-\d\d-\d\d(?!T|\s\d\d:) | \b\d\d/\d\d/(?:19|20)\d\d\b   # a date that is no log's time stamp
    | [\w.+-]+@[\w-]+\.\w+
    | Nguyen | Lefebvre | C(?:œ|oe|\\u0153)urdevey | Le\sGoff | Garnier | Fontaine | Besson
    | Chlo(?:é|\\xe9) | Jean-Baptiste | H(?:é|\\xe9)l(?:è|\\xe8)ne
    | \bsub-\w+                           # how the fake platform names its people
    """,
    re.VERBOSE | re.IGNORECASE,
)


class PersonalDataWatch(logging.Handler):
    """Reads every line that any logger of the run writes, and keeps those that hold personal data."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] not in ("lti_tool", "gunicorn", "werkzeug", "huey", "flask"):
            return
        line = self.format(record)
        if PERSONAL.search(line):
            self.found.append(f"{record.name}: {line}")
