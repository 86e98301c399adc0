"""Every reason for which a login or a launch is refused: its code, status, clause, and what the person reads.

The table is the policy: 400 malformed or missing, 401 signature, identity, time, nonce or audience, 403 role or
deployment not allowed, 404 unknown address, 503 the platform's keys cannot be had. The page never tells more than
the code; the log has the reason's name and the clause.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from lti_tool.errors import N_, ToolError

_AGAIN = N_("Fermez cette page et rouvrez Pix depuis votre ENT.")
_AGAIN_OR_TEACHER = N_(
    "Fermez cette page et rouvrez Pix depuis votre ENT. Si cela recommence, montrez ce code à votre professeur."
)
_MANAGER = N_("Montrez ce code à la personne qui gère l’ENT de votre établissement.")

_NOT_UNDERSTOOD = N_("Votre ENT a envoyé une demande que nous ne comprenons pas.")
_NOT_VERIFIED = N_("Nous n’avons pas pu vérifier la demande de votre ENT.")
_USED_UP = N_("Cette page ne sert qu’une fois, et elle a déjà servi ou a trop attendu.")
_UNKNOWN_PLATFORM = N_("Votre ENT n’est pas encore relié à Pix.")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row of the table; `sentence` and `advice` are French message ids."""

    code: str
    status: int
    clause: str
    sentence: str
    advice: str


