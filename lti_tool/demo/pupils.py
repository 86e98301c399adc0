"""What the story's pupils do in the tool: their birthdate, the test with its pauses, the sending of the results."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from lti_tool.demo.answers import fill_in
from lti_tool.demo.browser import NotSeenError, Page
from lti_tool.demo.people import Person

PAUSE_EVERY = 5
_MOST_PAGES = 200
_SCORE = re.compile(r"(\d+) acquis réussis? sur (\d+)")

_COUNT = re.compile(r"(\d+) bonnes? réponses? sur (\d+)")


@dataclass(frozen=True)
class Result:
    """Skills validated among those targeted, as a pupil's results page shows them."""

    validated: int
    targeted: int

    @property
    def grade(self) -> Decimal:
        """Out of 100, as the gradebook is to show it: half up to two decimals."""
        return self._of_hundred(Decimal("0.01"))

    @property
    def percent(self) -> str:
        """As the tool's pages show it."""
        return f"{self._of_hundred(Decimal(1))} %"

    def _of_hundred(self, precision: Decimal) -> Decimal:
        return (Decimal(self.validated) * 100 / self.targeted).quantize(precision, ROUND_HALF_UP)


def begin(pupil: Person, parcours: str, page: Page) -> Page:
    """Who has not been here types their birthdate; then the instructions, and the first question."""
    page.expect("Un tout petit détail !", pupil.given_name, pupil.family_name)
    form = page.form("C'est parti !")
    if any(pupil.family_name in value for _, value in form.fields()):
        raise NotSeenError("un nom que l’on ne peut pas changer", page)
    if pupil.birthdate is None:
        raise ValueError(pupil.login)
    for label, number in zip(("Jour", "Mois", "Année"), reversed(pupil.birthdate.timetuple()[:3]), strict=True):
        form.fill(label, str(number))
    return form.send().expect(parcours, "Comment ça marche ?").press("Je commence").expect("Question 1")


def question_of(page: Page) -> str:
    """Which question the page asks."""
    found = page.expect().all("//input[@name='question']/@value")
    if not found:
        raise NotSeenError("une question", page)
    return str(found[0])


@dataclass
class Attempt:
    """A pupil's way through the questions, answered rightly and wrongly by turns."""

    turns: tuple[bool, ...]
    """Which answers are right, over and over."""
    answered: int = 0
    since_pause: list[bool] = field(default_factory=list)
    """Which of the answers since the last pause were right."""

    def go_on(self, page: Page, *, stop_after: int | None = None) -> Page:
        """Answer and read pauses until the results, or until so many answers are given: then the next question."""
        for _ in range(_MOST_PAGES):
            page.expect()
            if page.has_button("Je valide"):
                if self.answered == stop_after:
                    return page
                page = self._answer(page)
            elif self.since_pause:
                page = self._read_pause(page)
            else:
                return page
        raise NotSeenError("la fin du test", page)

    def _answer(self, page: Page) -> Page:
        if len(self.since_pause) == PAUSE_EVERY:
            raise NotSeenError(f"une pause après {PAUSE_EVERY} réponses", page)
        form, right = page.form("Je valide"), self.turns[self.answered % len(self.turns)]
        known = fill_in(form, question_of(page), right=right)
        self.answered += 1
        self.since_pause.append(right and known)
        return form.send() if known else page.press("Je passe")

    def _read_pause(self, page: Page) -> Page:
        """What was right and wrong stands there, with a tutorial for what failed."""
        right = sum(self.since_pause)
        if (str(right), str(len(self.since_pause))) not in _COUNT.findall(page.text):
            raise NotSeenError(f"« {right} bonnes réponses sur {len(self.since_pause)} »", page)
        if right < len(self.since_pause):
            page.expect("Pour progresser")
        self.since_pause = []
        return page.press("Je continue" if page.has_button("Je continue") else "Voir mes résultats")


def send_results(page: Page) -> Result:
    """Read the results, and send them."""
    page.expect("Vos résultats", "ne sont pas encore envoyés")
    score = _SCORE.search(page.text)
    if score is None:
        raise NotSeenError("le nombre d’acquis réussis", page)
    result = Result(int(score[1]), int(score[2]))
    page.expect(result.percent)
    page.press("J'envoie mes résultats").expect("Vos résultats sont envoyés")
    return result
