"""Sort `folder-tree`: folders and files to find one's way in, tidy, measure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from lti_tool.assessment.engine.kinds.lists import Matching, Refusal
from lti_tool.assessment.engine.practical.base import Task, TaskGenerator, number, one_of, several_of, short_text
from lti_tool.assessment.engine.practical.draw import Draw
from lti_tool.assessment.engine.practical.pools import FIRST_NAMES, SUBJECTS, TOWNS, plain
from lti_tool.assessment.engine.worlds import Grid, Node, Tree, World

EXTENSIONS = ("odt", "pdf", "ods", "odp", "txt")
MATTERS = ("exposé", "fiche", "résumé", "exercices", "plan", "carte", "devoir", "notes")
CAPTION = "Vos dossiers"


@dataclass(frozen=True, slots=True)
class FolderTree(TaskGenerator):
    """A tree of folders and files."""

    sort = "folder-tree"
    tasks = ("where", "newest", "tidy", "path", "space", "relative", "duplicates")

    def make(self, where: str, draw: Draw) -> Task:
        return _MAKERS[self.task](where, draw)


def _file(name: str, detail: str = "") -> Node:
    return Node(name, detail, folder=False)


def _titled(subject: str) -> str:
    return subject[0].upper() + subject[1:]


def _home(draw: Draw) -> tuple[Node, list[tuple[str, ...]]]:
    """Documents of a pupil, with the way to each file: names of folders, then of the file."""
    subjects = draw.sample(SUBJECTS, 3)
    names = iter(
        draw.shuffled([f"{matter}-{place}.{end}" for matter in MATTERS for place in (1, 2) for end in EXTENSIONS[:2]])
    )

    def folder(name: str, *children: Node) -> Node:
        count = draw.between(1, 3)
        files = [_file(f"photo-{n}.jpg" if name == "Images" else next(names)) for n in range(1, count + 1)]
        return Node(name, children=(*children, *sorted(files, key=lambda each: each.name)))

    lessons = [folder(_titled(subject)) for subject in subjects[:2]]
    deep = Node(_titled(subjects[2]), children=(folder("Trimestre 1"), folder("Trimestre 2")))
    root = Node("Documents", children=(Node("Cours", children=(*lessons, deep)), folder("Club"), folder("Images")))
    return root, list(_ways(root))


def _ways(node: Node, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for child in node.children:
        if child.folder:
            yield from _ways(child, (*above, node.name))
        else:
            yield (*above, node.name, child.name)


def _where(where: str, draw: Draw) -> Task:
    root, ways = _home(draw)
    way = draw.pick(ways)
    folders = sorted({each[-2] for each in ways if each[-2] != way[-2]})
    others = draw.sample(folders, min(4, len(folders)))
    if len(way) > 3 and way[-3] not in others and way[-3] != way[-2]:
        others = [*others[:3], way[-3]]
    question = one_of(
        where,
        way[-2],
        *(
            (
                name,
                "Donne le dossier du dessus."
                if name == way[-3:-2][0]
                else "Se trompe de ligne en lisant l'arborescence.",
            )
            for name in others
        ),
    )
    return Task(World((Tree(CAPTION, root),)), question, (("file", way[-1]), ("right", way[-2])))


def _newest(where: str, draw: Draw) -> Task:
    """Names lie, dates don't."""
    matter = plain(draw.pick(MATTERS))
    names = [f"{matter}.odt", f"{matter}-final.odt", f"{matter}-final-2.odt", f"{matter}-copie.odt", f"{matter}-ok.odt"]
    days = draw.sample(range(2, 28), len(names))
    months = draw.shuffled((4, 5, 5, 6, 6))
    hours = [f"{draw.between(8, 19)} h {draw.between(10, 59)}" for _ in names]
    dates = dict(zip(names, zip(months, days, strict=True), strict=True))
    newest = max(names, key=lambda name: dates[name])
    biggest = max(names, key=lambda name: (dates[name][1], dates[name][0]))
    details = {
        name: f"modifié le {dates[name][1]:02}/{dates[name][0]:02}/2026 à {hour}"
        for name, hour in zip(names, hours, strict=True)
    }
    root = Node("Exposé", children=tuple(_file(name, details[name]) for name in draw.shuffled(names)))
    shows = dict.fromkeys(names, "Se fie au nom du fichier et non à sa date.")
    if biggest != newest:
        shows[biggest] = "Compare les jours sans regarder les mois."
    question = one_of(where, newest, *((name, shows[name]) for name in names if name != newest))
    return Task(World((Tree(CAPTION, root),)), question, (("right", newest), ("date", details[newest])))


