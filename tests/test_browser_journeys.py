"""What customers come for, as they go about it: each in both languages, on both screens, with and
without scripts. A new journey is a function that takes a `visitor`.
"""

import re
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from urllib.parse import unquote

import pytest
from browser import LOCALES, SCREENS
from browser_fixtures import IN_BROWSER, Visit
from playwright.sync_api import Locator, Page, expect
from staffed import PASSWORD, member_added

from kb.staff import Role

pytestmark = IN_BROWSER


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone at the help center, and what people do there."""

    page: Page
    locale: str

    def opens(self, path: str) -> None:
        self.page.goto(f"/{self.locale}{path}")

    def asks(self, de: str, en: str) -> None:
        """In the search box of the page's content."""
        box = self.page.locator("main form[role=search] input[name=q]")
        box.fill(de if self.locale == "de" else en)
        box.press("Enter")
        self.page.wait_for_url("**/search?q=*")

    def follows(self, link: Locator) -> None:
        """To another page, or to a place that must then be in view."""
        path, _, anchor = (link.get_attribute("href") or "").partition("#")
        link.click()
        self.page.wait_for_url(re.compile(re.escape(path)))
        if anchor:
            expect(self.page.locator(f"[id='{unquote(anchor)}']")).to_be_in_viewport()

    def sees(self, selector: str) -> Locator:
        """The first such thing, which must be there for everyone to see."""
        found = self.page.locator(selector).first
        expect(found).to_be_visible()
        return found


_KINDS = tuple(product(LOCALES, SCREENS, (True, False)))


@pytest.fixture(
    params=_KINDS, ids=lambda kind: "-".join([*kind[:2], "scripts" if kind[2] else "plain"])
)
def visitor(visit: Visit, request: pytest.FixtureRequest) -> Visitor:
    locale, screen, scripts = request.param
    return Visitor(visit(**SCREENS[screen], java_script_enabled=scripts, locale=locale), locale)


def test_from_a_question_to_its_answer_its_source_and_on(visitor: Visitor) -> None:
    visitor.page.goto("/")
    assert visitor.page.url.endswith(f"/{visitor.locale}/")
    visitor.asks(de="Akku lädt nicht, was tun?", en="My battery does not charge, what can I do?")
    visitor.sees("#answer")
    visitor.follows(visitor.sees(".answer-source a"))
    title = visitor.sees("h1").inner_text()
    visitor.follows(visitor.sees(".after .documents a"))
    assert visitor.sees("h1").inner_text() != title
    assert visitor.page.locator("html").get_attribute("lang") == visitor.locale


def test_without_an_answer_a_person_is_in_sight(visitor: Visitor) -> None:
    visitor.opens("/")
    visitor.asks(
        de="Wer hat gestern das Pokalfinale gewonnen?", en="premier league table this season"
    )
    visitor.sees("#no-answer")
    for way in ("tel:", "mailto:"):
        expect(visitor.sees(f".no-answer a[href^='{way}']")).to_be_in_viewport()


def test_the_language_switch_stays_on_the_page(visitor: Visitor) -> None:
    other = next(locale for locale in LOCALES if locale != visitor.locale)
    for path in ("/products/city-3", "/search?q=City+3"):
        visitor.opens(path)
        for locale in (other, visitor.locale):
            visitor.follows(visitor.sees(f".languages a[lang={locale}]"))
            assert visitor.page.url.endswith(f"/{locale}{path}")


def test_a_wrong_address_leads_to_a_search(visitor: Visitor) -> None:
    visitor.opens("/no/such/page")
    visitor.sees("h1")
    visitor.asks(de="Rechnung herunterladen", en="download an invoice")
    visitor.follows(visitor.sees(".results a"))
    visitor.sees("article h1")


def test_from_the_topics_to_an_article_and_its_contents(visitor: Visitor) -> None:
    visitor.opens("/")
    visitor.follows(visitor.sees(".topics a[href$='/battery/']"))
    article = ".documents a[href$='lagern'], .documents a[href$='storage']"
    visitor.follows(visitor.sees(article))
    if (contents := visitor.page.locator(".contents-small summary")).is_visible():
        contents.click()
    visitor.follows(visitor.page.locator("a[href^='#']:not(.skip):visible").last)


def test_from_the_products_to_the_facts_of_one(visitor: Visitor) -> None:
    visitor.opens("/")
    visitor.follows(visitor.sees(".block-head a[href$='/products/']"))
    visitor.follows(visitor.sees(".type-card a[href$='/ebike/']"))
    visitor.follows(visitor.sees(".product-card a[href$='/city-3']"))
    expect(visitor.sees(".facts table")).to_contain_text("23")


def test_the_finder_ends_with_few_reasoned_bikes_to_compare(visitor: Visitor) -> None:
    visitor.opens("/products/")
    visitor.follows(visitor.sees(".finder-link[href*='/ebike/']"))
    for _ in range(5):
        if not (ways := visitor.page.locator("a.way-on")).count():
            break
        visitor.follows(ways.first)
    found = visitor.page.locator(".found > li, .finds > li, .product-card")
    assert 1 <= found.count() <= 3
    visitor.follows(visitor.sees("a[href*='/compare?']"))
    visitor.sees(".comparison")


