"""Sort `spreadsheet-formula`: a small spreadsheet with a formula to mend, checked by calculating with it."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from lti_tool.assessment.engine.kinds.base import (
    Answerable,
    Control,
    ControlType,
    CorrectionLine,
    Form,
    Response,
    Verdict,
    typed,
)
from lti_tool.assessment.engine.kinds.texts import TEXT_CONTROL
from lti_tool.assessment.engine.practical.base import Foreseen, Task, TaskGenerator, short_text
from lti_tool.assessment.engine.practical.draw import Draw
from lti_tool.assessment.engine.practical.formulas import copied, evaluate
from lti_tool.assessment.engine.practical.functions import FormulaError, Value, cell_name, column_name, shown
from lti_tool.assessment.engine.practical.pools import FIRST_NAMES
from lti_tool.assessment.engine.worlds import Spreadsheet, World

Grid = tuple[tuple[Value, ...], ...]
"""What the cells hold, row by row from A1."""
THEMES = (
    ("Vente de gâteaux", "Jour", "Gâteaux vendus", ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi")),
    ("Livres prêtés au CDI", "Mois", "Prêts", ("septembre", "octobre", "novembre", "décembre", "janvier", "février")),
    ("Pluie au collège", "Mois", "Pluie (mm)", ("mars", "avril", "mai", "juin", "juillet", "août")),
    ("Papier ramassé pour le recyclage", "Classe", "Papier (kg)", ("6e A", "6e B", "5e A", "5e B", "4e A", "4e B")),
    ("Visiteurs de l'exposition", "Jour", "Visiteurs", ("jeudi", "vendredi", "samedi", "dimanche", "lundi", "mardi")),
)
GOODS = ("Cahier", "Classeur", "Compas", "Équerre", "Gomme", "Règle", "Stylo", "Trousse")
ENTRIES = {"Âge": (11, 17), "Taille (cm)": (135, 189), "Groupe": (1, 6), "Points": (10, 190), "Dossard": (100, 199)}
"""What may be known of who enters a tournament: the least and the most of each."""
JUNK = Fraction(77_777)
"""Stands in the formula's own cell while it is tried: a formula that counts itself gives another result."""
TRIALS = 5


@dataclass(frozen=True, slots=True)
class Mended(Answerable):
    """A formula typed for one cell, right when it gives what the right one gives, on the sheet and on changed ones,
    in its cell and where it is copied: any way of writing it counts."""

    grids: tuple[Grid, ...]
    cell: tuple[int, int]
    """Column and row of the cell, from 1."""
    copies: int
    """How many rows further down it is copied."""
    solution: str
    foreseen: tuple[Foreseen, ...]

    def parse(self, form: Form) -> Response | None:
        text = typed(form, TEXT_CONTROL)
        return Response(text=text) if text.strip() else None

    def controls(self, seed: str) -> tuple[Control, ...]:
        del seed
        return (Control(TEXT_CONTROL, "", ControlType.TEXT),)

    def check(self, response: Response) -> Verdict:
        text = (response.text or "").strip()
        results = self.results(text)
        if results == self.results(self.solution):
            return Verdict(right=True)
        if not text.startswith("="):
            return Verdict(right=False, shows="Oublie le signe égal : le tableur y voit un texte.")
        shown = (shows for formula, shows in self.foreseen if results and self.results(formula) == results)
        return Verdict(right=False, shows=next(shown, None))

    def right_response(self) -> Response:
        return Response(text=self.solution)

    def correct(self, response: Response | None) -> tuple[CorrectionLine, ...]:
        text = (response and response.text) or ""
        right = response is not None and self.check(response).right
        return (CorrectionLine("", (text,) if text.strip() else (), (self.solution,), right),)

    def results(self, formula: str) -> tuple[Value, ...]:
        """What the formula gives on every sheet, in its cell and in its copies; empty where it has an error."""
        column, row = self.cell
        junk = {cell_name(column, row + down): JUNK for down in range(self.copies + 1)}
        try:
            return tuple(
                evaluate(copied(formula, down=down), cells_of(grid) | junk)
                for grid in self.grids
                for down in range(self.copies + 1)
            )
        except FormulaError:
            return ()


