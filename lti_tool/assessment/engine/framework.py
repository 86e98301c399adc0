"""The national framework of digital competences (CRCN) as data: five domains, sixteen competences, official titles.

Source: décret n° 2019-919 du 30 août 2019, restated in `facts/crcn.md`.
"""

from dataclasses import dataclass

LEVELS = range(1, 7)
"""Levels of mastery a skill can have; what each means stands in `facts/crcn.md`."""


@dataclass(frozen=True, slots=True)
class Competence:
    """One of the sixteen competences. `short_title` fits a narrow column or the label of a circle."""

    code: str
    title: str
    short_title: str

    @property
    def domain_code(self) -> str:
        """Code of the domain it belongs to: "1" for "1.3"."""
        return self.code.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Domain:
    """One of the five domains, with its competences in the framework's order."""

    code: str
    title: str
    competences: tuple[Competence, ...]


DOMAINS = (
    Domain(
        "1",
        "Informations et données",
        (
            Competence("1.1", "Mener une recherche et une veille d'information", "Recherche et veille"),
            Competence("1.2", "Gérer des données", "Gérer des données"),
            Competence("1.3", "Traiter des données", "Traiter des données"),
        ),
    ),
    Domain(
        "2",
        "Communication et collaboration",
        (
            Competence("2.1", "Interagir", "Interagir"),
            Competence("2.2", "Partager et publier", "Partager et publier"),
            Competence("2.3", "Collaborer", "Collaborer"),
            Competence("2.4", "S'insérer dans le monde numérique", "Monde numérique"),
        ),
    ),
    Domain(
        "3",
        "Création de contenus",
        (
            Competence("3.1", "Développer des documents textuels", "Documents textuels"),
            Competence("3.2", "Développer des documents multimédia", "Documents multimédia"),
            Competence("3.3", "Adapter les documents à leur finalité", "Adapter les documents"),
            Competence("3.4", "Programmer", "Programmer"),
        ),
    ),
    Domain(
        "4",
        "Protection et sécurité",
        (
            Competence("4.1", "Sécuriser l'environnement numérique", "Sécuriser"),
            Competence("4.2", "Protéger les données personnelles et la vie privée", "Données personnelles"),
            Competence("4.3", "Protéger la santé, le bien-être et l'environnement", "Santé et environnement"),
        ),
    ),
    Domain(
        "5",
        "Environnement numérique",
        (
            Competence("5.1", "Résoudre des problèmes techniques", "Problèmes techniques"),
            Competence("5.2", "Évoluer dans un environnement numérique", "Environnement numérique"),
        ),
    ),
)

COMPETENCES = {competence.code: competence for domain in DOMAINS for competence in domain.competences}
"""The sixteen competences by code, in the framework's order."""


def competence(code: str) -> Competence:
    """The competence with this code. Raises KeyError for a code outside the framework."""
    return COMPETENCES[code]


def domain(code: str) -> Domain:
    """The domain with this code. Raises KeyError for a code outside the framework."""
    return _DOMAINS_BY_CODE[code]


_DOMAINS_BY_CODE = {each.code: each for each in DOMAINS}
