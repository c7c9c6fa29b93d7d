"""One Chromium and one served help center for all tests in a browser."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from browser import (
    NO_CHROMIUM,
    SCREENS,
    Watch,
    find_chromium,
    index_center,
    launch,
    signed_in,
    visiting,
)
from filelock import FileLock
from furnished import furnish
from playwright.sync_api import Browser, Page, StorageState, sync_playwright
from postbox import Mailbox, mail_server
from serving import free_port, served

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
def center_data(
    tmp_path_factory: pytest.TempPathFactory, real_index: Path, real_encoder: OnnxEncoder
) -> Path:
    """Index of the served help center, and the records of a month.

    The processes that test at once share the index; records are their own.
    """
    own = tmp_path_factory.mktemp("browser")
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    shared = own / "shared" if alone else tmp_path_factory.getbasetemp().parent / "browser-shared"
    shared.mkdir(exist_ok=True)
    with FileLock(shared / ".tests.lock"):
        index = index_center(shared, real_encoder, cached=real_index)
    (own / "index").symlink_to(index)
    furnish(own)
    return own


@pytest.fixture(scope="session")
def postbox() -> Iterator[tuple[int, Mailbox]]:
    """Where all mail of the served help center arrives: its port, and what is in it."""
    port, box = free_port(), Mailbox()
    with mail_server(port, box):
        yield port, box


@pytest.fixture(scope="session")
def shop_port() -> int:
    """Port of the one other site that may show the served help center's widget."""
    return free_port()


@pytest.fixture(scope="session")
def center(
    chromium: Browser,  # first: without it nothing is worth building
    center_data: Path,
    postbox: tuple[int, Mailbox],
    shop_port: int,
    prepared_models: Path,
) -> Iterator[str]:
    """Address of a served help center: the example, with an article only one language has."""
    folders = ("--data", center_data, "--models", prepared_models)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = {
        "KB_RATE_LIMIT": "0",
        "KB_PUBLIC_URL": address,
        "KB_WIDGET_ORIGINS": f"http://127.0.0.1:{shop_port}",
        "KB_SMTP_HOST": "127.0.0.1",
        "KB_SMTP_PORT": str(postbox[0]),
        "KB_SMTP_SECURITY": "none",
        "KB_SMTP_SENDER": "help@example.org",
    }
    with served(*folders, port=port, **settings):
        yield address


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
def staff(chromium: Browser, center: str) -> StorageState:
    """What makes a browser one of staff's, given to `visit` as `storage_state`."""
    return signed_in(chromium, center)


@pytest.fixture(scope="session")
def onlookers(
    chromium: Browser, center: str, staff: StorageState
) -> Iterator[tuple[Watch, dict[str, Page]]]:
    """A visitor for each screen, signed in: public pages do not get to know."""
    watch = Watch(center)
    with ExitStack() as contexts:
        yield (
            watch,
            {
                screen: contexts.enter_context(
                    visiting(chromium, watch, storage_state=staff, **options)
                )
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