def cells_of(grid: Grid) -> dict[str, Value]:
    """The values by cell name."""
    return {
        cell_name(column, row): value
        for row, line in enumerate(grid, start=1)
        for column, value in enumerate(line, start=1)
    }


@dataclass(frozen=True, slots=True)
class SpreadsheetFormula(TaskGenerator):
    """A sheet in which one formula gives a wrong result."""

    sort = "spreadsheet-formula"
    tasks = ("cell", "range", "mean", "count", "test", "fixed", "discount")

    def make(self, where: str, draw: Draw) -> Task:
        del where
        return _cell(draw) if self.task == "cell" else _MAKERS[self.task](draw)


def _task(
    draw: Draw,
    make: Callable[[Draw], Grid],
    *,
    cell: tuple[int, int],
    broken: str,
    solution: str,
    caption: str,
    foreseen: tuple[Foreseen, ...],
    copies: int = 0,
    words: tuple[tuple[str, str], ...] = (),
) -> Task:
    """The sheet of this draw with the broken formula and its copies in it, and the question that mends it.

    `make` draws the values; what it draws again serves as changed sheets to try the answer on.
    """
    grids = tuple(make(draw) for _ in range(TRIALS))
    question = Mended(grids, cell, copies, solution, ((broken, "Garde la formule de départ."), *foreseen))
    column, row = cell
    formulas = {cell_name(column, row + down): copied(broken, down=down) for down in range(copies + 1)}
    values = cells_of(grids[0])
    results = {name: _result(formula, values) for name, formula in formulas.items()}
    rows = max(len(grids[0]), row + copies)
    width = max(column, max(len(line) for line in grids[0]))
    cells = tuple(
        tuple(
            results.get(cell_name(place, line), shown(values.get(cell_name(place, line))))
            for place in range(1, width + 1)
        )
        for line in range(1, rows + 1)
    )
    world = World((Spreadsheet(caption, cells, tuple(formulas.items())),))
    return Task(world, question, (("cell", cell_name(column, row)), ("broken", broken), ("right", solution), *words))


def _result(formula: str, values: dict[str, Value]) -> str:
    try:
        return shown(evaluate(formula, values))
    except FormulaError:
        return "#VALEUR!"


def _list(draw: Draw) -> tuple[str, Callable[[Draw], Grid], int]:
    """A caption, how to draw a list of values in column B, and the row of the last one."""
    caption, name, heading, labels = draw.pick(THEMES)
    last = draw.between(5, len(labels) + 1)

    def make(draw: Draw) -> Grid:
        values = draw.sample(range(11, 60), last - 1)
        lines = ((label, Fraction(value)) for label, value in zip(labels, values, strict=False))
        return ((name, heading), *lines)

    return caption, make, last


def _cell(draw: Draw) -> Task:
    """What is a cell called?"""
    names, columns = draw.sample(FIRST_NAMES, 6), draw.sample(tuple(ENTRIES), 4)
    rows = [(name, *(str(draw.between(*ENTRIES[each])) for each in columns)) for name in names]
    line, column = draw.between(2, 6), draw.between(1, 3)
    right = cell_name(column + 1, line + 1)
    question = short_text(
        [right],
        ("t1", "t2"),
        (cell_name(column + 1, line), "Ne compte pas la ligne des titres."),
        (cell_name(column, line + 1), "Ne compte pas la colonne des prénoms."),
        (f"{line + 1}{column_name(column + 1)}", "Écrit la ligne avant la colonne."),
        (rows[line - 1][column], "Donne le contenu de la cellule au lieu de son nom."),
    )
    world = World((Spreadsheet("Inscriptions au tournoi", (("Prénom", *columns), *rows)),))
    words = (("person", names[line - 1]), ("heading", columns[column - 1]), ("right", right), ("row", str(line + 1)))
    return Task(world, question, words)


