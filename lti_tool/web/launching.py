"""From a verified launch to a page: the person's place here, their session, and where they wanted to go."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from flask import Response, after_this_request, render_template

from lti_tool.assessment import runs
from lti_tool.database import Work
from lti_tool.errors import N_, RefusedError, ToolError
from lti_tool.grades import arrivals, desired, held, reviews
from lti_tool.grades.arrivals import Arrival
from lti_tool.lti import deep_linking
from lti_tool.lti.launch import record
from lti_tool.lti.messages import Launch, MessageType, Recorded
from lti_tool.lti.record import is_old
from lti_tool.lti.refusals import LaunchRefused, Reason
from lti_tool.schools import binding, handovers, sessions, standing
from lti_tool.schools.handovers import HandedOver
from lti_tool.schools.models import ADMINISTRATOR, PUPIL, TEACHER
from lti_tool.schools.standing import PARENT, Standing
from lti_tool.web import security
from lti_tool.web.answers import lead_to
from lti_tool.web.errors import WayOn
from lti_tool.web.i18n import gettext
from lti_tool.web.toolbox import toolbox

CAMPAIGN_PARAMETER = "campagne"
"""Custom parameter of an activity that carries its campaign's code."""
STAFF = frozenset({TEACHER, ADMINISTRATOR})


class ParentError(RefusedError):
    """A parent, or whoever looks after a pupil, opened the tool."""

    code = "PARENT"
    status = 403
    sentence = N_("Pix est ouvert aux élèves et à leurs enseignants.")
    advice = N_("Pour voir un parcours, regardez avec votre enfant, depuis son propre compte.")


def enter(work: Work, launch: Launch, now: datetime, *, cookieless: bool = False) -> Response | str:
    """Record the launch, give the browser its session, and lead on.

    `cookieless`: no cookie lives in this frame, the session is handed over to a window of its own.
    Raises `LaunchRefused` where the login was spent or the message is not for this role, `ParentError`,
    `NoSchoolError`, `NothingHeldError`.
    Whoever is turned away here was somebody all the same: the session of whoever sat there before leaves the browser.
    """
    security.frame_for(launch.platform.origin)
    recorded = record(work, launch, now)
    try:
        return _let_in(work, launch, recorded, now, cookieless)
    except ToolError:
        after_this_request(_without_session)
        raise


def way_back(launch: Launch, now: datetime) -> WayOn:
    """From a launch that was posted twice: on to where it led, for whoever is still there; else back to the ENT."""
    link_pk, context_pk = launch.known.resource_link_pk, launch.known.context_pk
    with toolbox().database.read() as session:
        info = sessions.find(session, security.session_tokens(), now)
        if info is None or info.person_id != launch.known.person_id or info.role not in {PUPIL, *STAFF}:
            return WayOn(launch.platform.origin, gettext("Revenir à mon ENT"), leaves_frame=True)
        arrival = arrivals.NOWHERE
        if link_pk is not None and context_pk is not None:
            arrival = arrivals.look(
                session,
                resource_link_pk=link_pk,
                custom_code=launch.custom.get(CAMPAIGN_PARAMETER),
                school_id=info.school.id,
                learner_id=None,
                now=now,
            )
    recorded = Recorded(info.person_id, launch.deployment_pk, context_pk, link_pk)
    page = _pupil_page(recorded, arrival) if info.role == PUPIL else _staff_page(recorded, arrival)
    return WayOn(page, gettext("Continuer dans Pix"))


def _let_in(work: Work, launch: Launch, recorded: Recorded, now: datetime, cookieless: bool) -> Response | str:
    place = _place(work, launch, recorded, now)
    school = place.school
    if school is None:
        after_this_request(_without_session)
        return render_template("lti/no_role.html")
    place = _followed(work, recorded, place, now)
    next_page = _next(work, launch, recorded, place, now)
    if cookieless:
        handed = HandedOver(recorded.person_id, school.id, place.role, place.is_test, next_page)
        return render_template("lti/hand_over.html", token=handovers.offer(work.orm, handed, now))
    tokens = security.session_tokens()
    token = sessions.open_session(
        work,
        person_id=recorded.person_id,
        school_id=school.id,
        role=place.role,
        is_test=place.is_test,
        now=now,
        current_token=tokens[0] if len(tokens) == 1 else None,
        browser=launch.browser,
        seen_today=not is_old(launch.known.launched_at, now),
    )
    answer = lead_to(next_page, 303)
    if token is not None:
        security.set_session(answer, token)
    return answer


