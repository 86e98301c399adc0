"""What people see in the demo ENT."""

import pytest

PUPIL, TEACHER = "chloe.nguyen", "claire.fontaine"


def test_the_home_page_offers_ten_people(world):
    page = world.browser().get("/")
    assert len(page.all("//button[@data-person]")) == 10
    assert "ENT du collège Jean-Rostand (démonstration)" in page.text
    assert "Inès Lefebvre-Dubois" in page.text


def test_signing_in_by_a_click_shows_who_one_is(world):
    browser = world.browser("hugo.martin")
    assert browser.get("/mediacentre").all("//@data-me") == ["hugo.martin"]


@pytest.mark.parametrize(
    ("link", "status", "place"),
    [
        pytest.param("/connexion?personne=hugo.martin", 200, "/mediacentre", id="somebody"),
        pytest.param("/connexion?personne=hugo.martin&cours=technologie-4a", 200, "/cours/technologie-4a", id="course"),
        pytest.param("/connexion?personne=personne", 404, "/connexion?personne=personne", id="nobody"),
    ],
)
def test_a_printed_link_signs_in(world, link, status, place):
    page = world.browser().get(link)
    assert (page.status, page.answer.url) == (status, world.url + place)


def test_a_click_on_another_person_replaces_the_first(world):
    browser = world.browser("hugo.martin")
    browser.post("/connexion", {"personne": "paul.durand"})
    assert browser.get("/mediacentre").all("//@data-me") == ["paul.durand"]


def test_signing_out_leads_back_to_the_choice(world):
    browser = world.browser(PUPIL)
    browser.post("/deconnexion")
    assert browser.get("/mediacentre").answer.url == world.url + "/"


@pytest.mark.parametrize(
    ("login", "titles"),
    [
        pytest.param("hugo.martin", ["Technologie 4e A"], id="pupil"),
        pytest.param(TEACHER, ["Technologie 4e A", "Sciences numériques 5e"], id="teacher of both"),
        pytest.param("marc.besson", ["Sciences numériques 5e"], id="teacher of one"),
        pytest.param("helene.garnier", [], id="head"),
        pytest.param("nadia.martin", [], id="parent"),
    ],
)
def test_everybody_sees_their_own_courses(world, login, titles):
    page = world.browser(login).get("/cours")
    assert [link.text for link in page.all("//li[@data-course]//a")] == titles


@pytest.mark.parametrize(
    ("login", "path", "status"),
    [
        pytest.param(PUPIL, "/cours/numerique-5e", 403, id="a course of others"),
        pytest.param(PUPIL, "/cours/technologie-4a/selection", 403, id="a pupil selects"),
        pytest.param(PUPIL, "/lancement/selection/technologie-4a", 403, id="a pupil opens the picker"),
        pytest.param("marc.besson", "/cours/technologie-4a/notes", 403, id="a gradebook of others"),
        pytest.param(TEACHER, "/cours/latin", 404, id="no such course"),
        pytest.param(TEACHER, "/activites/99", 404, id="no such activity"),
        pytest.param(TEACHER, "/rien", 404, id="no such page"),
    ],
)
def test_refused_pages_say_so_in_french(world, login, path, status):
    page = world.browser(login).get(path)
    assert page.status == status
    assert page.all("//code/text()") == [str(status)]
    assert "Une erreur est survenue" in page.text


def test_a_teacher_adds_moves_and_deletes_an_activity_by_hand(world):
    browser = world.browser(TEACHER)
    added = browser.post("/cours/technologie-4a/activites", {"titre": "À la main"})
    (activity,) = added.all("//@data-activity")
    assert browser.get(f"/activites/{activity}").all("//iframe/@title") == ["Pix : À la main"]
    browser.post(f"/activites/{activity}/ouverture", {"ouverture": "fenetre"})
    page = browser.get(f"/activites/{activity}")
    assert not page.all("//iframe")
    assert page.all("//a[@id='open-window']/@target") == ["_blank"]
    assert "Aucune activité n’a de note" in browser.get("/cours/technologie-4a/notes").text
    browser.post(f"/activites/{activity}/supprimer")
    assert "pas encore d’activité" in browser.get("/cours/technologie-4a").text