def _range(draw: Draw) -> Task:
    caption, make, last = _list(draw)
    late = draw.below(2)
    broken = f"=SOMME(B3:B{last})" if late else f"=SOMME(B2:B{last - 1})"
    return _task(
        draw,
        lambda draw: (*make(draw), ("Total",)),
        cell=(2, last + 1),
        broken=broken,
        solution=f"=SOMME(B2:B{last})",
        caption=caption,
        foreseen=(
            (f"=SOMME(B2:B{last + 1})", "Met la cellule du total dans sa propre somme."),
            (f"=SOMME(B2;B{last})", "Met un point-virgule au lieu des deux-points : n'ajoute que deux cellules."),
            (f"=SOMME(B3:B{last - 1})", "Oublie la première et la dernière ligne."),
        ),
    )


def _mean(draw: Draw) -> Task:
    caption, make, last = _list(draw)
    count = last - 1
    broken = f"=SOMME(B2:B{last})/{count + draw.pick((-1, 1))}"
    return _task(
        draw,
        lambda draw: (*make(draw), ("Moyenne",)),
        cell=(2, last + 1),
        broken=broken,
        solution=f"=MOYENNE(B2:B{last})",
        caption=caption,
        foreseen=(
            (f"=SOMME(B2:B{last})", "Fait la somme sans diviser."),
            (f"=MOYENNE(B2:B{last + 1})", "Met la cellule de la moyenne dans la moyenne."),
            (f"=MOYENNE(B2:B{last - 1})", "Oublie la dernière ligne."),
            (f"=MOYENNE(B2;B{last})", "Met un point-virgule au lieu des deux-points : ne prend que deux cellules."),
        ),
        words=(("count", str(count)),),
    )


def _count(draw: Draw) -> Task:
    people = draw.sample(FIRST_NAMES, draw.between(6, 8))
    last = len(people) + 1
    heading, yes, no = draw.pick(
        (("Cantine", "oui", "non"), ("Autorisation", "rendue", "absente"), ("Transport", "bus", "vélo"))
    )

    def make(draw: Draw) -> Grid:
        answers = draw.shuffled([yes, yes, yes, no, no, *(draw.pick((yes, no)) for _ in people[5:])])
        lines = zip(people, answers, strict=True)
        return (("Prénom", heading), *lines, (f"Nombre de « {yes} »",))

    return _task(
        draw,
        make,
        cell=(2, last + 1),
        broken=f"=SOMME(B2:B{last})",
        solution=f'=NB.SI(B2:B{last};"{yes}")',
        caption="Réponses de la classe",
        foreseen=(
            (f"=NBVAL(B2:B{last})", "Compte toutes les cellules remplies."),
            (f"=NB(B2:B{last})", "Utilise une fonction qui ne compte que les nombres."),
            (f'=NB.SI(B2:B{last};"{no}")', "Compte l'autre réponse."),
            (f'=NB.SI(B2:B{last - 1};"{yes}")', "Oublie la dernière ligne."),
        ),
        words=(("yes", yes),),
    )


def _test(draw: Draw) -> Task:
    people = draw.sample(FIRST_NAMES, 5)
    limit = draw.between(8, 16)
    good, bad = draw.pick((("validé", "à revoir"), ("qualifié", "éliminé"), ("oui", "non")))

    def make(draw: Draw) -> Grid:
        values = draw.shuffled([limit, limit - 1, limit + 1, draw.between(0, limit), draw.between(limit, 20)])
        lines = ((person, Fraction(value)) for person, value in zip(people, values, strict=True))
        return (("Prénom", "Points", "Résultat"), *lines)

    return _task(
        draw,
        make,
        cell=(3, 2),
        copies=4,
        broken=f'=SI(B2>{limit};"{good}";"{bad}")',
        solution=f'=SI(B2>={limit};"{good}";"{bad}")',
        caption="Points du tournoi",
        foreseen=(
            (f'=SI(B2<={limit};"{good}";"{bad}")', "Échange le sens de la comparaison."),
            (f'=SI(B2={limit};"{good}";"{bad}")', "Ne retient que l'égalité."),
            (f'=SI(B2>={limit};"{bad}";"{good}")', "Échange les deux résultats."),
            (f'=SI(B2>={limit + 1};"{good}";"{bad}")', "Déplace la limite du mauvais côté."),
            (f'=SI($B$2>={limit};"{good}";"{bad}")', "Bloque la cellule : toutes les lignes répètent la première."),
        ),
        words=(("limit", str(limit)), ("good", good), ("bad", bad)),
    )


