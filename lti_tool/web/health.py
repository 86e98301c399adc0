"""For those who keep the tool running: is the process up, is it ready, what waits."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Iterator

from flask import Blueprint, Response, abort, request
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from lti_tool import logs
from lti_tool.grades import status as grade_status
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
    registry = CollectorRegistry()
    registry.register(_Measures())
    return _text(generate_latest(registry).decode())


class _Measures(Collector):
    """Read anew from the database each time: the same whichever machine is asked."""

    def collect(self) -> Iterator[Metric]:
        grades = GaugeMetricFamily("passerelle_grades", "Grades by platform and state.", labels=["platform", "state"])
        oldest = GaugeMetricFamily(
            "passerelle_grades_oldest_waiting_seconds", "For how long the oldest has been wanted.", labels=["platform"]
        )
        refused = GaugeMetricFamily(
            "passerelle_grades_refused", "Refused grades by platform and reason.", labels=["platform", "reason"]
        )
        down = GaugeMetricFamily(
            "passerelle_platform_down",
            "1 while a platform is left alone since it does not answer.",
            labels=["platform"],
        )
        for each in grade_status.status(db(), now()):
            platform = str(each.platform)
            for state, count in (("accepted", each.accepted), ("waiting", each.waiting), ("refused", each.refused)):
                grades.add_metric([platform, state], count)
            oldest.add_metric([platform], each.oldest_waiting_s or 0.0)
            for reason, count in each.refused_by_reason.items():
                refused.add_metric([platform, reason], count)
            down.add_metric([platform], each.down)
        yield from (grades, oldest, refused, down)
        due = db().scalar(select(func.count()).select_from(Job).where(Job.run_at <= now()))
        yield GaugeMetricFamily("passerelle_jobs_due", "Jobs that wait for a worker.", value=due)


def _database_answers() -> bool:
    return db().scalar(select(1)) == 1


def _text(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(
        text, status, {"Cache-Control": "no-store", **(headers or {})}, content_type="text/plain; charset=utf-8"
    )