def test_a_pupil_cannot_change_the_course(world):
    activity = world.activity()
    browser = world.browser(PUPIL)
    assert browser.post("/cours/technologie-4a/activites", {"titre": "Pirate"}).status == 403
    assert browser.post(f"/activites/{activity}/supprimer").status == 403
    assert "Modifier le cours" not in browser.get("/cours/technologie-4a?edition=1").text


def test_a_form_of_another_site_changes_nothing(world):
    page = world.browser(TEACHER).post(
        "/cours/technologie-4a/activites", {"titre": "Pirate"}, headers={"Origin": world.tool.origin}
    )
    assert page.status == 403
    assert "pas encore d’activité" in world.browser(TEACHER).get("/cours/technologie-4a").text


def test_deleting_an_activity_deletes_its_column(world):
    activity = world.activity()
    browser = world.browser(TEACHER)
    assert browser.get("/cours/technologie-4a/notes").all("//th[@data-line-item]")
    browser.post(f"/activites/{activity}/supprimer")
    assert not browser.get("/cours/technologie-4a/notes").all("//th[@data-line-item]")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        pytest.param("12,5", "12.5", id="comma"),
        pytest.param("100", "100.0", id="maximum"),
        pytest.param("", "", id="emptied"),
    ],
)
def test_a_teacher_writes_in_the_gradebook(world, typed, shown):
    world.activity()
    browser = world.browser(TEACHER)
    page = browser.get("/cours/technologie-4a/notes")
    cell = page.all("//td[@data-sub]")[0]
    fields = {"eleve": cell.get("data-sub"), "colonne": cell.get("data-line-item"), "note": typed}
    after = browser.post("/cours/technologie-4a/notes", fields)
    assert after.all("//td[@data-sub]")[0].get("data-grade") == shown


@pytest.mark.parametrize("typed", ["101", "-1", "bien", "nan"])
def test_a_mark_outside_the_scale_is_refused(world, typed):
    world.activity()
    browser = world.browser(TEACHER)
    cell = browser.get("/cours/technologie-4a/notes").all("//td[@data-sub]")[0]
    fields = {"eleve": cell.get("data-sub"), "colonne": cell.get("data-line-item"), "note": typed}
    assert browser.post("/cours/technologie-4a/notes", fields).status == 400
    assert browser.get("/cours/technologie-4a/notes").all("//td[@data-sub]")[0].get("data-grade") == ""


def test_a_pupil_sees_only_their_own_marks(world):
    world.activity()
    page = world.browser(PUPIL).get("/cours/technologie-4a/notes")
    assert page.all("//h1/text()") == ["Mes notes"]
    assert len(page.all("//td[@data-sub]")) == 1
    assert "Hugo" not in page.text


def test_the_way_back_leaves_the_frame_and_shows_what_the_tool_says(world):
    page = world.browser().get("/retour/technologie-4a", params={"lti_msg": "<b>À bientôt</b>"})
    assert "<b>À bientôt</b>" in page.text
    assert page.all("//a[@id='continue']/@href") == ["/cours/technologie-4a"]
    assert page.all("//a[@id='continue']/@target") == ["_top"]


def test_pages_carry_no_inline_script_and_forbid_it(world):
    page = world.browser(TEACHER).get("/lancement/mediacentre")
    policy = page.answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert f"form-action 'self' {world.tool.origin}" in policy
    assert not page.all("//script[not(@src)]")
    assert page.all("//form[@id='login-initiation']//button")


def test_healthz(world):
    assert world.browser().get("/healthz").answer.text == "ok\n"
