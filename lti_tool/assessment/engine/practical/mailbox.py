"""Sort `mailbox`: a pupil's messages, to find, sort, filter, or to tell apart from traps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lti_tool.assessment.engine.kinds.lists import Matching, Refusal
from lti_tool.assessment.engine.kinds.texts import Expected, Field, Refused, SeveralFields
from lti_tool.assessment.engine.practical.base import Task, TaskGenerator, number, one_of, several_of
from lti_tool.assessment.engine.practical.draw import Draw
from lti_tool.assessment.engine.practical.mails import (
    ADVERTS,
    CLUB,
    SCHOOL,
    TRAPS,
    UNWANTED,
    address_of,
    filled,
    harmless,
)
from lti_tool.assessment.engine.practical.pools import DAYS, FIRST_NAMES, MONTHS, SURNAMES, TEACHERS
from lti_tool.assessment.engine.worlds import Mailbox, Message, Properties, World

FOLDERS = ("Collège", "Club", "Publicité", "Indésirables")


@dataclass(frozen=True, slots=True)
class MailboxSort(TaskGenerator):
    """A mailbox of a few messages."""

    sort = "mailbox"
    tasks = (
        "find",
        "sort",
        "reply-all",
        "rule",
        "thread",
        "copies",
        "trap-sender",
        "trap-link",
        "trap-urgent",
        "traps",
    )

    def make(self, where: str, draw: Draw) -> Task:
        return _MAKERS[self.task](where, draw)


def _world(messages: Sequence[Message], caption: str = "Boîte de réception") -> World:
    return World((Mailbox(caption, tuple(replace(each, number=n) for n, each in enumerate(messages, 1))),))


def _numbered(messages: Sequence[Message], message: Message) -> int:
    return messages.index(message) + 1


def _find(where: str, draw: Draw) -> Task:
    """The one message that says when something happens, among others that speak of it."""
    del where
    outing = draw.pick(("la sortie au musée", "la visite du théâtre", "la sortie à la ferme", "la visite de la mairie"))
    teacher, other = draw.sample(TEACHERS, 2)
    hour = f"{draw.pick((8, 9, 13))} h {draw.pick((15, 30, 45))}"
    right = Message(
        0,
        teacher,
        address_of(teacher),
        f"À propos de {outing}",
        "mardi",
        f"Bonjour, pour {outing}, rendez-vous devant la grille à {hour}. Apportez un carnet.",
    )
    bill = Message(
        0, "Intendance", "intendance@college.example", f"Paiement de {outing}", "lundi",
        f"Bonjour, le paiement de {outing} est à remettre au bureau de l'intendance avant vendredi.",
    )  # fmt: skip
    thanks = Message(
        0, other, address_of(other), "Merci à tous", "jeudi",
        f"Bonjour, je ne pourrai pas vous accompagner à {outing}. Racontez-moi tout lundi à 8 h 30.",
    )  # fmt: skip
    messages = draw.shuffled([right, bill, thanks, *harmless(draw, 3)])
    question = number(
        _numbered(messages, right),
        (_numbered(messages, bill), "S'arrête au premier message qui parle de la sortie : c'est celui du paiement."),
        (_numbered(messages, thanks), "Prend une heure qui parle d'autre chose."),
    )
    words = (("outing", outing), ("right", str(_numbered(messages, right))), ("hour", hour))
    return Task(_world(messages), question, words)


def _sort(where: str, draw: Draw) -> Task:
    """Each message goes to a folder."""
    chosen = [
        (draw.pick(pool), folder) for pool, folder in zip((SCHOOL, CLUB, ADVERTS, UNWANTED), FOLDERS, strict=True)
    ]
    more = draw.pick((0, 1))
    chosen += [(draw.pick([each for each in (SCHOOL, CLUB)[more] if each != chosen[more][0]]), FOLDERS[more])]
    mixed = draw.shuffled(chosen)
    messages = [filled(template, draw) for template, _ in mixed]
    pairs = tuple((f"Message {n}", folder) for n, (_, folder) in enumerate(mixed, 1))
    shows = {
        ("Indésirables", "Publicité"): "Prend une tentative d'escroquerie pour une simple publicité.",
        ("Publicité", "Indésirables"): "Prend une publicité à laquelle on s'est abonné pour une escroquerie.",
        ("Club", "Collège"): "Se fie au sujet sans regarder qui écrit.",
        ("Collège", "Club"): "Se fie au sujet sans regarder qui écrit.",
    }
    refuses = tuple(
        Refusal(line, wrong, words) for line, right in pairs for (of, wrong), words in shows.items() if of == right
    )
    return Task(_world(messages), Matching.of(where, pairs, FOLDERS, refuses), ())


def _reply_all(where: str, draw: Draw) -> Task:
    """Who gets the answer if one replies to all?"""
    sender, *others = draw.sample(FIRST_NAMES, 6)
    subject = draw.pick(("Exposé de vendredi", "Répétition", "Matériel pour jeudi"))
    message = Message(
        1,
        sender,
        address_of(sender),
        subject,
        "mercredi",
        "Salut, est-ce que tout le monde est d'accord pour demain ?",
        to=f"vous, {address_of(others[0])}, {address_of(others[1])}",
        copies=address_of(others[2]),
    )
    get = [sender, *others[:3]]
    shows = "Ne voit pas que cette personne n'est ni expéditrice, ni destinataire, ni en copie."
    options = [(address_of(each), each in get, shows) for each in draw.shuffled([sender, *others])]
    names = ", ".join(address_of(each) for each in get)
    return Task(
        _world([message], "Le message reçu"), several_of(where, *options), (("sender", sender), ("right", names))
    )


def _rule(where: str, draw: Draw) -> Task:
    """A filter's rule with two conditions: what does it move?"""
    teacher, other = draw.sample(TEACHERS, 2)
    word = draw.pick(("devoir", "sortie", "photo", "réunion"))
    subjects = [
        (teacher, f"Le {word} de lundi" if word == "devoir" else f"La {word} de lundi", True),
        (teacher, f"Rappel : {word} reportée" if word != "devoir" else f"Rappel : {word} reporté", True),
        (teacher, "Emploi du temps de la semaine", False),
        (other, f"Une {word} à préparer" if word != "devoir" else f"Un {word} à préparer", False),
        (other, "Bienvenue", False),
    ]
    if draw.below(2):
        subjects[1] = (teacher, "Un mot pour vos parents", False)
    mixed = draw.shuffled(subjects)
    messages = [
        Message(0, sender, address_of(sender), subject, draw.pick(DAYS), f"Bonjour. {_body(subject, word)}")
        for sender, subject, _ in mixed
    ]
    options = [
        (
            f"Message {n}",
            moved,
            "Oublie la condition sur le sujet." if sender == teacher else "Oublie la condition sur l'expéditeur.",
        )
        for n, (sender, _, moved) in enumerate(mixed, 1)
    ]
    words = (
        ("address", address_of(teacher)),
        ("word", word),
        ("right", ", ".join(text for text, moved, _ in options if moved)),
    )
    return Task(_world(messages), several_of(where, *options), words)


