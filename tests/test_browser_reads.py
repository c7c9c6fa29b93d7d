"""Pages read in a real browser: known with and without scripts, and for how long with them."""

import re

import pytest
from browser import LOCALES, SCREENS
from browser_fixtures import IN_BROWSER, Visit
from playwright.sync_api import expect

pytestmark = IN_BROWSER

# All tests in a browser are one visitor: no other one reads these, by whether scripts run.
ARTICLES = {
    ("de", True): "akkuschluessel-verloren",
    ("en", True): "battery-key",
    ("de", False): "akku-entsorgen",
    ("en", False): "battery-disposal",
}
IN_SIGHT = {"de": "im Blick", "en": "in sight"}
SEEN = 1200  # ms that the page is looked at
WRITTEN = 4000  # ms until what was opened is in the records


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("locale", LOCALES)
def test_a_page_that_was_read_goes_along_with_its_time_where_a_script_measured_it(
    visit: Visit, locale: str, scripts: bool
) -> None:
    page = visit(**SCREENS["phone"], locale=locale, java_script_enabled=scripts)
    page.goto(f"/{locale}/articles/{ARTICLES[locale, scripts]}")
    title = page.locator("article h1").inner_text()
    page.wait_for_timeout(SEEN)
    page.goto(f"/{locale}/contact/write")
    page.fill("#message", "Die LED bleibt rot." if locale == "de" else "The light stays red.")
    page.fill("#email", "kim@example.org")
    page.wait_for_timeout(WRITTEN)
    page.locator("button[value=review]").click()
    said = "Gelesen" if locale == "de" else "Read"
    item = page.locator(".packet-item", has_text=re.compile(f"{said}: {re.escape(title)}"))
    expect(item).to_have_count(1)
    if scripts:
        expect(item).to_contain_text(IN_SIGHT[locale])
    else:
        expect(item).not_to_contain_text(IN_SIGHT[locale])
