"""The messages of which mailboxes are made: ordinary ones, adverts, unwanted ones, and traps with what betrays them."""

from dataclasses import dataclass, replace

from lti_tool.assessment.engine.practical.draw import Draw
from lti_tool.assessment.engine.practical.pools import DAYS, FIRST_NAMES, MONTHS, TEACHERS, TOWNS, plain
from lti_tool.assessment.engine.typography import typographic
from lti_tool.assessment.engine.worlds import Link, Message

SCHOOL_DOMAIN = "college.example"


@dataclass(frozen=True, slots=True)
class Trap:
    """A trap and the one clue that betrays it; `sort` says where the clue is."""

    sort: str
    message: Message
    clue: str


def _mail(
    sender: str, address: str, subject: str, body: str, links: tuple[Link, ...] = (), attachments: tuple[str, ...] = ()
) -> Message:
    return Message(0, sender, address, subject, "{day}", body, links, attachments)


SCHOOL = (
    _mail(
        "{teacher}", "{teacher-address}", "Devoir pour {day}",
        "Bonjour, le devoir porte sur les leçons 3 et 4. Apportez votre calculatrice.",
    ),
    _mail(
        "Vie scolaire", "vie-scolaire@college.example", "Absence de {teacher}",
        "Bonjour, le cours de {day} matin n'aura pas lieu. Vous pouvez aller en permanence.",
    ),
    _mail(
        "CDI", "cdi@college.example", "Livre à rendre",
        "Bonjour, le livre emprunté en {month} est à rendre cette semaine. Merci !",
    ),
    _mail(
        "{teacher}", "{teacher-address}", "Correction du contrôle",
        "Bonjour, la correction est dans le casier de la classe.", attachments=("correction.pdf",),
    ),
    _mail(
        "Direction", "direction@college.example", "Photo de classe",
        "Bonjour, la photo de classe aura lieu {day}. Soyez à l'heure.",
    ),
)  # fmt: skip
CLUB = (
    _mail(
        "Club d'escalade", "contact@escalade-{town}.example", "Entraînement",
        "Bonjour à tous, l'entraînement de {day} est avancé à 17 h.",
    ),
    _mail(
        "Club d'échecs", "contact@echecs-{town}.example", "Devoir de vacances",
        "Bonjour, un problème d'échecs à résoudre avant {day} : mat en trois coups !",
    ),
    _mail(
        "{name}, club de judo", "contact@judo-{town}.example", "Photo de groupe",
        "Bonjour, pensez à votre kimono {day} : nous ferons la photo de groupe.",
    ),
)  # fmt: skip
ADVERTS = (
    _mail(
        "Librairie de la Place", "lettre@librairie-place.example", "Notre sélection de {month}",
        "Vous recevez cette lettre car vous vous y êtes abonné. Dix romans à découvrir en magasin.",
        (Link("Se désabonner", "https://librairie-place.example/lettre/arret"),),
    ),
    _mail(
        "Cinéma Le Rex", "lettre@cinema-rex.example", "Le programme de la semaine",
        "Trois films à l'affiche dès {day}. Vous êtes abonné à cette lettre.",
        (Link("Ne plus recevoir", "https://cinema-rex.example/lettre/arret"),),
    ),
    _mail(
        "Sport et Loisirs", "lettre@sport-loisirs.example", "Moins 20 % sur les ballons",
        "Comme abonné à notre lettre, profitez de la remise jusqu'à {day}.",
        (Link("Se désabonner", "https://sport-loisirs.example/desabonnement"),),
    ),
)  # fmt: skip
UNWANTED = (
    _mail(
        "Grande Loterie", "gagnant@prix-7731.example", "Vous avez gagné un téléphone !",
        "Félicitations ! Envoyez vite votre adresse, votre date de naissance et 2 € de frais.",
    ),
    _mail(
        "Un ami", "x9k2@courrier-libre.example", "Urgent",
        "J'ai un gros problème, achetez pour moi des cartes cadeaux et envoyez les codes, je vous expliquerai.",
    ),
    _mail(
        "Service du compte", "alerte@verif-compte-eleve.example", "Compte fermé dans 1 heure",
        "Répondez à ce message avec votre mot de passe pour garder votre compte.",
    ),
)  # fmt: skip
TRAPS = (
    Trap(
        "urgent",
        _mail(
            "Support messagerie", "support@aide-messagerie-{digits}.example", "DERNIER AVERTISSEMENT",
            "Votre compte sera supprimé ce soir ! Répondez tout de suite avec votre mot de passe pour le sauver.",
        ),
        "Il presse et demande un mot de passe, ce qu'aucun service ne fait.",
    ),
    Trap(
        "urgent",
        _mail(
            "Concours {month}", "resultat@concours-{digits}.example", "Bravo, vous êtes le gagnant !",
            "Vous avez gagné une console. Payez 1,99 € de livraison dans l'heure, sinon le lot est perdu.",
        ),
        "Il annonce un gain à un concours auquel vous n'avez pas participé et demande de payer vite.",
    ),
    Trap(
        "urgent",
        _mail(
            "{name}", "{plain-name}{digits}@courrier-libre.example", "Aide-moi vite",
            "C'est moi, j'ai changé d'adresse. Envoie-moi le code que tu viens de recevoir par SMS, c'est urgent !",
        ),
        "Il demande, en pressant, un code qui n'est que pour vous.",
    ),
    Trap(
        "sender",
        _mail(
            "Vie scolaire", "vie-scolaire@college.example.verif-{digits}.example", "Fiche à compléter",
            "Bonjour, merci de répondre avec votre adresse et le téléphone de vos parents.",
        ),
        "Le nom affiché est celui de la vie scolaire, mais l'adresse finit par un autre nom de domaine.",
    ),
    Trap(
        "sender",
        _mail(
            "Direction", "direction@co11ege.example", "Mise à jour de votre dossier",
            "Bonjour, envoyez une photo de votre carte d'identité avant {day}.",
        ),
        "Dans l'adresse, des chiffres remplacent des lettres : co11ege n'est pas college.",
    ),
    Trap(
        "sender",
        _mail(
            "{teacher}", "{plain-teacher}.college@courrier-libre.example", "Notes du trimestre",
            "Bonjour, je vous écris de mon adresse personnelle : renvoyez-moi votre identifiant et vos codes.",
        ),
        "Le nom affiché est connu, mais l'adresse n'est pas celle du collège.",
    ),
    Trap(
        "link",
        _mail(
            "CDI", "cdi@college.example", "Réservation disponible",
            "Bonjour, votre livre est arrivé. Connectez-vous pour choisir l'heure.",
            (Link("https://ent.college.example/cdi", "https://ent-college-example.connexion-{digits}.example/cdi"),),
        ),
        "Le texte du lien montre une adresse du collège, mais il mène à un autre nom de domaine.",
    ),
    Trap(
        "link",
        _mail(
            "Vie scolaire", "vie-scolaire@college.example", "Justificatif d'absence",
            "Bonjour, déposez votre justificatif avec le lien ci-dessous.",
            (Link("Déposer le justificatif", "http://justificatif.{digits}-depot.example/ent.college.example/"),),
        ),
        "Le nom du collège n'est que dans la fin de l'adresse du lien : le site est un autre.",
    ),
    Trap(
        "link",
        _mail(
            "{teacher}", "{teacher-address}", "Exercices en ligne",
            "Bonjour, faites les exercices avant {day}. Le lien demande le mot de passe de l'ENT.",
            (Link("ent.college.example/exercices", "https://ent.co1lege.example/exercices-{digits}"),),
        ),
        "Dans l'adresse du lien, un chiffre remplace une lettre : co1lege n'est pas college.",
    ),
    Trap(
        "attachment",
        _mail(
            "Intendance", "intendance@college.example", "Facture impayée",
            "Bonjour, ouvrez vite la facture ci-jointe et suivez les instructions.",
            attachments=("facture-{digits}.pdf.exe",),
        ),
        "La pièce jointe finit par .exe : c'est un programme et non un document.",
    ),
    Trap(
        "attachment",
        _mail(
            "{name}", "{plain-name}@{town}-courriel.example", "Nos photos",
            "Salut, ouvre le fichier et autorise les macros pour voir les photos.",
            attachments=("photos-{month}.xlsm",),
        ),
        "Le fichier joint contient des macros, c'est-à-dire des programmes, et demande de les autoriser.",
    ),
)  # fmt: skip


