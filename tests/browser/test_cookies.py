"""Five situations of a browser and its cookies, and what people do in them: tabs, reload, back, twice, no scripts.

The platform is the fake one, on another site than the tool; the tool is a real one, in a program of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Frame, FrameLocator, Page, Playwright, expect

from lti_tool.demo.people import SCHOOL_UAI
from lti_tool.demo.stage import Stage
from tests.browser.conftest import NONE_IN_FRAMES, close_all, open_profile
from tests.platform.framed import ASLEEP, FAILING, FORGETFUL, KEEPING, FramedPlatform

Person = Callable[..., BrowserContext]
Look = Callable[..., None]
STORAGE_PATIENCE_MS = 5000
"""In this time, a storage that did not hear the first question is asked a second time (`storage.js`)."""
NEW_WINDOW = "Ouvrir Pix (nouvelle fenêtre)"
OFFERED = "Ouvrez Pix dans une nouvelle fenêtre"
READY = "Pix est prêt dans une nouvelle fenêtre"


@pytest.fixture(scope="module")
def platform(stage: Stage) -> Iterator[FramedPlatform]:
    """A platform that the tool knows, with one deployment."""
    with FramedPlatform(stage.site.tool_url) as platform:
        options = {f"--{name.replace('_', '-')}": value for name, value in platform.addresses.items()}
        added = stage.command("platform", "add", *(word for option in options.items() for word in option))
        stage.command("platform", "deploy", str(added["id"]), platform.deployment_id, "--school", SCHOOL_UAI)
        yield platform


@pytest.fixture(scope="module")
def strict_browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """One browser for all tests in which no cookie lives in a frame: a profile takes long to start."""
    context = open_profile(playwright, tmp_path_factory.mktemp("strict"), NONE_IN_FRAMES)
    yield context
    close_all([context])


@pytest.fixture
def without_cookies(strict_browser: BrowserContext) -> Iterator[BrowserContext]:
    """The same, as if nobody had used it before."""
    strict_browser.clear_cookies()
    yield strict_browser
    for page in strict_browser.pages:
        page.close()


def open_course(platform: FramedPlatform, context: BrowserContext, **options: str) -> tuple[Page, FrameLocator]:
    """The course's page, and its frame, where the tool will be."""
    page = context.new_page()
    page.goto(platform.course_url(**options))
    return page, tool_in(page)


def tool_in(page: Page) -> FrameLocator:
    return page.frame_locator("iframe#tool-frame")


def frame_of(page: Page) -> Frame:
    """The same frame, to be asked as it stands."""
    frame = page.frame(name="tool-frame")
    assert frame
    return frame


def is_let_in(tool: Page | FrameLocator, name: str = "Chloe") -> None:
    expect(tool.locator(".who")).to_contain_text(name)


def send_code(tool: Page | FrameLocator, code: str = "ABCDEF999") -> None:
    """Something that only somebody's own session may do."""
    tool.get_by_label("Code du parcours").fill(code)
    tool.get_by_role("button", name="Commencer mon parcours").click()


def open_window(context: BrowserContext, tool: FrameLocator) -> Page:
    with context.expect_page() as opened:
        tool.get_by_role("button", name=NEW_WINDOW).click()
    opened.value.wait_for_url("**/campagnes*")
    return opened.value


def cookies_of(page: Page) -> set[str]:
    """Names of the cookies that come with the frame's next page."""
    with page.expect_request(re.compile("/campagnes")) as sent:
        frame_of(page).evaluate("location.reload()")
    header = sent.value.all_headers().get("cookie", "")
    return {pair.partition("=")[0].strip() for pair in header.split(";")}


def test_third_party_cookies_allowed(platform: FramedPlatform, person_with_cookies: Person) -> None:
    page, tool = open_course(platform, person_with_cookies())
    is_let_in(tool)
    assert {"passerelle", "passerelle_p"} <= cookies_of(page)
    is_let_in(tool)


