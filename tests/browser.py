"""Pages as a real browser shows them: Chromium, the page types, and how people look at them."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from furnished import CASE
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Response,
    Route,
    StorageState,
)
from staffed import EMAIL, PASSWORD

from indexer.build import build_index
from kb.store.build_cache import CACHE_FILE
from search.encoder import Encoder

ROOT = Path(__file__).parent.parent
# Pages that only one language has: the example has all in both, and its products lack nothing.
FOREIGN = Path(__file__).parent / "data" / "browser"

LOCALES = ("de", "en")
NO_CHROMIUM = (
    "there is no Chromium: install it (Debian: apt-get install chromium-headless-shell), or"
    " name the program in KB_TEST_CHROMIUM"
)

# Beside what Playwright switches off by itself: the browser must not look up any other machine.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@dataclass(frozen=True, slots=True)
class PageType:
    """One kind of page, by an example in each language."""

    name: str
    de: str  # address
    en: str
    shows: str  # selector of what only this kind of page has
    status: int = 200
    for_strangers: bool = False  # shown to who is not signed in alone

    def address(self, locale: str) -> str:
        return self.de if locale == "de" else self.en


_DE_ARTICLE = "/de/articles/akku-laedt-nicht"
_EN_ARTICLE = "/en/articles/battery-not-charging"
_TOO_LONG = "/search?q=" + "x" * 501
_FINDER = "/products/ebike/finder"
_FOUND = f"{_FINDER}?use=city&frame_shape=step_through"
_DE_RULE, _EN_RULE = "/articles/kann-ich-das-zurueckgeben", "/articles/return-decision"
_COMPARISON = "/products/ebike/compare?id=trek-4&id=trek-7&id=city-5"
_PRODUCTS = "/admin/insight/products"
_SEARCHES = "/admin/insight/searches?from=2026-01-01&to=2999-12-31&status=no_answer"

# What all checks go through. A new kind of page is one line here.
PAGE_TYPES = (
    PageType("home", "/de/", "/en/", ".hero"),
    PageType("category", "/de/battery/", "/en/battery/", ".page-head .topic-icon"),
    PageType("articles", "/de/articles/", "/en/articles/", ".titles"),
    PageType("article", _DE_ARTICLE, _EN_ARTICLE, ".with-contents .text table"),
    PageType("fallback", "/de/articles/paint-care", "/en/articles/lenkerband-wickeln", ".notice"),
    PageType("products", "/de/products/", "/en/products/", ".types"),
    PageType("product-type", "/de/products/ebike/", "/en/products/ebike/", ".products"),
    PageType("product", "/de/products/city-3", "/en/products/city-3", ".product-top"),
    PageType(
        "answered",
        "/de/search?q=Wie+lange+dauert+die+Erstattung%3F",
        "/en/search?q=How+long+does+a+refund+take%3F",
        "#answer",
    ),
    PageType(
        "related",
        "/de/search?q=Regenjacke",
        "/en/search?q=tips+for+beginners",
        ".state",
    ),
    PageType(
        "no-answer",
        "/de/search?q=Wer+hat+gestern+das+Pokalfinale+gewonnen%3F",
        "/en/search?q=premier+league+table+this+season",
        "#no-answer",
    ),
    PageType(
        "corrected",
        "/de/search?q=Rehcnung+herunterladen",
        "/en/search?q=donwload+invoice",
        ".did-you-mean",
    ),
    PageType("finder", "/de" + _FINDER, "/en" + _FINDER, ".way-on"),
    PageType("found", "/de" + _FOUND, "/en" + _FOUND, ".given"),
    PageType("guided", "/de" + _DE_RULE, "/en" + _EN_RULE, ".guide-start"),
    PageType("decision", f"/de{_DE_RULE}/decide", f"/en{_EN_RULE}/decide", ".way-on"),
    PageType("comparison", "/de" + _COMPARISON, "/en" + _COMPARISON, ".comparison"),
    PageType("preferences", "/de/preferences", "/en/preferences", ".preferences"),
    PageType("contact", "/de/contact", "/en/contact", ".teams"),
    PageType(
        "contact-write",
        "/de/contact/write?q=Der+Akku+l%C3%A4dt+nicht%2C+was+tun%3F",
        "/en/contact/write?q=My+battery+does+not+charge%2C+what+can+I+do%3F",
        ".may-help",
    ),
    PageType(
        "widget",
        "/de/widget?q=Wie+lange+dauert+die+Erstattung%3F",
        "/en/widget",
        ".widget-person",
    ),
    PageType("case-open", "/de/cases", "/en/cases", ".case-open"),
    PageType("not-found", "/de/articles/akku-leer", "/en/articles/empty-battery", "#results", 404),
    PageType("refused", "/de" + _TOO_LONG, "/en" + _TOO_LONG, ".plain", 400),
    PageType("login", "/admin/login", "/admin/login", ".login", for_strangers=True),
    PageType("tasks", "/admin/tasks/", "/admin/tasks/", ".rows"),
    PageType("task", "/admin/tasks/1", "/admin/tasks/1", ".evidence blockquote"),
    PageType("cases", "/admin/cases/", "/admin/cases/", ".find-case"),
    PageType("case", f"/admin/cases/{CASE}", f"/admin/cases/{CASE}", ".came-before"),
    PageType("insight", "/admin/insight/", "/admin/insight/", ".charts"),
    PageType("product-information", _PRODUCTS, _PRODUCTS, ".parts"),
    PageType("searches", _SEARCHES, _SEARCHES, ".given + .scroll"),
    PageType("votes", "/admin/insight/votes", "/admin/insight/votes", ".typed"),
    PageType("audit", "/admin/audit", "/admin/audit", ".rows code"),
)

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
SCREENS = {"phone": PHONE, "desktop": DESKTOP}
SCHEMES = ("light", "dark")


def find_chromium() -> str | None:
    """The program KB_TEST_CHROMIUM names, else the one on the path; nothing is ever downloaded."""
    if named := os.environ.get("KB_TEST_CHROMIUM"):
        return named
    # The same engine without a desktop around it comes first: it takes a third of the time.
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def launch(playwright: Playwright, program: str) -> Browser:
    return playwright.chromium.launch(executable_path=program, args=list(QUIET))


def index_center(folder: Path, encoder: Encoder, cached: Path) -> Path:
    """The example and the pages only one language has, indexed once; returns the index folder.

    Vectors come from the cache in the index folder `cached`, as far as it knows them.
    """
    content, index = folder / "content", folder / "index"
    if index.exists():
        return index
    shutil.copytree(ROOT / "content", content)
    shutil.copytree(FOREIGN, content, dirs_exist_ok=True)
    making = folder / "making"
    making.mkdir()
    shutil.copy(cached / CACHE_FILE, making)
    build_index(content, making, encoder)
    making.rename(index)
    return index


@dataclass
class Watch:
    """What pages did that no page may do."""

    address: str  # all that may be asked: http://127.0.0.1:port
    faults: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        context.route(re.compile(rf"^(?!{re.escape(self.address)}/)"), self._third_party)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"script failed: {error.error}"))
        context.on("response", self._response)
        context.on("requestfailed", self._failed)

    def _third_party(self, route: Route) -> None:
        self.faults.append(f"asked another machine: {route.request.url}")
        route.abort()

    def _console(self, message: ConsoleMessage) -> None:
        # What could not be loaded is told by response and requestfailed, with its address.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.faults.append(f"console {message.type}: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self.faults.append(f"{response.status} for {response.url}")

    def _failed(self, request: Request) -> None:
        # Leaving a page aborts what it still loads.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"{request.failure} for {request.url}")


@contextmanager
def visiting(browser: Browser, watch: Watch, **options: Any) -> Iterator[Page]:
    """An empty page of a new visitor, watched. `options` are those of Playwright's contexts."""
    context = browser.new_context(base_url=watch.address, **options)
    watch.follow(context)
    try:
        yield context.new_page()
    finally:
        context.close()


