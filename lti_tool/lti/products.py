"""What differs between the products that launch tools, as one table of data: what registration and pages look up.

Labels are those of the product's own pages: in French where its French pages are known, else as it has them.
Sources: `facts/lti.md` §1 and "Dynamic registration quirks", `facts/moodle.md`, and for the words of each form what
stands beside the product below, read in November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from lti_tool.errors import N_

LOGIN, LAUNCH, TARGET, JWKS, DOMAIN, TITLE, DESCRIPTION, ICON, SCOPES = (
    "login_url",
    "launch_url",
    "target_link_uri",
    "jwks_url",
    "domain",
    "title",
    "description",
    "icon_url",
    "scopes",
)
"""What we tell of ourselves: the names of the values that a label stands for."""

RESOURCE_LINK, DEEP_LINKING = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"


@dataclass(frozen=True, slots=True)
class Product:
    """One product. Sentences are French message ids; labels are never translated."""

    slug: str
    """Last part of its page's address."""
    name: str
    families: tuple[str, ...] = ()
    """Its `product_family_code`, in small letters."""
    registers: bool = False
    """Whether its administrator can paste our invitation (dynamic registration)."""
    token_audience: str | None = None
    """The `aud` of our client assertions, where it is not the token URL."""
    own_hosts: tuple[str, ...] = ()
    """Hosts of its endpoints beside the issuer's, which need no confirmation."""
    framed_from: tuple[str, ...] = ()
    """Where its schools' pages stand when those hosts are not theirs: sources of a `frame-ancestors`."""
    placements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By message type: where it shows the tool, in its registration's words."""
    extensions: Mapping[str, Any] = field(default_factory=dict)
    """Members that it wants in our tool configuration beside the standard's."""
    paste: tuple[str, ...] = ()
    """Steps that lead to where the invitation is pasted."""
    finish: tuple[str, ...] = ()
    """What is left to do there once it has registered."""
    steps: tuple[str, ...] = ()
    """Steps that lead to its form, for a connection by hand."""
    labels: tuple[tuple[str, str], ...] = ()
    """Its form: each label and the value of ours that goes there."""
    settings: tuple[tuple[str, str], ...] = ()
    """Its form: each choice and what to choose."""
    answers: tuple[tuple[str, str], ...] = ()
    """What its administrator sends back: our command's option and the label under which it stands."""
    known_answers: tuple[tuple[str, str], ...] = ()
    """Options that are the same on every site of the product."""
    notes: tuple[str, ...] = ()


_ISSUER, _CLIENT, _AUTH, _TOKEN, _KEYS, _DEPLOYMENT = (
    "--issuer",
    "--client-id",
    "--auth-url",
    "--token-url",
    "--jwks-url",
    "DEPLOYMENT_ID",
)

_NAMES_NOTE = N_("Partagez le nom et le prénom : sans eux, chaque élève doit les taper.")
_OWN_DOMAIN = N_("Si votre site a son propre nom de domaine, donnez-le-nous : Pix s’affichera alors dans ses pages.")
_FIXED_PARAMETERS = N_(
    "Si plusieurs établissements partagent cette plateforme, un paramètre personnalisé porte l’UAI. Fixez-le dans les "
    "réglages de l’outil lui-même, jamais dans une activité : un enseignant pourrait l’y modifier."
)