def test_partitioned_cookies_only(platform: FramedPlatform, person: Person) -> None:
    page, tool = open_course(platform, person())
    is_let_in(tool)
    names = cookies_of(page)
    assert "passerelle_p" in names
    assert "passerelle" not in names
    send_code(tool)
    expect(tool.get_by_role("alert")).to_be_visible()


@pytest.mark.parametrize("storage", KEEPING)
def test_no_cookie_but_the_platform_s_storage(
    platform: FramedPlatform, without_cookies: BrowserContext, look: Look, storage: str
) -> None:
    """The launch is verified in the frame, and goes on in a window; no address ever holds a secret."""
    context, spent = without_cookies, len(platform.spent)
    page, tool = open_course(platform, context, storage=storage)
    expect(tool.get_by_role("heading", level=1)).to_have_text(READY)
    assert len(platform.spent) == spent + 1
    if storage == "new":
        look(frame_of(page), "pret")
    window = open_window(context, tool)
    is_let_in(window)
    assert "?" not in window.url
    send_code(window)
    expect(window.get_by_role("alert")).to_be_visible()


def test_a_storage_that_wakes_late_is_asked_again(platform: FramedPlatform, without_cookies: BrowserContext) -> None:
    """The page offers its window meanwhile, and goes on by itself once the platform's page hears it."""
    page, tool = open_course(platform, without_cookies, storage=ASLEEP)
    expect(tool.get_by_role("button", name=NEW_WINDOW)).to_be_visible()
    page.evaluate("awake = true")
    expect(tool.get_by_role("heading", level=1)).to_have_text(READY)
    is_let_in(open_window(without_cookies, tool))


def test_a_storage_that_wakes_behind_the_window(platform: FramedPlatform, without_cookies: BrowserContext) -> None:
    """Who did not wait goes on in the window, and the frame leaves it at that: the login can be spent once."""
    context, spent = without_cookies, len(platform.spent)
    page, tool = open_course(platform, context, storage=ASLEEP)
    window = open_window(context, tool)
    page.evaluate("awake = true")
    is_let_in(window)
    page.wait_for_timeout(STORAGE_PATIENCE_MS)
    expect(tool.get_by_role("heading", level=1)).to_have_text(OFFERED)
    assert len(platform.spent) == spent + 1


@pytest.mark.parametrize("storage", FAILING)
def test_a_storage_that_keeps_nothing_leaves_the_login_unspent(
    platform: FramedPlatform, without_cookies: BrowserContext, storage: str
) -> None:
    context, spent = without_cookies, len(platform.spent)
    _, tool = open_course(platform, context, storage=storage)
    expect(tool.get_by_role("button", name=NEW_WINDOW)).to_be_visible()
    assert len(platform.spent) == spent
    is_let_in(open_window(context, tool))


def test_a_storage_that_forgets_lets_nobody_in(
    platform: FramedPlatform, without_cookies: BrowserContext, look: Look
) -> None:
    page, tool = open_course(platform, without_cookies, storage=FORGETFUL)
    expect(tool.get_by_role("main").locator("code")).to_have_text("L15")
    look(frame_of(page), "oublie")


def test_no_cookie_and_no_storage(platform: FramedPlatform, without_cookies: BrowserContext, look: Look) -> None:
    """The page offers a window with the login that nobody has spent."""
    context, spent = without_cookies, len(platform.spent)
    page, tool = open_course(platform, context)
    expect(tool.get_by_role("button", name=NEW_WINDOW)).to_be_visible()
    assert len(platform.spent) == spent
    look(frame_of(page), "fenetre-offerte")
    is_let_in(open_window(context, tool))


@pytest.mark.parametrize("way", ["here", "window"])
def test_the_same_window_or_a_new_one(platform: FramedPlatform, person: Person, way: str) -> None:
    context = person()
    page, _ = open_course(platform, context)
    if way == "window":
        with context.expect_page() as opened:
            page.locator("#window").click()
        page = opened.value
    else:
        page.locator("#here").click()
    page.wait_for_url(f"{platform.tool_url}/**")
    is_let_in(page)


