"""Sort `access-rights`: who may read, comment or change a shared document, or see a profile."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lti_tool.assessment.engine.kinds.lists import Matching, Refusal
from lti_tool.assessment.engine.practical.base import Task, TaskGenerator, several_of
from lti_tool.assessment.engine.practical.draw import Draw
from lti_tool.assessment.engine.practical.pools import FIRST_NAMES, TEACHERS
from lti_tool.assessment.engine.worlds import Grid, Node, Properties, Tree, World

RIGHTS = ("aucun accès", "lecture", "commentaire", "modification")
"""From the least to the most; each one includes those before it."""
NOTHING, READ, COMMENT, CHANGE = range(4)
NEEDS = {
    NOTHING: (
        "prépare un autre exposé et ne doit pas voir celui-ci",
        "est dans un autre groupe, qui ne doit rien voir avant l'oral",
        "n'est plus dans le collège",
    ),
    READ: (
        "veut seulement lire le texte pour réviser",
        "affichera le texte au CDI, sans y toucher",
        "lira le texte à voix haute le jour de l'oral",
    ),
    COMMENT: (
        "donne son avis en marge, sans toucher au texte",
        "signale les erreurs à côté du texte et vous laisse les corriger",
        "pose des questions dans la marge",
    ),
    CHANGE: (
        "écrit la deuxième partie du texte",
        "ajoute ses photos dans le document",
        "corrige directement les fautes dans le texte",
    ),
}
AUDIENCES = ("tout le monde", "mes amis", "moi seulement")
WISHES = (
    (
        "Mes publications",
        (
            "n'importe qui peut lire mes articles sur l'astronomie",
            "mes articles sont pour les personnes que j'ai acceptées",
            "mes articles sont un journal que je garde pour moi",
        ),
    ),
    (
        "Ma liste de contacts",
        (
            "je n'ai rien contre le fait qu'un inconnu la lise",
            "ceux qui y figurent peuvent se retrouver entre eux, pas les inconnus",
            "personne d'autre que moi ne la lit",
        ),
    ),
    (
        "Ma date de naissance",
        (
            "elle peut être lue par n'importe qui",
            "je veux des vœux de mes contacts, mais pas d'inconnus",
            "elle ne regarde personne",
        ),
    ),
    (
        "Mes photos du club",
        (
            "elles font connaître le club à tous, et chacun est d'accord",
            "elles sont pour mes contacts, pas pour le reste du monde",
            "je les range ici sans les montrer",
        ),
    ),
    (
        "Ma position",
        (
            "n'importe qui peut la suivre pendant la course solidaire",
            "mes contacts peuvent la suivre pendant la randonnée, pas les autres",
            "elle me sert pour mes itinéraires et n'est montrée à personne",
        ),
    ),
)
BY_LINK = {
    NOTHING: "désactivé",
    READ: "toute personne qui a le lien peut lire",
    CHANGE: "toute personne qui a le lien peut modifier",
}
TOO_MUCH = "Donne plus de droits que nécessaire."
READ_IS_NOT_CHANGE = "Confond le droit de lire ou de commenter et celui de modifier."
NOT_ENOUGH = "Ne donne pas assez de droits pour ce qui est à faire."


@dataclass(frozen=True, slots=True)
class AccessRights(TaskGenerator):
    """A document or a profile with the people around it, and the rights to give or to work out."""

    sort = "access-rights"
    tasks = ("needs", "link", "inherited", "groups", "profile")

    def make(self, where: str, draw: Draw) -> Task:
        return _MAKERS[self.task](where, draw)


def rights_question(where: str, rights: Iterable[tuple[str, int]]) -> Matching:
    """One right to give to each person; a wrong one shows whether it is too much or not enough."""
    pairs = tuple((person, RIGHTS[right]) for person, right in rights)
    refuses = tuple(
        Refusal(person, other, TOO_MUCH if place > RIGHTS.index(right) else NOT_ENOUGH)
        for person, right in pairs
        for place, other in enumerate(RIGHTS)
        if other != right
    )
    return Matching.of(where, pairs, RIGHTS, refuses)


def _needs(where: str, draw: Draw) -> Task:
    """Each one gets the least right that is enough."""
    people = draw.sample(FIRST_NAMES, 5)
    rights = draw.shuffled([NOTHING, READ, COMMENT, CHANGE, draw.pick((READ, COMMENT, CHANGE))])
    needs = {right: draw.shuffled(NEEDS[right]) for right in set(rights)}
    rows = tuple((person, needs[right].pop()) for person, right in zip(people, rights, strict=True))
    world = World((Grid("Qui fait quoi autour de votre exposé", ("Prénom", "Cette personne…"), rows),))
    first = people[rights.index(COMMENT)]
    return Task(world, rights_question(where, zip(people, rights, strict=True)), (("person", first),))


def _link(where: str, draw: Draw) -> Task:
    """Members and a link for whoever has it: who can do this?"""
    owner, editor, reader, linked, stranger = draw.sample(FIRST_NAMES, 5)
    by_link = draw.pick((NOTHING, READ, CHANGE))
    asked = draw.pick((READ, CHANGE)) if by_link != READ else CHANGE
    guests = {editor: CHANGE} if by_link == CHANGE else {editor: CHANGE, reader: READ}
    sharing = Properties(
        "Partage du document « Journal du collège »",
        (
            ("Propriétaire", owner),
            *((f"Invitation de {guest}", f"droit de {RIGHTS[right]}") for guest, right in guests.items()),
            ("Accès par lien", BY_LINK[by_link]),
        ),
    )
    notes = {linked: " (sans invitation, a reçu le lien)", stranger: " (sans invitation, n'a pas le lien)"}
    if reader not in guests:
        notes[reader] = notes[linked]
    wrong = (
        "Oublie ce que règle l'accès par lien." if by_link != NOTHING else "Croit qu'un lien désactivé ouvre encore."
    )
    people = draw.shuffled([owner, editor, reader, linked, stranger])
    rights = {owner: CHANGE, stranger: NOTHING} | guests
    can = {person: rights.get(person, by_link) >= asked for person in people}
    shows = dict.fromkeys(people, wrong) | {reader: wrong if reader not in guests else READ_IS_NOT_CHANGE}
    question = several_of(where, *((person + notes.get(person, ""), can[person], shows[person]) for person in people))
    word = "ouvrir et lire" if asked == READ else "modifier"
    return Task(World((sharing,)), question, (("action", word), ("right", ", ".join(p for p in people if can[p]))))


def _inherited(where: str, draw: Draw) -> Task:
    """A right on a folder counts for all that is in it, and the widest one wins."""
    people = draw.sample(FIRST_NAMES, 5)
    project, sub = draw.pick(
        (("Exposé", "Images"), ("Spectacle", "Textes"), ("Voyage", "Budget"), ("Expo", "Affiches"))
    )
    file = draw.pick(("plan.odt", "liste.ods", "notes.txt", "brouillon.odt"))
    on_project = {people[0]: CHANGE, people[1]: READ, people[2]: READ}
    on_sub = {people[2]: CHANGE, people[3]: draw.pick((READ, COMMENT))}
    on_file = {people[4]: draw.pick((CHANGE, READ)), people[1]: draw.pick((COMMENT, READ))}
    can = {
        person: max(place.get(person, NOTHING) for place in (on_project, on_sub, on_file)) == CHANGE
        for person in people
    }
    shares = Properties(
        "Partages",
        tuple(
            (place, ", ".join(f"{person} ({RIGHTS[right]})" for person, right in given.items()))
            for place, given in (
                (f"Dossier {project}", on_project),
                (f"Dossier {project}/{sub}", on_sub),
                (f"Fichier {file}", on_file),
            )
        ),
    )
    root = Node(project, children=(Node(sub, children=(Node(file, "fichier", folder=False),)),))
    question = several_of(where, *((person, can[person], READ_IS_NOT_CHANGE) for person in draw.shuffled(people)))
    names = ", ".join(person for person in people if can[person])
    return Task(World((Tree("Le dossier partagé", root), shares)), question, (("file", file), ("right", names)))


def _groups(where: str, draw: Draw) -> Task:
    """Rights of groups, and exceptions that win over them."""
    people = draw.sample(FIRST_NAMES, 4)
    teacher = draw.pick(TEACHERS)
    groups = {"Rédaction": CHANGE, "Relecture": COMMENT, "Lecteurs": READ}
    members = {
        people[0]: ("Rédaction", "Lecteurs"),
        people[1]: ("Relecture", "Lecteurs"),
        people[2]: ("Rédaction", "Relecture"),
        people[3]: ("Lecteurs",),
        teacher: ("Relecture", "Lecteurs"),
    }
    limited, raised = draw.pick((people[0], people[2])), draw.pick((people[3], teacher))
    exceptions = {limited: draw.pick((READ, COMMENT)), raised: CHANGE if draw.below(2) else NOTHING}
    rights = [(one, exceptions.get(one, max(groups[group] for group in of))) for one, of in members.items()]
    world = World(
        (
            Grid(
                "Droits des groupes",
                ("Groupe", "Droit"),
                tuple((name, RIGHTS[right]) for name, right in groups.items()),
            ),
            Grid("Membres", ("Personne", "Groupes"), tuple((one, ", ".join(of)) for one, of in members.items())),
            Properties("Exceptions", tuple((one, RIGHTS[right]) for one, right in exceptions.items())),
        )
    )
    return Task(world, rights_question(where, draw.shuffled(rights)), (("person", limited),))


def _profile(where: str, draw: Draw) -> Task:
    """Each setting of a profile follows a wish."""
    chosen = draw.sample(WISHES, 4)
    audiences = [*draw.shuffled((0, 1, 2)), draw.below(3)]
    pairs = tuple((setting, AUDIENCES[place]) for (setting, _), place in zip(chosen, audiences, strict=True))
    wishes = tuple((setting, words[place]) for (setting, words), place in zip(chosen, audiences, strict=True))
    refuses = tuple(
        Refusal(
            setting,
            other,
            "Montre à plus de monde que voulu."
            if AUDIENCES.index(other) < AUDIENCES.index(right)
            else "Cache à des personnes qui devaient voir.",
        )
        for setting, right in pairs
        for other in AUDIENCES
        if other != right
    )
    world = World((Grid("Ce que vous voulez", ("Réglage", "Votre souhait"), wishes),))
    return Task(
        world, Matching.of(where, pairs, AUDIENCES, refuses), (("setting", pairs[0][0]), ("right", pairs[0][1]))
    )


_MAKERS: dict[str, Callable[[str, Draw], Task]] = {
    "needs": _needs,
    "link": _link,
    "inherited": _inherited,
    "groups": _groups,
    "profile": _profile,
}