def _place(work: Work, launch: Launch, recorded: Recorded, now: datetime) -> Standing:
    place = standing.resolve(work, launch, recorded, now)
    if place.role == PARENT:
        raise ParentError
    if launch.message is MessageType.DEEP_LINKING and place.role not in STAFF:
        raise LaunchRefused(Reason.DEEP_LINKING_NOT_ALLOWED, platform_id=launch.platform.id)
    return place


def _followed(work: Work, recorded: Recorded, place: Standing, now: datetime) -> Standing:
    """A pupil who is bound in another school is bound here without being asked, where the register allows it."""
    if place.school is None or not place.is_bound_elsewhere:
        return place
    learner_id = binding.follow(
        work.orm,
        person_id=recorded.person_id,
        school_id=place.school.id,
        has_answers=lambda child_id: bool(runs.known(work.orm, child_id)),
        now=now,
    )
    return place if learner_id is None else replace(place, learner_id=learner_id)


def _next(work: Work, launch: Launch, recorded: Recorded, place: Standing, now: datetime) -> str:
    """The page for this launch: the picker, the activity's campaign, or the way in of the person's role."""
    if launch.message is MessageType.DATA_PRIVACY:
        return _data_page(work, launch, place)
    if place.school is None or place.role not in {PUPIL, *STAFF}:
        return "/invitation"
    if launch.message is MessageType.SUBMISSION_REVIEW:
        return _reviewed_page(work, launch, recorded, place, now)
    if launch.message is MessageType.DEEP_LINKING:
        return f"/orga/selection/{deep_linking.open_request(work.orm, launch, recorded, now)}"
    arrival = desired.arrive(work, recorded, place, launch.custom.get(CAMPAIGN_PARAMETER), now)
    return _pupil_page(recorded, arrival) if place.role == PUPIL else _staff_page(recorded, arrival)


def _data_page(work: Work, launch: Launch, place: Standing) -> str:
    """One's own data; an administrator may ask for somebody else's."""
    if launch.for_user in (None, launch.sub):
        return "/donnees"
    if place.role != ADMINISTRATOR:
        raise LaunchRefused(Reason.FOR_USER_NOT_ALLOWED, platform_id=launch.platform.id)
    return f"/donnees/{held.person_of(work.orm, launch.platform.id, launch.for_user or '')}"


def _reviewed_page(work: Work, launch: Launch, recorded: Recorded, place: Standing, now: datetime) -> str:
    """What the pupil of a gradebook's cell did: for the staff, and for that pupil."""
    if place.role == PUPIL and launch.for_user != launch.sub:
        raise LaunchRefused(Reason.FOR_USER_NOT_ALLOWED, platform_id=launch.platform.id)
    arrival = desired.arrive(work, recorded, place, launch.custom.get(CAMPAIGN_PARAMETER), now)
    review = None
    if place.school is not None and launch.for_user and launch.ags and launch.ags.lineitem:
        review = reviews.find(
            work.orm,
            platform_id=launch.platform.id,
            line_item_url=launch.ags.lineitem,
            sub=launch.for_user,
            school_id=place.school.id,
        )
    if review is None:
        return _pupil_page(recorded, arrival) if place.role == PUPIL else _staff_page(recorded, arrival)
    if place.role == PUPIL:
        own = f"/parcours/{review.participation_id}/resultats"
        return own if review.participation_id else f"/campagnes/{review.campaign_code}"
    campaign = f"/orga/campagnes/{review.campaign_id}"
    return f"{campaign}/resultats/{review.participation_id}" if review.participation_id else campaign


def _pupil_page(recorded: Recorded, arrival: Arrival) -> str:
    if arrival.campaign_code is None:
        return "/campagnes"
    return f"/campagnes/{arrival.campaign_code}?activite={recorded.resource_link_pk}"


def _staff_page(recorded: Recorded, arrival: Arrival) -> str:
    """A teacher gets the activity's campaign, or is asked which it shall be; a Médiacentre has none."""
    if recorded.context_pk is None or recorded.resource_link_pk is None:
        return "/orga/campagnes" if arrival.campaign_id is None else f"/orga/campagnes/{arrival.campaign_id}"
    if arrival.campaign_id is None:
        return f"/orga/activites/{recorded.resource_link_pk}"
    return f"/orga/campagnes/{arrival.campaign_id}?activite={recorded.resource_link_pk}"


def _without_session(answer: Response) -> Response:
    security.clear_session(answer)
    return answer
