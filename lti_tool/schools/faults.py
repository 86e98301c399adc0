"""What can be wrong with a file of learners: stable codes, and what a school secretary is told to do."""

from __future__ import annotations

from dataclasses import dataclass

from lti_tool.errors import N_

INVALID_FILE = "INVALID_FILE"
ENCODING_NOT_SUPPORTED = "ENCODING_NOT_SUPPORTED"
UAI_MISMATCHED = "UAI_MISMATCHED"
EMPTY = "EMPTY"
TOO_LARGE = "PAYLOAD_TOO_LARGE"
IMPORT_RUNNING = "IMPORT_RUNNING"
TOO_MANY_DEACTIVATIONS = "TOO_MANY_DEACTIVATIONS"
TOO_MANY_FAULTS = "TOO_MANY_FAULTS"
INE_REQUIRED = "INE_REQUIRED"
INE_UNIQUE = "INE_UNIQUE"
LAST_NAME_REQUIRED = "LAST_NAME_REQUIRED"
FIRST_NAME_REQUIRED = "FIRST_NAME_REQUIRED"
SEX_CODE_REQUIRED = "SEX_CODE_REQUIRED"
BIRTHDATE_REQUIRED = "BIRTHDATE_REQUIRED"
INVALID_BIRTHDATE_FORMAT = "INVALID_BIRTHDATE_FORMAT"
INVALID_BIRTHDATE = "INVALID_BIRTHDATE"
BIRTH_CITY_CODE_REQUIRED = "BIRTH_CITY_CODE_REQUIRED_FOR_FR_STUDENT"
INVALID_CHAR_DETECTED = "INVALID_CHAR_DETECTED"
BAD_CSV_FORMAT = "BAD_CSV_FORMAT"
HEADER_REQUIRED = "HEADER_REQUIRED"
HEADER_UNKNOWN = "HEADER_UNKNOWN"
HEADER_TWICE = "HEADER_UNIQUE"
IDENTIFIER_UNIQUE = "IDENTIFIER_UNIQUE"
FIELD_REQUIRED = "FIELD_REQUIRED"
FIELD_MIN_LENGTH = "FIELD_MIN_LENGTH"
FIELD_MAX_LENGTH = "FIELD_MAX_LENGTH"
FIELD_DATE_FORMAT = "FIELD_DATE_FORMAT"
FIELD_BAD_VALUES = "FIELD_BAD_VALUES"
INSEE_CODE_INVALID = "INSEE_CODE_INVALID"

