"""The long-running programs: a queue worker, and `serve`, which keeps gunicorn and one worker running together."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading

from lti_tool import jobs, logs
from lti_tool.grades import progress
from lti_tool.grades.cells import GRADES_QUEUE
from lti_tool.grades.delivery import Deliverer
from lti_tool.grades.memberships import refresh_memberships
from lti_tool.lti import failures, keys
from lti_tool.lti.record import forget_spent
from lti_tool.schools import handovers, importing, operators, reading, sessions, uploads
from lti_tool.settings import Settings
from lti_tool.web.toolbox import Toolbox

log = logging.getLogger(__name__)

JOB_THREADS = 2
GRADE_THREADS = 2
"""One gives out the work and writes it back, another may be woken meanwhile."""
SENDERS_PER_THREAD = 4
WEB_THREADS = 8
GRACE_S = 10


def work(settings: Settings, threads: int) -> None:
    """Serve the queues until told to stop: so many `threads`, by fours, send grades; others do everything else."""
    toolbox = Toolbox.build(settings)
    toolbox.prepare()
    senders = SENDERS_PER_THREAD * threads
    deliverer = Deliverer(toolbox.database, toolbox.services, jobs.utc_now, senders=senders)
    limits = reading.in_browser(settings.largest_import_mb)
    handlers: dict[str, jobs.Handler] = {
        uploads.JOB: lambda work: importing.work(toolbox.database, work, jobs.utc_now, limits),
        "memberships": lambda work: refresh_memberships(toolbox.database, toolbox.services, work, jobs.utc_now()),
        "progress": lambda work: progress.tell(toolbox.database, toolbox.services, work, jobs.utc_now()),
    }

    def drain() -> None:
        jobs.drain(toolbox.database, handlers, jobs.utc_now)

    def sweep() -> None:
        with toolbox.database.write() as session:
            sessions.forget_expired(session, jobs.utc_now())
            handovers.forget_expired(session, jobs.utc_now())
            uploads.forget_old(session, jobs.utc_now())
            forget_spent(session, jobs.utc_now())
            failures.forget_old(session, jobs.utc_now())
            operators.forget_expired(session, jobs.utc_now())
        keys.tend(toolbox.database, toolbox.vault, jobs.utc_now())
        drain()

    jobs.run_worker(
        settings.database_url,
        [
            jobs.Queue(GRADES_QUEUE, deliverer.work, GRADE_THREADS),
            jobs.Queue(jobs.JOBS_QUEUE, drain, JOB_THREADS, sweep),
        ],
    )


def serve(workers: int, bind: str) -> int:
    """Run gunicorn and one queue worker until SIGTERM or SIGINT; whichever dies is started again.

    Returns 0 when told to stop, gunicorn's status when it cannot even start.
    """
    web = [sys.executable, "-m", "gunicorn", "lti_tool.web:create_app()", "--bind", bind, "--workers", str(workers)]
    web += ["--threads", str(WEB_THREADS), "--no-control-socket", "--log-level", "warning"]
    worker = [sys.executable, "-m", "lti_tool", "worker"]
    stopped = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stopped.set())
    programs = {"web": web, "worker": worker}
    running = {name: subprocess.Popen(command) for name, command in programs.items()}  # noqa: S603 - ourselves
    logs.event(log, "serve.started", bind=bind)
    started_well = False
    while not stopped.wait(1):
        for name, process in running.items():
            if process.poll() is None:
                continue
            if name == "web" and not started_well:
                _stop(running)
                return process.returncode or 1
            logs.event(log, "serve.restarts", logging.ERROR, program=name, status=process.returncode)
            running[name] = subprocess.Popen(programs[name])  # noqa: S603 - ourselves
        started_well = True
    _stop(running)
    return 0


def _stop(running: dict[str, subprocess.Popen[bytes]]) -> None:
    for process in running.values():
        process.terminate()
    for process in running.values():
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
