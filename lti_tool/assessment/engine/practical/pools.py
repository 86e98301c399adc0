"""Names and things of which the worlds of practical items are made: invented people, plain school life, no brand."""

from lti_tool.assessment.engine.tolerances import folded

FIRST_NAMES = (
    "Adam", "Aïcha", "Alice", "Amine", "Anaïs", "Arthur", "Camille", "Chloé", "Clément", "Diane", "Elsa", "Emma",
    "Enzo", "Fatou", "Gabin", "Hugo", "Inès", "Jade", "Jules", "Kenza", "Léa", "Léo", "Lina", "Louis", "Lucie",
    "Maël", "Malik", "Manon", "Marius", "Mila", "Nael", "Nina", "Noé", "Nora", "Oscar", "Paul", "Rania", "Robin",
    "Rose", "Sacha", "Salomé", "Samir", "Sofia", "Théo", "Tom", "Valentin", "Yanis", "Yasmine", "Zoé",
)  # fmt: skip
SURNAMES = (
    "Aubert", "Barbier", "Benali", "Bonnet", "Carpentier", "Chevalier", "Colin", "Costa", "Delmas", "Diallo", "Dupré",
    "Fabre", "Ferrand", "Fontaine", "Garnier", "Giraud", "Haddad", "Hoarau", "Jacquet", "Keller", "Lacroix", "Lemoine",
    "Lopez", "Marchand", "Mercier", "Moreau", "Nguyen", "Perrin", "Prigent", "Renaud", "Rossi", "Roussel", "Sanchez",
    "Tessier", "Traoré", "Vasseur", "Vidal", "Weber",
)  # fmt: skip
TEACHERS = (
    "Mme Aubry", "M. Berger", "Mme Castel", "M. Dufour", "Mme Evrard", "M. Gallet", "Mme Hubert", "M. Klein",
    "Mme Leroy", "M. Masson", "Mme Pires", "M. Rigaud",
)  # fmt: skip
DIVISIONS = ("6e A", "6e B", "5e A", "5e B", "4e A", "4e B", "3e A", "3e B")
TOWNS = (
    "Angers", "Bayonne", "Bourges", "Brest", "Chambéry", "Colmar", "Dieppe", "Épinal", "Foix", "Gap", "La Rochelle",
    "Le Mans", "Limoges", "Mâcon", "Nevers", "Nîmes", "Quimper", "Rodez", "Saint-Denis", "Troyes", "Valence", "Vannes",
)  # fmt: skip
SUBJECTS = ("anglais", "espagnol", "français", "histoire", "maths", "musique", "physique", "SVT", "technologie")
BOOK_BEGINNINGS = (
    "Le Secret", "La Nuit", "Le Chant", "Les Gardiens", "Le Voyage", "La Forêt", "Le Phare", "Les Enfants", "La Carte",
    "Le Dernier Jour", "Les Ombres", "Le Jardin", "La Rivière", "Le Trésor",
)  # fmt: skip
BOOK_ENDINGS = (
    "de l'île", "du pirate", "des loups", "sous la neige", "de Samarcande", "du désert", "de minuit", "des étoiles",
    "au bord du monde", "de la vallée", "du grand nord", "des oiseaux", "de verre", "sans nom", "du renard",
)  # fmt: skip
GENRES = ("BD", "conte", "documentaire", "manga", "poésie", "roman", "théâtre")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi")


def plain(text: str) -> str:
    """The text as it stands in an address or a file's name: lower case, no accents, no spaces."""
    return "".join(char if char.isalnum() else "-" for char in folded(text.replace(" ", "-"), {"t1"})).strip("-")
