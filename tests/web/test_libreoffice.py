"""The files to take away, opened by LibreOffice itself: each cell is what was written, and nothing in them runs."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.web.conftest import Town
from tests.web.pages import Browser
from tests.web.staffroom import enter_as, learner, made_by, participate

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is missing: see `make soak`"),
]
FORMULA = '=HYPERLINK("http://127.0.0.1/";1)'
AS_UTF_8 = "59,34,76"
"""LibreOffice's names of `;`, of `"` and of UTF-8, in this order."""
TEXT = f"csv:Text - txt - csv (StarCalc):{AS_UTF_8},1,,0,false,false"
"""The sheet as it holds it, not as it shows it."""


def opened(folder: Path, name: str, content: bytes) -> list[list[str]]:
    """The cells as LibreOffice has them once it has opened the file."""
    (folder / name).write_bytes(content)
    ways = [f"--infilter=CSV:{AS_UTF_8}"] if name.endswith(".csv") else []
    command = ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", *ways]
    command += ["--convert-to", TEXT, "--outdir", str(folder / "read"), str(folder / name)]
    subprocess.run(command, check=True, timeout=300, capture_output=True)
    return cells((folder / "read" / name).with_suffix(".csv").read_text("utf-8"))


def cells(text: str) -> list[list[str]]:
    """A number is the same number with a comma."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";")
    return [[cell.replace(".", ",") if cell.replace(".", "").isdigit() else cell for cell in row] for row in rows]


@pytest.mark.parametrize("address", ["campagnes/{id}/resultats", "campagnes/resultats", "certification"])
@pytest.mark.parametrize("kind", ["csv", "ods"])
def test_each_cell_is_what_was_written(browser: Browser, town: Town, tmp_path: Path, address: str, kind: str) -> None:
    campaign = made_by(town, enter_as(town, browser), "Évaluation ; 4e « A »")
    for number, name in enumerate(("Zoé", "D’Angelo-Lemaître", FORMULA)):
        participate(town, campaign, learner(town, name, f"Durand{number}", "4A"), validated=number + 3)
    participate(town, campaign, learner(town, "Lou", "Petit", "4B"))
    token = browser.get("/orga/campagnes/creer").form("Créer la campagne").fields["jeton"]
    at = f"/orga/{address.format(id=campaign.id)}"
    answers = {each: browser.client.post(f"{at}.{each}", data={"jeton": token}) for each in ("csv", "ods")}

    read = opened(tmp_path, f"export.{kind}", answers[kind].data)

    written = cells(answers["csv"].get_data().decode())
    if kind == "ods":  # where text is text, without a sign before it
        written = [[cell.removeprefix("'") if cell == f"'{FORMULA}" else cell for cell in row] for row in written]
    assert len(written) == 5
    assert read == written
