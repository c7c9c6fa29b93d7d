"""Pages read in a real browser: known with and without scripts, and for how long with them."""

import pytest
from browser import LOCALES, SCREENS
from browser_fixtures import IN_BROWSER, Visit
from playwright.sync_api import expect

pytestmark = IN_BROWSER

IN_SIGHT = {"de": "weniger als eine Minute im Blick", "en": "in sight for less than a minute"}
READ = {"de": "Gelesen: ", "en": "Read: "}
SEEN = 1200  # ms that the page is looked at
WRITTEN = 4000  # ms until what was opened is in the records


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("locale", LOCALES)
def test_a_page_that_was_read_goes_along_with_its_time_where_a_script_measured_it(
    visit: Visit, locale: str, scripts: bool
) -> None:
    # Other tests visit from this address, too: a browser's name makes another visitor.
    name = f"Mozilla/5.0 Reader {locale} {scripts}"
    page = visit(**SCREENS["phone"], locale=locale, java_script_enabled=scripts, user_agent=name)
    question = "Akku lädt nicht, was tun?" if locale == "de" else "My battery does not charge"
    page.goto(f"/{locale}/search?q={question}")
    page.locator(".answer-source a, .results a").first.click()
    title = page.locator("article h1").inner_text()
    page.wait_for_timeout(SEEN)
    page.goto(f"/{locale}/contact/write")
    page.fill("#message", "Die LED bleibt rot." if locale == "de" else "The light stays red.")
    page.fill("#email", "kim@example.org")
    page.wait_for_timeout(WRITTEN)
    page.locator("button[value=review]").click()
    item = page.locator(".packet-item", has_text=READ[locale])
    expect(item).to_have_count(1)
    expect(item).to_contain_text(title)
    if scripts:
        expect(item).to_contain_text(IN_SIGHT[locale])
    else:
        expect(item).not_to_contain_text(IN_SIGHT[locale])
