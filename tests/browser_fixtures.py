"""One Chromium and one served help center for all tests in a browser."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from browser import NO_CHROMIUM, SCREENS, Watch, build_center, find_chromium, launch, visiting
from playwright.sync_api import Browser, Page, sync_playwright
from serving import served

from search.encoder import OnnxEncoder

# For each module of such tests: `pytestmark = IN_BROWSER`. The first one may have to wait for the
# model and the index.
IN_BROWSER = [pytest.mark.browser, pytest.mark.model, pytest.mark.timeout(600)]

Visit = Callable[..., Page]
Look = Callable[[str], Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        pytest.skip(NO_CHROMIUM)
    with sync_playwright() as playwright:
        browser = launch(playwright, program)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def center_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the served help center keeps its records."""
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="session")
def center(
    chromium: Browser,  # first: without it nothing is worth building
    center_data: Path,
    prepared_models: Path,
    real_index: Path,
    real_encoder: OnnxEncoder,
) -> Iterator[str]:
    """Address of a served help center: the example, with an article only one language has."""
    build_center(center_data, real_encoder, cached=real_index)
    folders = ("--data", center_data, "--models", prepared_models)
    with served(*folders, KB_RATE_LIMIT="0") as (port, _, _):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def visit(chromium: Browser, center: str) -> Iterator[Visit]:
    """Called for an empty page of a new visitor, with options of Playwright's contexts.

    The test fails when a page asks another machine, loads in vain, or complains in the console.
    """
    watch = Watch(center)
    with ExitStack() as contexts:
        yield lambda **options: contexts.enter_context(visiting(chromium, watch, **options))
    assert watch.faults == []


@pytest.fixture(scope="session")
def onlookers(chromium: Browser, center: str) -> Iterator[tuple[Watch, dict[str, Page]]]:
    """A visitor for each screen."""
    watch = Watch(center)
    with ExitStack() as contexts:
        yield (
            watch,
            {
                screen: contexts.enter_context(visiting(chromium, watch, **options))
                for screen, options in SCREENS.items()
            },
        )


@pytest.fixture
def look(onlookers: tuple[Watch, dict[str, Page]]) -> Iterator[Look]:
    """Called with a screen's name for a page that many tests share, which is quick.

    For tests that only look at pages. What fails a test with `visit` fails it, too.
    """
    watch, pages = onlookers

    def page_on(screen: str) -> Page:
        page = pages[screen]
        page.set_viewport_size(SCREENS[screen]["viewport"])
        page.emulate_media(media="screen", color_scheme="light", reduced_motion="reduce")
        return page

    yield page_on
    faults = watch.faults.copy()
    watch.faults.clear()
    assert faults == []
