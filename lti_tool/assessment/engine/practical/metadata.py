"""Sort `metadata`: what files tell of themselves: who, when, where, with what."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from lti_tool.assessment.engine.kinds.lists import Ordering
from lti_tool.assessment.engine.practical.base import Task, TaskGenerator, one_of, several_of, short_text
from lti_tool.assessment.engine.practical.draw import Draw
from lti_tool.assessment.engine.practical.pools import FIRST_NAMES, SURNAMES
from lti_tool.assessment.engine.worlds import Grid, Properties, World

CAMERAS = ("Optica A7", "Lumex 20", "Téléphone Nova 5", "Pixa Z")
PLACES = (
    ("Brest", "48,39° N ; 4,49° O"),
    ("Colmar", "48,08° N ; 7,36° E"),
    ("Lille", "50,63° N ; 3,06° E"),
    ("Nice", "43,70° N ; 7,27° E"),
    ("Bayonne", "43,49° N ; 1,47° O"),
    ("Limoges", "45,83° N ; 1,26° E"),
    ("Caen", "49,18° N ; 0,37° O"),
    ("Gap", "44,56° N ; 6,08° E"),
    ("Pau", "43,30° N ; 0,37° O"),
    ("Reims", "49,26° N ; 4,03° E"),
)
"""Towns with their latitude and longitude, to a hundredth of a degree."""


@dataclass(frozen=True, slots=True)
class Metadata(TaskGenerator):
    """One file or several, with their properties."""

    sort = "metadata"
    tasks = ("author", "taken", "remove", "order", "place", "retouched")

    def make(self, where: str, draw: Draw) -> Task:
        return _MAKERS[self.task](where, draw)


def _moment(draw: Draw, month: int) -> str:
    return f"{draw.between(1, 28):02}/{month:02}/2026 {draw.between(8, 19):02}:{draw.between(10, 59)}"


def _author(where: str, draw: Draw) -> Task:
    """Who made a document, who changed it last, who printed it."""
    del where
    maker, changer, printer = (f"{draw.pick(FIRST_NAMES)} {name}" for name in draw.sample(SURNAMES, 3))
    asked = draw.below(2)
    label = ("a créé ce document", "a modifié ce document en dernier")[asked]
    pairs = (
        ("Nom", "compte-rendu.odt"),
        ("Type", "Document texte (ODT)"),
        ("Taille", f"{draw.between(18, 90)} ko"),
        ("Créé", f"{_moment(draw, 3)}, par {maker}"),
        ("Modifié", f"{_moment(draw, 5)}, par {changer}"),
        ("Dernière impression", f"{_moment(draw, 4)}, par {printer}"),
        ("Révision", str(draw.between(4, 30))),
    )
    right, wrong = (maker, changer) if not asked else (changer, maker)
    question = short_text(
        [right, right.split()[1], " ".join(reversed(right.split()))],
        ("t1", "t2"),
        (wrong, "Confond la création et la dernière modification."),
        (printer, "Confond avec l'impression du document."),
    )
    return Task(World((Properties("Propriétés du fichier", pairs),)), question, (("action", label), ("right", right)))


def _photo(draw: Draw) -> dict[str, str]:
    return {
        "Nom": f"IMG_{draw.between(1000, 9999)}.jpg",
        "Prise de vue": _moment(draw, draw.between(4, 6)),
        "Fichier copié le": _moment(draw, 9),
        "Fichier modifié le": _moment(draw, 10),
        "Dimensions": draw.pick(("4000 × 3000", "4608 × 3456", "3264 × 2448")),
        "Appareil": draw.pick(CAMERAS),
    }


def _taken(where: str, draw: Draw) -> Task:
    """The day of the shot, not of the copy."""
    photo = _photo(draw)
    right = photo["Prise de vue"].split()[0]
    question = one_of(
        where,
        right,
        (photo["Fichier copié le"].split()[0], "Prend la date de la copie sur l'ordinateur."),
        (photo["Fichier modifié le"].split()[0], "Prend la date de la dernière modification."),
        (f"{draw.between(1, 28):02}/12/2025", "Ne lit pas les propriétés."),
    )
    return Task(World((Properties("Propriétés de la photo", tuple(photo.items())),)), question, (("right", right),))


def _remove(where: str, draw: Draw) -> Task:
    """What to take out of a photo before publishing it without saying who and where."""
    photo = _photo(draw)
    owner = f"{draw.pick(FIRST_NAMES)} {draw.pick(SURNAMES)}"
    _, coordinates = draw.pick(PLACES)
    personal = {
        "Auteur": owner,
        "Position": coordinates,
        "Lieu indiqué": f"Chez {draw.pick(FIRST_NAMES)}, {draw.between(2, 90)} rue des Tilleuls",
        "Personnes reconnues": ", ".join(draw.sample(FIRST_NAMES, 2)),
    }
    asked = dict(draw.sample(tuple(personal.items()), 3))
    neutral = {key: photo[key] for key in ("Dimensions",)} | {
        "Format": "JPEG",
        "Orientation": draw.pick(("paysage", "portrait")),
        "Espace de couleurs": "sRVB",
    }
    neutral = dict(draw.sample(tuple(neutral.items()), 3))
    pairs = draw.shuffled([*asked.items(), *neutral.items()])
    options = [
        (f"{name} : {value}", name in asked, "Croit que cette information technique désigne une personne.")
        for name, value in pairs
    ]
    names = ", ".join(name for name, _ in pairs if name in asked)
    world = World((Properties("Propriétés de la photo", (("Nom", photo["Nom"]), *pairs)),))
    return Task(world, several_of(where, *options), (("right", names),))


def _order(where: str, draw: Draw) -> Task:
    """Photos by the moment they were taken; their names and their files' dates say otherwise."""
    names = [f"IMG_{number}" for number in sorted(draw.sample(range(1000, 9999), 4))]
    days = draw.sample(range(1, 28), 4)
    shots = {
        name: (draw.pick((5, 6)), day, draw.between(8, 19))
        for name, day in zip(draw.shuffled(names), days, strict=True)
    }
    rows = tuple(
        (f"{name}.jpg", f"{day:02}/{month:02}/2026 {hour:02}:{draw.between(10, 59)}", _moment(draw, 9))
        for name, (month, day, hour) in draw.shuffled(sorted(shots.items()))
    )
    right = tuple(f"{name}.jpg" for name in sorted(shots, key=lambda name: shots[name]))
    world = World((Grid("Photos du dossier", ("Nom", "Prise de vue", "Fichier modifié le"), rows),))
    return Task(world, Ordering.of(where, right), (("right", ", ".join(right)),))


