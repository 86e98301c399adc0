"""The platforms that launch tools, with what was observed to be their own (`facts/lti.md`, `facts/moodle.md`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.platform.payloads import AGS, DL, INSTITUTION, LTI, MEMBERSHIP, SYSTEM
from tests.platform.server import FakePlatform
from tests.platform.signing import key_named, public_jwk

TEACHER, PUPIL = "teacher", "pupil"
SETTINGS = DL + "deep_linking_settings"
_SHORT = {TEACHER: ["Instructor"], PUPIL: ["Learner"]}
_LONG = {TEACHER: [MEMBERSHIP + "Instructor"], PUPIL: [MEMBERSHIP + "Learner"]}
_EVERYTHING = {
    TEACHER: [INSTITUTION + "Instructor", MEMBERSHIP + "Instructor", SYSTEM + "User"],
    PUPIL: [INSTITUTION + "Student", MEMBERSHIP + "Learner", SYSTEM + "User"],
}


@dataclass(frozen=True)
class Personality:
    """One product: what it sends, and what it does with what it gets."""

    slug: str
    name: str
    quirks: tuple[str, ...]
    """What is its own, in words: the rows of `docs/conformance.md`."""
    issuer: str | None = None
    """Where all its sites share one."""
    client_id: str = "10000000000001"
    deployment_id: str = "1"
    registration: Mapping[str, Any] = field(default_factory=dict)
    """What our registration of it says beside the addresses."""
    login_by: str = "POST"
    login: Mapping[str, str] = field(default_factory=dict)
    """What its logins carry beside what all do."""
    keyed: bool = False
    """Whether its logins come to the address of its own."""
    roles: Mapping[str, list[str]] = field(default_factory=lambda: _LONG)
    member_roles: Mapping[str, list[str]] = field(default_factory=lambda: _LONG)
    shares_names: bool = True
    claims: Mapping[str, Any] = field(default_factory=dict)
    """Claims that it sends beside, or instead."""
    custom: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: {TEACHER: {}, PUPIL: {}})
    """Parameters fixed in the tool's own settings there."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Its deep linking settings, where they differ."""
    key_members: Mapping[str, Any] = field(default_factory=dict)
    more_keys: tuple[str, ...] = ()
    type_id: str | None = None
    exact_media_types: bool = False
    page_size: int = 50
    names_column_after_activity: bool = False
    merges_columns_of_one_title: bool = False
    gives_line_item: bool = True
    """Whether a launch names the link's one column."""
    starts_in_mediacentre: bool = False

    def furnish(self, platform: FakePlatform) -> None:
        """Make the fake platform this one."""
        platform.issuer = self.issuer or platform.issuer
        platform.client_id, platform.deployment_id = self.client_id, self.deployment_id
        platform.token_audience = self.registration.get("token_audience")
        platform.keys += [key_named(name) for name in self.more_keys]
        platform.jwks = {"keys": [public_jwk(key, **self.key_members) for key in platform.keys]}
        rules = platform.rules
        rules.type_id, rules.page_size, rules.exact_media_types = self.type_id, self.page_size, self.exact_media_types

    def speak(self, claims: dict[str, Any], role: str, custom: Mapping[str, str]) -> dict[str, Any]:
        """The claims of a launch as this platform would write them."""
        said = {**claims, **self.claims, LTI + "roles": list(self.roles[role])}
        said[LTI + "custom"] = {**self.custom[role], **custom}
        if SETTINGS in said:
            said[SETTINGS] = {name: value for name, value in {**said[SETTINGS], **self.settings}.items() if value != ""}
        if not self.shares_names:
            for name in ("name", "given_name", "family_name", "email"):
                said.pop(name, None)
        return said

    def in_mediacentre(self, claims: dict[str, Any], role: str) -> dict[str, Any]:
        """The same person from the ENT's own page: no course, no gradebook, institution roles alone."""
        said = {name: value for name, value in claims.items() if name != AGS and "namesroleservice" not in name}
        del said[LTI + "context"]
        institution = {TEACHER: INSTITUTION + "Faculty", PUPIL: INSTITUTION + "Student"}
        return {**said, LTI + "roles": [institution[role]], LTI + "resource_link": {"id": "mediacentre"}}

    def place(self, platform: FakePlatform, item: Mapping[str, Any]) -> None:
        """Do what this platform does with a content item's column."""
        wanted = item.get("lineItem")
        if wanted is None:
            return
        course = platform.courses["course-1"]
        label = item["title"] if self.names_column_after_activity else wanted["label"]
        if self.merges_columns_of_one_title and any(
            each.document["label"] == label for each in course.columns.values()
        ):
            return
        course.add_column(**{**wanted, "label": label, "resourceLinkId": "activity-1"})


