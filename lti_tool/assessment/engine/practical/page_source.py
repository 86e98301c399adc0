"""Sort `page-source`: the address of a web page and its source, to be read."""

from collections.abc import Callable
from dataclasses import dataclass

from lti_tool.assessment.engine.kinds.texts import Expected, Field, Refused, SeveralFields
from lti_tool.assessment.engine.practical.base import Task, TaskGenerator, number, one_of, several_of, short_text
from lti_tool.assessment.engine.practical.draw import Draw
from lti_tool.assessment.engine.practical.pools import FIRST_NAMES, MONTHS, SURNAMES, TOWNS, plain
from lti_tool.assessment.engine.typography import typographic
from lti_tool.assessment.engine.worlds import Code, Page, World

SITES = ("musee", "mediatheque", "meteo", "parc", "archives", "journal", "theatre", "aquarium")
TRACKERS = ("stats-visites", "pub-partout", "mesure-audience", "reseau-social", "profil-acheteur", "video-libre")


@dataclass(frozen=True, slots=True)
class PageSource(TaskGenerator):
    """A page as the browser gets it: where from, and what it is made of."""

    sort = "page-source"
    tasks = ("site", "who-when", "same-site", "link", "hidden", "parameters", "trackers", "lock")

    def make(self, where: str, draw: Draw) -> Task:
        return _MAKERS[self.task](where, draw)


def _domain(draw: Draw) -> str:
    return f"{draw.pick(SITES)}-{plain(draw.pick(TOWNS))}.example"


def _site(where: str, draw: Draw) -> Task:
    """Which site is this page of?"""
    domain, other = _domain(draw), _domain(draw)
    section = draw.pick(("animaux", "horaires", "expositions", "visites"))
    page = draw.pick(("tarifs", "plan", "acces", "contact"))
    address = f"https://www.{domain}/{section}/{page}.html"
    title = f"{section.capitalize()} – {page}"
    text = (f"Une page de nos amis de www.{other} nous a inspirés.", "Bonne visite !")
    question = one_of(
        where,
        f"www.{domain}",
        (f"www.{other}", "Prend une adresse citée dans le texte de la page."),
        (f"{section}/{page}.html", "Donne le chemin de la page dans le site, et non le site."),
        ("https", "Confond le site et la façon de s'y connecter."),
    )
    return Task(World((Page(address, title, text),)), question, (("right", f"www.{domain}"),))


def _who_when(where: str, draw: Draw) -> Task:
    """Who wrote the page, and when it was last changed: said at its foot."""
    del where
    author, quoted, editor = (f"{draw.pick(FIRST_NAMES)} {name}" for name in draw.sample(SURNAMES, 3))
    year = draw.between(2018, 2025)
    month = draw.pick(MONTHS)
    town = draw.pick(TOWNS)
    address = f"https://www.{_domain(draw)}/dossiers/pont"
    text = (
        f"Le pont de {town} a été construit en {draw.between(1820, 1950)}.",
        f"Pour l'historien {quoted}, « c'est un chef-d'œuvre ».",
        f"Il a été restauré en {year - draw.between(3, 9)}.",
        f"Texte : {author}. Publié en {draw.pick(MONTHS)} {year - 1}, mis à jour en {month} {year}.",
        f"Direction du site : {editor}.",
    )
    fields = (
        Field(
            "auteur",
            "Auteur du texte (prénom et nom)",
            _expected(
                [author, " ".join(reversed(author.split())), author.split()[1]],
                (quoted, "Prend la personne citée pour l'auteur."),
                (editor, "Prend le directeur du site pour l'auteur du texte."),
            ),
        ),
        Field(
            "annee",
            "Année de la mise à jour",
            _expected([str(year), f"{month} {year}"], (str(year - 1), "Donne l'année de la publication.")),
        ),
    )
    world = World((Page(address, f"Le pont de {town}", tuple(typographic(each) for each in text)),))
    return Task(world, SeveralFields(fields), (("author", author), ("year", str(year))))


def _expected(accepts: list[str], *wrong: tuple[str, str]) -> Expected:
    return Expected(
        tuple(accepts),
        frozenset({"t1", "t2"}),
        tuple(Refused(text, shows) for text, shows in wrong if text not in accepts),
    )