PRODUCTS: tuple[Product, ...] = (
    Product(
        slug="moodle",
        name="Moodle, Éléa",
        families=("moodle", "elea", "totara"),
        registers=True,
        paste=(
            N_("Dans Moodle, ouvrez « Administration du site », « Plugins », « Outil externe », « Gérer les outils »."),
            N_("Collez l’adresse de l’invitation dans « URL de l’outil… », cliquez sur « Ajouter LTI Advantage »."),
        ),
        finish=(
            N_("Dans la carte de l’outil Pix, cliquez sur « Activer »."),
            N_("Dans les réglages de l’outil, choisissez de l’afficher dans le sélecteur d’activités."),
        ),
        steps=(
            N_("Dans Moodle, ouvrez « Administration du site », « Plugins », « Outil externe », « Gérer les outils »."),
            N_("Cliquez sur « configurer un outil manuellement » et remplissez le formulaire avec ces valeurs."),
            N_("Enregistrez, puis ouvrez « Consulter les infos de configuration » dans la carte de l’outil."),
        ),
        labels=(
            ("Nom de l’outil", TITLE),
            ("URL de l’outil", LAUNCH),
            ("Description de l’outil", DESCRIPTION),
            ("Jeu de clefs public", JWKS),
            ("URL d’initiation de connexion", LOGIN),
            ("URIs de redirection", LAUNCH),
            ("URL de sélection de contenu", LAUNCH),
        ),
        settings=(
            ("Version LTI", "LTI 1.3"),
            ("Type de clef publique", "URL de jeu de clefs"),
        ),
        answers=(
            (_ISSUER, "Identifiant de plateforme"),
            (_CLIENT, "Identifiant de client"),
            (_DEPLOYMENT, "Identifiant de déploiement"),
            (_KEYS, "URL du jeu de clef public"),
            (_TOKEN, "URL du jeton d’accès"),
            (_AUTH, "URL de requête d’authentification"),
        ),
        notes=(
            N_("Choisissez « Partager le nom de l’utilisateur avec l’outil » : sans lui, chaque élève doit le taper."),
            N_("Dans « Services », autorisez les notes, avec la gestion des colonnes, et la liste des participants."),
            _FIXED_PARAMETERS,
        ),
    ),
    # developer.itslearning.com, "LTI configuration information": itslearning itself adds the tool to its App library.
    Product(
        slug="itslearning",
        name="itslearning",
        families=("itslearning",),
        steps=(
            N_("Demandez à itslearning d’ajouter l’outil à sa bibliothèque (App library), avec ces valeurs."),
            N_("Ajoutez ensuite l’outil à votre site : itslearning crée alors un identifiant de déploiement."),
        ),
        labels=(
            ("Login URI", LOGIN),
            ("Redirection URI", LAUNCH),
            ("Target Link URI", TARGET),
            ("JWK Set URI", JWKS),
        ),
        settings=(("Open in", "iframe"), ("Privacy level", "Name")),
        answers=(
            (_ISSUER, "Issuer"),
            (_CLIENT, "Client ID"),
            (_DEPLOYMENT, "Deployment ID"),
            (_KEYS, "JWK Set URI"),
            (_TOKEN, "Access token URL"),
            (_AUTH, "Authentication URL"),
        ),
        notes=(
            N_("itslearning ne donne pas les noms par défaut. Autorisez-les, sinon chaque élève tape le sien."),
            N_("Chaque ajout de l’outil à un site crée un nouveau déploiement, que nous devons autoriser une fois."),
        ),
    ),
    # The labels of Canvas's own form (instructure/canvas-lms, ui/features/developer_keys_v2, ManualConfigurationForm);
    # addresses: developerdocs.instructure.com, "Manually Configuring LTI Advantage Tools".
    Product(
        slug="canvas",
        name="Canvas",
        families=("canvas",),
        registers=True,
        own_hosts=(
            "sso.canvaslms.com",
            "sso.beta.canvaslms.com",
            "sso.test.canvaslms.com",
            "canvas.instructure.com",
            "canvas.beta.instructure.com",
            "canvas.test.instructure.com",
        ),
        framed_from=("https://*.instructure.com",),
        placements=MappingProxyType(
            {RESOURCE_LINK: ("course_navigation",), DEEP_LINKING: ("assignment_selection", "link_selection")}
        ),
        extensions=MappingProxyType({"https://canvas.instructure.com/lti/privacy_level": "name_only"}),
        paste=(
            N_("Dans Canvas, ouvrez « Admin », votre compte, puis « Apps » et « Manage »."),
            N_("Cliquez sur « Install a New App », choisissez « Dynamic Registration » et collez l’invitation."),
        ),
        finish=(
            N_("Vérifiez ce que Canvas affiche, puis activez l’outil."),
            N_("Canvas donne l’identifiant de déploiement plus tard : autorisez-le après le premier lancement."),
        ),
        steps=(
            N_("Dans Canvas, ouvrez « Admin », votre compte, « Developer Keys », « + Developer Key », « + LTI Key »."),
            N_("Choisissez « Manual Entry », remplissez le formulaire, enregistrez et passez la clé à « ON »."),
            N_("Dans « Settings », « Apps », ajoutez une app « By Client ID », puis lisez son « Deployment Id »."),
        ),
        labels=(
            ("Title", TITLE),
            ("Description", DESCRIPTION),
            ("Target Link URI", TARGET),
            ("OpenID Connect Initiation Url", LOGIN),
            ("Redirect URIs", LAUNCH),
            ("Public JWK URL", JWKS),
        ),
        settings=(("JWK Method", "Public JWK URL"), ("Privacy Level", "Name Only")),
        answers=((_CLIENT, "Details"), (_DEPLOYMENT, "Deployment Id")),
        known_answers=(
            (_ISSUER, "https://canvas.instructure.com"),
            (_AUTH, "https://sso.canvaslms.com/api/lti/authorize_redirect"),
            (_TOKEN, "https://sso.canvaslms.com/login/oauth2/token"),
            (_KEYS, "https://sso.canvaslms.com/api/lti/security/jwks"),
        ),
        notes=(
            N_("Dans « LTI Advantage Services », autorisez les notes et la liste des participants."),
            N_("Tous les sites de Canvas ont le même émetteur : c’est l’identifiant client qui les distingue."),
            _OWN_DOMAIN,
        ),
    ),
    # documentation.brightspace.com, "Register an external learning tool for LTI Advantage"; community.d2l.com, "Tool
    # registration, deployment, and links".
    Product(
        slug="brightspace",
        name="Brightspace (D2L)",
        families=("desire2learn", "brightspace", "d2l"),
        registers=True,
        token_audience="https://api.brightspace.com/auth/token",  # noqa: S106 - an address
        own_hosts=("auth.brightspace.com", "api.brightspace.com"),
        paste=(
            N_("Dans Brightspace, ouvrez « Admin Tools », « Manage Extensibility », « LTI Advantage »."),
            N_("Cliquez sur « Register Tool », choisissez « Dynamic » et collez l’adresse de l’invitation."),
        ),
        finish=(
            N_("Activez l’outil, puis créez un déploiement (« New Deployment »)."),
            N_("Ouvrez Pix une fois : nous autoriserons alors ce déploiement."),
        ),
        steps=(
            N_("Dans Brightspace, ouvrez « Admin Tools », « Manage Extensibility », « LTI Advantage »."),
            N_("Cliquez sur « Register Tool », choisissez « Standard » et remplissez le formulaire."),
            N_("Créez ensuite un déploiement (« New Deployment ») et notez son identifiant."),
        ),
        labels=(
            ("Name", TITLE),
            ("Description", DESCRIPTION),
            ("Domain", DOMAIN),
            ("Redirect URLs", LAUNCH),
            ("OpenID Connect Login URL", LOGIN),
            ("Target Link URI", TARGET),
            ("Keyset URL", JWKS),
        ),
        settings=(("Extensions", "Assignment and Grade Services, Deep Linking, Names and Role Provisioning Services"),),
        answers=(
            (_ISSUER, "Issuer"),
            (_CLIENT, "Client Id"),
            (_DEPLOYMENT, "Deployment Id"),
            (_KEYS, "Brightspace Keyset URL"),
            (_TOKEN, "Brightspace OAuth2 Access Token URL"),
            (_AUTH, "OpenId Connect Authentication Endpoint"),
        ),
        known_answers=(("--token-audience", "https://api.brightspace.com/auth/token"),),
        notes=(_NAMES_NOTE,),
    ),
    # Guides of tools that Anthology lists, alike in their words: support.watermarkinsights.com ("Blackboard Ultra LTI
    # 1.3 Integration"), guides.instructure.com (Credentials), ltiaas.com ("Blackboard").
    Product(
        slug="blackboard",
        name="Blackboard",
        families=("blackboardlearn", "blackboard"),
        own_hosts=("developer.blackboard.com",),
        framed_from=("https://*.blackboard.com",),
        steps=(
            N_("Un identifiant client unique sert à tous les sites Blackboard : demandez-nous le nôtre."),
            N_("Dans Blackboard, ouvrez « Administrator Panel », « LTI Tool Providers »."),
            N_("Cliquez sur « Register LTI 1.3/Advantage Tool », collez cet identifiant, puis notez le déploiement."),
        ),
        labels=(
            ("Login Initiation URL", LOGIN),
            ("Tool Redirect URL(s)", LAUNCH),
            ("Tool JWKS URL", JWKS),
            ("Domain", DOMAIN),
        ),
        settings=(
            ("Signing Algorithm", "RS256"),
            ("Tool Status", "Approved"),
            ("User Fields to Send", "Role in Course, Name"),
            ("Allow grade service access", "Yes"),
            ("Allow Membership Service Access", "Yes"),
        ),
        answers=((_CLIENT, "Application ID"), (_KEYS, "Public keyset URL"), (_DEPLOYMENT, "Deployment ID")),
        known_answers=(
            (_ISSUER, "https://blackboard.com"),
            (_AUTH, "https://developer.blackboard.com/api/v1/gateway/oidcauth"),
            (_TOKEN, "https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken"),
        ),
        notes=(_OWN_DOMAIN,),
    ),
    # Sakai's own words, in French where it has them (sakaiproject/sakai, basiclti, ltiservice_fr_FR.properties).
    Product(
        slug="sakai",
        name="Sakai",
        families=("sakai",),
        registers=True,
        paste=(
            N_("Dans Sakai, ouvrez « Administration Workspace », « External Tools », « Auto-Provision »."),
            N_("Donnez un nom à l’outil, puis collez l’adresse de l’invitation."),
        ),
        steps=(
            N_("Dans Sakai, ouvrez « Administration Workspace », « External Tools », « Install LTI 1.x Tool »."),
            N_("Remplissez le formulaire avec ces valeurs, puis enregistrez."),
        ),
        labels=(
            ("Titre d'outil (au-dessus de l'outil)", TITLE),
            ("Description", DESCRIPTION),
            ("URL de lancement", LAUNCH),
            ("LTI 1.3 Tool Keyset URL", JWKS),
            ("LTI 1.3 Tool OpenID Connect/Initialization Endpoint", LOGIN),
            ("LTI 1.3 Tool Redirect Endpoint(s)", LAUNCH),
        ),
        settings=(
            ("Settings for LTI 1.3", "Tool supports LTI 1.3"),
            ("Envoyer les noms des utilisateurs à l'outil externe", "Oui"),
            ("Autoriser l'outil externe à renvoyer des notes", "Oui"),
            ("Allow External Tool to create grade columns", "Oui"),
            ("Fournir la liste des participants à l'outil externe", "Oui"),
            ("Allow External Tool to configure itself", "Oui"),
        ),
        answers=(
            (_ISSUER, "Issuer URL"),
            (_CLIENT, "LTI 1.3 Client ID"),
            (_DEPLOYMENT, "Deployment ID"),
            (_KEYS, "Keyset URL"),
            (_TOKEN, "Token URL"),
            (_AUTH, "Authentication URL"),
        ),
        notes=(
            _NAMES_NOTE,
            N_("Donnez des titres différents à vos activités : deux colonnes de même titre n’en font qu’une."),
        ),
    ),
    Product(
        slug="ent",
        name="ENT",
        families=("demo-ent",),
        registers=True,
        paste=(
            N_("Dans l’administration de votre ENT, ouvrez l’ajout d’un outil LTI 1.3 par adresse d’enregistrement."),
            N_("Collez l’adresse de l’invitation."),
        ),
        finish=(
            N_("Activez l’outil dans votre ENT."),
            N_("Choisissez qui le voit dans le Médiacentre : les élèves et leurs enseignants."),
        ),
        steps=(
            N_("Dans l’administration de votre ENT, ajoutez un outil ou une ressource LTI 1.3 avec ces valeurs."),
            N_("Choisissez qui voit Pix dans le Médiacentre : les élèves et leurs enseignants."),
        ),
        labels=(
            ("Nom", TITLE),
            ("Description", DESCRIPTION),
            ("Adresse de connexion (login initiation)", LOGIN),
            ("Adresse de redirection", LAUNCH),
            ("Adresse cible (target link)", TARGET),
            ("Adresse des clés publiques (JWKS)", JWKS),
            ("Domaine", DOMAIN),
            ("Icône", ICON),
        ),
        answers=(
            (_ISSUER, "Issuer"),
            (_CLIENT, "Client ID"),
            (_DEPLOYMENT, "Deployment ID"),
            (_KEYS, "JWKS URL"),
            (_TOKEN, "Access token URL"),
            (_AUTH, "Authorization URL"),
        ),
        notes=(
            N_("Pix lit le rôle de la personne. Un paramètre peut aussi porter le profil national (National_elv…)."),
            _FIXED_PARAMETERS,
            _NAMES_NOTE,
        ),
    ),
)

GENERIC = PRODUCTS[-1]
"""What holds for a product that nobody has described."""

_BY_SLUG = {product.slug: product for product in PRODUCTS}
_BY_FAMILY = {family: product for product in PRODUCTS for family in product.families}


def by_slug(slug: str) -> Product | None:
    """The product whose page has this address."""
    return _BY_SLUG.get(slug)


def by_family(code: str | None) -> Product:
    """The product with this `product_family_code`, in any case; `GENERIC` for an unknown one."""
    return _BY_FAMILY.get((code or "").strip().lower(), GENERIC)
