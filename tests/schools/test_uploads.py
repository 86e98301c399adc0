"""A file given in the browser waits in the database, is checked and imported by the worker, and is erased."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from lti_tool import jobs
from lti_tool.schools import importing, imports, uploads
from lti_tool.schools.faults import FileError
from lti_tool.schools.importing import ImportRunningError
from lti_tool.schools.models import Import, Learner, School, Upload, UploadPart
from lti_tool.schools.reading import Limits
from lti_tool.schools.uploads import ConfirmationError, NoSuchUploadError, State, UploadError
from tests.schools.csv_files import GENERIC, pupil, table
from tests.schools.siecle_files import UAI, eleve, eleves, xml, zipped


class Desk:
    """A head in the browser, and the worker behind."""

    def __init__(self, database, school, head, now):
        self.database, self.school, self.head, self.now = database, school, head, now

    def give(self, content: bytes, **options) -> int:
        with self.database.write() as session:
            return uploads.store(
                session, self.school.id, self.head.id, "eleves.xml", io.BytesIO(content), self.now, **options
            )

    def work(self) -> int:
        """What the worker does when it is woken; returns how many jobs it did."""
        handlers = {uploads.JOB: lambda job: importing.work(self.database, job, lambda: self.now)}
        return jobs.drain(self.database, handlers, lambda: self.now)

    def see(self, upload_id: int) -> uploads.Sight:
        with self.database.read() as session:
            return uploads.see(session, self.school.id, upload_id)

    def act(self, function, upload_id: int, *arguments, **options):
        with self.database.write() as session:
            function(session, self.school.id, upload_id, *arguments, self.now, **options)

    def confirm(self, upload_id: int, deactivations: bool = False) -> None:
        self.act(uploads.confirm, upload_id, deactivations=deactivations)

    def parts(self) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(UploadPart))

    def learners(self) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(Learner).where(Learner.active))


@pytest.fixture
def desk(database, arrange, now):
    def prepare(world):
        return world.school(UAI), world.person(world.platform(), "Hélène", "Garnier")

    return Desk(database, *arrange(prepare), now)


def test_from_the_file_to_the_register(desk):
    upload = desk.give(zipped(xml(eleves(30))))
    assert desk.see(upload).state is State.WAITING
    assert desk.learners() == 0

    assert desk.work() == 1

    seen = desk.see(upload)
    assert (seen.state, seen.kind, seen.percent, seen.counts["added"]) == (State.CHECKED, "siecle", 100, 30)
    assert desk.learners() == 0

    desk.confirm(upload)
    assert desk.see(upload).state is State.CONFIRMED
    desk.work()

    seen = desk.see(upload)
    assert (seen.state, seen.counts["added"]) == (State.IMPORTED, 30)
    assert desk.learners() == 30
    assert desk.parts() == 0
    with desk.database.read() as session:
        done = session.scalars(select(Import)).one()
        assert (done.id, done.person_id) == (seen.import_id, desk.head.id)


def test_faults_are_all_kept_and_the_file_is_not(desk):
    upload = desk.give(xml([eleve(1), *(eleve(n, PRENOM=None) for n in range(2, 70))]))
    desk.work()
    seen = desk.see(upload)
    assert (seen.state, seen.faults) == (State.REFUSED, 68)
    assert desk.parts() == 0
    with desk.database.read() as session:
        first = uploads.faults_of(session, desk.school.id, upload)
        assert (len(first), first[0].code, first[0].pupil) == (50, "FIRST_NAME_REQUIRED", "NGUYEN")
        assert len(uploads.faults_of(session, desk.school.id, upload, page=2)) == 18
        assert len(uploads.faults_of(session, desk.school.id, upload, page=None)) == 68
    with pytest.raises(UploadError):
        desk.confirm(upload)


def test_a_fault_comes_back_as_it_was(desk):
    content = GENERIC.replace("14/03/2012", "hier").encode()
    upload = desk.give(content)
    desk.work()
    desk.act(uploads.choose_columns, upload, dict(desk.see(upload).columns))
    desk.work()
    report = imports.check_file(desk.database, desk.school.id, io.BytesIO(content), now=desk.now).report
    with desk.database.read() as session:
        assert uploads.faults_of(session, desk.school.id, upload) == report.faults


class TestConfirmation:
    @pytest.fixture
    def many_leave(self, desk):
        first = desk.give(xml(eleves(10)))
        desk.work()
        desk.confirm(first)
        desk.work()
        upload = desk.give(xml(eleves(3)))
        desk.work()
        return upload

    def test_is_needed_where_many_leave(self, desk, many_leave):
        seen = desk.see(many_leave)
        assert (seen.state, seen.needs_confirmation, seen.counts["deactivated"]) == (State.CHECKED, True, 7)
        with pytest.raises(ConfirmationError):
            desk.confirm(many_leave)
        assert desk.work() == 0
        desk.confirm(many_leave, deactivations=True)
        desk.work()
        assert desk.learners() == 3

    def test_of_what_no_longer_holds_is_asked_again(self, desk, many_leave):
        imports.import_file(desk.database, desk.school.id, io.BytesIO(xml(eleves(11))), now=desk.now)
        desk.confirm(many_leave, deactivations=True)
        desk.work()
        seen = desk.see(many_leave)
        assert (seen.state, seen.counts["deactivated"]) == (State.CHECKED, 8)
        assert desk.learners() == 11

    def test_a_second_click_changes_nothing(self, desk, many_leave):
        desk.confirm(many_leave, deactivations=True)
        with pytest.raises(UploadError):
            desk.confirm(many_leave, deactivations=True)


class TestColumns:
    def test_are_asked_of_the_head(self, desk):
        upload = desk.give(GENERIC.replace("Nom", "Machin").encode())
        desk.work()
        seen = desk.see(upload)
        assert (seen.state, seen.kind) == (State.COLUMNS, "generic")
        assert seen.header == ("INE", "Machin", "Prénom", "Né(e) le", "Classe")
        assert seen.samples == (("120000001AB", "NGUYEN", "Chloé", "14/03/2012", "4A"),)
        assert "last_name" not in seen.columns

        desk.act(uploads.choose_columns, upload, {**seen.columns, "last_name": 1})
        desk.work()
        assert desk.see(upload).state is State.CHECKED
        desk.confirm(upload)
        desk.work()
        assert desk.learners() == 1
        assert desk.see(upload).samples == ()

    def test_may_be_corrected_after_the_check(self, desk):
        upload = desk.give(GENERIC.encode())
        desk.work()
        columns = dict(desk.see(upload).columns)
        desk.act(uploads.choose_columns, upload, columns)
        desk.work()
        desk.act(uploads.choose_columns, upload, columns | {"last_name": 2, "first_name": 1})
        desk.work()
        desk.confirm(upload)
        desk.work()
        with desk.database.read() as session:
            assert session.scalars(select(Learner.first_name)).one() == "NGUYEN"

    @pytest.mark.parametrize("columns", [{"ine": 9}, {"ine": 0, "last_name": 0}, {"x": 1}])
    def test_that_make_no_sense(self, desk, columns):
        upload = desk.give(GENERIC.encode())
        desk.work()
        with pytest.raises(UploadError):
            desk.act(uploads.choose_columns, upload, columns)

    def test_of_a_file_that_has_none(self, desk):
        upload = desk.give(xml(eleves(1)))
        desk.work()
        with pytest.raises(UploadError):
            desk.act(uploads.choose_columns, upload, {})


class TestGivingUp:
    def test_a_newer_file_takes_the_place_of_an_older(self, desk):
        older = desk.give(xml(eleves(1)))
        newer = desk.give(xml(eleves(2)))
        desk.work()
        assert desk.see(older).state is State.GIVEN_UP
        assert desk.see(newer).state is State.CHECKED
        assert desk.parts() == 1
        with desk.database.read() as session:
            assert uploads.unfinished(session, desk.school.id) == newer

    def test_by_the_head(self, desk):
        upload = desk.give(xml(eleves(1)))
        desk.work()
        desk.act(uploads.give_up, upload)
        assert (desk.see(upload).state, desk.parts()) == (State.GIVEN_UP, 0)
        with desk.database.read() as session:
            assert uploads.unfinished(session, desk.school.id) is None

    def test_nobody_confirmed_for_a_day(self, desk):
        upload = desk.give(xml(eleves(1)))
        desk.work()
        for later, state in ((timedelta(hours=23), State.CHECKED), (timedelta(hours=25), State.GIVEN_UP)):
            with desk.database.write() as session:
                uploads.forget_old(session, desk.now + later)
            assert desk.see(upload).state is state
        assert desk.parts() == 0
        with desk.database.write() as session:
            uploads.forget_old(session, desk.now + timedelta(days=60))
        with pytest.raises(NoSuchUploadError):
            desk.see(upload)

    def test_while_it_is_imported_undoes_the_import(self, desk, monkeypatch):
        upload = desk.give(xml(eleves(5)))
        desk.work()
        desk.confirm(upload)
        read = imports._read

        def meanwhile(*arguments):
            desk.act(uploads.give_up, upload)
            return plan

        with desk.database.read() as session:
            assert session.scalar(select(Upload.state)) == State.CONFIRMED
        plan = None

        def reading(*arguments):
            nonlocal plan
            plan = read(*arguments)
            return meanwhile()

        monkeypatch.setattr(imports, "_read", reading)
        desk.work()
        assert desk.learners() == 0
        assert desk.see(upload).state is State.GIVEN_UP
        with desk.database.read() as session:
            assert session.scalars(select(Import)).all() == []


def test_the_same_work_done_twice_imports_once(desk):
    upload = desk.give(xml(eleves(5)))
    desk.work()
    desk.confirm(upload)
    job = jobs.Work(str(upload), {}, 0)
    for _ in range(2):
        importing.work(desk.database, job, lambda: desk.now)
    with desk.database.read() as session:
        assert len(session.scalars(select(Import)).all()) == 1


def test_another_import_under_way_is_waited_for(desk, monkeypatch):
    upload = desk.give(xml(eleves(5)))
    desk.work()
    desk.confirm(upload)
    running = imports.ImportReport("refused", faults=(imports.Fault("IMPORT_RUNNING"),))
    monkeypatch.setattr(imports, "import_file", lambda *arguments, **options: running)
    with pytest.raises(ImportRunningError):
        importing.work(desk.database, jobs.Work(str(upload), {}, 0), lambda: desk.now)
    assert desk.see(upload).state is State.CONFIRMED


def test_progress_can_be_followed(desk):
    upload = desk.give(xml(eleves(2000)))
    seen = []

    class Watching(importing._Teller):
        def __call__(self, progress):
            super().__call__(progress)
            seen.append(desk.see(upload).percent)

    original, importing._Teller = importing._Teller, Watching
    try:
        desk.work()
    finally:
        importing._Teller = original
    assert seen == sorted(seen)
    assert len({percent for percent in seen if 0 < percent < 100}) >= 3
    assert desk.see(upload).percent == 100


def test_a_large_file_is_read_part_by_part(desk, monkeypatch):
    monkeypatch.setattr(uploads, "PART", 1000)
    monkeypatch.setattr(importing, "PART", 1000)
    for content in (xml(eleves(40)), zipped(xml(eleves(400)))):
        upload = desk.give(content)
        assert desk.parts() == -(-len(content) // 1000)
        desk.work()
        assert desk.see(upload).state is State.CHECKED


def test_characters_that_no_text_may_hold_are_shown_by_a_sign(desk, now):
    """Far down, past what is looked at first: PostgreSQL keeps no NUL, and a terminal obeys an escape."""
    rows = [*(pupil(number) for number in range(1, 1_500)), pupil(1_500, **{"Nom de famille": "N\0G\x1b[2J"})]
    with desk.database.write() as session:
        content = io.BytesIO(table(*rows))
        upload = uploads.store(session, desk.school.id, desk.head.id, "a\0.csv", content, now)
    assert desk.work() == 1

    sight = desk.see(upload)
    with desk.database.read() as session:
        (fault,) = uploads.faults_of(session, desk.school.id, upload)
    assert (sight.state, sight.file_name) == (State.REFUSED, "a\ufffd.csv")
    assert (fault.code, fault.pupil) == ("INVALID_CHAR_DETECTED", "Chloé N\ufffdG\ufffd[2J")


def test_larger_than_any_file_may_be(desk):
    with pytest.raises(FileError) as refused:
        desk.give(xml(eleves(40)), limits=Limits(1000, 1000))
    assert refused.value.fault.code == "PAYLOAD_TOO_LARGE"
    assert desk.parts() == 0


def test_another_school_s_upload_is_out_of_reach(desk, arrange):
    upload = desk.give(xml(eleves(1)))
    other = arrange(lambda world: world.school("0251235G", "Lycée Pasteur"))
    with desk.database.read() as session, pytest.raises(NoSuchUploadError):
        uploads.see(session, other.id, upload)
    with desk.database.read() as session, pytest.raises(NoSuchUploadError):
        uploads.faults_of(session, other.id, upload)
    with desk.database.write() as session:
        session.execute(update(School).values(import_generation=0))