def _place(where: str, draw: Draw) -> Task:
    """Coordinates read against those of towns."""
    places = draw.sample(PLACES, 4)
    town, coordinates = draw.pick(places)
    latitude, longitude = coordinates.split(" ; ")
    nearby = Decimal(latitude.split("°")[0].replace(",", ".")) + Decimal("0.01")
    photo = _photo(draw) | {"Position": f"{nearby}° N ; {longitude}".replace(".", ",")}
    side = longitude[-1]
    shows = {name: "Confond la latitude et la longitude." for name, _ in places}
    shows |= {name: "Confond l'est (E) et l'ouest (O)." for name, at in places if at[-1] != side}
    question = one_of(where, town, *((name, shows[name]) for name, _ in places if name != town))
    world = World(
        (
            Properties("Propriétés de la photo", tuple(photo.items())),
            Grid("Positions de villes", ("Ville", "Latitude ; longitude"), tuple(places)),
        )
    )
    return Task(world, question, (("right", town),))


def _retouched(where: str, draw: Draw) -> Task:
    """Which of the pictures has gone through software since it was taken?"""
    camera = draw.pick(CAMERAS)
    numbers = sorted(draw.sample(range(1000, 9999), 4))
    edited = draw.below(4)
    software = draw.pick(("Éditeur d'images 3.2", "Retouche Studio", "Labo Photo 8"))
    parts = []
    for place, each in enumerate(numbers):
        taken = _moment(draw, 5)
        changed = place == edited
        renamed = place == (edited + 1) % 4
        pairs = (
            ("Appareil", camera),
            ("Prise de vue", taken),
            ("Fichier modifié le", _moment(draw, 10) if changed or renamed else taken),
            ("Logiciel", software if changed else f"{camera}, version interne"),
            ("Dimensions", "2900 × 2175" if changed else "4000 × 3000"),
        )
        parts.append(Properties(f"IMG_{each}.jpg", pairs))
    names = [f"IMG_{each}.jpg" for each in numbers]
    shows = dict.fromkeys(names, "Ne trouve pas ce qui distingue cette image.")
    shows[names[(edited + 1) % 4]] = "Se fie à la date du fichier : un simple changement de nom ou une copie la change."
    question = one_of(where, names[edited], *((name, shows[name]) for name in names if name != names[edited]))
    return Task(World(tuple(parts)), question, (("right", names[edited]), ("software", software)))


_MAKERS: dict[str, Callable[[str, Draw], Task]] = {
    "author": _author,
    "taken": _taken,
    "remove": _remove,
    "order": _order,
    "place": _place,
    "retouched": _retouched,
}
