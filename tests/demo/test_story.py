"""`lti-tool demo --script`: the whole story over real HTTP, web and worker killed on the way, on both databases."""

import re
import subprocess
import sys

import pytest
from lxml import html

from lti_tool.demo.browser import Browser, Page
from lti_tool.demo.stage import Site
from lti_tool.demo.story import StoryError, play

LONGEST_S = 180
"""Of a run that hangs. How long the story takes on a machine of its own is told by its own lines."""

TOLD = [
    "0. L’outil, son programme de tâches et l’ENT démarrent",
    "1. La principale importe la liste des élèves et la lit",
    "2. La professeure crée une campagne depuis son cours, avec sa colonne",
    "3. Chloé fait le parcours par le Médiacentre, Hugo par l’activité du cours",
    "4. Le carnet de notes et la page de la campagne montrent leurs résultats",
    "5. Tout est coupé après l’envoi d’Inès : sa note arrive quand même",
    "6. Tout s’arrête proprement, et les journaux ne parlent de personne",
]


def test_the_story_is_told_to_its_end(database_url):
    command = [sys.executable, "-m", "lti_tool", "demo", "--script", "--database-url", database_url]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    lines = [re.fullmatch(r"(.+) … ok \(\d+,\d s\)", line) for line in ran.stdout.splitlines()]
    assert [line and line[1] for line in lines] == TOLD


def test_a_stage_that_cannot_be_set_up_says_why_and_where_the_logs_are(tmp_path):
    command = [sys.executable, "-m", "lti_tool", "demo", "--script", "--data", str(tmp_path)]
    command += ["--database-url", "mysql://nobody@localhost/nothing"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    assert ran.returncode == 1
    assert ran.stdout.startswith(f"{TOLD[0]} … échec : « lti-tool db upgrade » a échoué")
    assert "LTI_TOOL_DATABASE_URL" in ran.stdout
    assert str(tmp_path / "logs") in ran.stdout


def test_a_step_that_goes_wrong_says_what_was_expected_and_what_was_seen(tmp_path):
    page = Page(Browser(), "http://127.0.0.1/orga", 403, html.fromstring("<h1>Cette page n’est pas pour vous.</h1>"))

    class Refusing:
        site = Site.find(tmp_path)

        def open(self):
            page.expect("Élèves")

    said = []
    with pytest.raises(StoryError) as told:
        play(Refusing(), tmp_path, said.append)
    assert said == []
    for part in (TOLD[0], "attendu : une page de statut 200", "vu : 403 http://127.0.0.1/orga", "pas pour vous"):
        assert part in str(told.value)
