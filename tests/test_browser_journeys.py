"""What customers come for, as they go about it: each in both languages, on both screens, with and
without scripts. A new journey is a function that takes a `visitor`.
"""

import re
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from urllib.parse import unquote

import pytest
from browser import LOCALES, SCREENS
from browser_fixtures import IN_BROWSER, Visit
from playwright.sync_api import Locator, Page, expect
from postbox import Mailbox, text_of
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
def test_from_a_no_to_an_answer_and_to_word_of_the_fix(
    visit: Visit, center_data: Path, postbox: tuple[int, Mailbox], locale: str
) -> None:
    """Search, article, "no", contact with nothing asked twice; the agent sees what came before and
    answers with an article; the editor mends the page, and the customer hears of it and says
    whether it helped."""
    english, inbox = locale == "en", Inbox(postbox[1], f"kim-{locale}@example.org")
    # With a browser of their own: the other language's customer is somebody else.
    browser = f"Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 {locale}"
    customer = Visitor(visit(**SCREENS["phone"], locale=locale, user_agent=browser), locale)
    title = says_that_an_article_did_not_help(customer)
    asks_to_hear_of_the_fix(customer, inbox)
    number = writes_to_the_team(customer, inbox.email, title)

    agent = signed_in(visit, center_data, locale, Role.AGENT)
    reply = "Please reset it like this." if english else "Bitte so zurücksetzen."
    answers_with_an_article(agent, number, title, reply)
    customer.page.reload()
    expect(customer.sees(".message-team")).to_contain_text(reply)
    customer.follows(customer.sees(".message-team a"))
    customer.sees("article h1")

    editor = signed_in(visit, center_data, locale, Role.EDITOR)
    mends(editor, title, commit="9f86d08")
    customer.page.goto(inbox.link("solved" if english else "reopen"))
    customer.sees(".notify-page form button").click()
    thanks = "Glad that it helped." if english else "wieder offen"
    expect(customer.sees(".notify-page h1")).to_contain_text(thanks)
    editor.reload()
    said = "1 says that it helped" if english else "1 wartet darauf"
    expect(editor.locator(".facts")).to_contain_text(said)
    expect(editor.locator(".facts")).to_contain_text("done" if english else "offen")


@dataclass(frozen=True, slots=True)
class Inbox:
    """The mail of one address."""

    box: Mailbox
    email: str

    def link(self, action: str) -> str:
        """The link of this name in the newest mail that has one, as soon as it has arrived."""
        address = re.compile(rf"http\S+/{action}\?token=\S+")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for mail in reversed(self.box.mails):
                found = address.search(text_of(mail)) if mail["To"] == self.email else None
                if found:
                    return found[0]
            time.sleep(0.1)
        raise AssertionError(f"no mail to {self.email} says how to: {action}")


def says_that_an_article_did_not_help(customer: Visitor) -> str:
    """Found by a search; returns its title."""
    customer.opens("/")
    customer.asks(de="Akku lädt nicht, was tun?", en="My battery does not charge, what can I do?")
    customer.follows(customer.sees(".answer-source a"))
    title = customer.sees("h1").inner_text()
    customer.page.locator(".feedback button[value=no]").click()
    return title


def asks_to_hear_of_the_fix(customer: Visitor, inbox: Inbox) -> None:
    """And confirms it from the mail that comes then."""
    customer.page.fill("#notify-email", inbox.email)
    customer.page.check(".notify input[name=consent]")
    customer.page.locator(".notify button").click()
    customer.sees(".notify-page")
    customer.page.goto(inbox.link("confirm"))
    customer.sees(".notify-page form button").click()
    done = "Bestätigt" if customer.locale == "de" else "Confirmed"
    expect(customer.sees(".notify-page h1")).to_contain_text(done)


def writes_to_the_team(customer: Visitor, email: str, title: str) -> str:
    """Everything said before goes along; returns the number of the case."""
    page = customer.page
    customer.opens("/contact/write")
    page.fill("#message", message_of(customer.locale))
    page.fill("#email", email)
    page.locator("button[value=review]").click()
    expect_what_came_before(customer.sees(".packet"), customer.locale, title)
    page.locator("button[value=send]").click()
    return customer.sees(".case-keys").locator("dd").first.inner_text()


def message_of(locale: str) -> str:
    return "Die LED bleibt rot." if locale == "de" else "The light stays red."


def expect_what_came_before(place: Locator, locale: str, title: str) -> None:
    """The search, and the article that did not help."""
    expect(place).to_contain_text("Akku lädt nicht" if locale == "de" else "does not charge")
    expect(place).to_contain_text(title)


def signed_in(visit: Visit, folder: Path, locale: str, role: Role) -> Page:
    """The browser of a new member of staff, on the page that comes first."""
    email = f"{role}-{locale}@example.org"
    member_added(folder, email, role)
    page = visit(**SCREENS["desktop"], locale=locale)
    page.goto("/admin/")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.locator("main button").click()
    expect(page.locator(".sign-out")).to_contain_text(email)
    return page


def answers_with_an_article(agent: Page, number: str, title: str, reply: str) -> None:
    agent.locator(".admin-nav a[href='/admin/cases/']").click()
    agent.fill("#wanted", number)
    agent.locator(".find-case button").click()
    locale = agent.locator("html").get_attribute("lang") or ""
    expect(agent.locator(".said-text").first).to_have_text(message_of(locale))
    expect_what_came_before(agent.locator(".came-before"), locale, title)
    agent.fill("#message", reply)
    agent.fill("#article", "battery-storage")
    agent.locator("button[value=find]").click()
    expect(agent.locator("#message")).to_have_value(reply)
    agent.locator("input[value='article/battery-storage']").check()
    agent.locator("button[value=send]").click()
    expect(agent.locator(".said-by-team")).to_contain_text(reply)


def mends(editor: Page, title: str, commit: str) -> None:
    """Closes the task that the "no" became, with the commit that mended the page."""
    editor.locator("form[action='/admin/tasks/refresh'] button").click()
    editor.locator(".rows th a", has_text=title).first.click()
    editor.fill("#commit", commit)
    editor.locator("button[value=done]").click()
    expect(editor.locator(".facts")).to_contain_text(commit)
