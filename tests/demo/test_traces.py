"""What counts as a trace of somebody in a log."""

import pytest

from lti_tool.demo.traces import personal


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        pytest.param("launch.failed who=Nguyen", "nom", id="family name"),
        pytest.param("bound 'In\\xe8s'", "nom", id="escaped given name"),
        pytest.param("GET /x?login_hint=ent-c3f1a07e", "nom", id="sub"),
        pytest.param("parameters: (1, '2012-03-14')", "date de naissance", id="birthdate"),
        pytest.param("parameters: (datetime.date(2012, 3, 14),)", "date de naissance", id="birthdate as Python has it"),
        pytest.param("row 120276743BJ", "INE", id="INE"),
        pytest.param("id_token=eyJhbGciOiJSUzI1NiJ9.e30.x", "jeton", id="token"),
        pytest.param("to a.b@example.org", "adresse électronique", id="e-mail"),
    ],
)
def test_a_trace_is_found_and_not_repeated(tmp_path, line, kind):
    log = tmp_path / "web.log"
    log.write_text(f"2026-11-23 09:30:00,000 INFO ready\n{line}\n")
    assert list(personal(log)) == [f"web.log, ligne 2 : {kind}"]


def test_a_log_without_people_has_no_trace(tmp_path):
    log = tmp_path / "worker.log"
    log.write_text(
        "2026-11-23 09:30:00,000 INFO lti_tool.grades grade.accepted line_item=3 learner=12 status=200\n"
        "[2026-11-23 09:30:00 +0000] [12] [ERROR] Worker (pid:13) was sent SIGKILL!\n"
    )
    assert list(personal(log)) == []
