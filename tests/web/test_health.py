"""What those who keep the tool running ask it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from flask.testing import FlaskClient

from lti_tool.database import Database
from lti_tool.jobs import enqueue
from lti_tool.settings import Settings
from lti_tool.web import create_app
from lti_tool.web.toolbox import Toolbox


def test_the_process_answers(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200


def test_it_is_ready_once_database_migrations_and_keys_are(client: FlaskClient) -> None:
    assert client.get("/readyz").text == "ready\n"


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        pytest.param("DROP TABLE signing_keys", "keys not ready\n", id="keys"),
        pytest.param("DELETE FROM signing_keys", "keys not ready\n", id="no key yet"),
        pytest.param("DELETE FROM alembic_version", "migrations not ready\n", id="migrations"),
    ],
)
def test_it_says_what_is_missing(client: FlaskClient, database: Database, missing: str, told: str) -> None:
    with database.write() as session:
        session.connection().exec_driver_sql(missing)

    response = client.get("/readyz")

    assert (response.status_code, response.text) == (503, told)


class TestMetrics:
    @pytest.fixture
    def counted(self, settings: Settings, clock: Callable[[], datetime]) -> FlaskClient:
        with_token = replace(settings, metrics_token="a-token")
        return create_app(toolbox=Toolbox.build(with_token, clock)).test_client()

    def test_they_are_absent_without_a_token(self, client: FlaskClient) -> None:
        assert client.get("/metrics").status_code == 404

    @pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer another"}, {"Authorization": "Bearer é"}])
    def test_they_are_for_who_shows_it(self, counted: FlaskClient, header: dict[str, str]) -> None:
        assert counted.get("/metrics", headers=header).status_code == 401

    def test_they_tell_what_waits(self, counted: FlaskClient, database: Database, now: datetime) -> None:
        with database.write() as session:
            enqueue(session, "memberships", "1", {}, now)

        response = counted.get("/metrics", headers={"Authorization": "Bearer a-token"})

        assert response.status_code == 200
        assert "passerelle_jobs_due 1.0\n" in response.text