def show(page: Page, kind: PageType, locale: str) -> None:
    """Open a page type's example, and make sure that it is one.

    Staff's pages speak the language of the browser; the context must be theirs: `signed_in`.
    """
    page.set_extra_http_headers({"Accept-Language": locale})
    session = page.context.cookies() if kind.for_strangers else []
    if session:
        page.context.clear_cookies()
    response = page.goto(kind.address(locale))
    if session:
        page.context.add_cookies(session)  # type: ignore[arg-type]
    assert response
    assert response.status == kind.status, page.url
    assert page.locator(kind.shows).first.is_visible(), f"{page.url} shows no {kind.shows}"


def signed_in(browser: Browser, address: str) -> StorageState:
    """What a context of Playwright needs to be that of somebody who is signed in."""
    page = browser.new_page(base_url=address)
    page.goto("/admin/login")
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.locator("main button").click()
    page.wait_for_url("**/admin/tasks/")
    state = page.context.storage_state()
    page.close()
    return state


def scroll_through(page: Page) -> None:
    """Down to the end, until every picture is there."""
    page.evaluate(
        """async () => {
          for (let y = 0; y < document.body.scrollHeight; y += innerHeight / 2) {
            scrollTo({top: y, behavior: "instant"});
            await new Promise(requestAnimationFrame);
          }
          await Promise.all([...document.images].map(image => image.decode()));
        }"""
    )


def effective_language(page: Page, selector: str) -> str:
    """The language that assistive technology reads the first such element in."""
    found: str = page.locator(selector).first.evaluate("el => el.closest('[lang]').lang")
    return found