_MESSAGES = {
    INVALID_FILE: N_(
        "Ce fichier n’est pas l’export « Élèves sans adresses » de SIECLE. Exportez-le de SIECLE au format XML, "
        "puis importez le fichier tel quel."
    ),
    ENCODING_NOT_SUPPORTED: N_(
        "L’encodage du fichier n’est pas reconnu. Importez le fichier tel que le logiciel l’a donné, sans l’ouvrir "
        "avant."
    ),
    UAI_MISMATCHED: N_(
        "Ce fichier n’est pas celui de votre établissement : l’UAI (UAJ) qu’il contient n’est pas le vôtre."
    ),
    EMPTY: N_(
        "Aucun élève ne peut être importé : chaque élève a besoin d’un INE et d’une classe. "
        "Vérifiez l’export dans SIECLE."
    ),
    TOO_LARGE: N_("Le fichier est trop volumineux. Importez l’export d’un seul établissement."),
    IMPORT_RUNNING: N_(
        "Un autre import est en cours pour votre établissement. Attendez qu’il finisse, puis recommencez."
    ),
    TOO_MANY_DEACTIVATIONS: N_(
        "Plus d’un élève sur cinq serait désactivé. Vérifiez que le fichier est complet ; s’il l’est, "
        "confirmez l’import."
    ),
    TOO_MANY_FAULTS: N_("Il y a d’autres erreurs plus loin. Corrigez d’abord celles-ci."),
    INE_REQUIRED: N_("L’INE manque. Complétez-le dans SIECLE."),
    INE_UNIQUE: N_("Cet INE est déjà celui d’un autre élève du fichier. Corrigez-le dans SIECLE."),
    LAST_NAME_REQUIRED: N_("Le nom de famille manque. Complétez-le dans SIECLE."),
    FIRST_NAME_REQUIRED: N_("Le prénom manque. Complétez-le dans SIECLE."),
    SEX_CODE_REQUIRED: N_("Le code sexe manque. Complétez-le dans SIECLE."),
    BIRTHDATE_REQUIRED: N_("La date de naissance manque. Complétez-la dans SIECLE."),
    INVALID_BIRTHDATE_FORMAT: N_("La date de naissance n’est pas une date (JJ/MM/AAAA). Corrigez-la dans SIECLE."),
    INVALID_BIRTHDATE: N_("La date de naissance est à venir ou remonte à plus d’un siècle. Corrigez-la."),
    BIRTH_CITY_CODE_REQUIRED: N_(
        "L’élève est né en France : le code de sa commune de naissance manque. Complétez-le dans SIECLE."
    ),
    INVALID_CHAR_DETECTED: N_("Un nom contient des caractères illisibles. Corrigez-le dans le logiciel d’origine."),
    BAD_CSV_FORMAT: N_(
        "Ce fichier n’est pas un tableau CSV lisible : ses colonnes doivent être séparées par des points-virgules ou "
        "des virgules. Exportez-le de nouveau au format CSV."
    ),
    HEADER_REQUIRED: N_("La colonne « %(column)s » manque. Ajoutez-la à la première ligne du fichier."),
    HEADER_UNKNOWN: N_("La colonne « %(column)s » est inconnue. Retirez-la, ou corrigez son nom."),
    HEADER_TWICE: N_("La colonne « %(column)s » s’y trouve deux fois. Retirez-en une."),
    IDENTIFIER_UNIQUE: N_("Cet identifiant est déjà celui d’un autre élève du fichier. Corrigez-le."),
    FIELD_REQUIRED: N_("La case « %(column)s » est vide. Complétez-la."),
    FIELD_MIN_LENGTH: N_("La case « %(column)s » est trop courte. Corrigez-la."),
    FIELD_MAX_LENGTH: N_("Une information dépasse la longueur permise. Corrigez-la."),
    FIELD_DATE_FORMAT: N_("La case « %(column)s » n’est pas une date (JJ/MM/AAAA). Corrigez-la."),
    FIELD_BAD_VALUES: N_("La case « %(column)s » ne contient pas une valeur permise. Corrigez-la."),
    INSEE_CODE_INVALID: N_("La case « %(column)s » n’est pas un code INSEE. Corrigez-la."),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. `line` is that of the file, `ine` and `pupil` the learner's where known.

    `message` is the French sentence; `sentence` its message id, which may have a place for `column`, the heading of
    the cell that is meant. Nothing here may be logged but the code.
    """

    code: str
    line: int | None = None
    ine: str | None = None
    message: str = ""
    pupil: str | None = None
    column: str | None = None

    def __post_init__(self) -> None:
        for name in ("ine", "pupil", "column"):  # from the file, as it is
            value = getattr(self, name)
            if value is not None and not value.isprintable():
                object.__setattr__(self, name, printable(value))
        if not self.message:
            object.__setattr__(self, "message", self.sentence % {"column": self.column})

    @property
    def sentence(self) -> str:
        """The message id."""
        if not self.message or self.column is not None:
            return _MESSAGES[self.code]
        return self.message


def printable(text: str) -> str:
    """The text with a sign in the place of each character that no page shows: some end a line, or a text in C."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


class FileError(Exception):
    """The file cannot be read at all, or no further."""

    def __init__(self, code: str, message: str = "", line: int | None = None) -> None:
        self.fault = Fault(code, line, None, message)
        super().__init__(code)
