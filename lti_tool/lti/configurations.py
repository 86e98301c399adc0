"""The documents of dynamic registration: what a platform tells of itself, what we ask, what it grants (DR §3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lti_tool.errors import N_, RefusedError
from lti_tool.lti import hosts, products
from lti_tool.lti.claims import identifier, service_url
from lti_tool.lti.messages import MessageType
from lti_tool.lti.outbound import Client, Reply, UnreadableError
from lti_tool.lti.services import SCOPES
from lti_tool.settings import origin_of

PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
CLAIMS = ("iss", "sub", "given_name", "family_name")
TITLE = "Pix"
DESCRIPTION = "Les parcours Pix dans votre ENT : campagnes, rattachement des élèves, résultats dans le carnet de notes."

_MESSAGES = {MessageType.RESOURCE_LINK.value: "Pix", MessageType.DEEP_LINKING.value: "Choisir un parcours Pix"}


class RegistrationError(RefusedError):
    """The platform is not registered; nothing was kept of it."""

    code = "R40"
    sentence = N_("Votre plateforme n’a pas pu être reliée à Pix.")
    advice = N_("Recommencez depuis votre plateforme. Si cela se reproduit, demandez une nouvelle invitation.")
    clause = "DR §3"


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a platform tells of itself, checked."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    registration_endpoint: str
    authorization_server: str | None
    product: str | None
    scopes: tuple[str, ...]
    """Of ours, those that the platform supports; all where it does not say."""
    claims: tuple[str, ...]
    messages: tuple[str, ...]


def read_configuration(client: Client, url: str) -> Configuration:
    """Fetch and check a platform's configuration (DR §3.3). Raises `RegistrationError`, `OutboundError`.

    The issuer must have the origin that answered: equality, since a prefix can be forged (`https://lms.fr.evil.org`).
    Of its other addresses the registration endpoint is called at once, so it stands on that origin, or on a host that
    is known to be the product's own; the others may be elsewhere, and whoever activates the platform is told.
    """
    reply = client.request("GET", url, headers={"Accept": "application/json"})
    if reply.status != 200:
        raise RegistrationError(code="R43", sentence=N_("Votre plateforme ne donne pas sa configuration."))
    document = _object(reply)
    lti = document.get(PLATFORM_CONFIGURATION)
    lti = lti if isinstance(lti, dict) else {}
    family = identifier(lti.get("product_family_code"))
    issuer = identifier(document.get("issuer"))
    if issuer is None or not hosts.of_one_house(issuer, url):
        raise RegistrationError(code="R44", sentence=N_("Votre plateforme se présente sous le nom d’une autre."))
    addresses = {}
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint"):
        address = service_url(document.get(name), allow_http=client.allow_private)
        if address is None:
            sentence = N_("La configuration de votre plateforme est incomplète : %(field)s.")
            raise RegistrationError(code="R45", sentence=sentence, field=name)
        addresses[name] = address
    if foreign_hosts(issuer, family, addresses["registration_endpoint"]):
        raise RegistrationError(code="R46", sentence=N_("Votre plateforme veut nous enregistrer sur un autre site."))
    supported = document.get("id_token_signing_alg_values_supported")
    if isinstance(supported, list) and "RS256" not in supported:
        raise RegistrationError(code="R47", sentence=N_("Votre plateforme ne signe pas en RS256."), clause="SEC §6.1")
    return Configuration(
        issuer=issuer,
        authorization_endpoint=addresses["authorization_endpoint"],
        token_endpoint=addresses["token_endpoint"],
        jwks_uri=addresses["jwks_uri"],
        registration_endpoint=addresses["registration_endpoint"],
        authorization_server=identifier(document.get("authorization_server")),
        product=family,
        scopes=_common(SCOPES, document.get("scopes_supported")),
        claims=_common(CLAIMS, document.get("claims_supported")),
        messages=_common(tuple(_MESSAGES), _message_types(lti.get("messages_supported"))),
    )


def registration_document(configuration: Configuration, *, base_url: str, key: str) -> dict[str, Any]:
    """What we ask to be registered as (DR §3.5). `key` ends the platform's own login address."""
    product = products.by_family(configuration.product)
    launch_url = f"{base_url}/lti/launch"
    messages = []
    for name in configuration.messages:
        message: dict[str, Any] = {"type": name, "target_link_uri": launch_url, "label": _MESSAGES[name]}
        if name in product.placements:
            message["placements"] = list(product.placements[name])
        messages.append(message)
    return {
        "application_type": "web",
        "grant_types": ["client_credentials", "implicit"],
        "response_types": ["id_token"],
        "redirect_uris": [launch_url],
        "initiate_login_uri": f"{base_url}/lti/login/{key}",
        "client_name": TITLE,
        "client_name#fr": TITLE,
        "jwks_uri": f"{base_url}/lti/jwks.json",
        "logo_uri": f"{base_url}/static/favicon.svg",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(configuration.scopes),
        TOOL_CONFIGURATION: {
            "domain": urlsplit(base_url).netloc,
            "target_link_uri": launch_url,
            "description": DESCRIPTION,
            "claims": list(configuration.claims),
            "messages": messages,
            **product.extensions,
        },
    }


@dataclass(frozen=True, slots=True)
class Grant:
    """A platform's answer to our registration: who we are there, and what it grants of what we asked."""

    client_id: str
    deployment_id: str | None
    """Some platforms make the deployment later."""
    scopes: tuple[str, ...]
    claims: tuple[str, ...]
    messages: tuple[str, ...]


def read_grant(reply: Reply, configuration: Configuration) -> Grant:
    """Raises `RegistrationError`, `UnreadableError`."""
    document = _object(reply)
    tool = document.get(TOOL_CONFIGURATION)
    tool = tool if isinstance(tool, dict) else {}
    client_id = identifier(document.get("client_id"))
    if client_id is None:
        raise RegistrationError(code="R53", sentence=N_("Votre plateforme n’a pas donné d’identifiant client."))
    given = tool.get("deployment_id")
    deployment_id = identifier(str(given) if isinstance(given, int) and not isinstance(given, bool) else given)
    scope = document.get("scope")
    return Grant(
        client_id=client_id,
        deployment_id=deployment_id,
        scopes=_common(configuration.scopes, scope.split() if isinstance(scope, str) else None),
        claims=_common(configuration.claims, tool.get("claims")),
        messages=_common(configuration.messages, _message_types(tool.get("messages"))),
    )


def foreign_hosts(issuer: str, family: str | None, *urls: str) -> list[str]:
    """The hosts of these addresses that are not at the issuer's origin, and not known to be its product's own."""
    known = products.by_family(family).own_hosts
    named = [urlsplit(url).hostname or "" for url in urls if origin_of(url) != origin_of(issuer)]
    return [host for host in dict.fromkeys(named) if host not in known]


def _object(reply: Reply) -> Mapping[str, Any]:
    document = reply.json()
    if not isinstance(document, dict):
        raise UnreadableError
    return document


def _common(ours: tuple[str, ...], theirs: Any) -> tuple[str, ...]:
    """Of ours, what their list has; all where they give none."""
    return tuple(name for name in ours if name in theirs) if isinstance(theirs, list) else ours


def _message_types(listed: Any) -> list[str] | None:
    """The types of `messages_supported`, which come as objects, or from some platforms as plain texts."""
    if not isinstance(listed, list):
        return None
    types = [each.get("type") if isinstance(each, dict) else each for each in listed]
    return [name for name in types if isinstance(name, str)]
