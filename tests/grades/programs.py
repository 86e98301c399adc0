"""The web and the worker as programs that a test may kill, their waits shortened so that many deaths fit in a minute.

`python tests/grades/programs.py web PORT` or `… worker`; settings come from the environment, as for the real ones.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from datetime import timedelta

from lti_tool import supervisor
from lti_tool.grades import attempt, line_items, outages, queue, retrying
from lti_tool.settings import Settings
from lti_tool.web import create_app

LEASE = timedelta(seconds=4)


def hurry() -> None:
    """Leases and waits of seconds instead of minutes; a score still never outlasts its lease."""
    queue.LEASE = line_items.LEASE = LEASE
    attempt.POST_TAKES_AT_MOST = timedelta(seconds=2)
    retrying.FIRST = timedelta(seconds=0.2)
    retrying.LONGEST = timedelta(seconds=2)
    outages.LONGEST = timedelta(seconds=1)
    line_items.SEEK_EVERY = timedelta(seconds=1)


def end_with(parent: int) -> None:
    """A test that is itself killed leaves nothing running."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def main() -> None:
    """Serve until killed."""
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    logging.basicConfig(level=logging.INFO)
    hurry()
    settings = Settings.from_environment()
    if sys.argv[1] == "worker":
        supervisor.work(settings, threads=2)
    else:
        app = create_app(settings)
        app.run("127.0.0.1", int(sys.argv[2]), threaded=True, use_reloader=False)


if __name__ == "__main__":
    main()
