"""The demo ENT as a program: started, killed, started again."""

import json
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
import requests

from lti_tool.demo.ent import main

TOOL = {
    "client_id": "demo-client",
    "login_url": "http://127.0.0.1:9/lti/login",
    "launch_url": "http://127.0.0.1:9/lti/launch",
    "jwks_url": "http://127.0.0.1:9/lti/jwks.json",
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(data, config):
    """The program, from when it answers until it is killed."""
    command = [sys.executable, "-m", "lti_tool.demo.ent", "--data", str(data), "--config", str(config)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    url = json.loads(config.read_text())["base_url"]
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                assert requests.get(url + "/healthz", timeout=5).status_code == 200
                break
            except requests.ConnectionError:
                assert process.poll() is None
                assert time.monotonic() < deadline
        yield url
    finally:
        process.kill()
        process.wait()


def test_nothing_is_lost_when_the_ent_is_killed(tmp_path):
    port = free_port()
    config = tmp_path / "ent.json"
    config.write_text(json.dumps({"base_url": f"http://localhost:{port}", "port": port, "tool": TOOL}))
    teacher = requests.Session()
    with running(tmp_path / "data", config) as url:
        teacher.post(url + "/connexion", data={"personne": "claire.fontaine"}, timeout=10)
        teacher.post(url + "/cours/technologie-4a/activites", data={"titre": "Parcours"}, timeout=10)
        keys = requests.get(url + "/oidc/jwks.json", timeout=10).json()
    with running(tmp_path / "data", config) as url:
        assert "Parcours" in teacher.get(url + "/cours/technologie-4a", timeout=10).text
        assert requests.get(url + "/oidc/jwks.json", timeout=10).json() == keys
    assert (tmp_path / "data" / "private-key.pem").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param('{"port": 1}', "'tool'", id="no tool"),
        pytest.param('{"base_url": "x", "port": 1, "tool": {"launch_url": "y"}}', "client_id", id="tool lacks"),
        pytest.param("nonsense", "Expecting", id="no JSON"),
    ],
)
def test_a_wrong_configuration_stops_the_start_with_a_sentence(tmp_path, capsys, text, named):
    config = tmp_path / "ent.json"
    config.write_text(text)
    assert main(["--data", str(tmp_path / "data"), "--config", str(config)]) == 2
    assert named in capsys.readouterr().err
