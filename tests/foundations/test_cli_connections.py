"""The commands about connections, as scripts use them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.foundations.test_cli import PLATFORM, UAI, environment

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(sqlite_url: str, tmp_path: Path) -> Run:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "lti_tool", *words],
            env=environment(sqlite_url, tmp_path / "keys"),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def test_links_and_invitations_are_addresses_of_ours(run: Run) -> None:
    link = json.loads(run("operator", "link", "--json").stdout)
    assert link["url"].startswith("https://pix.example.fr/operateur/")
    assert run("school", "add", UAI, "Collège Jean-Rostand").returncode == 0
    invitation = json.loads(run("platform", "invite", "--school", UAI, "--json").stdout)
    assert invitation["url"].startswith("https://pix.example.fr/lti/register/")
    assert invitation["expires_at"].endswith("+00:00")
    refused = run("platform", "invite", "--school", "0000000X", "--json")
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["error"]["code"] == "ETAB"


def test_keys_rotate_and_the_old_one_stays_published(run: Run) -> None:
    first = json.loads(run("keys", "rotate", "--json").stdout)["kid"]
    second = json.loads(run("keys", "rotate", "--json").stdout)["kid"]
    listed = json.loads(run("keys", "list", "--json").stdout)
    assert [(key["kid"], key["state"]) for key in listed] == [(second, "signing"), (first, "retired")]


def test_the_doctors_list_their_checks(run: Run) -> None:
    tool = run("doctor", "--json")
    rows = json.loads(tool.stdout)
    assert {row["check"] for row in rows} >= {"base_url", "database", "keys", "worker"}
    assert all(set(row) == {"check", "ok", "message"} for row in rows)
    words = [word for option in PLATFORM.items() for word in option]
    platform = json.loads(run("platform", "add", *words, "--json").stdout)["id"]
    run("keys", "rotate")
    examined = run("platform", "doctor", str(platform), "--json")
    rows = json.loads(examined.stdout)
    assert examined.returncode == 1
    assert len(examined.stderr.strip().splitlines()[-1:]) == 1
    assert {row["check"] for row in rows if not row["ok"]} >= {"authorization", "keys", "token", "deployments"}
    assert run("platform", "doctor", "999").returncode == 1


def test_replacing_says_what_moved(run: Run) -> None:
    ids = []
    for client in ("old", "new"):
        words = [word for option in (PLATFORM | {"--client-id": client}).items() for word in option]
        ids.append(str(json.loads(run("platform", "add", *words, "--json").stdout)["id"]))
    moved = json.loads(run("platform", "replace", *ids, "--json").stdout)
    assert moved == {"people": 0, "merged": 0, "conflicts": 0, "deployments": 0, "line_items": 0}
    assert run("platform", "replace", ids[0], ids[0]).returncode == 1
