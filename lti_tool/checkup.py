"""The doctor of the whole tool: is everything there that it needs, and does every platform answer."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from lti_tool.database import Database
from lti_tool.errors import N_
from lti_tool.jobs import Job, utc_now
from lti_tool.lti import platforms
from lti_tool.lti.doctor import Doctor, Finding
from lti_tool.lti.keys import KeyRing
from lti_tool.lti.models import ACTIVE
from lti_tool.lti.outbound import Client
from lti_tool.settings import Settings
from lti_tool.vault import BadTokenError, Vault

OVERDUE = timedelta(minutes=5)
"""A worker takes up what waits within a minute."""


def doctor_of(settings: Settings, database: Database) -> Doctor:
    """The platforms' doctor, with tools of its own."""
    vault = Vault(settings.secret_keys)
    client = Client(settings.allow_private_platforms)
    return Doctor(database, vault, client, KeyRing(database, vault), utc_now)


def examine(settings: Settings, database: Database) -> list[Finding]:
    """All checks: address, schema, keys, worker, then each active platform's own that are not good."""
    found = [_base_url(settings)]
    if not database.is_current():
        found.append(Finding("database", False, N_("La base n’est pas à jour : lancez « lti-tool db upgrade ».")))
        return found
    found.append(Finding("database", True, N_("La base de données répond et elle est à jour.")))
    doctor = doctor_of(settings, database)
    found += [_keys(doctor), _worker(database)]
    with database.read() as session:
        active = [platform for platform in platforms.listing(session) if platform.status == ACTIVE]
    for platform in active:
        name: dict[str, object] = {"id": platform.id, "issuer": platform.issuer}
        faults = [finding for finding in doctor.examine(platform.id) if not finding.ok]
        if not faults:
            found.append(Finding("platform", True, N_("Plateforme %(id)s (%(issuer)s) : tout va bien."), name))
        for fault in faults:
            words = N_("Plateforme %(id)s (%(issuer)s) : %(fault)s")
            found.append(Finding("platform", False, words, {**name, "fault": fault.message}))
    return found


def _base_url(settings: Settings) -> Finding:
    params: dict[str, object] = {"url": settings.base_url}
    if settings.base_url.startswith("https:"):
        return Finding("base_url", True, N_("L’adresse publique est %(url)s."), params)
    words = N_("L’adresse publique %(url)s n’est pas en https : acceptable pour un essai seulement.")
    return Finding("base_url", settings.allow_private_platforms, words, params)


def _keys(doctor: Doctor) -> Finding:
    try:
        doctor.keyring.signing_key()
    except LookupError:
        return Finding("keys", False, N_("Il n’y a pas encore de clé : elle se fait au premier démarrage."))
    except BadTokenError:
        return Finding("keys", False, N_("La clé ne se déchiffre pas : LTI_TOOL_SECRET_KEY a changé."))
    return Finding("keys", True, N_("Nos clés sont là et se déchiffrent."))


def _worker(database: Database) -> Finding:
    with database.read() as session:
        late = session.scalar(select(func.count()).select_from(Job).where(Job.run_at < utc_now() - OVERDUE)) or 0
    if late:
        words = N_("%(count)s travaux attendent depuis plus de cinq minutes : un worker tourne-t-il ?")
        return Finding("worker", False, words, {"count": late})
    return Finding("worker", True, N_("Aucun travail n’attend."))