class Reason(Enum):
    """Why it was refused. The names stand in logs and never change meaning."""

    # The login (third party initiated, SEC §5.1.1.1)
    LOGIN_REPEATED_PARAMETER = Refusal("L01", 400, "RFC 6749 §3.1", _NOT_UNDERSTOOD, _MANAGER)
    LOGIN_WITHOUT_ISSUER = Refusal("L02", 400, "SEC §5.1.1.1", _NOT_UNDERSTOOD, _MANAGER)
    LOGIN_WITHOUT_HINT = Refusal("L03", 400, "SEC §5.1.1.1", _NOT_UNDERSTOOD, _MANAGER)
    LOGIN_WITHOUT_TARGET = Refusal("L04", 400, "SEC §5.1.1.1", _NOT_UNDERSTOOD, _MANAGER)
    LOGIN_FOREIGN_TARGET = Refusal("L05", 400, "SEC §5.1.1.2", _NOT_UNDERSTOOD, _MANAGER)
    LOGIN_UNKNOWN_ADDRESS = Refusal("L06", 404, "SEC §5.1.1.1", _UNKNOWN_PLATFORM, _MANAGER)
    LOGIN_UNKNOWN_PLATFORM = Refusal("L07", 401, "SEC §5.1.1.1", _UNKNOWN_PLATFORM, _MANAGER)
    LOGIN_AMBIGUOUS_PLATFORM = Refusal("L08", 400, "CORE §4.1.3", _UNKNOWN_PLATFORM, _MANAGER)
    LOGIN_PARAMETER_TOO_LONG = Refusal("L09", 400, "SEC §5.1.1.1", _NOT_UNDERSTOOD, _MANAGER)
    PLATFORM_NOT_ACTIVE = Refusal("L10", 403, "CORE §3.1.3", _UNKNOWN_PLATFORM, _MANAGER)

    # The answer to it: state and browser
    STATE_MISSING = Refusal("L11", 400, "SEC §5.1.1.3", _NOT_UNDERSTOOD, _AGAIN)
    STATE_UNKNOWN = Refusal("L12", 401, "SEC §5.1.1.3", _USED_UP, _AGAIN)
    STATE_EXPIRED = Refusal("L13", 401, "SEC §5.1.1.3", _USED_UP, _AGAIN)
    STATE_SPENT = Refusal("L14", 401, "SEC §5.1.3 (9)", _USED_UP, _AGAIN)
    BROWSER_WITHOUT_COOKIE = Refusal(
        "L15",
        401,
        "SEC §7.3.1",
        N_("Votre navigateur n’a pas gardé le cookie qui vous relie à votre ENT."),
        N_("Ouvrez Pix dans une nouvelle fenêtre, ou autorisez les cookies de ce site, puis recommencez."),
    )
    BROWSER_IS_ANOTHER = Refusal("L16", 401, "SEC §7.3.1", _USED_UP, _AGAIN)
    PLATFORM_SENT_ERROR = Refusal(
        "L17", 401, "SEC §5.1.1.5", N_("Votre ENT n’a pas ouvert Pix : vous y êtes peut-être déconnecté."), _AGAIN
    )
    HAND_OVER_SPENT = Refusal("L19", 401, "SEC §7.3.1", _USED_UP, _AGAIN)
    TOKEN_MISSING = Refusal("L18", 400, "SEC §5.1.1.3", _NOT_UNDERSTOOD, _AGAIN)

    # The token (SEC §5.1.3)
    TOKEN_MALFORMED = Refusal("L20", 400, "SEC §5.1.2", _NOT_UNDERSTOOD, _AGAIN_OR_TEACHER)
    HEADER_NOT_ALLOWED = Refusal("L21", 401, "SEC §5.4", _NOT_VERIFIED, _AGAIN_OR_TEACHER)
    ALGORITHM_NOT_ALLOWED = Refusal("L22", 401, "SEC §5.1.3 (6)", _NOT_VERIFIED, _AGAIN_OR_TEACHER)
    KID_MISSING = Refusal("L23", 401, "SEC §6.3", _NOT_VERIFIED, _AGAIN_OR_TEACHER)
    KID_UNKNOWN = Refusal("L24", 401, "SEC §6.3", _NOT_VERIFIED, _AGAIN_OR_TEACHER)
    SIGNATURE_WRONG = Refusal("L25", 401, "SEC §5.1.3 (1)", _NOT_VERIFIED, _AGAIN_OR_TEACHER)
    ISSUER_WRONG = Refusal("L26", 401, "SEC §5.1.3 (2)", _NOT_VERIFIED, _AGAIN_OR_TEACHER)
    AUDIENCE_WRONG = Refusal("L27", 401, "SEC §5.1.3 (3)", _NOT_VERIFIED, _AGAIN_OR_TEACHER)
    AUTHORIZED_PARTY_WRONG = Refusal("L28", 401, "SEC §5.1.3 (4, 5)", _NOT_VERIFIED, _AGAIN_OR_TEACHER)
    TIME_MISSING = Refusal("L29", 400, "SEC §5.1.2", _NOT_UNDERSTOOD, _AGAIN_OR_TEACHER)
    TOKEN_EXPIRED = Refusal("L30", 401, "SEC §5.1.3 (7)", _USED_UP, _AGAIN_OR_TEACHER)
    ISSUED_AT_WRONG = Refusal("L31", 401, "SEC §5.1.3 (8)", _NOT_VERIFIED, _AGAIN_OR_TEACHER)
    NONCE_MISSING = Refusal("L32", 400, "SEC §5.1.3 (9)", _NOT_UNDERSTOOD, _AGAIN_OR_TEACHER)
    NONCE_WRONG = Refusal("L33", 401, "SEC §5.1.3 (9)", _NOT_VERIFIED, _AGAIN_OR_TEACHER)

    # The message (CORE §5.3, DL §4.4)
    VERSION_WRONG = Refusal("L40", 400, "CORE §5.3.2", _NOT_UNDERSTOOD, _MANAGER)
    MESSAGE_TYPE_MISSING = Refusal("L41", 400, "CORE §5.3.1", _NOT_UNDERSTOOD, _MANAGER)
    MESSAGE_TYPE_UNKNOWN = Refusal("L42", 400, "CORE §5.3.1", _NOT_UNDERSTOOD, _MANAGER)
    DEPLOYMENT_MISSING = Refusal("L43", 400, "CORE §5.3.3", _NOT_UNDERSTOOD, _MANAGER)
    DEPLOYMENT_UNKNOWN = Refusal(
        "L44", 403, "CORE §3.1.3", N_("Cette installation de Pix n’est pas encore autorisée."), _MANAGER
    )
    DEPLOYMENT_IS_ANOTHER = Refusal("L45", 403, "CORE §4.1.2", _NOT_VERIFIED, _AGAIN_OR_TEACHER)
    ROLES_MISSING = Refusal("L46", 400, "CORE §5.3.7", _NOT_UNDERSTOOD, _MANAGER)
    USER_MISSING = Refusal("L47", 400, "CORE §5.3.6", N_("Votre ENT ne nous a pas dit qui vous êtes."), _MANAGER)
    TARGET_WRONG = Refusal("L48", 400, "CORE §5.3.4", _NOT_UNDERSTOOD, _MANAGER)
    TARGET_IS_ANOTHER = Refusal("L49", 401, "CORE §5.3.4", _NOT_VERIFIED, _AGAIN_OR_TEACHER)
    RESOURCE_LINK_MISSING = Refusal("L50", 400, "CORE §5.3.5", _NOT_UNDERSTOOD, _MANAGER)
    CLAIM_MALFORMED = Refusal("L51", 400, "CORE §5.3", _NOT_UNDERSTOOD, _MANAGER)
    DEEP_LINKING_SETTINGS_WRONG = Refusal("L52", 400, "DL §4.4.1", _NOT_UNDERSTOOD, _MANAGER)
    DEEP_LINKING_NOT_ALLOWED = Refusal(
        "L53",
        403,
        "DL §4.4.9",
        N_("Choisir un contenu est réservé aux enseignants."),
        N_("Fermez cette page et revenez à votre cours."),
    )
    FOR_USER_MISSING = Refusal("L54", 400, "LTI Submission Review", _NOT_UNDERSTOOD, _MANAGER)
    REVIEW_WITHOUT_LINE_ITEM = Refusal("L55", 400, "LTI Submission Review", _NOT_UNDERSTOOD, _MANAGER)
    FOR_USER_NOT_ALLOWED = Refusal(
        "L56",
        403,
        "LTI Submission Review",
        N_("Ces données sont celles de quelqu’un d’autre."),
        N_("Fermez cette page et revenez à votre cours."),
    )

    KEYS_UNREACHABLE = Refusal(
        "L60",
        503,
        "SEC §6.4",
        N_("Votre ENT ne répond pas pour le moment."),
        N_("Attendez quelques minutes, puis rouvrez Pix depuis votre ENT."),
    )


class LaunchRefused(ToolError):  # noqa: N818 - the word of the field, and of every page about it
    """A login or a launch that goes no further. `reason` stands in the log; the person reads the sentence."""

    def __init__(self, reason: Reason, *, platform_id: int | None = None) -> None:
        refusal = reason.value
        self.reason = reason
        self.platform_id = platform_id
        super().__init__(
            code=refusal.code,
            status=refusal.status,
            sentence=refusal.sentence,
            advice=refusal.advice,
            clause=refusal.clause,
        )