def _same_site(where: str, draw: Draw) -> Task:
    """Which addresses are of this site, and which only look like it?"""
    domain = _domain(draw)
    name = domain.removesuffix(".example")
    options = (
        (f"https://www.{domain}/connexion", True, ""),
        (f"https://billets.{domain}/?jour=3", True, ""),
        (f"https://{domain}.{draw.pick(('connexion', 'compte', 'offres'))}-{draw.between(10, 99)}.example/", False,
         "S'arrête au début : le site est donné par la fin du nom, juste avant le premier « / »."),
        (f"https://{name}-{draw.pick(('gratuit', 'officiel', 'promo'))}.example/", False,
         "Croit qu'un nom plus long est une partie du même site."),
        (f"https://{draw.pick(('actu', 'blog', 'forum'))}-du-web.example/{domain}/accueil", False,
         "Prend un nom écrit dans le chemin pour celui du site."),
    )  # fmt: skip
    right = " et ".join(f"`{text}`" for text, good, _ in options if good)
    return Task(World(), several_of(where, *draw.shuffled(options)), (("domain", domain), ("right", right)))


def _html(draw: Draw, title: str, head: list[str], body: list[str]) -> str:
    lines = ["<!DOCTYPE html>", '<html lang="fr">', "<head>", '  <meta charset="utf-8">', f"  <title>{title}</title>"]
    lines += [f"  {line}" for line in draw.shuffled(head)]
    return "\n".join([*lines, "</head>", "<body>", *(f"  {line}" for line in body), "</body>", "</html>"])


def _link(where: str, draw: Draw) -> Task:
    """Where does a link lead, whatever its text says?"""
    del where
    domain, other = _domain(draw), f"{draw.pick(('cadeaux', 'jeux', 'concours'))}-{draw.between(100, 999)}.example"
    pages = draw.sample(("horaires", "tarifs", "plan", "boutique"), 3)
    number_of = draw.between(2, 9)
    target = f"https://{other}/salle{number_of}"
    body = [
        "<h1>Bienvenue</h1>",
        f'<p>Voir aussi : <a href="/{pages[0]}.html">{pages[0]}</a>, <a href="/{pages[1]}.html">{pages[1]}</a>.</p>',
        f'<p>Réservez : <a href="{target}">https://www.{domain}/reservation</a></p>',
        f'<p><img src="/images/salle{number_of}.jpg" alt="La salle"> <a href="/{pages[2]}.html">{pages[2]}</a></p>',
    ]
    question = short_text(
        [target, target.removeprefix("https://"), f"{target}/"],
        ("t1",),
        (f"https://www.{domain}/reservation", "Donne le texte affiché, et non l'adresse où mène le lien."),
        (other, "Donne le site sans la page."),
        (f"/images/salle{number_of}.jpg", "Confond l'adresse d'une image et celle d'un lien."),
        (f"/{pages[2]}.html", "Prend un autre lien de la page."),
    )
    world = World((Code("Code source de la page", _html(draw, "Bienvenue", [], body)),))
    return Task(world, question, (("text", f"https://www.{domain}/reservation"), ("right", target)))


def _hidden(where: str, draw: Draw) -> Task:
    """What the source says and the page doesn't show: its author, its keywords, its date."""
    del where
    author, other = (f"{draw.pick(FIRST_NAMES)} {name}" for name in draw.sample(SURNAMES, 2))
    year = draw.between(2016, 2025)
    date = f"{year}-{draw.between(1, 12):02}-{draw.between(1, 28):02}"
    head = [
        f'<meta name="author" content="{author}">',
        f'<meta name="date" content="{date}">',
        '<meta name="description" content="Les oiseaux du parc">',
        '<link rel="stylesheet" href="/style.css">',
    ]
    body = [
        "<h1>Les oiseaux du parc</h1>",
        "<p>Au printemps, on peut voir des mésanges et des pics.</p>",
        f"<p>Photos : {other}</p>",
        f"<footer>© {min(year + draw.between(1, 3), 2026)}</footer>",
    ]
    fields = (
        Field(
            "auteur",
            "Auteur de la page",
            _expected(
                [author, " ".join(reversed(author.split())), author.split()[1]],
                (other, "Prend l'auteur des photos, affiché sur la page."),
            ),
        ),
        Field(
            "annee", "Année de la page", _expected([str(year), date], (body[3][10:14], "Prend l'année du bas de page."))
        ),
    )
    world = World((Code("Code source de la page", _html(draw, "Les oiseaux", head, body)),))
    return Task(world, SeveralFields(fields), (("author", author), ("year", str(year))))


