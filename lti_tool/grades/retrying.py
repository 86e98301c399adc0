"""When to try again: later and later, and not all at the same moment."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(days=1)

Jitter = Callable[[], float]
"""A number from 0 to 1, by chance; tests give their own."""

by_chance: Jitter = random.SystemRandom().random


def back_off(attempts: int, jitter: Jitter) -> timedelta:
    """How long to wait after that many tries: 5 s, doubled by each, a day at most, up to a quarter more by chance."""
    wait: timedelta = min(FIRST * (1 << min(max(attempts - 1, 0), 20)), LONGEST)
    return wait * (1 + jitter() / 4)
