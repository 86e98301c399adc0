"""Memberships: who is in a course, by pages, for whoever asks in the exact words."""

import pytest

from lti_tool.demo.people import person_by_login

MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
COURSE = "technologie-4a"


def members(services, query="", accept=MEMBERS):
    return services.get(f"{services.world.url}/nrps/{COURSE}/members{query}", accept)


def test_the_members_come_by_pages_with_short_roles(services):
    seen, answer = [], members(services)
    while True:
        container = answer.json()
        assert container["context"]["title"] == "Technologie 4e A"
        seen += [(member["name"], member["roles"], member["status"]) for member in container["members"]]
        if "next" not in answer.links:
            break
        answer = services.get(answer.links["next"]["url"], MEMBERS)
    assert seen == [
        ("Claire Fontaine", ["Instructor"], "Active"),
        ("Chloé Nguyen", ["Learner"], "Active"),
        ("Hugo Martin", ["Learner"], "Active"),
        ("Inès Lefebvre-Dubois", ["Learner"], "Active"),
    ]


@pytest.mark.parametrize("role", ["Instructor", "http://purl.imsglobal.org/vocab/lis/v2/membership%23Instructor"])
def test_members_of_one_role(services, role):
    assert [member["user_id"] for member in members(services, f"?role={role}").json()["members"]] == [
        person_by_login("claire.fontaine").sub
    ]


@pytest.mark.parametrize(
    ("query", "accept", "status"),
    [
        pytest.param("", "application/json", 400, id="accept"),
        pytest.param("", "*/*", 400, id="any"),
        pytest.param("?limit=x", MEMBERS, 400, id="limit not a number"),
        pytest.param("?limit=0", MEMBERS, 400, id="limit 0"),
        pytest.param("?rlid=unknown", MEMBERS, 404, id="no such link"),
    ],
)
def test_a_wrong_question_about_members_is_refused(services, query, accept, status):
    assert members(services, query, accept).status_code == status


def test_a_course_that_does_not_exist(services):
    answer = services.get(f"{services.world.url}/nrps/latin/members", MEMBERS)
    assert answer.status_code == 404
