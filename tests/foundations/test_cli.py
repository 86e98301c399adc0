"""`lti-tool …` as scripts use it: one JSON document on stdout, one line on stderr, exit 0 only when the job is done."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from lti_tool.database import Database

SAMPLE = Path(__file__).parents[2] / "lti_tool" / "demo" / "data" / "ElevesSansAdresses.xml"
UAI = "0251234F"
PLATFORM = {
    "--issuer": "https://ent.example.fr",
    "--client-id": "passerelle",
    "--auth-url": "https://ent.example.fr/auth",
    "--token-url": "https://ent.example.fr/token",
    "--jwks-url": "https://ent.example.fr/jwks",
}
Run = Callable[..., subprocess.CompletedProcess[str]]


def environment(url: str, keys: Path) -> dict[str, str]:
    base = {name: value for name, value in os.environ.items() if not name.startswith("LTI_TOOL_")}
    return base | {
        "LTI_TOOL_BASE_URL": "https://pix.example.fr",
        "LTI_TOOL_DATABASE_URL": url,
        "LTI_TOOL_KEYS_DIR": str(keys),
    }


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite, unless a test says otherwise: what the database does is tested room by room."""
    url: str = request.getfixturevalue(getattr(request, "param", "sqlite_url"))
    return url


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    def run(*words: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "lti_tool", *words],
            env=environment(database_url, tmp_path / "keys") | changes,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def document(ran: subprocess.CompletedProcess[str]) -> Any:
    assert ran.stderr == "" or ran.returncode or ran.stderr.startswith("Note:"), ran.stderr
    return json.loads(ran.stdout)


def platform_words(**changes: str) -> list[str]:
    return [word for option in (PLATFORM | changes).items() for word in option]


@pytest.mark.parametrize("database_url", ["sqlite_url", "postgres_url"], indirect=True)
def test_an_operator_sets_up_a_school(run: Run) -> None:
    """School, platform, deployment, register: each prints what the next needs."""
    added = document(run("school", "add", UAI.lower(), "Collège Jean-Rostand", "--json"))
    assert added["uai"] == UAI
    assert [each["name"] for each in document(run("school", "list", "--json"))] == ["Collège Jean-Rostand"]

    platform = document(run("platform", "add", *platform_words(), "--uai-param", "uai", "--json"))
    assert set(platform) == {"id", "key", "login_url", "launch_url", "jwks_url"}
    assert platform["login_url"] == f"https://pix.example.fr/lti/login/{platform['key']}"
    deployed = run("platform", "deploy", str(platform["id"]), "7", "--school", UAI, "--json")
    assert document(deployed)["schools"] == [UAI]
    assert document(run("platform", "list", "--json"))[0]["status"] == "active"
    assert document(run("platform", "suspend", str(platform["id"]), "--json"))["status"] == "suspended"
    assert document(run("platform", "activate", str(platform["id"]), "--json"))["status"] == "active"

    report = document(run("learners", "import", "--school", UAI, str(SAMPLE), "--json"))
    assert (report["status"], report["added"], report["faults"]) == ("imported", 96, [])
    again = document(run("learners", "import", "--school", UAI, str(SAMPLE), "--json"))
    assert (again["unchanged"], again["added"]) == (96, 0)

    code = document(run("staff", "invite", "--school", UAI, "--administrator", "--json"))
    assert code["role"] == "administrator"
    assert len(code["code"]) >= 8


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["school", "add", "123", "X"], "UAI", id="a UAI that is none"),
        pytest.param(["learners", "import", "--school", "0251234F", str(SAMPLE)], "UAI", id="an unknown school"),
        pytest.param(["platform", "add", *platform_words(**{"--jwks-url": "ftp://x"})], "jwks", id="a bad address"),
        pytest.param(["platform", "deploy", "77", "1", "--school", "0251234F"], "", id="an unknown platform"),
        pytest.param(["platform", "suspend", "77"], "", id="suspending an unknown platform"),
        pytest.param(["learners", "import", "--school", "0251234F", "/nowhere.xml"], "nowhere", id="no file"),
        pytest.param(["school", "frobnicate"], "frobnicate", id="an unknown command"),
        pytest.param(["platform", "add"], "issuer", id="a missing option"),
    ],
)
def test_what_is_wrong_is_one_line_and_one_document(run: Run, words: list[str], says: str) -> None:
    ran = run(*words, "--json")
    assert ran.returncode != 0
    assert len(ran.stderr.strip().splitlines()) == 1, ran.stderr
    assert says.lower() in ran.stderr.lower()
    assert json.loads(ran.stdout)["error"]["message"] in ran.stderr


