"""axe-core finds nothing on any kind of page: WCAG 2.2 A and AA, and its best practices."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import LOCALES, PAGE_TYPES, SCREENS, PageType, effective_language, show
from browser_fixtures import IN_BROWSER, Look, Visit
from playwright.sync_api import Page

pytestmark = IN_BROWSER

_STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
ALL_RULES: dict[str, Any] = {
    "runOnly": {"type": "tag", "values": _STANDARDS},
    "rules": {"target-size": {"enabled": True}},  # of WCAG 2.2; axe leaves it to be asked for
    "resultTypes": ["violations"],  # of the others one example
}
# Between light and dark nothing but colours differs.
_COLOURS = ALL_RULES | {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
}


def variants(page: Page) -> Iterator[tuple[str, dict[str, Any]]]:
    """The page on each screen, light and dark: the variant's name, and the rules to try there."""
    for screen, options in SCREENS.items():
        page.set_viewport_size(options["viewport"])
        for scheme, rules in (("light", ALL_RULES), ("dark", _COLOURS)):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            yield f"{screen}, {scheme}", rules


@pytest.mark.parametrize("kind", PAGE_TYPES, ids=lambda kind: kind.name)
def test_axe_finds_nothing(look: Look, kind: PageType) -> None:
    page = look("desktop")
    reports = []
    for locale in LOCALES:
        show(page, kind, locale)
        axe = Axe()
        for variant, rules in variants(page):
            results = axe.run(page, options=rules)
            axe = Axe("")  # the page has it now
            passed = {rule["id"] for rule in results.response["passes"]}
            assert "color-contrast" in passed, "axe looked at nothing"
            if results.violations_count:
                reports.append(f"{locale}, {variant}: {results.generate_report()}")
    assert not reports, "\n".join(reports)


def test_axe_sees_small_targets_and_faint_text(visit: Visit) -> None:
    page = visit()
    page.set_content(
        "<p style='color: #ddd; background: #fff'>faint</p>"
        "<a href=1 style='font-size: 8px'>a</a><br><a href=2 style='font-size: 8px'>b</a>"
    )
    found = {rule["id"] for rule in Axe().run(page, options=ALL_RULES).response["violations"]}
    assert {"color-contrast", "target-size", "html-has-lang"} <= found


@pytest.mark.parametrize(("locale", "foreign"), [("de", "en"), ("en", "de")])
def test_text_in_the_other_language_says_so(look: Look, locale: str, foreign: str) -> None:
    page = look("desktop")
    show(page, next(kind for kind in PAGE_TYPES if kind.name == "fallback"), locale)
    spoken = {
        selector: effective_language(page, selector)
        for selector in ("title", ".notice", "h1", ".text h2", ".reviewed", ".help h2")
    }
    ours = dict.fromkeys(("title", ".notice", ".reviewed", ".help h2"), locale)
    assert spoken == ours | dict.fromkeys(("h1", ".text h2"), foreign)


@pytest.mark.parametrize("locale", LOCALES)
def test_lists_name_the_language_of_foreign_titles(look: Look, locale: str) -> None:
    page = look("desktop")
    show(page, next(kind for kind in PAGE_TYPES if kind.name == "articles"), locale)
    foreign = page.locator(".titles li", has=page.locator(".badge"))
    assert foreign.count() == 1
    assert foreign.locator("a").get_attribute("lang") != locale
    assert effective_language(page, ".titles .badge") == locale
