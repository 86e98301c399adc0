"""The demo's story, played headless over real HTTP: from the head's import to the grade that outlives a power cut.

Each step is seen at its far end: in the tool's pages and in the gradebook of the ENT.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import requests

from lti_tool.demo import traces
from lti_tool.demo.browser import Browser, NotSeenError, Page, plain
from lti_tool.demo.people import Person, person_by_login
from lti_tool.demo.pupils import Attempt, Result, begin, question_of, send_results
from lti_tool.demo.stage import WEB, WORKER, Site, Stage, StageError

COURSE, COURSE_TITLE = "technologie-4a", "Technologie 4e A"
CAMPAIGN, PARCOURS = "Claire Fontaine, 4e A, découverte", "Premiers pas en 4e A"
HEAD, TEACHER = "helene.garnier", "claire.fontaine"
PROFILE = "Parcours découverte"
LEAST_PUPILS = 90
CLOSED_AFTER = 3
"""Answers after which a pupil closes the browser: in the middle, and not at a pause."""
GRADE_S = 15
_EXCERPT = 600
_POLL_S = 0.1

Say = Callable[[str], None]


class StoryError(Exception):
    """A step did not go as it should; the text says which, what was expected and what was seen."""


@dataclass
class _Told:
    """What the earlier steps leave for the later ones."""

    site: Site
    sample: Path
    code: str = ""
    results: dict[str, Result] = field(default_factory=dict)
    """By login."""


def play(stage: Stage, sample: Path, say: Say) -> None:
    """Start everything, play all steps, stop everything. Raises `StoryError`."""
    told = _Told(stage.site, sample)
    steps: list[tuple[str, Callable[[], None]]] = [
        ("0. L’outil, son programme de tâches et l’ENT démarrent", stage.open),
        ("1. La principale importe la liste des élèves et la lit", lambda: _head_imports(told)),
        ("2. La professeure crée une campagne depuis son cours, avec sa colonne", lambda: _teacher_selects(told)),
        ("3. Chloé fait le parcours par le Médiacentre, Hugo par l’activité du cours", lambda: _pupils_take(told)),
        ("4. Le carnet de notes et la page de la campagne montrent leurs résultats", lambda: _all_see(told)),
        ("5. Tout est coupé après l’envoi d’Inès : sa note arrive quand même", lambda: _power_cut(told, stage)),
        ("6. Tout s’arrête proprement, et les journaux ne parlent de personne", lambda: _leave(stage)),
    ]
    for title, act in steps:
        began = time.monotonic()
        try:
            act()
        except NotSeenError as fault:
            raise StoryError(_explained(title, fault)) from fault
        except (StageError, _UnexpectedError, requests.RequestException) as fault:
            raise StoryError(f"{title} … échec : {fault}") from fault
        seconds = f"{time.monotonic() - began:.1f}".replace(".", ",")
        say(f"{title} … ok ({seconds} s)")


class _UnexpectedError(Exception):
    """Something is not as it should be, elsewhere than on one page."""


# The steps


def _head_imports(told: _Told) -> None:
    """The head gives SIECLE's file, reads what would change, confirms, and reads counts and list."""
    register = _pix(told, _person(HEAD)).follow("Élèves")
    form = register.follow("Importer (xml)").form("Vérifier le fichier")
    checked = _worked(form.give("Fichier", told.sample).send()).expect("Rien n’a encore changé")
    done = _worked(checked.press("Importer")).expect("La liste a été importée avec succès")
    count = re.search(r"Élèves ajoutés (\d+)", done.text)
    if count is None or int(count[1]) < LEAST_PUPILS:
        raise NotSeenError(f"au moins {LEAST_PUPILS} élèves ajoutés", done)
    register = done.follow("Voir les élèves").expect(f"{count[1]} élèves")
    chloe = _person("chloe.nguyen")
    found = register.form("Rechercher").fill("Nom ou prénom", chloe.family_name).send()
    if f" {chloe.division} " not in _row(found, chloe):
        raise NotSeenError(f"{chloe.full_name} en {chloe.division}", found)


def _teacher_selects(told: _Told) -> None:
    """A campaign is made inside the course's own selection, and comes back as an activity with its column."""
    course = _course(told, _person(TEACHER))
    picker = course.follow("Modifier le cours").follow("Sélectionner du contenu").frame()
    form = picker.follow("Créer une campagne").form("Créer la campagne")
    form.fill("Nom de la campagne", CAMPAIGN).fill("Titre du parcours", PARCOURS)
    form.choose("Que souhaitez-vous tester ?", PROFILE)
    back = form.send().press("Revenir au cours").expect(COURSE_TITLE, PARCOURS)
    if not back.url.startswith(told.site.ent_url):
        raise NotSeenError("le cours dans l’ENT", back)
    book = back.follow("Carnet de notes").expect(PARCOURS)
    if len(book.all("//th[@data-line-item]")) != 1:
        raise NotSeenError("une colonne de l’activité", book)
    campaign = _activity(told, _person(TEACHER)).expect(CAMPAIGN)
    told.code = _code(campaign)


