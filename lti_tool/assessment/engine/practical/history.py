"""Sort `history`: the versions of a shared document, and what they tell."""

from collections.abc import Callable
from dataclasses import dataclass

from lti_tool.assessment.engine.practical.base import Task, TaskGenerator, number, one_of, short_text
from lti_tool.assessment.engine.practical.draw import Draw
from lti_tool.assessment.engine.practical.pools import FIRST_NAMES
from lti_tool.assessment.engine.worlds import Grid, World

PARTS = ("l'introduction", "la carte", "la conclusion", "le plan", "la chronologie", "la bibliographie", "le graphique")
CAPTION = "Historique des versions, de la plus ancienne à la plus récente"


@dataclass(frozen=True, slots=True)
class History(TaskGenerator):
    """A table of versions: number, moment, author, what changed."""

    sort = "history"
    tasks = ("who", "restore", "lost", "share")

    def make(self, where: str, draw: Draw) -> Task:
        return _MAKERS[self.task](where, draw)


def _grid(draw: Draw, steps: list[tuple[str, str]]) -> World:
    """The steps as versions 1, 2… of two days in a row, a few minutes apart."""
    day, minutes = draw.between(2, 26), 9 * 60 + draw.between(0, 40)
    rows = []
    for version, (who, what) in enumerate(steps, 1):
        minutes += draw.between(3, 50)
        hour = f"{day}/11 à {minutes // 60} h {minutes % 60:02}"
        rows.append((str(version), hour, who, what))
    return World((Grid(CAPTION, ("Version", "Date", "Auteur", "Ce qui a changé"), tuple(rows)),))


def _who(where: str, draw: Draw) -> Task:
    """Who took a part away?"""
    people = draw.sample(FIRST_NAMES, 4)
    part, other = draw.sample(PARTS, 2)
    steps = [
        (people[0], f"ajout : {other}"),
        (people[1], f"ajout : {part}"),
        (people[2], f"correction de l'orthographe : {part}"),
        (people[3], f"suppression : {part}"),
        (people[0], f"suppression d'une phrase : {other}"),
    ]
    if draw.below(2):
        steps.insert(2, (people[3], f"ajout d'une image : {other}"))
    shows = {
        people[0]: "Prend la suppression d'une autre partie.",
        people[1]: "Confond celui qui a ajouté et celui qui a supprimé.",
        people[2]: "Prend une correction pour une suppression.",
    }
    question = one_of(where, people[3], *shows.items())
    return Task(_grid(draw, steps), question, (("part", part), ("right", people[3])))


def _restore(where: str, draw: Draw) -> Task:
    """Which version to go back to: the last one before the damage."""
    del where
    people = draw.sample(FIRST_NAMES, 3)
    before = [(draw.pick(people), f"ajout : {part}") for part in draw.sample(PARTS, draw.between(2, 6))]
    damage = (draw.pick(people), "suppression de tout le texte")
    after = [
        (draw.pick(people), "essai de saisie : « azertyu »"),
        (draw.pick(people), "changement de la couleur du titre"),
    ]
    steps = [*before, damage, *after[: draw.between(1, 2)]]
    right = len(before)
    question = number(
        right,
        (right + 1, "Choisit la version qui contient déjà l'erreur."),
        (1, "Revient tout au début et perd le travail fait ensuite."),
        (len(steps) - 1, "Revient d'une seule version."),
        (len(steps), "Garde la dernière version."),
    )
    return Task(_grid(draw, steps), question, (("right", str(right)),))


def _lost(where: str, draw: Draw) -> Task:
    """Two worked apart on the same version: whose work does the last saving erase?"""
    one, two, three = draw.sample(FIRST_NAMES, 3)
    parts = draw.sample(PARTS, 4)
    steps = [
        (one, f"ajout : {parts[0]}"),
        (two, f"ajout : {parts[1]}"),
        (three, f"ajout : {parts[2]} (copie faite hors ligne à partir de la version 1, déposée en remplacement)"),
        (one, f"ajout : {parts[3]}"),
    ]
    question = one_of(
        where,
        parts[1],
        (parts[0], "Croit que tout ce qui précède est perdu : la version 1 contenait déjà cette partie."),
        (parts[2], "Prend ce qui vient d'être ajouté pour ce qui a disparu."),
        (parts[3], "Prend une partie ajoutée après le remplacement."),
    )
    return Task(_grid(draw, steps), question, (("who", two), ("right", parts[1])))


def _share(where: str, draw: Draw) -> Task:
    """Who changed the document most, by words added less words removed?"""
    del where
    people = draw.sample(FIRST_NAMES, 3)
    totals = dict.fromkeys(people, 0)
    most = dict.fromkeys(people, 0)
    steps = []
    for person in draw.shuffled([*people, *people, draw.pick(people)]):
        added, removed = draw.between(20, 160), draw.between(0, 60)
        totals[person] += added - removed
        most[person] += added
        steps.append((person, f"{added} mots ajoutés, {removed} mots supprimés"))
    ranking = sorted(people, key=lambda person: (-totals[person], person))
    count = {person: sum(who == person for who, _ in steps) for person in people}
    question = short_text(
        [ranking[0]],
        ("t1", "t2"),
        (max(people, key=lambda person: most[person]), "Oublie de retirer les mots supprimés."),
        (max(people, key=lambda person: count[person]), "Compte les versions et non les mots."),
        (ranking[-1], "Prend la plus petite contribution."),
    )
    if totals[ranking[0]] == totals[ranking[1]]:
        return _share("", draw)
    return Task(_grid(draw, steps), question, (("right", ranking[0]), ("total", str(totals[ranking[0]]))))


_MAKERS: dict[str, Callable[[str, Draw], Task]] = {"who": _who, "restore": _restore, "lost": _lost, "share": _share}