def test_two_tabs_with_two_activities_at_once(
    platform: FramedPlatform, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have logged in before either is launched; each tab stays what it was, and both still work."""
    monkeypatch.setattr(platform, "asks", True)
    context = person()
    tabs = []
    for activity in ("activity-1", "activity-2"):
        tab, tool = open_course(platform, context, activity=activity)
        tabs.append(tab)
        expect(tool.get_by_role("button", name="Continuer")).to_be_visible()
    for tab in tabs:
        tab.bring_to_front()
        tool_in(tab).get_by_role("button", name="Continuer").click()
    for tab in tabs:
        tab.bring_to_front()
        is_let_in(tool_in(tab))
        send_code(tool_in(tab))
        expect(tool_in(tab).get_by_role("alert")).to_be_visible()


def test_a_second_pupil_on_the_same_computer(platform: FramedPlatform, person: Person) -> None:
    """In frames: the tab that the first pupil forgot can act for nobody."""
    context = person()
    _, forgotten = open_course(platform, context)
    is_let_in(forgotten)
    _, tool = open_course(platform, context, sub="sub-hugo")
    is_let_in(tool, "Hugo")
    send_code(forgotten)
    expect(forgotten.get_by_role("main").locator("code")).to_have_text("FORMULAIRE")
    send_code(tool)
    is_let_in(tool, "Hugo")


def test_reload_after_a_launch(platform: FramedPlatform, person: Person) -> None:
    page = person().new_page()
    page.goto(platform.start_url())
    page.wait_for_url(f"{platform.tool_url}/campagnes*")
    spent = len(platform.spent)
    page.reload()
    is_let_in(page)
    assert len(platform.spent) == spent, "a reload launches nothing"


def test_back_and_forward_around_a_launch(platform: FramedPlatform, person: Person) -> None:
    page = person().new_page()
    page.goto(platform.course_url())
    page.locator("#here").click()
    page.wait_for_url(f"{platform.tool_url}/campagnes*")
    is_let_in(page)
    page.go_back()
    page.wait_for_url(re.compile(r"/course\?|/campagnes"))
    page.go_forward()
    page.wait_for_url(f"{platform.tool_url}/campagnes*")
    is_let_in(page)


def test_a_launch_posted_twice_says_so_and_leads_on(platform: FramedPlatform, person: Person, look: Look) -> None:
    context = person()
    page = context.new_page()
    with page.expect_request("**/lti/launch") as posted:
        page.goto(platform.start_url())
    page.wait_for_url(f"{platform.tool_url}/campagnes*")
    form = posted.value.post_data_json
    page.goto(f"{platform.url}/keeper?storage=none")
    page.evaluate(
        """([action, fields]) => {
            const form = Object.assign(document.createElement("form"), { method: "post", action });
            for (const [name, value] of Object.entries(fields))
                form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
            document.body.append(form);
            form.submit();
        }""",
        [f"{platform.tool_url}/lti/launch", form],
    )
    expect(page.get_by_role("main")).to_contain_text("ne sert qu’une fois")
    look(page, "deux-fois")
    page.get_by_role("link", name="Continuer dans Pix").click()
    is_let_in(page)


@pytest.mark.parametrize("framed", [True, False], ids=["frame", "window"])
def test_no_javascript(platform: FramedPlatform, person: Person, framed: bool) -> None:
    """Each step is a button."""
    page = person(java_script_enabled=False).new_page()
    page.goto(platform.course_url() if framed else platform.start_url())
    steps = frame_of(page) if framed else page.main_frame
    for _ in range(2):  # both pages call their button the same
        with steps.expect_navigation():
            steps.get_by_role("button", name="Continuer").click()
    expect(steps.locator(".who")).to_contain_text("Chloe")