def _tidy(where: str, draw: Draw) -> Task:
    """A plan of folders, and files in a heap."""
    first, second = draw.sample([subject for subject in SUBJECTS if subject != "musique"], 2)
    town = plain(draw.pick(TOWNS))
    plan = (
        (f"Cours/{_titled(first)}", (f"leçon-3-{plain(first)}.odt", f"{plain(first)}-exercices-p-42.pdf")),
        (f"Cours/{_titled(second)}", (f"{plain(second)}-contrôle-2.odt", f"fiche-révision-{plain(second)}.pdf")),
        ("Images/Vacances", (f"plage-{town}-2026.jpg", f"photo-famille-{town}.png")),
        ("Musique", ("chorale-enregistrement.mp3", "morceau-guitare.ogg")),
        ("Administratif", ("attestation-assurance-2026.pdf", "certificat-de-scolarité.pdf")),
    )
    folders = tuple(folder for folder, _ in plan)
    chosen = draw.sample(plan, 4)
    extra, folder = draw.pick(chosen[0][1]), chosen[0][0]
    pairs = [(name, folder) for name in chosen[0][1]] + [(draw.pick(files), folder) for folder, files in chosen[1:]]
    pairs = draw.shuffled(pairs)
    refuses = tuple(
        Refusal(name, wrong, "Range d'après le type du fichier et non d'après son contenu.")
        for name, right in pairs
        for wrong in folders
        if wrong != right
    )
    rows = tuple((folder,) for folder in folders)
    world = World((Grid("Les dossiers de votre plan de classement", ("Dossier",), rows),))
    return Task(world, Matching.of(where, tuple(pairs), folders, refuses), (("file", extra), ("right", folder)))


def _path(where: str, draw: Draw) -> Task:
    del where
    root, ways = _home(draw)
    way = draw.pick([each for each in ways if len(each) >= 4])
    path = "/".join(way)
    question = short_text(
        [path, f"/{path}", path.replace("/", "\\"), f"{path}/"],
        ("t1",),
        ("/".join(way[1:]), "Oublie le dossier de départ."),
        ("/".join(way[:-1]), "Donne le dossier, sans le fichier."),
        ("/".join(reversed(way)), "Écrit le chemin à l'envers, du fichier vers la racine."),
        (f"{way[0]}/{way[-2]}/{way[-1]}", "Saute un dossier."),
        (way[-1], "Donne le nom du fichier sans son chemin."),
    )
    return Task(World((Tree(CAPTION, root),)), question, (("file", way[-1]), ("right", path)))


def _space(where: str, draw: Draw) -> Task:
    """The size of a folder with all that is in it; kilobytes among megabytes."""
    del where
    big, small, inner = [draw.between(3, 40) for _ in range(3)], draw.pick((250, 500, 750)), draw.between(5, 30)
    name = draw.pick(("Vacances", "Sortie", "Fête", "Spectacle"))
    files = [_file(f"photo-{n}.jpg", f"{size} Mo") for n, size in enumerate(big, 1)]
    sub = Node("Vidéo", children=(_file("clip.mp4", f"{inner} Mo"), _file("titres.txt", f"{small} ko")))
    root = Node(name, children=(*files, sub, _file("légendes.txt", f"{small} ko")))
    total = Decimal(sum(big) + inner) + 2 * Decimal(small) / 1000
    question = number(
        total,
        (Decimal(sum(big)) + Decimal(small) / 1000, "Oublie ce que contient le sous-dossier."),
        (Decimal(sum(big) + inner + 2 * small), "Ajoute des ko et des Mo sans convertir."),
        (Decimal(sum(big) + inner), "Oublie les petits fichiers en ko."),
        unit="Mo",
        near="0.03",
    )
    right = f"{total:f}".rstrip("0").rstrip(".").replace(".", ",")
    return Task(World((Tree(CAPTION, root),)), question, (("folder", name), ("right", right)))


