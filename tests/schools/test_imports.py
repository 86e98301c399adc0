"""An import makes the register what the file says, whole, or leaves it as it was."""

from __future__ import annotations

import io
import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from lti_tool.schools import bulk, faults, imports
from lti_tool.schools.models import AuditLine, Binding, Import, Learner
from tests.schools.siecle_files import UAI, eleve, eleves, ine, xml, zipped


@pytest.fixture
def school(arrange):
    return arrange(lambda world: world.school(UAI))


@pytest.fixture
def run(database, school, now):
    """Import a file; returns the report."""

    def run(content: bytes, **options):
        return imports.import_file(database, school.id, io.BytesIO(content), now=options.pop("now", now), **options)

    return run


@pytest.fixture
def learners(database, school):
    """The register now, by INE."""

    def learners():
        with database.read() as session:
            return {each.ine: each for each in session.scalars(select(Learner).where(Learner.school_id == school.id))}

    return learners


def counts(report):
    names = ("added", "updated", "unchanged", "deactivated", "reactivated", "skipped")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def test_a_first_import(run, learners):
    pupil = eleve(
        7,
        NOM_USAGE="  MARTIN ",
        PRENOM="Chloé  Anne",
        PRENOM2="Linh",
        PRENOM3="Cœline",
        DATE_NAISS="1/3/2012",
    ).of(("4AG1", "G"), ("4 A", "D"))

    report = run(xml([pupil]))

    assert report == imports.ImportReport("imported", added=1)
    learner = learners()[ine(7)]
    assert (learner.last_name, learner.preferred_last_name) == ("NGUYEN", "MARTIN")
    assert (learner.first_name, learner.middle_name, learner.third_name) == ("Chloé Anne", "Linh", "Cœline")
    assert (learner.birthdate.isoformat(), learner.sex, learner.division) == ("2012-03-01", "F", "4 A")
    assert (learner.mef, learner.status, learner.active) == ("10110001110", "ST", True)
    assert len(learner.child_id) == 36


def test_the_same_file_again_changes_nothing(run, learners, now):
    run(xml(eleves(3)))
    before = {key: (each.id, each.child_id, each.updated_at) for key, each in learners().items()}
    report = run(xml(eleves(3)), now=now + timedelta(days=1))
    assert counts(report) == {"unchanged": 3}
    assert {key: (each.id, each.child_id, each.updated_at) for key, each in learners().items()} == before


def test_learners_keep_their_line_when_class_and_name_change(run, learners):
    run(xml(eleves(3)))
    before = learners()[ine(2)]
    changed = eleve(2, NOM_DE_FAMILLE="MOREAU").of(("4B", "D"))
    report = run(xml([eleve(1), changed, eleve(3)]))
    assert counts(report) == {"updated": 1, "unchanged": 2}
    after = learners()[ine(2)]
    assert (after.id, after.child_id, after.last_name, after.division) == (before.id, before.child_id, "MOREAU", "4B")


def test_who_is_missing_is_deactivated_and_who_is_back_reactivated(run, learners):
    run(xml(eleves(6)))
    assert counts(run(xml(eleves(5)))) == {"unchanged": 5, "deactivated": 1}
    assert not learners()[ine(6)].active
    assert counts(run(xml(eleves(5)))) == {"unchanged": 5}
    back = eleve(6, PRENOM="Zoé")
    assert counts(run(xml([*eleves(5), back]))) == {"unchanged": 5, "reactivated": 1}
    assert (learners()[ine(6)].active, learners()[ine(6)].first_name) == (True, "Zoé")


def test_an_active_learner_whom_the_file_skips_is_skipped_and_deactivated(run, learners):
    run(xml(eleves(6)))
    report = run(xml([*eleves(5), eleve(6, DATE_SORTIE="01/10/2026")]))
    assert counts(report) == {"unchanged": 5, "deactivated": 1, "skipped": 1}


def test_a_binding_outlives_deactivation(run, learners, arrange):
    run(xml(eleves(6)))
    learner = learners()[ine(6)]
    arrange(lambda world: world.bind(world.person(world.platform()), learner))
    run(xml(eleves(5)))
    run(xml(eleves(6)))
    with_binding = arrange(lambda world: world.session.scalars(select(Binding.learner_id)).all())
    assert with_binding == [learner.id]


@pytest.mark.parametrize(
    ("before", "after", "asks"),
    [
        pytest.param(10, 8, False, id="exactly one in five"),
        pytest.param(10, 7, True, id="more than one in five"),
        pytest.param(1, 1, False, id="nobody leaves"),
        pytest.param(4, 3, True, id="one of four"),
    ],
)
def test_many_deactivations_need_a_confirmation(run, learners, before, after, asks):
    run(xml(eleves(before)))
    file = xml([*eleves(after), eleve(99)])
    report = run(file)
    if not asks:
        assert report.status == "imported"
        return
    assert report.status == "refused"
    assert [fault.code for fault in report.faults] == ["TOO_MANY_DEACTIVATIONS"]
    assert counts(report) == {"added": 1, "unchanged": after, "deactivated": before - after}
    assert len(learners()) == before
    assert all(each.active for each in learners().values())
    confirmed = run(file, confirm_deactivations=True)
    assert (confirmed.status, confirmed.deactivated, confirmed.added) == ("imported", before - after, 1)


def test_one_fault_refuses_the_whole_file(run, learners):
    run(xml(eleves(3)))
    report = run(xml([eleve(1, PRENOM="Zoé"), eleve(2, DATE_NAISS="31/02/2012"), eleve(4)]))
    assert (report.status, counts(report)) == ("refused", {})
    assert sorted(learners()) == [ine(1), ine(2), ine(3)]
    assert learners()[ine(1)].first_name == "Chloé"


