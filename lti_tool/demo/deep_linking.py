"""What the tool answers to *Sélectionner du contenu*: verified whole, then turned into activities and columns."""

from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError

from lti_tool.demo.messages import CLAIM, DEEP_LINKING_CLAIM
from lti_tool.demo.state import Ent, origin_of
from lti_tool.demo.store import NewItem
from lti_tool.demo.tool_keys import UnknownToolKeyError

_LARGEST_ANSWER = 200_000
_LONGEST_TITLE = 255


class RefusedSelectionError(Exception):
    """The answer is not one that the ENT may believe; the text says why, in French, for whoever sets it up."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A believed answer."""

    items: list[NewItem]
    message: str
    """What the tool wants the teacher to read; may be empty."""


def read_selection(ent: Ent, course_id: str, token: str) -> Selection:
    """Verify a deep linking response for this course and spend its `data` (Deep Linking §4.5, Security §5.2).

    Raises `RefusedSelectionError`; then nothing is spent but a nonce seen before.
    """
    claims = _verified_claims(ent, token)
    if claims.get(CLAIM + "message_type") != "LtiDeepLinkingResponse":
        raise RefusedSelectionError("ce n’est pas une réponse à une sélection")
    if claims.get(CLAIM + "version") != "1.3.0":
        raise RefusedSelectionError("la version de LTI n’est pas 1.3.0")
    if claims.get(CLAIM + "deployment_id") != ent.tool.deployment_id:
        raise RefusedSelectionError("le déploiement n’est pas celui de l’ENT")
    chosen = claims.get(DEEP_LINKING_CLAIM + "content_items", [])
    if not isinstance(chosen, list):
        raise RefusedSelectionError("les contenus choisis ne forment pas une liste")
    items = [_item(ent, item) for item in chosen]
    data, nonce = claims.get(DEEP_LINKING_CLAIM + "data"), claims.get("nonce")
    if not isinstance(nonce, str) or not nonce or not ent.store.spend("nonce", nonce):
        raise RefusedSelectionError("le nonce manque ou a déjà servi")
    if not isinstance(data, str) or not ent.store.spend_selection(data, course_id):
        raise RefusedSelectionError("la sélection est inconnue ou a déjà été reçue")
    message = claims.get(DEEP_LINKING_CLAIM + "msg") or claims.get(DEEP_LINKING_CLAIM + "errormsg")
    return Selection(items, message if isinstance(message, str) else "")


def _verified_claims(ent: Ent, token: str) -> dict[str, Any]:
    if len(token) > _LARGEST_ANSWER:
        raise RefusedSelectionError("la réponse est trop longue")
    registry = jwt.JWTClaimsRegistry(
        now=int(ent.clock()),
        iss={"essential": True, "value": ent.tool.client_id},
        aud={"essential": True, "value": ent.config.base_url},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        kid = jws.extract_compact(token.encode()).headers().get("kid")
        claims = jwt.decode(token, ent.tool_keys.holding(kid), algorithms=["RS256"]).claims
        registry.validate(claims)
    except (JoseError, UnknownToolKeyError, ValueError) as fault:
        raise RefusedSelectionError(f"la signature ou son contenu ne vont pas ({fault})") from fault
    return claims


def _item(ent: Ent, item: object) -> NewItem:
    if not isinstance(item, dict) or item.get("type") != "ltiResourceLink":
        raise RefusedSelectionError("un contenu n’est pas un lien vers l’outil (ltiResourceLink)")
    title, url, custom = item.get("title") or "Pix", item.get("url"), item.get("custom") or {}
    if not isinstance(title, str) or len(title) > _LONGEST_TITLE:
        raise RefusedSelectionError("un titre n’est pas un texte court")
    if url is not None and (not isinstance(url, str) or origin_of(url) != ent.tool.origin):
        raise RefusedSelectionError("un contenu est ailleurs que chez l’outil")
    if not isinstance(custom, dict) or not all(isinstance(value, str) for value in custom.values()):
        raise RefusedSelectionError("les paramètres d’un contenu ne sont pas des textes")
    column = item.get("lineItem")
    if column is None:
        return NewItem(title, url, custom)
    if not isinstance(column, dict):
        raise RefusedSelectionError("une colonne de notes est mal décrite")
    return NewItem(
        title,
        url,
        custom,
        score_maximum=_maximum(column.get("scoreMaximum")),
        resource_id=_text(column.get("resourceId")),
        tag=_text(column.get("tag")),
    )


def _maximum(value: object) -> float:
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    if not isinstance(value, int | float) or not whole or not 1 <= value <= 100:
        raise RefusedSelectionError("la note maximale n’est pas un nombre entier de 1 à 100")
    return float(value)


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise RefusedSelectionError("une colonne de notes est mal décrite")
    return value or None
