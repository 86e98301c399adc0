"""`lti-tool demo`: tool, worker and a demo ENT to click through; with `--script`, the whole story played headless."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from lti_tool.demo import story
from lti_tool.demo.stage import Site, Stage, StageError, free_port
from lti_tool.demo.story import StoryError

SAMPLE = Path(__file__).parent / "data" / "ElevesSansAdresses.xml"
_POLL_S = 0.5
_INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run until Ctrl-C, or play the story; 0 only where all went well."""
    parser = argparse.ArgumentParser(prog="lti-tool demo", description=__doc__)
    parser.add_argument("--script", action="store_true", help="play the story headless, on free ports")
    parser.add_argument("--data", type=Path, help="folder that keeps everything (demo-data; with --script a new one)")
    parser.add_argument("--port", type=int, help="the tool's port (8000, or the next free one)")
    parser.add_argument("--ent-port", type=int, help="the ENT's port (8001, or the next free one)")
    parser.add_argument("--database-url", help="a database for the tool (a SQLite file in the folder)")
    options = parser.parse_args(arguments)
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.default_int_handler)
    try:
        return _play(options) if options.script else _run(options)
    except (StageError, OSError) as fault:
        sys.stderr.write(f"lti-tool demo: {fault}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Interrompu.\n")
        return _INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    """Keep the three programs running until Ctrl-C, or until one of them ends."""
    site = Site.find(options.data or Path("demo-data"), options.port, options.ent_port, options.database_url)
    stage = Stage(site)
    _say("La démonstration se prépare…")
    try:
        stage.open()
        _say(_welcome(site))
        while True:
            stage.check()
            time.sleep(_POLL_S)
    except KeyboardInterrupt:
        _say("\nTout s’arrête…")
        return 0
    finally:
        stage.close()


def _play(options: argparse.Namespace) -> int:
    """Play the story in a folder of its own, which is kept where something goes wrong."""
    data = options.data or Path(tempfile.mkdtemp(prefix="passerelle-"))
    ports = options.port or free_port(), options.ent_port or free_port()
    stage = Stage(Site.find(data, *ports, options.database_url))
    try:
        story.play(stage, SAMPLE, _say)
    except StoryError as fault:
        _say(str(fault))
        _say(f"Les journaux sont dans {stage.site.logs}")
        return 1
    finally:
        stage.close()
    if options.data is None:
        shutil.rmtree(data, ignore_errors=True)
    return 0


def _welcome(site: Site) -> str:
    """Where to click, and as whom."""
    enter = f"{site.ent_url}/connexion?personne="
    return f"""
La Passerelle et l’ENT de démonstration sont prêts. Cliquez, dans cet ordre :

  1. {enter}helene.garnier
     Vous êtes Hélène Garnier, la principale : « Ouvrir Pix », « Élèves », « Importer (xml) », et donnez le fichier
     {SAMPLE}

  2. {enter}claire.fontaine&cours=technologie-4a
     Vous êtes Claire Fontaine, professeure : « Modifier le cours », « Sélectionner du contenu »,
     et créez une campagne. Notez son code.

  3. {enter}chloe.nguyen
     Vous êtes Chloé Nguyen, élève de 4e A : « Ouvrir Pix », le code, puis votre date de naissance, 14/03/2012.

Puis Claire lit la note de Chloé dans le carnet de notes du cours. Les autres personnes : {site.ent_url}/
Tout est gardé dans {site.data} (journaux : {site.logs}). Ctrl-C arrête tout.
"""


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
