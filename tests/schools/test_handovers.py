"""Sessions on their way to a window: taken once, even by eight at the same time, and gone with their person."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_tool.database import Database
from lti_tool.schools import handovers, sessions
from lti_tool.schools.handovers import LIFETIME, HandedOver
from lti_tool.schools.models import PUPIL, HandOver
from tests.schools.conftest import World

Offer = Callable[[Session], tuple[str, HandedOver]]


@pytest.fixture
def offer(now: datetime) -> Offer:
    """Hands over the session of a pupil who has just been launched."""

    def make(session: Session) -> tuple[str, HandedOver]:
        world = World(session, now)
        handed = HandedOver(world.person(world.platform()).id, world.school().id, PUPIL, False, "/campagnes")
        return handovers.offer(session, handed, now), handed

    return make


def test_what_was_handed_over_is_taken_once(database: Database, offer: Offer, now: datetime) -> None:
    with database.write() as session:
        token, handed = offer(session)
        assert token not in session.scalars(select(HandOver.token_hash)).all()
        assert handovers.take(session, "another", now) is None
        assert handovers.take(session, token, now + LIFETIME - timedelta(seconds=1)) == handed
        assert handovers.take(session, token, now) is None


def test_after_a_minute_it_is_gone(database: Database, offer: Offer, now: datetime) -> None:
    with database.write() as session:
        token, _ = offer(session)
        assert handovers.take(session, token, now + LIFETIME) is None
        handovers.forget_expired(session, now + LIFETIME)
        assert session.scalar(select(func.count()).select_from(HandOver)) == 0


@pytest.mark.parametrize("of", ["person", "platform"])
def test_it_ends_with_the_sessions_of_its_person_and_platform(
    database: Database, offer: Offer, now: datetime, of: str
) -> None:
    with database.write() as session:
        token, handed = offer(session)
        if of == "person":
            sessions.end_of_person(session, handed.person_id)
        else:
            sessions.end_of_platform(session, 1)
        assert handovers.take(session, token, now) is None


def test_of_eight_windows_at_once_one_is_let_in(database: Database, offer: Offer, now: datetime) -> None:
    with database.write() as session:
        token, _ = offer(session)
    together, taken = threading.Barrier(8), []

    def take() -> None:
        together.wait()
        with database.write() as session:
            taken.append(handovers.take(session, token, now))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(handed is not None for handed in taken) == 1