def test_a_rule_is_answered_by_a_few_questions(visitor: Visitor) -> None:
    rule = "kann-ich-das-zurueckgeben" if visitor.locale == "de" else "return-decision"
    visitor.opens(f"/articles/{rule}")
    for _ in range(5):
        if not (ways := visitor.page.locator("a.way-on")).count():
            break
        visitor.follows(ways.first)
    expect(visitor.sees("main")).to_contain_text("14")
    visitor.sees(".help a[href^='tel:']")


def test_what_a_customer_said_is_followed_and_forgotten(visitor: Visitor) -> None:
    visitor.opens("/products/trek-7")
    visitor.sees(".product-head button[name=product]").click()
    expect(visitor.sees(".personal")).to_contain_text("Trek 7")
    visitor.opens("/")
    visitor.sees("#mine")
    visitor.asks(de="Wie schwer ist mein Rad?", en="How heavy is my bike?")
    expect(visitor.sees(".answer-text")).to_contain_text("Trek 7")
    visitor.sees(".personalised")
    visitor.sees(".personal button").click()
    expect(visitor.page.locator(".personal")).to_have_count(0)
    assert visitor.page.context.cookies() == []


def test_results_are_limited_by_kind_and_the_address_says_so(visitor: Visitor) -> None:
    visitor.opens("/search?q=Akku")
    visitor.follows(visitor.sees(".filters a[href*='kind=product']"))
    assert "kind=product" in visitor.page.url
    places = visitor.page.locator(".result-place").all_inner_texts()
    assert places
    assert all(place.startswith("Produ") for place in places)


def test_a_message_is_answered_looked_over_sent_and_opened_again(visitor: Visitor) -> None:
    page = visitor.page
    visitor.opens("/contact")
    visitor.follows(visitor.sees(".write-link a"))
    text = "Mein Akku lädt nicht mehr." if visitor.locale == "de" else "My battery will not charge."
    page.fill("#message", text)
    if page.locator(".with-script").is_visible():
        visitor.sees(".may-help")  # beside the form, while it is being written
        page.reload()
        expect(page.locator("#message")).to_have_value(text)
    page.locator("button[value=review]").click()
    expect(page.locator("#email")).to_be_focused()  # it is missing; the text is still there
    expect(page.locator("#message")).to_have_value(text)
    page.fill("#email", "kim@example.org")
    page.locator("button[value=review]").click()
    visitor.sees(".may-help")  # and at last here, without a script
    page.locator("button[value=send]").click()
    page.wait_for_load_state()  # by then the draft is forgotten
    number, code = visitor.sees(".case-keys").locator("dd").all_inner_texts()
    visitor.opens("/cases")
    page.fill("#number", number)
    page.fill("#code", code)
    page.locator(".case-open button").click()
    expect(visitor.sees(".message-text")).to_have_text(text)
    page.locator("button[value=solved]").click()
    visitor.sees(".case-solved")
    visitor.opens("/contact/write")
    expect(page.locator("#message")).to_have_value("")  # no draft is left


@pytest.mark.parametrize("locale", LOCALES)
def test_from_a_no_to_a_person_who_knows_and_the_answer(
    visit: Visit, center_data: Path, locale: str
) -> None:
    """Search, article, "no", contact with nothing asked twice; the agent sees what came before,
    answers with an article, and the customer reads it."""
    visitor = Visitor(visit(**SCREENS["phone"], locale=locale), locale)
    page = visitor.page
    visitor.opens("/")
    visitor.asks(de="Akku lädt nicht, was tun?", en="My battery does not charge, what can I do?")
    visitor.follows(visitor.sees(".answer-source a"))
    title = visitor.sees("h1").inner_text()
    page.locator(".feedback button[value=no]").click()
    visitor.opens("/contact/write")
    text = "Die LED bleibt rot." if locale == "de" else "The light stays red."
    page.fill("#message", text)
    page.fill("#email", f"kim-{locale}@example.org")
    page.locator("button[value=review]").click()
    packet = visitor.sees(".packet")
    expect(packet).to_contain_text("Akku lädt nicht" if locale == "de" else "does not charge")
    expect(packet).to_contain_text(title)
    page.locator("button[value=send]").click()
    number = visitor.sees(".case-keys").locator("dd").first.inner_text()

    agent = visit(**SCREENS["desktop"], locale=locale)
    email = f"agent-{locale}@example.org"
    member_added(center_data, email, Role.AGENT)
    agent.goto("/admin/cases/")
    agent.fill("#email", email)
    agent.fill("#password", PASSWORD)
    agent.locator("main button").click()
    agent.locator(f"main a[href='/admin/cases/{number}']").click()
    expect(agent.locator(".said-text").first).to_have_text(text)
    before = agent.locator(".came-before")
    expect(before).to_contain_text("Akku lädt nicht" if locale == "de" else "does not charge")
    expect(before).to_contain_text(title)
    reply = "Bitte so zurücksetzen." if locale == "de" else "Please reset it like this."
    agent.fill("#message", reply)
    agent.fill("#article", "battery-storage")
    agent.locator("button[value=find]").click()
    expect(agent.locator("#message")).to_have_value(reply)
    agent.locator("input[value='article/battery-storage']").check()
    agent.locator("button[value=send]").click()
    expect(agent.locator(".said-by-team")).to_contain_text(reply)

    page.reload()
    expect(visitor.sees(".message-team")).to_contain_text(reply)
    visitor.follows(visitor.sees(".message-team a"))
    visitor.sees("article h1")