MOODLE = Personality(
    slug="moodle",
    name="Moodle 4.5, Éléa",
    quirks=(
        "tokens live 60 s",
        "message hint as JSON, `lti_deployment_id` at login",
        "line items with `?type_id=` and exact media types",
        "pages of two members",
        "NRPS with short roles",
        "unknown variables stay literal, custom parameters come twice",
        "the column takes the activity's name",
    ),
    login={"lti_message_hint": '{"cmid":"5","launchid":"ltilaunch5_19"}', "lti_deployment_id": "4"},
    deployment_id="4",
    roles={TEACHER: [MEMBERSHIP + "Instructor", INSTITUTION + "Administrator"], PUPIL: _LONG[PUPIL]},
    member_roles=_SHORT,
    claims={LTI + "ext": {"lms": "moodle-2", "user_username": "u5"}, LTI + "lti1p1": {"user_id": "5"}},
    custom={role: {"naissance": "$Person.birthdate", "x y": "1", "x_y": "1"} for role in (TEACHER, PUPIL)},
    type_id="4",
    exact_media_types=True,
    page_size=2,
    names_column_after_activity=True,
)
ITSLEARNING = Personality(
    slug="itslearning",
    name="itslearning",
    quirks=(
        "anonymous by default: only `sub` and role",
        "a new deployment id at each site",
        "deep linking for one resource",
    ),
    deployment_id="0f6f7cb6-3f0e-4a37-9a55-1d2f3b1f9a10",
    login_by="GET",
    shares_names=False,
    settings={"accept_multiple": False, "data": ""},
)
CANVAS = Personality(
    slug="canvas",
    name="Canvas",
    quirks=(
        "one issuer for all sites",
        "the login names a frame for platform storage",
        "institution, course and system roles together",
        "vendor claims",
        "`accept_multiple` as a text",
        "no key's `use`",
    ),
    issuer="https://canvas.instructure.com",
    deployment_id="12:f97330a96452fc363a34e0ef6d8d0d3e9e1007d2",
    keyed=True,
    login={
        "lti_message_hint": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJ2IjoxfQ.c2ln",
        "lti_storage_target": "post_message_forwarding",
        "canvas_region": "eu-west-1",
        "lti_deployment_id": "12:f97330a96452fc363a34e0ef6d8d0d3e9e1007d2",
    },
    roles=_EVERYTHING,
    claims={
        "https://www.instructure.com/placement": "assignment_selection",
        "errors": {"errors": {}},
        "locale": "fr-CA",
        "picture": "https://canvas.instructure.com/images/messages/avatar-50.png",
        LTI + "lti11_legacy_user_id": "535fa085f22b4655f48cd5a36a9215f64c062838",
    },
    settings={"accept_multiple": "false", "accept_types": ["link", "ltiResourceLink"]},
    key_members={"use": None},
)
BRIGHTSPACE = Personality(
    slug="brightspace",
    name="Brightspace (D2L)",
    quirks=(
        "the token audience is not the token URL",
        "keys without `alg`",
        "keys of several hours",
        "`azp` beside `aud`",
    ),
    client_id="c0e6b7a2-1111-4f5b-9c7e-6f1f3d2b8a90",
    deployment_id="5a1b7f52-2222-4b7e-8f6d-0c2d4e6f8a1b",
    registration={"token_audience": "https://api.brightspace.com/auth/token"},
    claims={"azp": "c0e6b7a2-1111-4f5b-9c7e-6f1f3d2b8a90"},
    key_members={"alg": None},
    more_keys=("d2l-last-hour", "d2l-next-hour"),
    gives_line_item=False,
)
BLACKBOARD = Personality(
    slug="blackboard",
    name="Blackboard",
    quirks=("one client for all sites", "a deployment per site", "`lti_storage_target` is not said again", "no `data`"),
    issuer="https://blackboard.com",
    client_id="b7f0c1de-3333-4c0a-8a55-7e1f2a3b4c5d",
    deployment_id="7d8e9f00-4444-4d1b-9b66-8f2a3b4c5d6e",
    keyed=True,
    login_by="GET",
    login={"lti_storage_target": "_parent"},
    roles=_EVERYTHING,
    settings={"data": "", "accept_multiple": True},
)
SAKAI = Personality(
    slug="sakai",
    name="Sakai",
    quirks=("`lti_storage_target=_parent`", "columns of one title are one column"),
    login={"lti_storage_target": "_parent"},
    claims={LTI + "tool_platform": {"product_family_code": "sakai", "version": "23"}},
    merges_columns_of_one_title=True,
    settings={"accept_multiple": "true"},
)
ENT = Personality(
    slug="ent",
    name="A French ENT",
    quirks=(
        "a Médiacentre without course, by institution roles",
        "several schools in one deployment, told apart by a fixed UAI parameter",
        "the national profile in a fixed parameter",
        "courses with a gradebook beside it",
    ),
    login_by="GET",
    registration={"uai_param": "uai", "profile_param": "profil"},
    roles={TEACHER: [MEMBERSHIP + "Instructor", INSTITUTION + "Faculty"], PUPIL: _LONG[PUPIL]},
    custom={
        TEACHER: {"uai": "0250001A", "profil": "National_ens"},
        PUPIL: {"uai": "0250001A", "profil": "National_elv"},
    },
    page_size=3,
    starts_in_mediacentre=True,
)

PERSONALITIES = (MOODLE, ENT, ITSLEARNING, CANVAS, BRIGHTSPACE, BLACKBOARD, SAKAI)
IN_EVERY_RUN = (MOODLE, ENT)
"""The others play in `make soak`."""
