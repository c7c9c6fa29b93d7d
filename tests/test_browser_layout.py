"""Pages hold on every width, with every spacing, without motion, on paper."""

import pytest
from browser import LOCALES, PAGE_TYPES, SCREENS, PageType, show
from browser_fixtures import IN_BROWSER, Look, Visit
from playwright.sync_api import Page

pytestmark = IN_BROWSER

# 320 CSS pixels are 400 % zoom of 1280 (WCAG 1.4.10), 640 are 200 %.
_WIDTHS = (320, 390, 640, 1280)

# What reaches over the right edge, without what a box of its own scrolls.
_TOO_WIDE = """width => {
  if (document.scrollingElement.scrollWidth <= width) return [];
  const scrolled = el => el && (/auto|scroll/.test(getComputedStyle(el).overflowX)
    || scrolled(el.parentElement));
  const found = [...document.body.querySelectorAll("*")].filter(
    el => el.getBoundingClientRect().right > width + .5 && !scrolled(el));
  return [`${document.scrollingElement.scrollWidth} px`, ...found.slice(0, 3).map(
    el => el.outerHTML.slice(0, 120))];
}"""

# WCAG 1.4.12; a constructed sheet, because the pages' policy forbids others.
_SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important } p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets.push(sheet);
}"""

# Elements that cut off what they hold; those for screen readers alone do so on purpose.
_CLIPPED = """() => [...document.body.querySelectorAll("*")].filter(el => {
  const style = getComputedStyle(el);
  const cuts = /hidden|clip/.test(style.overflowX + style.overflowY);
  const meant = style.clipPath !== "none" || el.matches("input, svg, svg *, img");
  const over = el.scrollWidth > el.clientWidth + 1 || el.scrollHeight > el.clientHeight + 1;
  return cuts && over && !meant && el.checkVisibility();
}).map(el => el.outerHTML.slice(0, 120))"""

_MOVING = """() => [...document.querySelectorAll("*")].filter(el =>
  [null, "::before", "::after"].some(part => {
    const style = getComputedStyle(el, part);
    return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none"
      || style.scrollBehavior === "smooth";
  })).map(el => el.outerHTML.slice(0, 120))"""


def resize(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 640})


def too_wide(page: Page, width: int) -> list[str]:
    found: list[str] = page.evaluate(_TOO_WIDE, width)
    return found


@pytest.mark.parametrize("kind", PAGE_TYPES, ids=lambda kind: kind.name)
def test_no_page_scrolls_sideways_or_cuts_text_off(look: Look, kind: PageType) -> None:
    page = look("desktop")
    faults = {}
    for locale in LOCALES:
        show(page, kind, locale)
        for width in _WIDTHS:
            resize(page, width)
            faults[locale, width, "sideways"] = too_wide(page, width)
        page.evaluate(_SPACED)
        for width in _WIDTHS:
            resize(page, width)
            faults[locale, width, "spaced, sideways"] = too_wide(page, width)
            faults[locale, width, "spaced, clipped"] = page.evaluate(_CLIPPED)
    assert not {place: found for place, found in faults.items() if found}


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("kind", PAGE_TYPES, ids=lambda kind: kind.name)
def test_nothing_moves_for_those_who_ask_for_no_motion(
    look: Look, kind: PageType, screen: str
) -> None:
    page = look(screen)
    show(page, kind, "de")
    assert page.evaluate(_MOVING) == []


def test_faults_of_a_layout_are_noticed(visit: Visit) -> None:
    page = visit(**SCREENS["phone"])
    page.set_content(
        "<div style='width: 500px; transition: all 1s'>wide</div>"
        "<p style='height: 1em; overflow: hidden'>two<br>lines</p>"
    )
    assert too_wide(page, 390)
    assert page.evaluate(_CLIPPED)
    assert page.evaluate(_MOVING)


@pytest.mark.parametrize("kind", PAGE_TYPES, ids=lambda kind: kind.name)
def test_paper_shows_the_content_alone(look: Look, kind: PageType) -> None:
    page = look("desktop")
    show(page, kind, "de")
    page.emulate_media(media="print")
    assert page.locator("main h1").is_visible()
    for frame in (".top", ".admin-top", ".bottom", ".skip", ".search", ".contents", ".crumbs"):
        shown = [found for found in page.locator(frame).all() if found.is_visible()]
        assert not shown, frame
