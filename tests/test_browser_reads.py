"""Pages read in a real browser: known with and without scripts, and for how long with them."""

import re
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from browser import LOCALES, SCREENS
from browser_fixtures import IN_BROWSER, Visit
from playwright.sync_api import expect

from kb.store.database import Database
from kb.store.reads import reads_since

pytestmark = IN_BROWSER

# All tests in a browser are one visitor: no other one reads these.
ARTICLES = {  # address and id, by language and whether scripts run
    ("de", True): ("akkuschluessel-verloren", "battery-key"),
    ("en", True): ("helmet-size", "helmet-size"),
    ("de", False): ("akku-entsorgen", "battery-disposal"),
    ("en", False): ("cleaning", "cleaning"),
}
IN_SIGHT = {"de": "im Blick", "en": "in sight"}
SEEN = 1200  # ms that the page is looked at
PATIENCE = 30  # seconds until what was opened is in the records
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def wait_until_written(data: Path, article: str, timed: bool) -> None:
    with closing(Database.in_folder(data)) as database:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            written = [one for one in reads_since(database, LONG_AGO) if one.document == article]
            if any(one.seconds or not timed for one in written):
                return
            time.sleep(0.05)
    raise AssertionError(f"nobody has read {article}")


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("locale", LOCALES)
def test_a_page_that_was_read_goes_along_with_its_time_where_a_script_measured_it(
    visit: Visit, center_data: Path, locale: str, scripts: bool
) -> None:
    page = visit(**SCREENS["phone"], locale=locale, java_script_enabled=scripts)
    slug, article = ARTICLES[locale, scripts]
    page.goto(f"/{locale}/articles/{slug}")
    title = page.locator("article h1").inner_text()
    page.wait_for_timeout(SEEN)
    page.goto(f"/{locale}/contact/write")
    page.fill("#message", "Die LED bleibt rot." if locale == "de" else "The light stays red.")
    page.fill("#email", "kim@example.org")
    wait_until_written(center_data, f"article/{article}", timed=scripts)
    page.locator("button[value=review]").click()
    said = "Gelesen" if locale == "de" else "Read"
    item = page.locator(".packet-item", has_text=re.compile(f"{said}: {re.escape(title)}"))
    expect(item).to_have_count(1)
    if scripts:
        expect(item).to_contain_text(IN_SIGHT[locale])
    else:
        expect(item).not_to_contain_text(IN_SIGHT[locale])
