"""The small changes that cases are made of."""

from __future__ import annotations

from typing import Any

from tests.lti.desk import Attempt, Change


def claim(name: str, value: Any) -> Change:
    """Set one claim."""
    return lambda attempt: attempt.claims.update({name: value})


def no_claim(*names: str) -> Change:
    return lambda attempt: attempt.without(*names)


def header(**members: Any) -> Change:
    return lambda attempt: attempt.header.update(members)


def attribute(name: str, value: Any) -> Change:
    return lambda attempt: setattr(attempt, name, value)


def shifted(name: str, seconds: float) -> Change:
    """Move a time claim."""
    return lambda attempt: attempt.claims.update({name: attempt.claims[name] + seconds})


def both(*changes: Change) -> Change:
    def change(attempt: Attempt) -> None:
        for each in changes:
            each(attempt)

    return change


def inside(name: str, **members: Any) -> Change:
    """Change members of a claim that is an object."""
    return lambda attempt: attempt.claims[name].update(members)


def audience(*names: str, azp: str | None = None) -> Change:
    """`us` stands for our client id."""

    def change(attempt: Attempt) -> None:
        us = attempt.platform.client_id
        attempt.claims["aud"] = [us if name == "us" else name for name in names]
        if azp is not None:
            attempt.claims["azp"] = us if azp == "us" else azp

    return change
