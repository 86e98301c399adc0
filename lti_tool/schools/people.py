"""How people are called on the pages of staff."""

from __future__ import annotations


def full_name(given_name: str | None, family_name: str | None) -> str | None:
    """Given and family name as the ENT gives them; None where it gives neither."""
    return " ".join(name for name in (given_name, family_name) if name) or None
