"""Campaign codes: nine characters that a pupil can copy from a board without mistaking one for another."""

from __future__ import annotations

import re
import secrets
import unicodedata

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"
DIGITS = "23456789"
_CODE = re.compile(f"[{LETTERS}]{{6}}[{DIGITS}]{{3}}")


def new_code() -> str:
    """A random code: six letters without I, L and O, then three digits from 2 to 9 (facts/pix.md §3.2)."""
    letters = (secrets.choice(LETTERS) for _ in range(6))
    digits = (secrets.choice(DIGITS) for _ in range(3))
    return "".join([*letters, *digits])


def normalise(typed: str) -> str | None:
    """The code somebody meant, whatever the case, spaces and dashes they typed; None where it cannot be one."""
    code = "".join(c for c in unicodedata.normalize("NFKC", typed).upper() if c.isalnum())
    return code if _CODE.fullmatch(code) else None
