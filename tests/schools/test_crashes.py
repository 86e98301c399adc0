"""SIGKILL at many moments of an import: the register is the old or the new one, whole, and nobody is kept out."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

import lti_tool.database
from lti_tool import jobs
from lti_tool.database import Database
from lti_tool.schools import bulk, importing, imports, uploads
from lti_tool.schools.models import AuditLine, Import, ImportChange, Learner, Upload, UploadPart
from tests.schools.crashes import KILLED, Moments, count_moments, in_a_process_that_dies, spread
from tests.schools.siecle_files import UAI, eleve, eleves, xml

ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def school(arrange):
    return arrange(lambda world: world.school(UAI))


@pytest.fixture
def quick(monkeypatch):
    """Many small portions, and no patience for a lock: whoever finds one fails."""
    monkeypatch.setattr(bulk, "PORTION", 200)
    monkeypatch.setattr(imports, "LOCK_WAIT_S", 5)


def two_files(count: int) -> tuple[bytes, bytes]:
    """A register, and the next one: a tenth renamed, a tenth gone, a tenth new."""
    tenth = count // 10
    before = eleves(count)
    after = [*(eleve(n, PRENOM="Zoé") for n in range(1, tenth + 1)), *before[tenth:-tenth], *eleves(tenth, count + 1)]
    return xml(before), xml(after)


def state(database: Database, school_id: int):
    """All that an import writes."""
    with database.read() as session:
        active = session.execute(
            select(Learner.ine, Learner.first_name).where(Learner.school_id == school_id, Learner.active)
        ).all()
        counts = [session.scalar(select(func.count()).select_from(kind)) for kind in (Import, AuditLine, ImportChange)]
    return frozenset(map(tuple, active)), counts


def killed_everywhere(database: Database, school_id: int, now, count: int, moments: int) -> None:
    before, after = two_files(count)

    def import_(content: bytes, on: Database, passed: Moments | None = None):
        told = passed.progress if passed else None
        report = imports.import_file(on, school_id, io.BytesIO(content), now=now, progress=told)
        assert report.status == "imported", [fault.code for fault in report.faults]
        return report

    import_(before, database)
    old, _ = state(database, school_id)
    total = count_moments(lambda on, passed: import_(after, on, passed), database.url)
    new, _ = state(database, school_id)
    assert old != new
    seen = set()
    for moment in spread(total, moments):
        import_(before, database)
        _, (done, audited, changed) = state(database, school_id)
        outcome = in_a_process_that_dies(lambda on, passed: import_(after, on, passed), database.url, moment)
        found, (done_now, audited_now, changed_now) = state(database, school_id)
        assert found in (old, new), f"a partial import at moment {moment} of {total}"
        was_done = found == new
        assert (done_now - done, audited_now - audited) == (was_done, was_done)
        assert (changed_now > changed) == was_done
        assert was_done or outcome == KILLED
        seen.add((outcome, was_done))
    assert (KILLED, False) in seen
    assert import_(after, database).status == "imported"
    assert state(database, school_id)[0] == new


def test_killed_at_any_moment(database, school, now, quick):
    killed_everywhere(database, school.id, now, count=5_000, moments=9)


@pytest.mark.soak
def test_killed_at_any_moment_of_a_large_import(database, school, now, quick):
    killed_everywhere(database, school.id, now, count=100_000, moments=12)


def test_a_killed_worker_s_upload_is_taken_up_by_the_next(database, arrange, now, quick):
    school, head = arrange(lambda world: (world.school(UAI), world.person(world.platform())))
    _, content = two_files(2_000)

    def give() -> int:
        with database.write() as session:
            upload = uploads.store(session, school.id, head.id, "eleves.xml", io.BytesIO(content), now)
        drain(database, later=timedelta(0))
        with database.write() as session:
            uploads.confirm(session, school.id, upload, now, deactivations=True)
        return upload

    def drain(on: Database, later: timedelta) -> None:
        handlers = {uploads.JOB: lambda job: importing.work(on, job, lambda: now)}
        jobs.drain(on, handlers, lambda: now + later)

    give()
    total = count_moments(lambda on, _passed: drain(on, timedelta(0)), database.url)
    for moment in spread(total, 6):
        upload = give()
        outcome = in_a_process_that_dies(lambda on, _passed: drain(on, timedelta(0)), database.url, moment)
        with database.read() as session:
            state_then = session.scalars(select(Upload.state).where(Upload.id == upload)).one()
            parts = session.scalar(select(func.count()).select_from(UploadPart).where(UploadPart.upload_id == upload))
            done = session.scalar(select(Upload.import_id).where(Upload.id == upload))
        assert (state_then == "imported") == (parts == 0) == (done is not None)
        if outcome == KILLED:
            drain(database, later=timedelta(minutes=3))  # the lease of the dead worker has run out
        with database.read() as session:
            assert session.scalars(select(Upload.state).where(Upload.id == upload)).one() == "imported"


def test_a_newer_file_does_not_wait_for_a_dead_worker(database, arrange, now, quick):
    school, head = arrange(lambda world: (world.school(UAI), world.person(world.platform())))

    def give(content: bytes) -> int:
        with database.write() as session:
            return uploads.store(session, school.id, head.id, "eleves.xml", io.BytesIO(content), now)

    def drain(on: Database) -> None:
        jobs.drain(on, {uploads.JOB: lambda job: importing.work(on, job, lambda: now)}, lambda: now)

    give(xml(eleves(2_000)))
    assert in_a_process_that_dies(lambda on, _passed: drain(on), database.url, 12) == KILLED
    newer = give(xml(eleves(3)))
    drain(database)
    with database.read() as session:
        assert uploads.see(session, school.id, newer).state is uploads.State.CHECKED


class TestTheLock:
    """Another import of the school under way: the second is refused once it has waited long enough."""

    @pytest.fixture
    def impatient(self, database_url, monkeypatch):
        """A database that waits for no lock."""
        monkeypatch.setattr(lti_tool.database, "SQLITE_BUSY_TIMEOUT_S", 0.1)
        monkeypatch.setattr(imports, "LOCK_WAIT_S", 1)
        database = Database(database_url)
        yield database
        database.dispose()

    def test_refuses_the_second(self, impatient, database, school, now):
        file = io.BytesIO(xml(eleves(3)))
        with database.write() as session:
            imports._lock(session, school.id)
            report = imports.import_file(impatient, school.id, file, now=now)
            assert [fault.code for fault in report.faults] == ["IMPORT_RUNNING"]
        assert imports.import_file(impatient, school.id, file, now=now).added == 3

    @ON_POSTGRESQL  # SQLite has one writer
    def test_of_another_school_keeps_nobody_out(self, impatient, arrange, database, school, now):
        other = arrange(lambda world: world.school("0251235G", "Lycée Pasteur"))
        with database.write() as session:
            imports._lock(session, other.id)
            assert imports.import_file(impatient, school.id, io.BytesIO(xml(eleves(3))), now=now).added == 3

    def test_checking_needs_none(self, impatient, database, school, now):
        with database.write() as session:
            imports._lock(session, school.id)
            assert imports.check_file(impatient, school.id, io.BytesIO(xml(eleves(3))), now=now).report.added == 3

    @ON_POSTGRESQL
    def test_leaves_no_time_limit_behind(self, database, school):
        with database.write() as session:
            imports._lock(session, school.id)
            assert session.scalar(text("SHOW lock_timeout")) == "0"
