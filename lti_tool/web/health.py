"""For those who keep the tool running: is the process up, is it ready, what waits."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterator

from flask import Blueprint, Response, abort, request
from sqlalchemy import func, select

from lti_tool import logs
from lti_tool.grades.models import Grade
from lti_tool.jobs import Job
from lti_tool.web.toolbox import db, now, toolbox

log = logging.getLogger(__name__)
blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return _text("ok\n")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Database, migrations and keys are fit to serve: 200, or 503 with the one that is not."""
    checks: dict[str, Callable[[], bool]] = {
        "database": _database_answers,
        "migrations": toolbox().database.is_current,
        "keys": lambda: bool(toolbox().keyring.signing_key()),
    }
    for name, check in checks.items():
        try:
            ready = check()
        except Exception as error:  # whatever it is, the answer is the same
            logs.event(log, "ready.failed", logging.WARNING, check=name, cause=type(error).__name__)
            ready = False
        if not ready:
            return _text(f"{name} not ready\n", 503)
    return _text("ready\n")


@blueprint.get("/metrics")
def metrics() -> Response:
    """Counters in Prometheus' text format; absent unless a token is set, and then only for who shows it."""
    token = toolbox().settings.metrics_token
    if token is None:
        abort(404)
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), token.encode()):
        return _text("A bearer token is needed.\n", 401, {"WWW-Authenticate": "Bearer"})
    return _text("".join(f"{line}\n" for line in _measures()))


def _measures() -> Iterator[str]:
    yield "# TYPE passerelle_grades gauge"
    for state, count in db().execute(select(Grade.state, func.count()).group_by(Grade.state)):
        yield f'passerelle_grades{{state="{state}"}} {count}'
    yield "# TYPE passerelle_jobs_due gauge"
    due = db().scalar(select(func.count()).select_from(Job).where(Job.run_at <= now()))
    yield f"passerelle_jobs_due {due}"


def _database_answers() -> bool:
    return db().scalar(select(1)) == 1


def _text(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(
        text, status, {"Cache-Control": "no-store", **(headers or {})}, content_type="text/plain; charset=utf-8"
    )
