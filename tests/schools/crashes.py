"""Runs something in a process of its own that kills itself at a chosen moment, as a power cut would."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable

from sqlalchemy import event

from lti_tool.database import Database
from lti_tool.schools.imports import Progress

KILLED, ENDED = "killed", "ended"


class Moments:
    """Counts what a program passes: each statement, commit, piece read and portion written; dies at the chosen one."""

    def __init__(self, last: int | None = None) -> None:
        self.passed = 0
        self._last = last

    def watch(self, database: Database) -> None:
        event.listen(database.engine, "before_cursor_execute", lambda *_: self._pass())
        event.listen(database.engine, "commit", lambda *_: self._pass())

    def progress(self, _progress: Progress) -> None:
        self._pass()

    def _pass(self) -> None:
        self.passed += 1
        if self.passed == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


def in_a_process_that_dies(run: Callable[[Database, Moments], object], url: str, last: int) -> str:
    """Run with a database of the process's own; tells whether it was killed or came to its end before."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            moments = Moments(last)
            database = Database(url)
            moments.watch(database)
            run(database, moments)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return KILLED
    assert os.WEXITSTATUS(status) == 0, "the process failed by itself"
    return ENDED


def count_moments(run: Callable[[Database, Moments], object], url: str) -> int:
    """How many moments the whole run has."""
    database = Database(url)
    moments = Moments()
    moments.watch(database)
    run(database, moments)
    database.dispose()
    return moments.passed


def spread(total: int, count: int) -> list[int]:
    """So many moments over the whole run, the last few among them: where the commit is."""
    evenly = {1 + round(step * (total - 1) / (count - 1)) for step in range(count)}
    return sorted(evenly | {total - 2, total - 1, total})
