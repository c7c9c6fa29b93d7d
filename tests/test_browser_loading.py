"""What a page loads: little, from nowhere else, without a complaint, and without moving."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from browser import PAGE_TYPES, SCREENS, PageType, Watch, scroll_through, show, visiting
from browser_fixtures import IN_BROWSER, Visit
from playwright.sync_api import Browser, Page, StorageState

pytestmark = IN_BROWSER

_LIGHT = 60_000  # bytes over the wire, headers included, without pictures
_LIGHT_FOR_STAFF = 120_000  # their pages are not compressed (web/compression.py)
# Cumulative layout shift; 0.1 counts as good. Chromium reports up to 0.0001 for an icon that
# arrives while the page is scrolled.
_STILL = 0.001

# Address and bytes over the wire of the document and of all it loaded.
_LOADED = """() => ["navigation", "resource"].flatMap(kind => performance.getEntriesByType(kind))
  .map(entry => [entry.name, entry.transferSize])"""

_DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"

# Layout shifts so far, asked when everything was drawn twice more.
_SHIFTS = """() => new Promise(done => {
  const found = [];
  const note = list => found.push(...list.getEntries().map(entry => ({
    value: entry.value, moved: entry.sources.map(s => s.node?.outerHTML?.slice(0, 120)),
  })));
  const observer = new PerformanceObserver(note);
  observer.observe({type: "layout-shift", buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const rest = observer.takeRecords();
    found.push(...rest.map(entry => ({value: entry.value, moved: []})));
    done(found);
  }));
})"""


def shifts(page: Page) -> list[dict[str, Any]]:
    """All layout shifts of the page, scrolled through until every picture is there."""
    scroll_through(page)
    found: list[dict[str, Any]] = page.evaluate(_SHIFTS)
    return found


@pytest.mark.parametrize(("screen", "locale"), [("phone", "de"), ("desktop", "en")])
@pytest.mark.parametrize("kind", PAGE_TYPES, ids=lambda kind: kind.name)
def test_a_page_is_light_and_stands_still(
    visit: Visit, staff: StorageState, kind: PageType, screen: str, locale: str
) -> None:
    page = visit(storage_state=staff, **SCREENS[screen])
    show(page, kind, locale)
    sizes = {urlsplit(address).path: size for address, size in page.evaluate(_LOADED)}
    texts = {path: size for path, size in sizes.items() if not path.startswith("/media/")}
    assert all(texts.values()), f"taken from a cache: {texts}"
    assert any(path.endswith(".css") for path in texts)
    most = _LIGHT_FOR_STAFF if "/admin/" in page.url else _LIGHT
    assert sum(texts.values()) <= most, texts
    moved = shifts(page)
    assert sum(shift["value"] for shift in moved) < _STILL, moved


def test_text_that_is_pushed_down_is_noticed(visit: Visit) -> None:
    page = visit(**SCREENS["desktop"])
    page.set_content("<p>pushed down</p>")
    page.evaluate(_DRAWN)  # what nobody has seen does not shift
    page.evaluate(
        "document.body.prepend(Object.assign(document.createElement('h1'), {innerText: 1}))"
    )
    assert sum(shift["value"] for shift in shifts(page)) > _STILL


def test_all_a_page_must_not_do_is_noticed(chromium: Browser, center: str) -> None:
    watch = Watch(center)
    policy = {
        "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; img-src *"
    }
    html = (
        "<img src=http://192.0.2.1/pixel><img src=/no/such/picture>"
        "<p style='color: red'>against the policy</p>"
        "<script>console.warn('careful'); undefinedFunction()</script>"
    )
    with visiting(chromium, watch) as page:
        page.route(
            "**/evil",
            lambda route: route.fulfill(body=html, headers=policy, content_type="text/html"),
        )
        page.goto("/evil", wait_until="load")
    faults = "\n".join(watch.faults)
    assert "asked another machine: http://192.0.2.1/pixel" in faults
    assert "404 for" in faults
    assert "Content Security Policy" in faults
    assert "console warning: careful" in faults
    assert "undefinedFunction" in faults
