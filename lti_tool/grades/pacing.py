"""How much may be under way at once: in all, and for each platform as much as it has shown it can take."""

from __future__ import annotations

import threading

FIRST_WINDOW = 4


class Pacing:
    """Of one process. A platform's window starts small, grows with each good answer and closes to one with a bad one.

    So a platform that does not answer holds few of the senders for as long as its time-outs last, and the others the
    rest. Safe to share between threads.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._windows: dict[int, int] = {}
        self._under_way: dict[int, int] = {}
        self._lock = threading.Lock()

    @property
    def room(self) -> int:
        """How many more may be taken up, of all platforms together."""
        with self._lock:
            return self.most - sum(self._under_way.values())

    def allowance(self, platform_id: int, failures: int) -> int:
        """How many more of a platform; one at a time while it fails."""
        with self._lock:
            window = 1 if failures else self._windows.get(platform_id, FIRST_WINDOW)
            return window - self._under_way.get(platform_id, 0)

    def begun(self, platform_id: int) -> None:
        with self._lock:
            self._under_way[platform_id] = self._under_way.get(platform_id, 0) + 1

    def ended(self, platform_id: int, *, well: bool) -> None:
        with self._lock:
            left = self._under_way.pop(platform_id) - 1
            if left:
                self._under_way[platform_id] = left
            window = self._windows.get(platform_id, FIRST_WINDOW)
            self._windows[platform_id] = min(window + 1, self.most) if well else 1
