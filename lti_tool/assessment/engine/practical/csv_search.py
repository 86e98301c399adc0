"""Sort `csv-search`: a table to download, CSV or ODS, in which something is to be found, counted or compared."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Self

from lti_tool.assessment.engine.practical.base import Generator, Task, number, read_task, short_text
from lti_tool.assessment.engine.practical.draw import Draw
from lti_tool.assessment.engine.practical.files import FORMATS, Cell, table_file
from lti_tool.assessment.engine.practical.pools import (
    BOOK_BEGINNINGS,
    BOOK_ENDINGS,
    DIVISIONS,
    FIRST_NAMES,
    GENRES,
    SURNAMES,
)
from lti_tool.assessment.engine.tables import Table
from lti_tool.assessment.engine.worlds import World

SECTIONS = ("Échecs", "Escalade", "Judo", "Natation", "Théâtre")


@dataclass(frozen=True, slots=True)
class CsvSearch(Generator):
    """A file of many lines, too long to be read with the eye alone."""

    sort = "csv-search"
    tasks = ("lookup", "most", "count", "filter", "mean", "best-group", "duplicates", "join")
    task: str
    format: str
    lines: int
    """About how many lines the file has."""

    @classmethod
    def read(cls, table: Table) -> Self:
        generator = cls(
            read_task(table, cls.tasks),
            table.text("format", required=False) or "csv",
            table.integer("lines", default=80),
        )
        if generator.format not in FORMATS:
            table.fault(f"« format » doit être {' ou '.join(FORMATS)}")
        if not 20 <= generator.lines <= 200:
            table.fault("« lines » doit aller de 20 à 200")
        return generator

    def make(self, where: str, draw: Draw) -> Task:
        del where
        return _MAKERS[self.task](draw, self.lines, self.format)


@dataclass(frozen=True, slots=True)
class _Book:
    mark: str
    title: str
    author: str
    genre: str
    year: int
    loans: int


@dataclass(frozen=True, slots=True)
class _Runner:
    bib: int
    name: str
    first_name: str
    division: str
    seconds: int


def _books(draw: Draw, lines: int) -> list[_Book]:
    titles = draw.sample([f"{one} {other}" for one in BOOK_BEGINNINGS for other in BOOK_ENDINGS], lines)
    loans = draw.sample(range(lines * 3), lines)
    books = []
    for place, title in enumerate(titles):
        genre = draw.pick(GENRES)
        author = f"{draw.pick(SURNAMES)} {draw.pick(FIRST_NAMES)}"
        books.append(
            _Book(f"{genre[0].upper()}{100 + place}", title, author, genre, draw.between(1985, 2026), loans[place])
        )
    return draw.shuffled(books)


def _catalogue(books: list[_Book], extension: str) -> World:
    rows: list[tuple[Cell, ...]] = [("Cote", "Titre", "Auteur", "Genre", "Année", "Prêts")]
    rows += [(book.mark, book.title, book.author, book.genre, book.year, book.loans) for book in books]
    return World(files=(table_file("livres-du-cdi", extension, rows),))


def _lookup(draw: Draw, lines: int, extension: str) -> Task:
    books = _books(draw, lines)
    book = draw.pick(books[5:-5])
    near = books[books.index(book) + 1]
    like = next((each for each in books if each.title.split()[1] == book.title.split()[1] and each != book), near)
    question = short_text(
        [book.mark],
        ("t1", "t2"),
        (near.mark, "Lit la ligne du dessous."),
        (like.mark, "S'arrête à un titre qui commence de la même façon."),
        (book.title, "Recopie le titre au lieu de la cote."),
    )
    return Task(_catalogue(books, extension), question, (("title", book.title), ("right", book.mark)))


def _most(draw: Draw, lines: int, extension: str) -> Task:
    books = _books(draw, lines)
    by_loans = sorted(books, key=lambda book: book.loans)
    last, first = by_loans[0], by_loans[-1]
    question = short_text(
        [first.title],
        ("t1", "t2"),
        (last.title, "Trie dans l'autre sens : c'est le livre le moins emprunté."),
        (max(books, key=lambda book: book.year).title, "Prend le livre le plus récent."),
        (books[0].title, "Prend le premier livre du fichier, sans trier."),
        (str(first.loans), "Donne le nombre de prêts au lieu du titre."),
    )
    return Task(_catalogue(books, extension), question, (("right", first.title), ("loans", str(first.loans))))


def _count(draw: Draw, lines: int, extension: str) -> Task:
    books = _books(draw, lines)
    genre = draw.pick(GENRES)
    found = sum(book.genre == genre for book in books)
    question = number(
        found,
        (lines, "Compte tous les livres."),
        (found + 1, "Compte une ligne de trop, par exemple celle des titres."),
        (found - 1, "Oublie une ligne."),
    )
    return Task(_catalogue(books, extension), question, (("genre", genre), ("right", str(found))))


def _filter(draw: Draw, lines: int, extension: str) -> Task:
    books = _books(draw, lines)
    genre = draw.pick(GENRES)
    of_genre = [book for book in books if book.genre == genre]
    year = draw.pick(sorted(book.year for book in of_genre)[:-1] or [2000])
    found = sum(book.year > year for book in of_genre)
    question = number(
        found,
        (sum(book.year >= year for book in of_genre), "Compte aussi l'année de la limite."),
        (sum(book.year < year for book in of_genre), "Échange avant et après."),
        (sum(book.year > year for book in books), "N'applique que la condition sur l'année."),
        (len(of_genre), "N'applique que la condition sur le genre."),
    )
    words = (("genre", genre), ("year", str(year)), ("right", str(found)))
    return Task(_catalogue(books, extension), question, words)


def _runners(draw: Draw, lines: int) -> list[_Runner]:
    bibs = draw.sample(range(100, 100 + 2 * lines), lines)
    speeds = {division: draw.between(600, 760) for division in DIVISIONS}
    runners = []
    for bib in bibs:
        division = draw.pick(DIVISIONS)
        seconds = speeds[division] + draw.between(-120, 180)
        runners.append(_Runner(bib, draw.pick(SURNAMES), draw.pick(FIRST_NAMES), division, seconds))
    return runners


def _race(runners: list[_Runner], extension: str) -> World:
    rows: list[tuple[Cell, ...]] = [("Dossard", "Nom", "Prénom", "Classe", "Temps (s)")]
    rows += [(each.bib, each.name, each.first_name, each.division, each.seconds) for each in runners]
    return World(files=(table_file("cross-du-college", extension, rows),))


def _mean(draw: Draw, lines: int, extension: str) -> Task:
    runners = _runners(draw, lines)
    division = draw.pick(sorted({each.division for each in runners}))
    times = [each.seconds for each in runners if each.division == division]
    mean = Fraction(sum(times), len(times))
    everybody = Fraction(sum(each.seconds for each in runners), len(runners))
    question = number(
        _tenth(mean),
        (_tenth(everybody), "Fait la moyenne de toutes les classes."),
        (sum(times), "Fait la somme au lieu de la moyenne."),
        (sorted(times)[len(times) // 2], "Donne la médiane."),
        (min(times), "Donne le meilleur temps."),
        unit="s",
        near="0.06",
    )
    words = (("division", division), ("right", str(_tenth(mean)).replace(".", ",")), ("count", str(len(times))))
    return Task(_race(runners, extension), question, words)


def _best_group(draw: Draw, lines: int, extension: str) -> Task:
    runners = _runners(draw, lines)
    times: dict[str, list[int]] = defaultdict(list)
    for each in runners:
        times[each.division].append(each.seconds)
    means = {division: Fraction(sum(each), len(each)) for division, each in times.items()}
    ranking = sorted(means, key=lambda division: (means[division], division))
    winner = min(runners, key=lambda each: each.seconds)
    question = short_text(
        [ranking[0], ranking[0].replace("e ", "ème ")],
        ("t1", "t2"),
        (ranking[-1], "Prend la plus grande moyenne : un temps plus grand est moins bon."),
        (winner.division, "Prend la classe du meilleur coureur."),
        (
            min(times, key=lambda division: sum(times[division])),
            "Compare les sommes : une petite classe a une petite somme.",
        ),
    )
    words = (("right", ranking[0]), ("mean", str(_tenth(means[ranking[0]])).replace(".", ",")))
    return Task(_race(runners, extension), question, words)


def _duplicates(draw: Draw, lines: int, extension: str) -> Task:
    """People who signed up twice are the same by name, first name and class; namesakes of other classes are not."""
    people = [
        (draw.pick(SURNAMES), draw.pick(FIRST_NAMES), draw.pick(DIVISIONS))
        for _ in range(lines * draw.between(60, 80) // 100)
    ]
    people = list(dict.fromkeys(people))
    name, first_name, division = people[0]
    namesake = (name, first_name, draw.pick([each for each in DIVISIONS if each != division]))
    people = list(dict.fromkeys([*people, namesake]))
    twice = draw.sample(people, lines - len(people))
    entries = draw.shuffled([*people, *twice])
    rows: list[tuple[Cell, ...]] = [
        ("Numéro", "Nom", "Prénom", "Classe"),
        *((n, *each) for n, each in enumerate(entries, 1)),
    ]
    names = {each[:2] for each in people}
    question = number(
        len(people),
        (len(entries), "Compte chaque inscription, les doubles aussi."),
        (len(twice), "Donne le nombre de doublons."),
        (len(names), "Prend deux élèves de même nom, dans deux classes, pour le même élève."),
        (len(entries) - 2 * len(twice), "Enlève les deux inscriptions de chaque élève inscrit deux fois."),
    )
    world = World(files=(table_file("inscriptions", extension, rows),))
    return Task(
        world, question, (("entries", str(len(entries))), ("twice", str(len(twice))), ("right", str(len(people))))
    )


def _join(draw: Draw, lines: int, extension: str) -> Task:
    """Members in one file, payments in another, related by a number."""
    numbers = draw.sample(range(1000, 1000 + 3 * lines), lines)
    members = [(each, draw.pick(SURNAMES), draw.pick(FIRST_NAMES), draw.pick(SECTIONS)) for each in sorted(numbers)]
    paid = set(draw.sample(numbers, lines - draw.between(lines // 5, lines // 3)))
    section = draw.pick(SECTIONS)
    of_section = [each for each in members if each[3] == section]
    unpaid = sum(each[0] not in paid for each in of_section)
    payments = [
        (each, f"{draw.between(1, 30):02}/09/2026", draw.pick((45, 60, 75))) for each in draw.shuffled(sorted(paid))
    ]
    files = (
        table_file("adherents", extension, [("Numéro", "Nom", "Prénom", "Section"), *members]),
        table_file("paiements", extension, [("Numéro", "Date", "Montant"), *payments]),
    )
    question = number(
        unpaid,
        (len(of_section), "Compte tous les adhérents de la section."),
        (len(of_section) - unpaid, "Compte ceux qui ont payé."),
        (lines - len(paid), "Compte toutes les sections."),
    )
    return Task(
        World(files=files), question, (("section", section), ("right", str(unpaid)), ("count", str(len(of_section))))
    )


def _tenth(value: Fraction) -> Decimal:
    """Half up to one decimal; times are never negative."""
    return Decimal((20 * value.numerator + value.denominator) // (2 * value.denominator)).scaleb(-1)


_MAKERS: dict[str, Callable[[Draw, int, str], Task]] = {
    "lookup": _lookup,
    "most": _most,
    "count": _count,
    "filter": _filter,
    "mean": _mean,
    "best-group": _best_group,
    "duplicates": _duplicates,
    "join": _join,
}