def _fixed(draw: Draw) -> Task:
    goods = draw.sample(GOODS, 4)
    title, column, row = _place(draw)

    def make(draw: Draw) -> Grid:
        prices = draw.sample(range(2, 30), len(goods))
        lines = [(name, Fraction(price)) for name, price in zip(goods, prices, strict=True)]
        head = ("Article", "Prix", "Prix de la classe")
        return (*title, _beside(head, column, "Nombre d'élèves", draw.between(21, 31)), *lines)

    count = f"{column_name(column)}{row - 1}"
    held = f"{column_name(column)}${row - 1}"
    return _task(
        draw,
        make,
        cell=(3, row),
        copies=3,
        broken=f"=B{row}*{count}",
        solution=f"=B{row}*{held}",
        caption="Fournitures à commander",
        foreseen=(
            (f"=$B${row}*{held}", "Bloque aussi le prix : toutes les lignes répètent la première."),
            (f"=B{row}*${count}", "Bloque la colonne : c'est la ligne qui change quand on recopie vers le bas."),
            (f"=B${row}*{count}", "Bloque le prix au lieu du nombre d'élèves."),
            (f"=B{row}+{held}", "Ajoute au lieu de multiplier."),
        ),
        words=(("count", count),),
    )


def _discount(draw: Draw) -> Task:
    goods = draw.sample(GOODS, 4)
    rate, limit = draw.pick((10, 15, 20, 25)), draw.pick((10, 12, 20, 30))
    title, column, row = _place(draw)

    def make(draw: Draw) -> Grid:
        counts = draw.shuffled([limit, limit - 1, limit + draw.between(1, 9), draw.between(1, limit)])
        prices = draw.sample(range(2, 20), len(goods))
        lines = [
            (name, Fraction(price), Fraction(count)) for name, price, count in zip(goods, prices, counts, strict=True)
        ]
        head = _beside(("Article", "Prix", "Quantité", "À payer"), column, "Remise (%)", rate)
        return (*title, head, _beside(lines[0], column, "À partir de", limit), *lines[1:])

    letter = column_name(column)
    price, percent, least = f"B{row}*C{row}", f"{letter}{row - 1}", f"{letter}{row}"
    held_percent, held_least = f"{letter}${row - 1}", f"{letter}${row}"

    def formula(test: str, percent: str, least: str) -> str:
        return f"=SI(C{row}{test}{least};{price}*(1-{percent}/100);{price})"

    return _task(
        draw,
        make,
        cell=(4, row),
        copies=3,
        broken=formula(">", percent, least),
        solution=formula(">=", held_percent, held_least),
        caption="Commande avec remise",
        foreseen=(
            (formula(">", held_percent, held_least), "Oublie le cas de l'égalité."),
            (formula(">=", percent, least), "Ne bloque pas les cellules de la remise."),
            (
                f"=SI(C{row}>={held_least};{price}*{held_percent}/100;{price})",
                "Calcule la remise au lieu du prix à payer.",
            ),
            (f"={price}*(1-{held_percent}/100)", "Accorde la remise à tout le monde."),
        ),
        words=(("rate", str(rate)), ("limit", str(limit)), ("percent", percent), ("least", least)),
    )


def _place(draw: Draw) -> tuple[Grid, int, int]:
    """Title lines above the table, the column of the values beside it, and the row of the table's first line."""
    title: Grid = (("Collège", "année 2026-2027"), ())[: draw.below(3)]
    return title, draw.between(6, 8), len(title) + 2


def _beside(cells: tuple[Value, ...], column: int, name: str, value: int) -> tuple[Value, ...]:
    """The cells of a row, then a name and a value further to the right, the value in this column."""
    return (*cells, *[None] * (column - 2 - len(cells)), name, Fraction(value))


_MAKERS: dict[str, Callable[[Draw], Task]] = {
    "range": _range,
    "mean": _mean,
    "count": _count,
    "test": _test,
    "fixed": _fixed,
    "discount": _discount,
}