def address_of(name: str) -> str:
    """The school's address of a person: "Mme Aubry" is mme.aubry@college.example."""
    return f"{plain(name.replace('. ', ' ')).replace('-', '.')}@{SCHOOL_DOMAIN}"


def filled(template: Message, draw: Draw) -> Message:
    """The message with its words drawn."""
    teacher, name = draw.pick(TEACHERS), draw.pick(FIRST_NAMES)
    words = {
        "{day}": draw.pick(DAYS),
        "{month}": draw.pick(MONTHS),
        "{town}": plain(draw.pick(TOWNS)),
        "{teacher}": teacher,
        "{teacher-address}": address_of(teacher),
        "{plain-teacher}": plain(teacher.split()[-1]),
        "{name}": name,
        "{plain-name}": plain(name),
        "{digits}": str(draw.between(100, 999)),
    }

    def fill(text: str) -> str:
        for word, value in words.items():
            text = text.replace(word, value)
        return text

    return replace(
        template,
        sender=fill(template.sender),
        address=fill(template.address),
        subject=typographic(fill(template.subject)),
        when=fill(template.when),
        body=typographic(fill(template.body)),
        links=tuple(Link(fill(link.text), fill(link.target)) for link in template.links),
        attachments=tuple(fill(each) for each in template.attachments),
    )


def harmless(draw: Draw, count: int) -> list[Message]:
    """That many ordinary messages, all different."""
    return [filled(template, draw) for template in draw.sample((*SCHOOL, *CLUB, *ADVERTS), count)]
