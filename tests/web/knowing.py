"""Gives a pupil knowledge, as if tests had shown it."""

from __future__ import annotations

from sqlalchemy import select

from lti_tool.assessment.engine.items import bank
from lti_tool.assessment.models import KnowledgeElement, Run
from lti_tool.schools.models import Learner
from tests.web.conftest import Town


def know(town: Town, *codes: str, level: int = 1) -> None:
    """The pupil has shown to have every skill of these competences up to a level."""
    with town.database.write() as session:
        child_id = session.scalars(select(Learner.child_id)).one()
        run = Run(child_id=child_id, skills=[], carried=[], length=None, seed=1, started_at=town.now)
        session.add(run)
        session.flush()
        for code in codes:
            for skill in bank().skills_of_competence(code):
                if skill.level <= level:
                    session.add(
                        KnowledgeElement(
                            child_id=child_id,
                            run_id=run.id,
                            skill_id=skill.id,
                            validated=True,
                            direct=True,
                            at=town.now,
                        )
                    )
