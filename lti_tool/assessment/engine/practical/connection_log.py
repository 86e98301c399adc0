"""Sort `connection-log`: the journal of an account's sign-ins, in which somebody else may show."""

from collections.abc import Callable
from dataclasses import dataclass

from lti_tool.assessment.engine.practical.base import Task, TaskGenerator, number, one_of, several_of
from lti_tool.assessment.engine.practical.draw import Draw
from lti_tool.assessment.engine.practical.pools import TOWNS
from lti_tool.assessment.engine.worlds import Grid, World

DEVICES = ("téléphone", "ordinateur de la maison", "tablette", "ordinateur du CDI")
HEAD = ("Ligne", "Date", "Appareil", "Lieu", "Résultat")
OK, FAILED = "réussie", "mot de passe refusé"


@dataclass(frozen=True, slots=True)
class ConnectionLog(TaskGenerator):
    """A table of sign-ins: moment, device, place, result."""

    sort = "connection-log"
    tasks = ("stranger", "breach", "sessions")

    def make(self, where: str, draw: Draw) -> Task:
        return _MAKERS[self.task](where, draw)


Entry = tuple[str, str, str]
"""Device, place, result."""


def _log(draw: Draw, entries: list[Entry]) -> World:
    day, minutes = draw.between(2, 20), 7 * 60 + 10
    rows = []
    for line, (device, place, result) in enumerate(entries, 1):
        minutes += draw.between(25, 200)
        if minutes > 21 * 60:
            day, minutes = day + 1, 7 * 60 + draw.between(5, 59)
        rows.append((str(line), f"{day}/11 à {minutes // 60} h {minutes % 60:02}", device, place, result))
    return World((Grid("Connexions à votre compte", HEAD, tuple(rows)),))


def _stranger(where: str, draw: Draw) -> Task:
    """One sign-in comes from a device and a place that are not the owner's."""
    home, away = draw.sample(TOWNS, 2)
    device, second = draw.sample(DEVICES, 2)
    entries: list[Entry] = [
        (device, home, OK),
        (second, home, OK),
        (device, home, FAILED),
        (device, home, OK),
        ("ordinateur inconnu", away, OK),
        (second, home, OK),
    ]
    mixed = draw.shuffled(entries)
    right = mixed.index(entries[4]) + 1
    shows = {
        f"Ligne {line}": "Prend une faute de frappe du propriétaire pour une intrusion."
        if entry[2] == FAILED
        else "Prend une connexion habituelle pour une intrusion."
        for line, entry in enumerate(mixed, 1)
        if line != right
    }
    wrong = [(line, shows[line]) for line in draw.sample(sorted(shows), 4)]
    question = one_of(where, f"Ligne {right}", *wrong)
    words = (("home", home), ("devices", f"{device}, {second}"), ("right", str(right)))
    return Task(_log(draw, mixed), question, words)


def _breach(where: str, draw: Draw) -> Task:
    """Many refusals, then a success: when did the intruder get in?"""
    del where
    home, away = draw.sample(TOWNS, 2)
    device = draw.pick(DEVICES)
    before: list[Entry] = [(device, home, OK) for _ in range(draw.between(1, 3))]
    before.append((device, home, FAILED))
    before.append((device, home, OK))
    attack: list[Entry] = [("appareil inconnu", away, FAILED) for _ in range(draw.between(3, 5))]
    entries = [*before, *attack, ("appareil inconnu", away, OK), (device, home, OK), ("appareil inconnu", away, OK)]
    right = len(before) + len(attack) + 1
    question = number(
        right,
        (len(before) + 1, "Prend le premier essai refusé pour l'entrée."),
        (len(before) - 1, "Prend une faute de frappe du propriétaire pour une attaque."),
        (right + 2, "Ne voit pas que l'intrus était déjà entré plus tôt."),
        (right - 1, "Prend un essai refusé pour une réussite."),
    )
    return Task(_log(draw, entries), question, (("home", home), ("device", device), ("right", str(right))))


def _sessions(where: str, draw: Draw) -> Task:
    """Which open sessions are to be closed, given what the owner says?"""
    home, other = draw.sample(TOWNS, 2)
    mine, lost, shared = draw.sample(DEVICES[:3], 3)
    rows = [
        (mine, home, "ouverte", False, "Ferme la session de l'appareil utilisé en ce moment."),
        (lost, home, "ouverte", True, ""),
        ("ordinateur du CDI", home, "ouverte", True, ""),
        (shared, home, "fermée", False, "Ferme une session qui l'est déjà."),
        ("ordinateur inconnu", other, "ouverte", True, ""),
    ]
    if draw.below(2):
        rows[4] = ("ordinateur inconnu", other, "fermée", False, "Ferme une session qui l'est déjà.")
    mixed = draw.shuffled(rows)
    world = World(
        (
            Grid(
                "Sessions du compte",
                ("Appareil", "Lieu", "Session"),
                tuple((each[0], each[1], each[2]) for each in mixed),
            ),
        )
    )
    options = [(each[0], each[3], each[4]) for each in mixed]
    right = ", ".join(each[0] for each in mixed if each[3])
    words = (("mine", mine), ("lost", lost), ("home", home), ("right", right))
    return Task(world, several_of(where, *options), words)


_MAKERS: dict[str, Callable[[str, Draw], Task]] = {"stranger": _stranger, "breach": _breach, "sessions": _sessions}