def _body(subject: str, word: str) -> str:
    """A text that has the word where the subject has not: the rule looks at the subject only."""
    return "Tout est dit dans le sujet." if word in subject else f"Il y sera aussi question de {word}."


def _thread(where: str, draw: Draw) -> Task:
    """A date and a place that change twice: what counts in the end?"""
    del where
    ana, ben, chief = draw.sample(FIRST_NAMES, 3)
    days = draw.sample(DAYS, 3)
    places = draw.sample(("CDI", "gymnase", "préau", "foyer", "amphithéâtre"), 3)
    subject = draw.pick(("Répétition", "Réunion du journal", "Tournoi d'échecs"))
    hours = draw.sample((12, 13, 16, 17), 2)
    steps = [
        (ana, "09:10", f"On se voit {days[0]} à {hours[0]} h, lieu habituel : {places[0]}."),
        (ben, "09:32", f"Je ne peux pas {days[0]}. Plutôt {days[1]} ?"),
        (ana, "10:05", f"D'accord pour {days[1]}, même heure. Le lieu est pris, allons ici : {places[1]}."),
        (ben, "10:20", f"Parfait. Et si c'est fermé, on ira là : {places[2]}."),
        (chief, "11:47", f"Bonne nouvelle, c'est ouvert. Mais je ne suis libre qu'à {hours[1]} h : je décale, merci !"),
        (ana, "12:01", "C'est noté, j'ai prévenu tout le monde."),
    ]
    messages = [Message(0, who, address_of(who), f"Re : {subject}", when, text) for who, when, text in steps]
    fields = SeveralFields(
        (
            _field("jour", "Jour", days[1], (days[0], "S'arrête à la première proposition.")),
            _field(
                "lieu",
                "Lieu",
                places[1],
                (places[0], "Garde le premier lieu."),
                (places[2], "Prend le lieu de secours."),
            ),
            _field("heure", "Heure", str(hours[1]), (str(hours[0]), "Ne voit pas que l'heure a changé à la fin.")),
        )
    )
    right = f"{days[1]}, {places[1]}, {hours[1]} h"
    return Task(
        _world(messages, "La conversation, du plus ancien au plus récent"),
        fields,
        (("subject", subject), ("right", right)),
    )


