"""The score and its comment; a gradebook's own rounding does not make it another's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.grades.retrying import back_off
from lti_tool.grades.scores import Sent, same_score


def sent(validated: int, targeted: int, shared_at: datetime, time_zone: str = "Europe/Paris") -> Sent:
    return Sent(validated, targeted, shared_at, shared_at, time_zone)


NOON = datetime(2026, 3, 12, 9, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("validated", "targeted", "maximum", "given"),
    [
        (13, 21, 100, 61.9),
        (13, 21, 20, 12.38),
        (1, 8, 1, 0.13),
        (0, 21, 100, 0.0),
        (21, 21, 100, 100.0),
        (0, 0, 100, 0.0),
        (2, 3, 17.5, 11.67),
    ],
)
def test_the_score_is_half_up_to_two_decimals(validated: int, targeted: int, maximum: float, given: float) -> None:
    assert sent(validated, targeted, NOON).given(maximum) == given


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param(
            sent(13, 21, NOON),
            "62\u00a0% — 13 acquis validés sur 21. Palier atteint : 2 sur 3. "
            "Résultats envoyés le 12 mars 2026 à 10 h 04.",
            id="Paris",
        ),
        pytest.param(
            sent(1, 19, datetime(2026, 7, 31, 22, 30, tzinfo=UTC), "Indian/Reunion"),
            "5,3\u00a0% — 1 acquis validé sur 19. Palier atteint : 0 sur 3. "
            "Résultats envoyés le 1er août 2026 à 2 h 30.",
            id="a first of the month on Réunion",
        ),
        pytest.param(
            sent(21, 21, datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "Pacific/Tahiti"),
            "100\u00a0% — 21 acquis validés sur 21. Palier atteint : 3 sur 3. "
            "Résultats envoyés le 31 décembre 2026 à 13 h 30.",
            id="all of them, in Tahiti",
        ),
    ],
)
def test_the_comment_says_it_in_words_and_in_the_schools_time(value: Sent, words: str) -> None:
    assert value.comment() == words


@given(
    st.integers(0, 200).flatmap(lambda targeted: st.tuples(st.integers(0, targeted), st.just(targeted))),
    st.sampled_from([1.0, 5.0, 10.0, 20.0, 40.0, 100.0]),
    st.sampled_from([2, 3, 5]),
)
def test_what_a_column_shows_of_our_score_is_known_as_ours(
    skills: tuple[int, int], shown_maximum: float, decimals: int
) -> None:
    score = sent(*skills, NOON).given(100.0)
    assert same_score(round(score * shown_maximum / 100.0, decimals), shown_maximum, score, 100.0)


@pytest.mark.parametrize(
    ("shown", "maximum", "same"), [(62.0, 100.0, False), (61.9, 100.0, True), (12.5, 20.0, False), (61.9, None, True)]
)
def test_another_value_is_another(shown: float, maximum: float | None, same: bool) -> None:
    assert same_score(shown, maximum, 61.9, 100.0) == same


@given(st.integers(0, 10**6), st.floats(0, 1))
def test_the_wait_is_between_five_seconds_and_a_day_and_a_quarter(attempts: int, chance: float) -> None:
    assert 5 <= back_off(attempts, lambda: chance).total_seconds() <= 86400 * 1.25
