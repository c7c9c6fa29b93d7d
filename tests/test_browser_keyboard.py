"""Every page by keyboard alone: what can be used can be reached, and is seen when it is."""

from typing import Any

import pytest
from browser import LOCALES, PAGE_TYPES, SCREENS, PageType, show
from browser_fixtures import IN_BROWSER, Look, Visit
from playwright.sync_api import Page

pytestmark = IN_BROWSER

# Marks what can be used, and describes what has the focus: its number, whether an outline shows
# (its own, or that of what it stretches over or stands in), whether something else covers it.
_KEYS = """() => {
  // Of radio buttons the chosen one is a stop; arrows lead to the others.
  const usable = "a[href], button, input:not([type=radio]:not(:checked)), select, textarea,"
    + " summary, [tabindex='0']";
  const all = [...document.querySelectorAll(usable)];
  window.usable = all.filter(el => !el.disabled && el.checkVisibility({visibilityProperty: true}));
  const outlined = (el, part) => {
    const style = getComputedStyle(el, part);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  };
  const covered = el => {
    const [box] = el.getClientRects();
    const at = (x, y) => document.elementFromPoint(x, y);
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const spots = [at(x, y), at(x, box.top + 1), at(x, box.bottom - 1)];
    return !spots.some(spot => spot && (el.contains(spot) || spot.contains(el)));
  };
  window.focused = () => {
    const el = document.activeElement;
    if (el === document.body || el === null) return null;
    const seen = outlined(el) || outlined(el, "::after") || outlined(el.closest("form") ?? el);
    return {
      number: window.usable.indexOf(el), seen, covered: covered(el),
      name: el.outerHTML.slice(0, 120),
    };
  };
  return window.usable.length;
}"""


def walk(page: Page, key: str) -> tuple[int, list[dict[str, Any]]]:
    """Press the key until the focus leaves the page or comes back to where it was.

    Returns how much can be used, and all stops on the way: a trap is a way that misses some.
    """
    usable: int = page.evaluate(_KEYS)
    stops: dict[int, dict[str, Any]] = {}
    while True:
        page.keyboard.press(key)
        stop = page.evaluate("focused()")
        if stop is None or stop["number"] in stops:
            return usable, list(stops.values())
        stops[stop["number"]] = stop


@pytest.mark.parametrize(("screen", "locale"), [("phone", "de"), ("desktop", "en")])
@pytest.mark.parametrize("kind", PAGE_TYPES, ids=lambda kind: kind.name)
def test_everything_is_reached_in_order_and_seen(
    look: Look, kind: PageType, screen: str, locale: str
) -> None:
    page = look(screen)
    show(page, kind, locale)
    usable, stops = walk(page, "Tab")
    assert [stop["number"] for stop in stops] == list(range(usable))
    assert not [stop["name"] for stop in stops if not stop["seen"]], "no outline"
    assert not [stop["name"] for stop in stops if stop["covered"]], "covered by something"


@pytest.mark.parametrize("screen", SCREENS)
def test_going_back_nothing_hides_under_the_header(look: Look, screen: str) -> None:
    page = look(screen)
    page.goto("/de/articles/akku-laedt-nicht")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.locator("footer a").last.focus()
    _, stops = walk(page, "Shift+Tab")
    assert len(stops) > 10
    assert not [stop["name"] for stop in stops if stop["covered"]]


def test_a_missing_outline_a_cover_and_a_trap_are_noticed(visit: Visit) -> None:
    page = visit()
    page.set_content(
        "<a href=1 style='outline: none'>bare</a>"
        "<div style='position: fixed; inset: 0; background: red'></div>"
    )
    _, stops = walk(page, "Tab")
    assert [(stop["seen"], stop["covered"]) for stop in stops] == [(False, True)]
    page.set_content("<input onkeydown='event.preventDefault()'><a href=1>never reached</a>")
    usable, stops = walk(page, "Tab")
    assert usable == 2
    assert [stop["number"] for stop in stops] == [0]


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("locale", LOCALES)
def test_the_skip_link_leads_past_the_header(look: Look, screen: str, locale: str) -> None:
    page = look(screen)
    page.goto(f"/{locale}/")
    skip = page.locator(".skip")
    page.keyboard.press("Tab")
    box = skip.bounding_box()
    assert skip.evaluate("el => el === document.activeElement")
    assert box
    assert box["x"] >= 0, "the skip link shows while it has the focus"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('main *')")
