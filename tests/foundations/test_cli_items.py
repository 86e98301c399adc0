"""`lti-tool items …`: what authors of questions type, without any setting."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from lti_tool.assessment.engine.checking import to_form
from lti_tool.assessment.engine.items import BANK_PATH, bank

NO_SETTING = {name: value for name, value in os.environ.items() if not name.startswith("LTI_TOOL_")}
PROGRAM = [sys.executable, "-m", "lti_tool", "items"]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *words], env=NO_SETTING, capture_output=True, text=True, timeout=90, check=False)


def test_the_bank_is_checked_and_counted() -> None:
    ran = run("check", "--json")

    assert (ran.returncode, ran.stderr) == (0, "")
    found = json.loads(ran.stdout)
    assert set(found) == {"skills", "items", "practical", "faults"}
    assert found["skills"] >= 192
    assert found["items"] >= 240
    assert found["practical"] >= 36
    assert found["faults"] == []


def test_each_fault_is_told_with_its_place(tmp_path: Path) -> None:
    shutil.copytree(BANK_PATH / "5.2", tmp_path / "5.2")
    file = tmp_path / "5.2" / "materiels-et-logiciels.toml"
    file.write_text(file.read_text("utf-8").replace('kind = "choice"', 'kind = "chioce"', 1), "utf-8")

    ran = run("check", "--bank", str(tmp_path), "--json")

    assert ran.returncode == 1
    (fault,) = json.loads(ran.stdout)["faults"]
    assert set(fault) == {"item", "message"}
    assert fault["item"].startswith("materiels-et-logiciels-")
    assert "chioce" in fault["message"]
    assert f"{fault['item']}: {fault['message']}" in run("check", "--bank", str(tmp_path)).stdout


def test_a_question_is_tried_in_the_browser() -> None:
    item = next(item for item in bank().items.values() if item.kind == "choice")
    process = subprocess.Popen(
        [*PROGRAM, "try", item.id, "--no-browser"], env=NO_SETTING, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        url = process.stdout.readline().strip()
        asked = requests.get(url, timeout=30)
        right = to_form(item.question.right_response())
        corrected = requests.post(url, data=right, timeout=30)
        passed = requests.post(url, data={"action": "passer"}, timeout=30)
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(20)
    assert item.explanation.split(".")[0] not in asked.text
    assert "Réussie" in corrected.text
    assert "Passée" in passed.text
    assert code == 0


def test_what_cannot_be_tried_is_said_in_one_line() -> None:
    ran = run("try", "nowhere-1-a")

    assert ran.returncode == 1
    assert "nowhere-1-a" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.parametrize("kind", sorted({item.kind for item in bank().items.values()}))
def test_each_kind_can_be_tried(kind: str) -> None:
    from lti_tool.web import trying

    item = next(item for item in bank().items.values() if item.kind == kind)
    client = trying.create_app().test_client()
    right = to_form(item.for_seed("3").question.right_response())
    assert "Je valide" in client.get(f"/essai/{item.id}?eleve=3").text
    assert client.post(f"/essai/{item.id}?eleve=3", data={}).status_code == 422
    assert "Réussie" in client.post(f"/essai/{item.id}?eleve=3", data=right).text
    for file in item.for_seed("3").question.world.files:
        assert client.get(f"/essai/{item.id}/fichiers/{file.name}?eleve=3").data == file.content
    assert client.get("/essai/nowhere-1-a").status_code == 404
