"""What a class knows, topic by topic, and what it most missed: where a teacher's next lesson is worth most."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import String, case, cast, func, select
from sqlalchemy.orm import Session

from lti_tool.assessment.engine.checking import correction_lines, from_json
from lti_tool.assessment.engine.framework import COMPETENCES
from lti_tool.assessment.engine.items import Item, Skill, Topic, bank
from lti_tool.assessment.models import Answer
from lti_tool.campaigns.bands import percent, relevance
from lti_tool.campaigns.models import Campaign, Participation, SharedResult

MOST_MISSED = 5
WRONG_ANSWERS = 3
"""Different wrong answers shown for a question, the most frequent ones."""
ASKED_ENOUGH = 2
"""A question that fewer pupils met says nothing of the class."""


@dataclass(frozen=True)
class TopicLine:
    """A topic over all counting results. `score` from 0 to 100 is the mean of `topic_score`; `word` says it."""

    topic: Topic
    competence: str
    """Title of its competence."""
    score: float
    word: str
    """How much it is worth working on: a message id."""
    validated: int
    """Skills validated, of `targeted`, over all pupils."""
    targeted: int

    @property
    def percent(self) -> int:
        return percent(self.validated, self.targeted)


@dataclass(frozen=True)
class CompetenceLine:
    """A competence over all counting results."""

    code: str
    title: str
    validated: int
    targeted: int

    @property
    def percent(self) -> int:
        return percent(self.validated, self.targeted)


@dataclass(frozen=True)
class WrongAnswer:
    """What some pupils answered; nothing where they passed. `shows` is what the bank's author says of it."""

    given: str
    count: int
    shows: str | None


@dataclass(frozen=True)
class Missed:
    """A question that many got wrong."""

    item: Item
    topic: Topic
    asked: int
    wrong: int
    answers: tuple[WrongAnswer, ...]
    """Empty for practical questions, of which each pupil has another."""

    @property
    def percent(self) -> int:
        return percent(self.wrong, self.asked)


@dataclass(frozen=True)
class Analysis:
    """A campaign's analysis; topics by relevance, the one most worth working on first."""

    received: int
    topics: tuple[TopicLine, ...]
    competences: tuple[CompetenceLine, ...]
    missed: tuple[Missed, ...]


def analyse(session: Session, campaign: Campaign) -> Analysis:
    """The analysis of the counting results, in four queries."""
    results = session.scalars(
        select(SharedResult.validated_skills)
        .join(Participation, Participation.id == SharedResult.participation_id)
        .where(Participation.campaign_id == campaign.id, SharedResult.counts)
    ).all()
    topics = tuple(_topics(campaign.skills, results))
    return Analysis(len(results), topics, tuple(_competences(topics)), _missed(session, campaign.id))


def topic_score(validated: Sequence[int], targeted: Sequence[int], hardest: int) -> float:
    """How well one pupil knows a topic, from 0 to 100 (facts/pix.md §3.6).

    `validated` and `targeted` are levels of its skills; `hardest` is the highest level of the whole campaign.
    """
    reached, most = max(validated, default=0), max(targeted)
    score = 40 * reached / most + 30 * most / hardest + 20 * len(validated) / len(targeted)
    if validated:
        left = set(targeted) - set(validated)
        score += 10 * reached / (min(left) if left else most)
    return min(score, 100.0)


def _topics(skill_ids: Sequence[str], results: Sequence[Sequence[str]]) -> Iterator[TopicLine]:
    """Pupils who validated the same skills of a topic are counted together: a class is soon gone through."""
    known = bank().skills
    skills: dict[str, list[Skill]] = defaultdict(list)
    for skill_id in skill_ids:
        if skill_id in known:
            skills[known[skill_id].topic_id].append(known[skill_id])
    hardest = max((skill.level for each in skills.values() for skill in each), default=1)
    validated = [frozenset(each) for each in results]
    lines = []
    for topic_id, of_topic in skills.items():
        levels = {skill.id: skill.level for skill in of_topic}
        ids = frozenset(levels)
        sets = Counter(ids & each for each in validated)
        targeted = list(levels.values())
        scores = {each: topic_score([levels[skill] for skill in each], targeted, hardest) for each in sets}
        mean, word = relevance([scores[each] for each, count in sets.items() for _ in range(count)])
        topic = bank().topic(topic_id)
        right = sum(len(each) * count for each, count in sets.items())
        title = COMPETENCES[topic.competence].title
        lines.append(TopicLine(topic, title, mean, word, right, len(ids) * len(validated)))
    yield from sorted(lines, key=lambda line: (line.score, line.topic.competence, line.topic.id))


def _competences(topics: Sequence[TopicLine]) -> Iterator[CompetenceLine]:
    for code, competence in COMPETENCES.items():
        of_it = [line for line in topics if line.topic.competence == code]
        if of_it:
            validated, targeted = sum(line.validated for line in of_it), sum(line.targeted for line in of_it)
            yield CompetenceLine(code, competence.title, validated, targeted)


def _missed(session: Session, campaign_id: int) -> tuple[Missed, ...]:
    wrong = func.sum(case((Answer.right, 0), else_=1))
    asked = session.execute(
        select(Answer.item_id, func.count(), wrong)
        .join(SharedResult, SharedResult.run_id == Answer.run_id)
        .join(Participation, Participation.id == SharedResult.participation_id)
        .where(Participation.campaign_id == campaign_id, SharedResult.counts)
        .group_by(Answer.item_id)
        .having(func.count() >= ASKED_ENOUGH, wrong > 0)
        .order_by((100 * wrong / func.count()).desc(), wrong.desc(), Answer.item_id)
        .limit(3 * MOST_MISSED)  # some may have left the bank since
    ).all()
    items = bank().items
    found = [(items[row[0]], int(row[1]), int(row[2])) for row in asked if row[0] in items][:MOST_MISSED]
    answers = _wrong_answers(session, campaign_id, [item for item, _, _ in found])
    return tuple(
        Missed(item, bank().topic(bank().skill(item.skill_id).topic_id), times, missed, answers.get(item.id, ()))
        for item, times, missed in found
    )


def _wrong_answers(session: Session, campaign_id: int, items: Sequence[Item]) -> Mapping[str, tuple[WrongAnswer, ...]]:
    plain = {item.id: item for item in items if item.for_seed("") is item}
    response = cast(Answer.response, String)
    rows = session.execute(
        select(Answer.item_id, response, func.count().label("times"))
        .join(SharedResult, SharedResult.run_id == Answer.run_id)
        .join(Participation, Participation.id == SharedResult.participation_id)
        .where(
            Participation.campaign_id == campaign_id,
            SharedResult.counts,
            Answer.right.is_(False),
            Answer.item_id.in_(list(plain)),
        )
        .group_by(Answer.item_id, response)
        .order_by(func.count().desc(), response)
    )
    found: dict[str, list[WrongAnswer]] = defaultdict(list)
    for item_id, given, times in rows:
        if len(found[item_id]) < WRONG_ANSWERS:
            found[item_id].append(_wrong_answer(plain[item_id], given, times))
    return {item_id: tuple(answers) for item_id, answers in found.items()}


def _wrong_answer(item: Item, stored: str | None, times: int) -> WrongAnswer:
    parts = json.loads(stored) if stored else None
    if not parts:
        return WrongAnswer("", times, None)
    response = from_json(parts)
    lines = correction_lines(item, response)
    given = " ; ".join((f"{line.label} : " if line.label else "") + " + ".join(line.given) for line in lines)
    return WrongAnswer(given, times, item.question.check(response).shows)
