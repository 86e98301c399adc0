"""Chromium before the demo's stage: the tool, its worker and the ENT, each its own program, seen as a person sees them.

Every page that a test looks at is measured by axe; where there is a folder `tests/browser/screenshots/`, a screenshot
of it is kept there.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Error, Frame, Page, Playwright, expect, sync_playwright

from lti_tool.demo.stage import Site, Stage, free_port

SCREENSHOTS = Path(__file__).parent / "screenshots"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-site-isolation-trials",  # a frame that changes processes while it is asked may never answer
]
TIMEOUT_MS = 45_000
"""Long: two cores may be busy with other tests. Nothing waits longer than it must."""
ALLOWED = {"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}
NONE_IN_FRAMES = {
    "profile": {"content_settings": {"exceptions": {"cookies": {"127.0.0.1,localhost": {"setting": 2}}}}},
}
"""The tool's cookies, partitioned ones too, are blocked in the ENT's pages, as by strict settings or an old Safari."""


expect.set_options(timeout=TIMEOUT_MS)

_seen_by_people: list[BrowserContext] = []
"""Browsers that are open, for the report of a test that fails."""


def chromium() -> str | None:
    """The browser's path, where there is one."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=1))  # a browser is not ours to make punctual; the summary tells
            if chromium() is None:
                item.add_marker(pytest.mark.skip(reason="Chromium is missing: sudo apt-get install chromium"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails tells what stood on each page."""
    report = yield
    if report.failed:
        for page in [page for context in _seen_by_people for page in context.pages]:
            for frame in page.frames:
                report.sections.append((f"page {frame.url}", _text_of(frame)))
    return report


def _text_of(frame: Frame) -> str:
    try:
        return frame.locator("body").inner_text(timeout=2000)[:2000]
    except Error as gone:
        return f"cannot be read: {gone}"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage of this module's own, its school's register empty, on ports that no other worker's stage looks at."""
    stage = Stage(Site.find(tmp_path_factory.mktemp("stage"), free_port(), free_port()))
    try:
        stage.open()
        yield stage
    finally:
        stage.close()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium as Debian ships it: third-party cookies are blocked, partitioned ones pass."""
    browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def person(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes a browser of its own for each person, third-party cookies blocked."""
    contexts: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        contexts.append(browser.new_context(**{"locale": "fr-FR", **options}))
        contexts[-1].set_default_timeout(TIMEOUT_MS)
        _seen_by_people.append(contexts[-1])
        return contexts[-1]

    yield make
    close_all(contexts)


@pytest.fixture
def profiled(playwright: Playwright, tmp_path: Path) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browsers with the given preferences."""
    contexts: list[BrowserContext] = []

    def make(preferences: dict[str, object], **options: object) -> BrowserContext:
        folder = tmp_path / f"profile-{len(contexts)}"
        contexts.append(open_profile(playwright, folder, preferences, **options))
        return contexts[-1]

    yield make
    close_all(contexts)


def open_profile(
    playwright: Playwright, folder: Path, preferences: dict[str, object], **options: object
) -> BrowserContext:
    """A browser whose profile, in this new folder, has these preferences."""
    (folder / "Default").mkdir(parents=True)
    (folder / "Default" / "Preferences").write_text(json.dumps(preferences))
    context = playwright.chromium.launch_persistent_context(
        folder, executable_path=chromium(), args=ARGUMENTS, **{"locale": "fr-FR", **options}
    )
    context.set_default_timeout(TIMEOUT_MS)
    _seen_by_people.append(context)
    return context


def close_all(contexts: list[BrowserContext]) -> None:
    for context in contexts:
        _seen_by_people.remove(context)
        context.close()


@pytest.fixture
def person_with_cookies(profiled: Callable[..., BrowserContext]) -> Callable[..., BrowserContext]:
    """A browser of its own for each person, third-party cookies allowed."""
    return lambda **options: profiled(ALLOWED, **options)


@pytest.fixture
def person_without_cookies(profiled: Callable[..., BrowserContext]) -> Callable[..., BrowserContext]:
    """The same, no cookie at all in a frame."""
    return lambda **options: profiled(NONE_IN_FRAMES, **options)


@pytest.fixture(scope="module")
def look() -> Callable[..., None]:
    """Looks at a new page, or at a frame's: axe finds nothing, nothing is wider than it; a screenshot, if wanted.

    What was looked at before is not looked at again: the page that a click asked for is waited for. A page that takes
    itself away meanwhile, as one that shows a job's progress, is looked at anew.
    """
    axe = Axe()

    def faults_of(place: Page | Frame) -> list[str]:
        results = axe.run(place)
        return [
            f"{violation['id']}: {[node['target'] for node in violation['nodes']]}"
            for violation in results.response["violations"]
        ]

    def look(place: Page | Frame, name: str) -> None:
        if SCREENSHOTS.is_dir():
            page = place.page if isinstance(place, Frame) else place
            page.screenshot(path=SCREENSHOTS / f"{_test_name()}-{name}.png", full_page=True)
        _wait_until(place, BEGIN)
        while True:
            try:
                faults = faults_of(place)
                fits = place.evaluate(FITS)
                break
            except Error:
                if _is(place, STILL_THERE):
                    raise
                _wait_until(place, BEGIN)
        assert faults == [], f"{name} at {place.url}"
        assert fits, f"{name} at {place.url}"

    return look


BEGIN = "() => document.readyState === 'complete' && !window.lookedAt && (window.lookedAt = true)"
"""True once for each page, when it has come whole."""
STILL_THERE = "() => window.lookedAt === true"
FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def _wait_until(place: Page | Frame, condition: str) -> None:
    end = time.monotonic() + TIMEOUT_MS / 1000
    while not _is(place, condition):
        assert time.monotonic() < end, f"no new page came: {place.url}"
        place.wait_for_timeout(20)


def _is(place: Page | Frame, condition: str) -> bool:
    """Whether the page that stands there says so; one that is just going says nothing."""
    try:
        return bool(place.evaluate(condition))
    except Error:
        return False


def _test_name() -> str:
    """The running test's name, as a file name."""
    name = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition("::")[2].partition(" ")[0]
    return name.translate(str.maketrans(dict.fromkeys("[]/: ", "-")))
