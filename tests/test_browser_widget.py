"""The widget on a shop's page: another site, with a strict policy of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import DESKTOP, PHONE, SCREENS
from browser_fixtures import IN_BROWSER
from playwright.sync_api import Browser, FrameLocator, Page, Request
from serving import free_port
from test_browser_accessibility import ALL_RULES

pytestmark = IN_BROWSER

QUESTION = "Wie lange dauert die Erstattung?"


@contextmanager
def shop(port: int, help_center: str, body: str) -> Iterator[str]:
    """A site whose pages may load and frame what the help center has, and nothing else."""

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = (
                "<!doctype html><html lang=de><meta charset=utf-8><title>Laden</title>"
                "<meta name=viewport content='width=device-width'>"
                f"<main><h1>Laden</h1><a href='#top'>Warenkorb</a>{body}</main></html>"
            ).encode()
            policy = f"default-src 'none'; script-src {help_center}; frame-src {help_center}"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.shutdown()
        server.server_close()


Open = Callable[..., Page]


@pytest.fixture
def enter(chromium: Browser, center: str, shop_port: int) -> Iterator[Open]:
    """Called for the shop's page with the widget, with options of Playwright's contexts.

    The test fails when the page asks a third site, or complains in the console.
    """
    faults: list[str] = []
    script = f'<script src="{center}/widget.js" data-locale="de" defer></script>'
    with shop(shop_port, center, script) as address, ExitStack() as contexts:

        def note(asked: Request) -> None:
            if not asked.url.startswith((address, f"{center}/")):
                faults.append(asked.url)

        def opened(**options: Any) -> Page:
            page = contexts.enter_context(chromium.new_context(**options)).new_page()
            page.on("console", lambda message: faults.append(message.text))
            page.on("pageerror", lambda error: faults.append(error.message))
            page.on("request", note)
            page.goto(address)
            page.locator("aside button.open").wait_for()
            return page

        yield opened
    assert faults == []


def has_focus(page: Page, selector: str) -> None:
    """The focus is, or comes soon, to this element of the widget."""
    page.locator(f"aside {selector}:focus").wait_for()


def frame(page: Page) -> FrameLocator:
    return page.frame_locator("aside iframe")


@pytest.mark.parametrize("screen", SCREENS)
def test_a_question_is_asked_and_answered_by_keyboard_alone(enter: Open, screen: str) -> None:
    page = enter(**SCREENS[screen])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    has_focus(page, "button.open")
    assert asked == [], "nothing is asked before the button is pressed"
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Hilfe von Brise & Kette")
    panel.wait_for()
    frame(page).locator("#question:focus").wait_for()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    frame(page).locator("#answer:focus").wait_for()
    assert "14 Tage" in frame(page).locator(".answer-text").inner_text()
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    has_focus(page, "button.open")
    page.keyboard.press("Enter")
    assert "14 Tage" in frame(page).locator(".answer-text").inner_text(), "it is where it was"
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_the_close_button_and_escape_beside_the_frame_close_it(enter: Open) -> None:
    page = enter(**DESKTOP)
    for way in ("click", "Escape"):
        page.locator("aside button.open").click()
        frame(page).locator("#question").wait_for()
        close = page.get_by_role("button", name="Schließen")
        close.focus()
        if way == "click":
            close.click()
        else:
            page.keyboard.press(way)
        page.get_by_role("dialog").wait_for(state="hidden")
        has_focus(page, "button.open")


def test_on_a_phone_it_fills_the_screen_and_the_page_behind_is_out_of_reach(enter: Open) -> None:
    page = enter(**PHONE, reduced_motion="reduce")
    page.locator("aside button.open").click()
    frame(page).locator("#question:focus").wait_for()
    box = page.get_by_role("dialog").bounding_box()
    assert box
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 844)
    assert page.get_by_role("link", name="Warenkorb").count() == 1
    page.get_by_role("button", name="Schließen").focus()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.textContent") != "Warenkorb"


def test_beside_the_page_the_page_goes_on_to_work(enter: Open) -> None:
    page = enter(**DESKTOP)
    page.locator("aside button.open").click()
    frame(page).locator("#question").wait_for()
    page.get_by_role("link", name="Warenkorb").click()
    assert page.url.endswith("#top")
    assert page.get_by_role("dialog").is_visible()


def test_links_open_the_help_center_in_a_window_of_its_own(enter: Open, center: str) -> None:
    page = enter(**DESKTOP)
    page.locator("aside button.open").click()
    with page.context.expect_page() as opened:
        frame(page).get_by_role("link", name="Hilfe-Center öffnen").click()
    opened.value.wait_for_load_state()
    assert opened.value.url == f"{center}/de/"
    assert opened.value.evaluate("window.opener") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing_on_the_shops_page(enter: Open, screen: str, scheme: str) -> None:
    page = enter(**SCREENS[screen], color_scheme=scheme)
    for is_open in (False, True):
        if is_open:
            page.locator("aside button.open").click()
            frame(page).locator("#question").wait_for()
        # What the frame shows is one of PAGE_TYPES; axe cannot look into it from here.
        results = Axe().run(page, options=ALL_RULES | {"iframes": False})
        assert not results.violations_count, results.generate_report()


def test_it_moves_only_for_who_wants_motion(enter: Open) -> None:
    for wanted, name in (("reduce", "none"), ("no-preference", "rise")):
        page = enter(**DESKTOP, reduced_motion=wanted)
        page.locator("aside button.open").click()
        dialog = page.get_by_role("dialog")
        dialog.wait_for()
        assert dialog.evaluate("el => getComputedStyle(el).animationName") == name


def test_other_sites_and_other_pages_are_not_framed(
    chromium: Browser, center: str, shop_port: int
) -> None:
    """A site that is not named gets no widget, and the named one no page but the widget's."""
    for port, path, is_shown in (
        (shop_port, "/de/widget", True),
        (shop_port, "/de/", False),
        (free_port(), "/de/widget", False),
    ):
        body = f'<iframe title="x" src="{center}{path}"></iframe>'
        with shop(port, center, body) as address, chromium.new_context() as context:
            page = context.new_page()
            page.goto(address, wait_until="load")
            shown = page.frame_locator("iframe").locator("main#content").count() == 1
            assert shown is is_shown, (port == shop_port, path)
