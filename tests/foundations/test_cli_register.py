"""`lti-tool learners import` as scripts and people at a terminal use it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lti_tool.cli import cli
from lti_tool.database import Database
from lti_tool.schools import schools
from tests.foundations.test_cli import environment
from tests.schools.csv_files import GENERIC, pupil, table
from tests.schools.siecle_files import UAI, eleve, eleves, ine, xml, zipped

Import = Callable[..., tuple[int, dict[str, Any]]]
NONE = {"added": 0, "updated": 0, "unchanged": 0, "deactivated": 0, "reactivated": 0, "skipped": 0}


@pytest.fixture
def variables(sqlite_url: str, tmp_path: Path, now: Any) -> dict[str, str]:
    database = Database(sqlite_url)
    with database.write() as session:
        schools.add(session, UAI, "Collège", now)
    database.dispose()
    return environment(sqlite_url, tmp_path / "keys")


@pytest.fixture
def give(variables: dict[str, str], tmp_path: Path) -> Import:
    """Imports these bytes; returns the exit status and the document on stdout."""

    def give(content: bytes, *words: str) -> tuple[int, dict[str, Any]]:
        file = tmp_path / "file"
        file.write_bytes(content)
        ran = CliRunner().invoke(cli, [*command(file, *words), "--json"], env=variables)
        assert len(ran.stderr.splitlines()) == (ran.exit_code != 0), "no progress bar where nobody is looking"
        return ran.exit_code, json.loads(ran.stdout)

    return give


def command(file: Path, *words: str) -> list[str]:
    return ["learners", "import", "--school", UAI, str(file), *words]


def test_the_document_of_each_outcome(give: Import) -> None:
    """A first import, one that needs a confirmation, the same confirmed: the keys and counts of the contract."""
    assert give(zipped(xml(eleves(10)))) == (0, {"status": "imported", **NONE, "added": 10, "faults": []})

    few = xml([*eleves(4), eleve(5, PRENOM="Zoé"), eleve(6, DATE_SORTIE="01/10/2026"), eleve(11)])
    counts = {**NONE, "added": 1, "updated": 1, "unchanged": 4, "deactivated": 5, "skipped": 1}
    status, refused = give(few)
    (fault,) = refused.pop("faults")
    assert (status, refused) == (1, {"status": "refused", **counts})
    assert (set(fault), fault["code"]) == ({"code", "line", "ine", "message"}, "TOO_MANY_DEACTIVATIONS")
    assert give(few, "--confirm-deactivations") == (0, {"status": "imported", **counts, "faults": []})

    back = {**NONE, "unchanged": 4, "updated": 1, "reactivated": 5, "deactivated": 1}
    assert give(xml(eleves(10))) == (0, {"status": "imported", **back, "faults": []})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(xml([eleve(1, CODE_SEXE=None)]), ("SEX_CODE_REQUIRED", 6, ine(1)), id="a pupil of SIECLE"),
        pytest.param(xml(eleves(1), uai="0751234X"), ("UAI_MISMATCHED", None, None), id="another school's"),
        pytest.param(b"%PDF-1.7", ("INVALID_FILE", None, None), id="a PDF"),
        pytest.param(b"", ("INVALID_FILE", None, None), id="nothing"),
        pytest.param(table(pupil(Statut="XX")), ("FIELD_BAD_VALUES", 2, ine(1)), id="agricultural"),
        pytest.param(
            table(pupil(), encoding="utf-16"), ("ENCODING_NOT_SUPPORTED", None, None), id="in another encoding"
        ),
        pytest.param(GENERIC.replace("4A", "").encode(), ("FIELD_REQUIRED", 2, ine(1)), id="another table"),
    ],
)
def test_what_is_wrong_has_code_line_and_ine(
    give: Import, content: bytes, expected: tuple[str, int | None, str | None]
) -> None:
    status, report = give(content)
    (fault,) = report["faults"]
    assert (status, report["status"]) == (1, "refused")
    assert (fault["code"], fault["line"], fault["ine"]) == expected
    assert fault["message"]


@pytest.mark.parametrize(
    "content", [table(pupil(1), pupil(2)), GENERIC.encode("cp1252")], ids=["agricultural", "other"]
)
def test_a_table_is_told_by_its_content(give: Import, content: bytes) -> None:
    assert give(content)[1]["status"] == "imported"


def test_somebody_at_a_terminal_sees_how_far_it_is(variables: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(xml(eleves(3_000)))
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "lti_tool", *command(file)], env=variables, stdout=subprocess.PIPE, stderr=theirs
    ) as running:
        os.close(theirs)
        seen = b""
        try:
            while piece := os.read(ours, 4096):
                seen += piece
        except OSError:  # the terminal is gone with its last writer
            pass
        counts = running.stdout.read() if running.stdout else b""
    os.close(ours)
    assert running.returncode == 0
    assert b"Import" in seen
    assert b"100%" in seen
    assert b"added 3000" in counts
