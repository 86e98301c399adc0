"""The exported table: the columns in their order, a line for each sending, the school's time."""

from __future__ import annotations

from datetime import datetime, timedelta

from lti_tool.campaigns import drafts, exports, participations, results
from lti_tool.campaigns.drafts import Draft
from lti_tool.campaigns.models import COLLECT, Campaign
from lti_tool.database import Database
from lti_tool.schools.models import Learner, School
from lti_tool.schools.schools import SchoolRef
from tests.campaigns.school import Schoolyard, finish_run, ref

COMPETENCE = "Mener une recherche et une veille d'information"


def of(school: School) -> SchoolRef:
    return SchoolRef(school.id, school.name, school.uai, school.time_zone)


def lines(yard: Schoolyard, school: School, campaign: Campaign | None) -> list[dict[str, object]]:
    table = exports.Table.of_campaign(of(school), campaign) if campaign else exports.Table.of_school(of(school))
    headings, *rows = exports.rows(yard.session, table)
    assert all(len(row) == len(headings) for row in rows)
    return [dict(zip(map(str, headings), row, strict=True)) for row in rows]


def test_the_headings_are_those_that_schools_know(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        campaign = yard.campaign(school, target_profile="competence-1.1")
        headings = next(exports.rows(session, exports.Table.of_campaign(of(school), campaign)))
    assert list(headings) == [
        "Nom de l'organisation",
        "ID Campagne",
        "Code",
        "Nom de la campagne",
        "Parcours",
        "Nom du Participant",
        "Prénom du Participant",
        "Classe",
        "% de progression",
        "Date de début",
        "Partage (O/N)",
        "Date du partage",
        "Palier obtenu (/3)",
        "% maitrise de l'ensemble des acquis du profil",
        f"% de maitrise des acquis de la compétence {COMPETENCE}",
        f"Nombre d'acquis du profil cible dans la compétence {COMPETENCE}",
        f"Acquis maitrisés dans la compétence {COMPETENCE}",
        "% de maitrise des acquis du domaine Informations et données",
        "Nombre d'acquis du profil cible du domaine Informations et données",
        "Acquis maitrisés du domaine Informations et données",
    ]


def test_each_sending_has_a_line_and_so_has_what_is_under_way(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school("Indian/Reunion")
        campaign = yard.campaign(school)
        again, begun = yard.learner(school), yard.learner(school)
        again.last_name, begun.last_name = "Arnaud", "Zola"
        participation = yard.finished(campaign, again, 4)
        participations.share(session, participation, now)
        later = now + timedelta(days=5)
        participations.improve(session, participation, ref(again), later, school.time_zone)
        finish_run(session, participation.run_id, 9, later)
        participations.share(session, participation, later)
        much_later = later + timedelta(days=5)
        participations.improve(session, participation, ref(again), much_later, school.time_zone)
        yard.begun(campaign, begun)
        session.flush()

        found = lines(yard, school, campaign)
        of_school = lines(yard, school, None)

    shares = "% maitrise de l'ensemble des acquis du profil"
    told = [(row["Nom du Participant"], row["Partage (O/N)"], row[shares], row["Palier obtenu (/3)"]) for row in found]
    assert told == [
        ("Arnaud", "Oui", 0.4, 1),
        ("Arnaud", "Oui", 0.9, 3),
        ("Arnaud", "Non", "NA", "NA"),
        ("Zola", "Non", "NA", "NA"),
    ]
    assert [row["% de progression"] for row in found] == [1, 1, 0.9, 0]
    assert [row["Date du partage"] for row in found] == ["23/11/2026 13:30", "28/11/2026 13:30", "NA", "NA"]
    assert [row["Nom du Participant"] for row in of_school] == [row["Nom du Participant"] for row in found]


def test_each_thematic_result_has_its_column(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        campaign = yard.campaign(school, target_profile="rentree-6e")
        all_of_it, nothing, begun = (yard.learner(school) for _ in range(3))
        all_of_it.last_name, nothing.last_name, begun.last_name = "Arnaud", "Nadir", "Zola"
        for learner, validated in ((all_of_it, len(campaign.skills)), (nothing, 0)):
            participations.share(session, yard.finished(campaign, learner, validated), now)
        yard.begun(campaign, begun)

        found = lines(yard, school, campaign)
        table = results.table(session, campaign.id, results.Filter())
        seen = [results.pupil(session, campaign, line.participation_id).sendings[0].thematic for line in table.items]

    assert seen == [(("Je me protège en ligne", True),), (("Je me protège en ligne", False),)]
    headings = list(found[0])
    (result,) = (heading for heading in headings if heading.endswith("obtenu (O/N)"))
    assert result == "Je me protège en ligne obtenu (O/N)"
    assert headings[headings.index(result) - 1] == "Palier obtenu (/3)"
    assert headings[headings.index(result) + 1] == "% maitrise de l'ensemble des acquis du profil"
    assert [row[result] for row in found] == ["Oui", "Non", "NA"]


def test_another_schools_results_are_in_no_file_of_this_one(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        ours, theirs = yard.school(), yard.school()
        yard.begun(yard.campaign(theirs), yard.learner(theirs))

        assert lines(yard, ours, None) == []


def test_results_that_arrive_meanwhile_wait_for_the_next_export(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        first, second = yard.campaign(school), yard.campaign(school)
        late = yard.learner(school)
        for campaign in (first, second):
            yard.begun(campaign, yard.learner(school))
        table, second_id, late_id = exports.Table.of_school(of(school)), second.id, late.id

    with database.snapshot() as session:
        found = exports.rows(session, table)
        begun = [next(found), next(found)]
        with database.write() as other:
            learner, campaign = other.get_one(Learner, late_id), other.get_one(Campaign, second_id)
            Schoolyard(other, now).begun(campaign, learner)
        whole = [*begun, *found]

    assert len(whole) == 1 + 2
    with database.read() as session:
        assert len(list(exports.rows(session, table))) == 1 + 3


def test_a_collected_profile_is_what_is_sent(database: Database, now: datetime) -> None:
    with database.write() as session:
        yard = Schoolyard(session, now)
        school = yard.school()
        draft = Draft(name="Collecte", purpose=COLLECT)
        campaign = drafts.make(session, draft, school_id=school.id, owner_id=None, now=now)
        participation = yard.begun(campaign, yard.learner(school))

        sent = participations.share(session, participation, now)
        line = lines(yard, school, campaign)[0]
        shown = results.table(session, campaign.id, results.Filter()).items[0]

    assert (sent.validated, sent.targeted) == (0, 5)
    assert (line["Envoi (O/N)"], line["Nombre de pix total"], line["Certifiable (O/N)"]) == ("Oui", 0, "Non")
    assert line["Niveau pour la compétence Interagir"] == 0
    assert shown.certifiable_competences == 0