def _pupils_take(told: _Told) -> None:
    """One by the code, with the browser closed in the middle; one by the activity, where no code is asked."""
    chloe, hugo = _person("chloe.nguyen"), _person("hugo.martin")
    page = _pix(told, chloe).expect("Saisissez le code du parcours")
    page = page.form("Commencer mon parcours").fill("Code du parcours", told.code.lower()).send()
    test = Attempt((True, False))
    left_at = question_of(test.go_on(begin(chloe, PARCOURS, page), stop_after=CLOSED_AFTER))
    page = _pix(told, chloe).expect("Parcours commencés").follow("Je reprends", PARCOURS)
    if question_of(page) != left_at:
        raise NotSeenError(f"la question {left_at}, où Chloé s’était arrêtée", page)
    told.results[chloe.login] = send_results(test.go_on(page))
    told.results[hugo.login] = send_results(Attempt((False, True)).go_on(begin(hugo, PARCOURS, _activity(told, hugo))))


def _all_see(told: _Told) -> None:
    """The far ends: the ENT's gradebook for both, and the campaign's page for the teacher."""
    for login, result in told.results.items():
        _await_grade(told, _person(login), result)
    teacher = _person(TEACHER)
    campaign = _pix(told, teacher).follow("Campagnes").follow(CAMPAIGN)
    for login, result in told.results.items():
        row = _row(campaign, _person(login))
        if result.percent not in row:
            raise _UnexpectedError(f"attendu {result.percent} dans la ligne « {row} »")


def _power_cut(told: _Told, stage: Stage) -> None:
    """Web and worker are killed between the sending and the grade, and started again."""
    ines = _person("ines.lefebvre-dubois")
    results = Attempt((True, True, False)).go_on(begin(ines, PARCOURS, _activity(told, ines)))
    stage.suspend(WORKER)
    result = send_results(results)
    stage.kill(WEB, WORKER)
    if (early := _grade(told, ines)) is not None:
        raise _UnexpectedError(f"la note {early} est là avant que le travail ait repris")
    stage.start(WEB, WORKER)
    stage.wait_until_ready()
    _await_grade(told, ines, result)
    told.results[ines.login] = result


def _leave(stage: Stage) -> None:
    stage.check()
    badly = {name: code for name, code in stage.close().items() if code != 0}
    if badly:
        raise _UnexpectedError(f"arrêtés sans code 0 : {badly}")
    found = [each for log in sorted(stage.site.logs.glob("*.log")) for each in traces.personal(log)]
    if found:
        raise _UnexpectedError(f"données personnelles dans les journaux : {', '.join(found)}")


# What people do


def _person(login: str) -> Person:
    found = person_by_login(login)
    if found is None:
        raise _UnexpectedError(f"{login} n’a pas de compte")
    return found


def _sign_in(told: _Told, person: Person) -> Page:
    """The Médiacentre in a browser that was never used."""
    return Browser().open(told.site.ent_url).press(person.full_name).expect("Médiacentre", person.full_name)


def _pix(told: _Told, person: Person) -> Page:
    """Pix, opened from the Médiacentre."""
    page = _sign_in(told, person).follow("Ouvrir Pix").expect()
    if not page.url.startswith(told.site.tool_url):
        raise NotSeenError("une page de Pix", page)
    return page


def _course(told: _Told, person: Person) -> Page:
    return _sign_in(told, person).follow("Mes cours").follow(COURSE_TITLE).expect(COURSE_TITLE)


def _activity(told: _Told, person: Person) -> Page:
    """The course's activity, in its frame."""
    return _course(told, person).follow(PARCOURS).frame().expect()


# What is read


def _code(campaign: Page) -> str:
    """The campaign's code on its page."""
    found = re.search(r"\b[A-Z]{6}\d{3}\b", campaign.text)
    if found is None:
        raise NotSeenError("le code de la campagne", campaign)
    return found[0]


def _row(page: Page, person: Person) -> str:
    """The words of a person's row in a table."""
    for row in page.all("//tr"):
        words = plain(" ".join(row.itertext()))
        if all(name.casefold() in words.casefold() for name in (person.given_name, person.family_name)):
            return words
    raise NotSeenError(f"une ligne de {person.full_name}", page)


def _grade(told: _Told, pupil: Person) -> Decimal | None:
    """The pupil's cell in the gradebook, as the teacher sees it."""
    book = _course(told, _person(TEACHER)).follow("Carnet de notes")
    cells = book.all(f"//td[@data-sub='{pupil.sub}']/@data-grade")
    if len(cells) != 1:
        raise NotSeenError(f"une case pour {pupil.full_name}", book)
    return Decimal(str(cells[0])) if cells[0] else None


def _worked(page: Page) -> Page:
    """The page that the worker's job leads to, once it is done."""
    until = time.monotonic() + GRADE_S
    while page.reads("Actualiser") and time.monotonic() < until:
        time.sleep(_POLL_S)
        page = page.follow("Actualiser")
    return page


def _await_grade(told: _Told, pupil: Person, result: Result) -> None:
    """The cell holds the result's grade, seconds later."""
    deadline = time.monotonic() + GRADE_S
    while (seen := _grade(told, pupil)) != result.grade:
        if time.monotonic() > deadline:
            raise _UnexpectedError(f"attendu {result.grade} pour {pupil.full_name}, vu {seen} après {GRADE_S} s")
        time.sleep(_POLL_S)


def _explained(title: str, fault: NotSeenError) -> str:
    page = fault.page
    return f"{title} … échec\n  attendu : {fault.expected}\n  vu : {page.status} {page.url}\n  {page.text[:_EXCERPT]}"