def _field(name: str, label: str, answer: str, *wrong: tuple[str, str]) -> Field:
    accepts = (
        (answer, f"le {answer}", f"au {answer}")
        if name != "heure"
        else (answer, f"{answer}h", f"{answer}h00", f"{answer}:00")
    )
    refuses = tuple(Refused(text, shows) for text, shows in wrong)
    return Field(name, label, Expected(accepts, frozenset({"t1"}), refuses))


def _copies(where: str, draw: Draw) -> Task:
    """To, Cc or Bcc: which field for whom?"""
    parent, friend, teacher = draw.sample(SURNAMES, 3)
    teacher = draw.pick(("M. ", "Mme ")) + teacher
    cases = draw.sample(
        (
            (f"{draw.pick(FIRST_NAMES)} {friend}, qui doit vous répondre", "À"),
            (f"la mairie (service de {draw.pick(('la culture', 'la jeunesse'))}), à qui vous posez la question", "À"),
            (f"{teacher}, qui suit le projet et que tous peuvent voir en copie", "Cc"),
            ("votre délégué, informé sans avoir à répondre, au vu de tous", "Cc"),
            (
                f"les {draw.between(20, 60)} parents, qui ne se connaissent pas et dont l'adresse ne doit pas être vue",
                "Cci",
            ),
            (f"la famille {parent}, qui lit le message sans que les autres le sachent", "Cci"),
        ),
        5,
    )
    refuses = tuple(
        Refusal(text, wrong, "Montre à tous des adresses qui devaient rester cachées.")
        for text, right in cases
        for wrong in ("À", "Cc")
        if right == "Cci"
    ) + tuple(
        Refusal(text, "À" if right == "Cc" else "Cc", "Confond le destinataire, qui agit, et la copie, qui informe.")
        for text, right in cases
        if right != "Cci"
    )
    date = f"{draw.between(2, 28)} {draw.pick(MONTHS)}"
    form = Properties("Votre message", (("À", "…"), ("Cc", "…"), ("Cci", "…"), ("Objet", f"Fête du {date}")))
    return Task(World((form,)), Matching.of(where, tuple(cases), ("À", "Cc", "Cci"), refuses), (("date", date),))


def _one_trap(draw: Draw, where: str, sorts: tuple[str, ...]) -> Task:
    trap = draw.pick([each for each in TRAPS if each.sort in sorts])
    bait = filled(trap.message, draw)
    messages = draw.shuffled([bait, *harmless(draw, 4)])
    right = f"Message {_numbered(messages, bait)}"
    wrong = [
        (f"Message {n}", "Ne trouve rien de suspect dans le vrai piège.")
        for n in range(1, 6)
        if f"Message {n}" != right
    ]
    return Task(_world(messages), one_of(where, right, *wrong), (("right", right), ("clue", trap.clue)))


def _trap_sender(where: str, draw: Draw) -> Task:
    return _one_trap(draw, where, ("sender",))


def _trap_link(where: str, draw: Draw) -> Task:
    return _one_trap(draw, where, ("link",))


def _trap_urgent(where: str, draw: Draw) -> Task:
    return _one_trap(draw, where, ("urgent",))


def _traps(where: str, draw: Draw) -> Task:
    """Two or three traps of different sorts among real messages."""
    sorts = draw.sample(("sender", "link", "attachment"), draw.between(2, 3))
    traps = [draw.pick([each for each in TRAPS if each.sort == sort]) for sort in sorts]
    baits = [filled(trap.message, draw) for trap in traps]
    messages = draw.shuffled([*baits, *harmless(draw, 6 - len(baits))])
    options = [
        (f"Message {n}", message in baits, "Prend un message ordinaire pour un piège.")
        for n, message in enumerate(messages, 1)
    ]
    clues = " ".join(trap.clue for trap in traps)
    right = ", ".join(text for text, is_bait, _ in options if is_bait)
    return Task(_world(messages), several_of(where, *options), (("right", right), ("clue", clues)))


_MAKERS: dict[str, Callable[[str, Draw], Task]] = {
    "find": _find,
    "sort": _sort,
    "reply-all": _reply_all,
    "rule": _rule,
    "thread": _thread,
    "copies": _copies,
    "trap-sender": _trap_sender,
    "trap-link": _trap_link,
    "trap-urgent": _trap_urgent,
    "traps": _traps,
}