def test_every_fault_comes_at_once_with_its_line(run):
    file = xml(
        [
            eleve(1, DATE_NAISS=None, NOM_DE_FAMILLE=""),
            eleve(2),
            eleve(3, ID_NATIONAL=ine(2)),
            eleve(4, CODE_SEXE=None).of(("Inactifs", "D")),
            eleve(5, ID_NATIONAL=""),
        ],
        uai="0251235G",
    )
    report = run(file)
    lines = file.decode("iso-8859-15").split("\n")
    assert [(fault.code, fault.ine) for fault in report.faults] == [
        ("UAI_MISMATCHED", None),
        ("BIRTHDATE_REQUIRED", ine(1)),
        ("LAST_NAME_REQUIRED", ine(1)),
        ("INE_UNIQUE", ine(2)),
        ("INE_REQUIRED", None),
    ]
    for fault, number in zip(report.faults[1:], (1, 1, 3, 5), strict=True):
        assert f'ELEVE_ID="{number}"' in lines[fault.line - 1]
    assert all(fault.message for fault in report.faults)
    assert report.skipped == 1


def test_faults_are_counted_within_reason(run, monkeypatch):
    monkeypatch.setattr(imports, "MOST_FAULTS", 3)
    report = run(xml([eleve(number, PRENOM=None) for number in range(10)]))
    assert [fault.code for fault in report.faults] == ["FIRST_NAME_REQUIRED"] * 3 + ["TOO_MANY_FAULTS"]


def test_a_school_s_import_leaves_the_others_alone(run, arrange, learners):
    def elsewhere(world):
        other = world.school("0251235G", "Lycée Pasteur")
        return world.learner(other, ine=ine(1)).id

    other_id = arrange(elsewhere)
    run(xml(eleves(2)))
    assert len(learners()) == 2
    other = arrange(lambda world: world.session.get(Learner, other_id))
    assert (other.active, other.division) == (True, "4A")


def test_what_was_done_is_kept_by_whom(run, arrange):
    head = arrange(lambda world: world.person(world.platform(), "Hélène", "Garnier"))
    run(xml(eleves(2)), person_id=head.id)
    run(xml([eleve(1, PRENOM="")]), person_id=head.id)
    kept = arrange(lambda world: world.session.execute(select(Import.person_id, Import.counts)).all())
    assert [(person_id, told["added"]) for person_id, told in kept] == [(head.id, 2)]
    trail = arrange(lambda world: world.session.scalars(select(AuditLine)).all())
    assert [(line.action, line.person_id, line.detail["added"]) for line in trail] == [
        ("register.imported", head.id, 2)
    ]


def test_two_imports_of_one_school_wait_for_each_other(database, school, now, learners):
    start, reports = threading.Barrier(2), []

    def attempt(first):
        start.wait()
        file = io.BytesIO(xml(eleves(40, first)))
        reports.append(imports.import_file(database, school.id, file, now=now, confirm_deactivations=True))

    threads = [threading.Thread(target=attempt, args=[first]) for first in (1, 21)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((report.added, report.unchanged, report.deactivated) for report in reports) == [
        (20, 20, 20),
        (40, 0, 0),
    ]
    assert len(learners()) == 60
    assert sum(each.active for each in learners().values()) == 40


def test_portions_do_not_show(run, learners, monkeypatch):
    monkeypatch.setattr(bulk, "PORTION", 3)
    run(xml(eleves(10)))
    report = run(xml([*eleves(7, 2), *eleves(4, 20)]), confirm_deactivations=True)
    assert counts(report) == {"added": 4, "unchanged": 7, "deactivated": 3}
    assert len(learners()) == 14


def test_a_zip_is_imported_as_it_was_downloaded(run):
    assert run(zipped(xml(eleves(2)))).added == 2


REGISTERS = st.dictionaries(
    st.integers(1, 8), st.tuples(st.sampled_from(["4A", "4B", "Inactifs"]), st.sampled_from(["Zoé", "Léa"])), min_size=1
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(files=st.lists(REGISTERS, min_size=1, max_size=4))
def test_the_register_is_always_the_last_good_file(database, arrange, now, files):
    fresh = arrange(lambda world: world.school(_unused_uai(world), "Collège"))
    expected: dict[str, tuple[str, str]] = {}
    known: set[str] = set()
    for pupils in files:
        file = xml([eleve(n, PRENOM=name).of((code, "D")) for n, (code, name) in pupils.items()], uai=fresh.uai)
        report = imports.import_file(database, fresh.id, io.BytesIO(file), now=now, confirm_deactivations=True)
        wanted = {ine(n): (code, name) for n, (code, name) in pupils.items() if code != "Inactifs"}
        if not wanted:
            assert [fault.code for fault in report.faults] == [faults.EMPTY]
            continue
        assert report.added == len(wanted.keys() - known)
        assert report.deactivated == len(expected.keys() - wanted.keys())
        assert report.added + report.updated + report.unchanged + report.reactivated == len(wanted)
        expected, known = wanted, known | wanted.keys()
    with database.read() as session:
        rows = session.scalars(select(Learner).where(Learner.school_id == fresh.id)).all()
    assert {each.ine: (each.division, each.first_name) for each in rows if each.active} == expected
    assert {each.ine for each in rows} == known


def _unused_uai(world):
    from lti_tool.schools import schools

    return f"{len(schools.listing(world.session)) + 1:07d}A"
