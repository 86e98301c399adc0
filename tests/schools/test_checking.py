"""Before anything changes, a file is read whole and shown: what would happen, or everything that is wrong."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import func, select

from lti_tool.schools import history, imports
from lti_tool.schools.models import AuditLine, Import, Learner
from lti_tool.schools.reading import Limits
from tests.schools.csv_files import GENERIC, pupil, table
from tests.schools.siecle_files import UAI, eleve, eleves, ine, xml, zipped


@pytest.fixture
def school(arrange):
    return arrange(lambda world: world.school(UAI))


@pytest.fixture
def run(database, school, now):
    def run(content: bytes, **options):
        return imports.import_file(database, school.id, io.BytesIO(content), now=now, **options)

    return run


@pytest.fixture
def check(database, school, now):
    def check(content: bytes, **options):
        return imports.check_file(database, school.id, io.BytesIO(content), now=now, **options)

    return check


COUNTED = ("added", "updated", "unchanged", "deactivated", "reactivated", "skipped")


def counts(report):
    return tuple(getattr(report, name) for name in COUNTED)


AFTERWARDS = [
    *eleves(6),
    eleve(7, PRENOM="Zoé"),
    eleve(8).of(("4B", "D")),
    eleve(10),
    eleve(20),
    eleve(21, DATE_SORTIE="01/10/2026"),
]


@pytest.fixture
def register(run):
    """Nine active learners, and one who left."""
    run(xml(eleves(10)))
    run(xml(eleves(9)))


def test_the_plan_is_what_the_import_then_does(register, check, run, database):
    content = xml(AFTERWARDS)
    plan = check(content)
    assert (plan.kind, plan.needs_confirmation, plan.report.status) == ("siecle", False, "imported")
    assert counts(plan.report) == (1, 2, 6, 1, 1, 1)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Learner)) == 10
        assert session.scalar(select(func.count()).select_from(Import)) == 2
    assert run(content) == plan.report


def test_nothing_is_written_by_a_check(register, check, database):
    def everything():
        with database.read() as session:
            rows = session.execute(select(Learner.id, Learner.active, Learner.division, Learner.updated_at)).all()
            return rows, session.scalar(select(func.count()).select_from(AuditLine))

    before = everything()
    check(xml(AFTERWARDS))
    check(b"x")
    assert everything() == before


def test_a_confirmation_is_announced(register, check):
    plan = check(xml(eleves(2)))
    assert plan.needs_confirmation
    assert (plan.report.deactivated, plan.report.faults) == (7, ())


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        pytest.param(b"x", None, "INVALID_FILE", id="unknown"),
        pytest.param(xml([eleve(1, PRENOM=None)]), "siecle", "FIRST_NAME_REQUIRED", id="SIECLE"),
        pytest.param(xml([eleve(1)], uai="0000000A"), "siecle", "UAI_MISMATCHED", id="another school's"),
        pytest.param(table(pupil(Statut="?")), "agricultural", "FIELD_BAD_VALUES", id="agricultural"),
        pytest.param(table(), "agricultural", "EMPTY", id="headings alone"),
        pytest.param(GENERIC.replace("Classe", "x").encode(), "generic", "HEADER_REQUIRED", id="generic"),
    ],
)
def test_what_is_wrong_with_each_kind(check, content, kind, code):
    plan = check(content)
    assert (plan.kind, plan.report.status, [fault.code for fault in plan.report.faults]) == (kind, "refused", [code])


def test_faults_name_the_pupil(check):
    (fault,) = check(xml([eleve(1, ID_NATIONAL="")])).report.faults
    assert (fault.pupil, fault.ine, fault.code) == ("Chloé NGUYEN", None, "INE_REQUIRED")


def test_larger_than_allowed(check):
    content = xml(eleves(50))
    for file in (content, zipped(content)):
        report = check(file, limits=Limits(xml=10_000)).report
        assert [fault.code for fault in report.faults] == ["PAYLOAD_TOO_LARGE"]


class TestKinds:
    def test_an_agricultural_file_is_imported(self, run, database):
        assert counts(run(table(pupil(1), pupil(2, Premier="Hugo")))) == (2, 0, 0, 0, 0, 0)
        assert counts(run(table(pupil(1), pupil(2, Premier="Tom")))) == (0, 1, 1, 0, 0, 0)
        with database.read() as session:
            learners = session.scalars(select(Learner).order_by(Learner.ine)).all()
            assert [(each.first_name, each.division, each.status) for each in learners] == [
                ("Chloé", "4A", "ST"),
                ("Tom", "4A", "ST"),
            ]
            assert session.scalars(select(Import.kind)).all() == ["agricultural"] * 2

    def test_a_generic_file_is_imported(self, run, database):
        assert counts(run(GENERIC.encode("cp1252"))) == (1, 0, 0, 0, 0, 0)
        with database.read() as session:
            learner = session.scalars(select(Learner)).one()
            assert (learner.first_name, learner.birthdate.isoformat(), learner.sex) == ("Chloé", "2012-03-14", None)

    def test_a_generic_file_with_columns_as_the_head_said(self, run):
        content = GENERIC.replace("INE;Nom;Prénom", "a;b;c").encode()
        assert run(content).status == "refused"
        columns = {"ine": 0, "last_name": 1, "first_name": 2, "birthdate": 3, "division": 4}
        assert run(content, columns=columns).added == 1

    def test_a_school_may_change_from_one_kind_to_another(self, run):
        run(xml([eleve(1)]))
        assert counts(run(table(pupil(1, Deuxième="")))) == (0, 0, 1, 0, 0, 0)


class TestProgress:
    def test_goes_on_to_the_end(self, run):
        told = []
        run(xml(eleves(3000)), progress=told.append)
        assert {each.phase for each in told} == {"reading", "writing"}
        assert all(0 <= each.done <= each.total for each in told)
        for phase in ("reading", "writing"):
            steps = [each.done for each in told if each.phase == phase]
            assert steps == sorted(steps)
            assert len(steps) > 1
        assert told[-1].done == told[-1].total == 3000

    def test_of_a_zip_counts_what_comes_out(self, check):
        told = []
        content = xml(eleves(500))
        check(zipped(content), progress=told.append)
        assert told[-1].done == told[-1].total == len(content)


class TestHistory:
    """Who imported what, when, with what effect; each change can be seen."""

    @pytest.fixture
    def imported(self, database, school, register, run, arrange):
        """The last of three imports, by a head."""
        head = arrange(lambda world: world.person(world.platform(), "Hélène", "Garnier"))
        run(xml(AFTERWARDS), person_id=head.id)

        def read(function):
            with database.read() as session:
                (last, *others) = history.listing(session, school.id)
                assert len(others) == 2
                return function(session, last)

        return read

    def test_says_who_and_what(self, imported):
        last = imported(lambda session, last: last)
        assert (last.author, last.kind) == ("Hélène Garnier", "siecle")
        assert tuple(last.counts[name] for name in COUNTED) == (1, 2, 6, 1, 1, 1)

    @pytest.mark.parametrize(
        ("kind", "changes"),
        [
            ("added", [(20, {}, {})]),
            (
                "updated",
                [(7, {"first_name": "Chloé"}, {"first_name": "Zoé"}), (8, {"division": "4A"}, {"division": "4B"})],
            ),
            ("deactivated", [(9, {}, {})]),
            ("reactivated", [(10, {}, {})]),
        ],
    )
    def test_shows_each_change(self, imported, kind, changes):
        def shown(session, last):
            ines = dict(session.execute(select(Learner.id, Learner.ine)).all())
            return [(ines[each.learner_id], each.before, each.after) for each in history.changes(session, last, kind)]

        assert imported(shown) == [(ine(number), before, after) for number, before, after in changes]

    def test_page_by_page(self, imported):
        assert imported(lambda session, last: history.changes(session, last, "updated", page=2)) == ()

    def test_only_of_the_school(self, imported, arrange):
        other = arrange(lambda world: world.school("0251235G", "Lycée Pasteur"))

        def look(session, last):
            assert history.count(session, other.id) == 0
            with pytest.raises(history.NoSuchImportError):
                history.one(session, other.id, last.id)

        imported(look)

    def test_a_first_import_by_the_command_line(self, imported, database, school):
        with database.read() as session:
            first = history.listing(session, school.id)[-1]
            assert first.author is None
            assert len(history.changes(session, first, "added")) == 10
            assert history.one(session, school.id, first.id) == first
