"""What is held about a person: every row of every room that is theirs, found by the tables' own references.

A table that is added later and refers to persons, learners, runs or children is part of it from its first day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Select, Table, and_, or_, select
from sqlalchemy.orm import Session

from lti_tool.assessment.models import Run
from lti_tool.campaigns.models import Participation
from lti_tool.database import Base
from lti_tool.errors import N_, RefusedError
from lti_tool.lti.models import Context, Member, Person
from lti_tool.schools.models import Binding, Learner

Row = Mapping[str, Any]

SECRETS = frozenset({"token_hash", "code_hash", "link_hash", "private_key", "token", "data"})
"""Columns that say nothing of a person and are nobody's to read."""

TITLES: Mapping[str, str] = {
    "persons": N_("Votre compte, tel que votre ENT le donne"),
    "learners": N_("Votre ligne dans la liste des élèves"),
    "bindings": N_("Le lien entre votre compte et cette ligne"),
    "members": N_("Les cours d’où vous avez ouvert Pix"),
    "participations": N_("Les campagnes que vous avez commencées"),
    "shared_results": N_("Les résultats que vous avez envoyés"),
    "grades": N_("Les notes mises dans le carnet de votre cours"),
    "runs": N_("Les tests que vous avez passés"),
    "answers": N_("Vos réponses"),
    "knowledge_elements": N_("Ce que vos réponses montrent que vous savez faire"),
    "web_sessions": N_("Vos connexions des douze dernières heures"),
    "staff": N_("Votre rôle dans l’établissement"),
    "campaigns": N_("Les campagnes que vous avez créées"),
    "audit": N_("Ce que vous avez fait qui est noté dans le journal"),
}
OTHER = N_("Autres données")


class NothingHeldError(RefusedError):
    """Nobody of this school is known by that name."""

    code = "INCONNU"
    status = 404
    sentence = N_("Pix ne garde rien sur cette personne dans votre établissement.")
    advice = N_("Fermez cette page et revenez à votre ENT.")


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one table; `title` is a French message id."""

    name: str
    title: str
    rows: tuple[Row, ...]


def of_person(session: Session, person_id: int) -> tuple[Section, ...]:
    """All that is held about a person, in whatever school; for that person's own eyes."""
    learner_ids = session.scalars(select(Binding.learner_id).where(Binding.person_id == person_id)).all()
    children = session.scalars(select(Learner.child_id).where(Learner.id.in_(learner_ids))).all()
    runs = session.scalars(select(Run.id).where(Run.child_id.in_(children))).all()
    return _sections(session, {person_id}, set(learner_ids), set(runs), set(children))


def for_school(session: Session, person_id: int, school_id: int) -> tuple[Section, ...]:
    """What this school holds about one of its pupils; what they did in other schools is not its to see.

    Raises `NothingHeldError` where the person is bound to none of its learners.
    """
    of_school = select(Binding.learner_id).where(Binding.person_id == person_id, Binding.school_id == school_id)
    learner_id = session.scalars(of_school).one_or_none()
    if learner_id is None:
        raise NothingHeldError
    runs = session.scalars(select(Participation.run_id).where(Participation.learner_id == learner_id)).all()
    sections = _sections(session, {person_id}, {learner_id}, set(runs), set())
    kept = [
        (each, tuple(row for row in each.rows if row.get("school_id", school_id) == school_id)) for each in sections
    ]
    return tuple(Section(each.name, each.title, rows) for each, rows in kept if rows)


def person_of(session: Session, platform_id: int, sub: str) -> int:
    """The id of a platform's person; raises `NothingHeldError` where they never came."""
    found = session.scalars(select(Person.id).where(Person.platform_id == platform_id, Person.sub == sub)).one_or_none()
    if found is None:
        raise NothingHeldError
    return found


def as_json(sections: tuple[Section, ...]) -> dict[str, list[Row]]:
    """The same as an export: table by table, values as JSON has them."""
    return {each.name: [{name: _plain(value) for name, value in row.items()} for row in each.rows] for each in sections}


def refers(column: Column[Any], target: str) -> bool:
    """Whether a column is `target` (as `persons.id`), or refers to it."""
    is_itself = f"{column.table.name}.{column.name}" == target
    return is_itself or any(key.target_fullname == target for key in column.foreign_keys)


def _sections(
    session: Session, persons: set[int], learners: set[int], runs: set[int], children: set[str]
) -> tuple[Section, ...]:
    shared = Participation.learner_id.in_(learners)
    ids: dict[str, set[Any]] = {
        "persons.id": persons,
        "learners.id": learners,
        "runs.id": runs,
        "participations.id": set(session.scalars(select(Participation.id).where(shared)).all()),
    }
    found = []
    for table in Base.metadata.sorted_tables:
        rows = _rows(session, table, ids, children)
        if rows:
            found.append(Section(table.name, TITLES.get(table.name, OTHER), rows))
    order = list(TITLES)
    return tuple(sorted(found, key=lambda each: order.index(each.name) if each.name in order else len(order)))


def _rows(session: Session, table: Table, ids: Mapping[str, set[Any]], children: set[str]) -> tuple[Row, ...]:
    """The table's rows that are this person's: of the nearest thing that they refer to."""
    if table is Member.__table__:
        return _courses(session, ids["persons.id"])
    columns = [column for column in table.columns if column.name not in SECRETS]
    for target, wanted in ids.items():
        own = [column for column in table.columns if refers(column, target)]
        if own:
            mine = or_(*(column.in_(wanted) for column in own))
            if children and "child_id" in table.columns and target != "learners.id":
                mine = or_(mine, table.c.child_id.in_(children))
            return _all(session, select(*columns).where(mine).order_by(*table.primary_key))
    return ()


def _courses(session: Session, persons: set[int]) -> tuple[Row, ...]:
    """A member is known by platform and `sub`, not by a reference."""
    statement = (
        select(Context.title, Member.is_learner, Member.seen_at)
        .select_from(Member)
        .join(Context, Context.id == Member.context_pk)
        .join(Person, and_(Person.platform_id == Context.platform_id, Person.sub == Member.sub))
        .where(Person.id.in_(persons))
    )
    return _all(session, statement)


def _all(session: Session, statement: Select[*tuple[Any, ...]]) -> tuple[Row, ...]:
    return tuple(dict(row) for row in session.execute(statement).mappings())


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value
