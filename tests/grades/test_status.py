"""What an operator reads of all grades, by the command line and by Prometheus, and has tried again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from lti_tool.grades import status
from lti_tool.grades.delivery import Deliverer
from lti_tool.grades.models import REFUSED, WAITING
from lti_tool.schools.models import Binding, Learner
from lti_tool.settings import Settings
from lti_tool.web import create_app
from lti_tool.web.toolbox import Toolbox
from tests.grades.conftest import Clock, Course


@pytest.fixture
def mixed(course: Course, deliverer: Deliverer, time: Clock) -> list[int]:
    """One accepted, one refused, one that waits for an hour and one that a teacher changed; the learners."""
    accepted, refused, changed, waiting = (course.pupil() for _ in range(4))
    course.send(accepted[0], 6)
    course.send(changed[0], 4)
    course.gradebook.pupils.discard(refused[1])
    course.send(refused[0], 6)
    deliverer.drain()
    time.advance(days=4)
    course.gradebook.write(1, changed[1], 55.5)
    course.send(changed[0], 8)
    deliverer.drain()
    course.send(waiting[0], 6)
    time.advance(hours=1)
    return [pupil[0] for pupil in (accepted, refused, changed, waiting)]


def run(url: str, tmp_path: Path, *words: str) -> Any:
    """The program's document; it must end well."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LTI_TOOL_")} | {
        "LTI_TOOL_BASE_URL": "https://pix.example.fr",
        "LTI_TOOL_DATABASE_URL": url,
        "LTI_TOOL_KEYS_DIR": str(tmp_path / "keys"),
    }
    command = [sys.executable, "-m", "lti_tool", "grades", *words, "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def test_where_the_grades_stand(course: Course, mixed: list[int], time: Clock) -> None:
    with course.database.read() as session:
        (row,) = status.status(session, time())
    assert (row.desired, row.accepted, row.waiting, row.refused) == (len(mixed), 1, 1, 2)
    assert row.oldest_waiting_s == 3600
    assert row.refused_by_reason == {"not-a-pupil": 1, "changed-by-teacher": 1}


@pytest.mark.parametrize("obstacle", ["learner inactive", "unbound"])
def test_what_nobody_may_send_keeps_no_operator_awake(
    course: Course, mixed: list[int], time: Clock, obstacle: str
) -> None:
    with course.database.write() as session:
        if obstacle == "unbound":
            session.query(Binding).delete()
        else:
            session.execute(update(Learner).values(active=False))
    with course.database.read() as session:
        (row,) = status.status(session, time())
    assert (row.desired, row.accepted, row.waiting, row.oldest_waiting_s) == (len(mixed) - 1, 1, 0, None)


def test_the_command_prints_them_in_all_and_per_platform(
    course: Course, mixed: list[int], database_url: str, tmp_path: Path
) -> None:
    printed = run(database_url, tmp_path, "status")
    counts = {"desired": len(mixed), "accepted": 1, "waiting": 1, "refused": 2}
    assert {name: printed[name] for name in counts} == counts
    assert isinstance(printed["oldest_waiting_s"], float)
    (platform,) = printed["platforms"]
    assert {name: platform[name] for name in counts} == counts
    assert platform["platform"] == course.platform_id


def test_a_retry_leaves_what_a_teacher_changed(
    course: Course, mixed: list[int], deliverer: Deliverer, database_url: str, tmp_path: Path
) -> None:
    _, refused, changed, waiting = mixed
    assert run(database_url, tmp_path, "retry") == {"retried": 2}
    assert [course.grade(learner).state for learner in (refused, changed, waiting)] == [WAITING, REFUSED, WAITING]


@pytest.mark.usefixtures("mixed")
def test_metrics(course: Course, settings: Settings, time: Clock) -> None:
    client = create_app(toolbox=Toolbox.build(replace(settings, metrics_token="a-token"), time)).test_client()
    text = client.get("/metrics", headers={"Authorization": "Bearer a-token"}).text
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    platform = str(course.platform_id)
    assert samples["passerelle_grades", platform, "accepted"] == 1
    assert samples["passerelle_grades", platform, "waiting"] == 1
    assert samples["passerelle_grades_refused", platform, "not-a-pupil"] == 1
    assert samples["passerelle_grades_oldest_waiting_seconds", platform] == 3600
    assert samples["passerelle_platform_down", platform] == 0
