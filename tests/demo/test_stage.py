"""The demo as a program: on an empty folder, on a folder that it knows, and when one of its programs is lost."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import closing, contextmanager

import pytest
import requests

from lti_tool.demo.browser import Browser
from lti_tool.demo.stage import Site, StageError, free_port


@contextmanager
def demo(data, *options):
    """`lti-tool demo` on a folder; yields the process and what it has said when all is ready."""
    command = [sys.executable, "-m", "lti_tool", "demo", "--data", str(data), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        yield process, said
    finally:
        process.terminate()
        process.communicate()


def children(process):
    """The programs that a process has started: command lines by process number."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    return {int(pid): command for pid, parent, command in rows if int(parent) == process.pid}


def answers(url):
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


@contextmanager
def taken(port=0):
    """A port on which somebody else listens."""
    with closing(socket.create_server(("127.0.0.1", port))) as server:
        yield server.getsockname()[1]


def test_a_newcomer_finds_three_people_to_be_and_everything_again_the_next_time(tmp_path):
    ports = ["--port", str(free_port()), "--ent-port", str(free_port())]
    with demo(tmp_path, *ports) as (process, said):
        links = re.findall(r"http://localhost:\S+connexion\S+", said)
        head, teacher, pupil = (Browser().open(link) for link in links)
        assert head.reads("Médiacentre", "Hélène Garnier")
        assert pupil.reads("Médiacentre", "Chloé Nguyen")
        assert re.search(r"/\S+/ElevesSansAdresses\.xml", said)
        form = teacher.expect("Claire Fontaine").follow("Modifier le cours").form("Ajouter l’activité")
        form.fill("Titre de l’activité", "Déjà là").send().expect("Déjà là")
        ready = f"http://127.0.0.1:{ports[1]}/readyz"
        assert answers(ready)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert not answers(ready)

    with demo(tmp_path) as (process, said):
        assert re.findall(r"http://localhost:\S+connexion\S+", said) == links
        assert Browser().open(links[1]).reads("Déjà là")
        (ent,) = (pid for pid, command in children(process).items() if "demo.ent" in command)
        os.kill(ent, signal.SIGKILL)
        rest, _ = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "Le programme « ent » s’est arrêté" in rest
        assert not answers(ready)


def test_the_next_free_ports_are_taken_on_an_empty_folder(tmp_path):
    site = Site.find(tmp_path)
    with taken(site.tool_port), taken(site.ent_port):
        other = Site.find(tmp_path)
    assert other.tool_port > site.tool_port
    assert other.ent_port not in (site.tool_port, site.ent_port, other.tool_port)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param(None, "déjà pris", id="its port is taken"),
        pytest.param(1024, "donnez un autre --data", id="another port is asked for"),
    ],
)
def test_a_folder_keeps_its_ports_since_addresses_stand_in_its_data(tmp_path, asked, said):
    with taken() as port:
        (tmp_path / "ports.json").write_text(json.dumps({"tool": port, "ent": free_port()}))
        with pytest.raises(StageError, match=said):
            Site.find(tmp_path, tool_port=asked)


def test_a_port_that_was_asked_for_is_not_replaced_by_another(tmp_path):
    with taken() as port, pytest.raises(StageError, match=str(port)):
        Site.find(tmp_path, tool_port=port)