def _parameters(where: str, draw: Draw) -> Task:
    """An address whose parameters say what is asked: change them by hand."""
    del where
    domain = _domain(draw)
    subject = draw.pick(("volcans", "requins", "chateaux", "fusees", "abeilles"))
    page, wanted = draw.sample(range(2, 30), 2)
    order, new_order = draw.shuffled(("date", "titre"))
    start = f"https://www.{domain}/recherche?sujet={subject}&page={page}&tri={order}"
    right = f"https://www.{domain}/recherche?sujet={subject}&page={wanted}&tri={new_order}"
    swapped = f"https://www.{domain}/recherche?sujet={subject}&tri={new_order}&page={wanted}"
    first = f"https://www.{domain}/recherche?page={wanted}&sujet={subject}&tri={new_order}"
    question = short_text(
        [each.removeprefix(scheme) for each in (right, swapped, first) for scheme in ("", "https://")],
        ("t1",),
        (start, "Recopie l'adresse sans la changer."),
        (right.replace(f"tri={new_order}", f"tri={order}"), "Ne change que la page."),
        (right.replace(f"page={wanted}", f"page={page}"), "Ne change que l'ordre."),
        (right.replace("&", "?"), "Sépare les paramètres par « ? » au lieu de « & »."),
        (f"page={wanted}&tri={new_order}", "N'écrit que les paramètres."),
    )
    shown = "par titre" if new_order == "titre" else "par date"
    before = "par titre" if order == "titre" else "par date"
    world = World(
        (Page(start, f"Recherche : {subject}", (f"Page {page} des résultats, triés {before}.", "Page suivante")),)
    )
    return Task(world, question, (("page", str(wanted)), ("order", shown), ("right", right)))


def _trackers(where: str, draw: Draw) -> Task:
    """How many other sites does the page call?"""
    del where
    domain = _domain(draw)
    others = [f"{name}.example" for name in draw.sample(TRACKERS, draw.between(2, 5))]
    calls = [
        f'<script src="https://{others[0]}/mesure.js"></script>',
        f'<img src="https://{others[1]}/p.gif?page=12" width="1" height="1" alt="">',
        *(f'<script src="https://cdn.{other}/bouton.js"></script>' for other in others[2:]),
    ]
    twice = f'<img src="https://{others[0]}/vu.gif" width="1" height="1" alt="">'
    own = [
        '<img src="/images/entree.jpg" alt="L\'entrée">',
        f'<script src="https://www.{domain}/menu.js"></script>',
        f'<a href="https://{_domain(draw)}/">Un site ami</a>',
    ]
    body = ["<h1>Horaires</h1>", *draw.shuffled([*calls, twice, *own])]
    question = number(
        len(others),
        (len(others) + 1, "Compte un lien, qui n'appelle rien tant qu'on ne le suit pas, ou deux fois le même site."),
        (len(others) + 2, "Compte chaque appel, même deux fois vers le même site, ou les fichiers du site lui-même."),
        (len(others) - 1, "Oublie les images invisibles d'un pixel."),
        (0, "Croit qu'une page n'appelle que le site où elle se trouve."),
    )
    world = World(
        (Page(f"https://www.{domain}/horaires", "Horaires", ()), Code("Code source", _html(draw, "Horaires", [], body)))
    )
    return Task(world, question, (("domain", domain), ("right", str(len(others))), ("names", ", ".join(others))))


def _lock(where: str, draw: Draw) -> Task:
    """On which page may one type a password?"""
    domain = _domain(draw)
    path = draw.pick(("connexion", "compte", "espace-eleve"))
    right = f"https://www.{domain}/{path}"
    question = one_of(
        where,
        right,
        (f"http://www.{domain}/{path}", "Ne voit pas que la connexion n'est pas chiffrée (http)."),
        (f"https://www.{domain.replace('-', '')}.connexion.example/{path}", "Ne lit pas la fin du nom de domaine."),
        (f"https://{path}.example/www.{domain}", "Prend un nom écrit dans le chemin pour celui du site."),
    )
    return Task(World(), question, (("domain", domain), ("right", right)))


_MAKERS: dict[str, Callable[[str, Draw], Task]] = {
    "site": _site,
    "who-when": _who_when,
    "same-site": _same_site,
    "link": _link,
    "hidden": _hidden,
    "parameters": _parameters,
    "trackers": _trackers,
    "lock": _lock,
}
