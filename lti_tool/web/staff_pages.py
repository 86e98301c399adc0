"""What the pages for staff share: their guard, the filters of a list."""

from __future__ import annotations

from flask import request

from lti_tool.errors import N_, RefusedError
from lti_tool.schools.models import ADMINISTRATOR, TEACHER
from lti_tool.web import rights, security
from lti_tool.web.security import current
from lti_tool.web.toolbox import READING

LONGEST_FILTER = 100
LARGEST_PAGE = 1_000_000
LARGEST_ID = 2**31 - 1
ROW_ID = f"int(max={LARGEST_ID})"
"""How an address holds the number of a row: what the database cannot hold is no page."""


class StaffPreviewError(RefusedError):
    """A test user looks at the pages of the staff and leaves no trace."""

    code = "APERCU"
    status = 403
    sentence = N_("C’est un aperçu : rien n’est enregistré.")
    advice = N_("Pour modifier quelque chose, ouvrez Pix avec votre propre compte.")


def guard() -> None:
    """Teachers and administrators, each for what `rights` opens to them; a test user only looks."""
    security.only(TEACHER, ADMINISTRATOR)()
    if current().is_test and request.method not in READING:
        raise StaffPreviewError
    rights.check()


administrators_only = guard
"""The same guard: that a page is for administrators stands in `rights`."""


def page_number() -> int:
    """The page of the list that is asked for; 1 where nothing says a number."""
    asked = request.values.get("page", 1, type=int)
    return min(max(1, asked), LARGEST_PAGE)


def pages_of(total: int, per_page: int) -> int:
    """How many pages a list of so many has; an empty one has one."""
    return max(1, -(-total // per_page))


def row_id(text: str) -> int | None:
    """The number of a row that a form sent, or None where it cannot be one."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0
    return number if 1 <= number <= LARGEST_ID else None


def filter_text(name: str) -> str:
    """A filter of the list as typed, in one line."""
    return one_line(request.args.get(name, ""))


def one_line(typed: str) -> str:
    """What was typed to choose from a list, as far as it can matter."""
    return " ".join(typed.replace("\0", "").split())[:LONGEST_FILTER]