def _relative(where: str, draw: Draw) -> Task:
    """The address of an image as a page in another folder writes it."""
    del where
    site = draw.pick(("site", "expo", "blog", "journal"))
    pages = draw.pick(("pages", "articles", "textes"))
    images = draw.pick(("images", "photos", "dessins"))
    page, image = f"{draw.pick(('accueil', 'voyage', 'contact'))}.html", f"{draw.pick(('carte', 'logo', 'plan'))}.png"
    deep = draw.below(2)
    year = str(draw.between(2023, 2026))
    page_folder = Node(pages, children=((Node(year, children=(_file(page),)),) if deep else (_file(page),)))
    root = Node(site, children=(_file("index.html"), Node(images, children=(_file(image),)), page_folder))
    up = "../" * (2 if deep else 1)
    right = f"{up}{images}/{image}"
    question = short_text(
        [right, f"./{right}"],
        ("t1",),
        (f"{images}/{image}", "Oublie de remonter : cherche dans le dossier de la page."),
        (f"{'../' * (1 if deep else 2)}{images}/{image}", "Ne remonte pas du bon nombre de dossiers."),
        (f"/{site}/{images}/{image}", "Écrit un chemin qui part de la racine, et non de la page."),
        (f"{up}{image}", "Oublie d'entrer dans le dossier de l'image."),
        (f"{up}{site}/{images}/{image}", "Remonte, puis nomme encore le dossier où il est déjà."),
    )
    return Task(
        World((Tree("Les fichiers du site", root),)), question, (("page", page), ("image", image), ("right", right))
    )


def _duplicates(where: str, draw: Draw) -> Task:
    """Same fingerprint, same content, whatever the name; same name, not always."""
    prints = [f"{draw.below(0xFFFF):04x}" for _ in range(9)]
    prints = [f"{each[:3]}{n:x}" for n, each in enumerate(prints)]
    first, second = draw.sample(FIRST_NAMES, 2)
    kept = [
        ("affiche.png", prints[0]),
        ("liste.ods", prints[1]),
        (f"texte-{plain(first)}.odt", prints[2]),
        ("budget.ods", prints[3]),
    ]
    same_name, other_name = draw.shuffled(kept[:2])
    heap = [
        (same_name[0], same_name[1], True),
        (other_name[0], prints[4], False),
        (f"copie-{plain(second)}.{kept[2][0].split('.')[1]}", kept[2][1], True),
        ("ancien-budget.ods", prints[3], True) if draw.below(2) else ("ancien-budget.ods", prints[5], False),
        ("brouillon.txt", prints[6], False),
    ]
    mixed = draw.shuffled(heap)
    root = Node(
        "Projet",
        children=(
            Node("À trier", children=tuple(_file(name, f"empreinte {mark}") for name, mark, _ in mixed)),
            Node("Rangé", children=tuple(_file(name, f"empreinte {mark}") for name, mark in kept)),
        ),
    )
    options = [
        (
            name,
            gone,
            "Se fie au nom : ce fichier n'a pas le même contenu."
            if name == other_name[0]
            else "Perdrait un contenu qui n'existe qu'ici.",
        )
        for name, _, gone in mixed
    ]
    right = ", ".join(name for name, gone, _ in options if gone)
    return Task(World((Tree(CAPTION, root),)), several_of(where, *options), (("right", right),))


_MAKERS: dict[str, Callable[[str, Draw], Task]] = {
    "where": _where,
    "newest": _newest,
    "tidy": _tidy,
    "path": _path,
    "space": _space,
    "relative": _relative,
    "duplicates": _duplicates,
}