def test_a_refused_file_changes_nothing_and_says_every_fault(run: Run, tmp_path: Path) -> None:
    run("school", "add", UAI, "Collège")
    text = SAMPLE.read_text("iso-8859-15").replace("<CODE_SEXE>1</CODE_SEXE>", "<CODE_SEXE/>", 2)
    broken = tmp_path / "broken.xml"
    broken.write_text(text, "iso-8859-15")
    ran = run("learners", "import", "--school", UAI, str(broken), "--json")
    assert ran.returncode == 1
    report = json.loads(ran.stdout)
    assert report["status"] == "refused"
    assert [fault["code"] for fault in report["faults"]] == ["SEX_CODE_REQUIRED"] * 2
    assert all(fault["line"] and fault["ine"] and fault["message"] for fault in report["faults"])
    assert document(run("learners", "import", "--school", UAI, str(SAMPLE), "--json"))["added"] == 96


def test_a_bad_setting_stops_the_start_with_its_name(run: Run) -> None:
    ran = run("school", "list", "--json", LTI_TOOL_BASE_URL="")
    assert ran.returncode == 1
    assert "LTI_TOOL_BASE_URL" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_a_database_without_schema_is_pointed_at(run: Run, tmp_path: Path) -> None:
    fresh = f"sqlite:///{tmp_path}/fresh.sqlite3"
    ran = run("school", "list", LTI_TOOL_DATABASE_URL=fresh)
    assert ran.returncode == 1
    assert "lti-tool db upgrade" in ran.stderr
    assert run("db", "upgrade", LTI_TOOL_DATABASE_URL=fresh).returncode == 0
    assert run("school", "list", LTI_TOOL_DATABASE_URL=fresh).returncode == 0


def test_help_needs_no_settings(run: Run) -> None:
    ran = run("--help", LTI_TOOL_BASE_URL="")
    assert ran.returncode == 0
    for command in ("demo", "serve", "worker", "learners", "platform"):
        assert command in ran.stdout


def test_serve_migrates_serves_keeps_its_worker_alive_and_stops_when_told(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"sqlite:///{tmp_path}/passerelle.sqlite3"
    variables = environment(url, tmp_path / "keys") | {
        "LTI_TOOL_BASE_URL": f"http://127.0.0.1:{port}",
        "LTI_TOOL_ALLOW_PRIVATE_PLATFORMS": "1",
    }
    command = [sys.executable, "-m", "lti_tool", "serve", "--workers", "1", "--bind", f"127.0.0.1:{port}"]
    with (tmp_path / "log").open("wb") as log:
        serving = subprocess.Popen(command, env=variables, stdout=log, stderr=log)
    try:
        assert _answers(f"http://127.0.0.1:{port}/readyz", serving)
        assert Database(url).is_current()
        workers = _children(serving.pid, "worker")
        assert len(workers) == 1
        os.kill(workers[0], signal.SIGKILL)
        assert _until(lambda: (again := _children(serving.pid, "worker")) != [] and again != workers)
    finally:
        serving.terminate()
    assert serving.wait(30) == 0
    assert _until(lambda: _children(serving.pid, "") == [])


def _answers(url: str, program: subprocess.Popen[bytes]) -> bool:
    def ready() -> bool:
        assert program.poll() is None, "it ended by itself"
        try:
            return requests.get(url, timeout=5).status_code == 200
        except (requests.ConnectionError, requests.Timeout):
            return False

    return _until(ready)


def _until(condition: Callable[[], bool], seconds: float = 40) -> bool:
    """Whether the condition comes true in time, looked at as often as the machine allows."""

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)  # between two looks at another process
    return False


def _children(pid: int, word: str) -> list[int]:

    try:
        children = psutil.Process(pid).children()
        return [child.pid for child in children if word in child.cmdline() or not word]
    except psutil.NoSuchProcess:
        return []
