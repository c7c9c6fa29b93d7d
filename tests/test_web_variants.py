"""Pages show each reader what fits; results and API say for whom a passage is."""

import re
from pathlib import Path

import pytest
from centers import Markup, application
from conftest import ROOT
from fakes import FakeEncoder
from flask import g
from flask.testing import FlaskClient

from indexer.build import build_index
from kb.context import NO_CONTEXT, Address, Context, Customer, Experience
from kb.variants import CHOICES

WITHDRAWAL = "/de/articles/widerrufsrecht"
CSS = (ROOT / "web" / "static" / "reading.css").read_text(encoding="utf-8")


def center(index: Path, encoder: FakeEncoder, context: Context = NO_CONTEXT) -> FlaskClient:
    """The site as a customer of this context sees it."""
    app = application(index, encoder)

    def say() -> None:
        g.context = context

    app.before_request_funcs.setdefault(None, []).insert(0, say)
    return app.test_client()


@pytest.fixture(scope="module")
def plain(built_index: Path, encoder: FakeEncoder) -> FlaskClient:
    return center(built_index, encoder)


def made_for(html: str) -> set[str]:
    """The classes of the page that say for whom it is made."""
    classes = " ".join(Markup(html).values("div", "class"))
    return set(re.findall(r"\bfor-(\w+)", classes))


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (NO_CONTEXT, {"du"}),
        (Context(customer=Customer.BUSINESS), {"business", "du"}),
        (Context(experience=Experience.EXPERT, address=Address.SIE), {"expert", "sie"}),
    ],
)
@pytest.mark.parametrize("page", [WITHDRAWAL, "/de/products/city-light"])
def test_a_page_says_for_whom_it_is_made_and_holds_all(
    built_index: Path, encoder: FakeEncoder, page: str, context: Context, expected: set[str]
) -> None:
    html = center(built_index, encoder, context).get(page).text
    assert made_for(html) == expected
    assert re.search(r'<link rel="stylesheet" href="/static/reading\.\w+\.css">', html)
    if page == WITHDRAWAL:
        assert '<div class="variant private">' in html
        assert '<div class="variant business">' in html


def test_the_style_sheet_hides_the_opposite_of_every_choice() -> None:
    hidden = re.findall(r"\.for-(\w+) \.variant\.(\w+)", CSS)
    expected = {(own, other) for names in CHOICES for own in names for other in names - {own}}
    assert set(hidden) == expected
    assert len(hidden) == len(expected)


def test_without_styles_every_audience_is_labelled(plain: FlaskClient) -> None:
    text = Markup(plain.get(WITHDRAWAL).text).text
    assert "Für Privatkunden Du kannst deinen Kauf" in text
    assert "Für Geschäftskunden Hast du für deine Firma" in text


def test_markdown_keeps_every_variant(built_index: Path, encoder: FakeEncoder) -> None:
    visitor = center(built_index, encoder, Context(address=Address.SIE))
    text = visitor.get("/de/articles/passwort-vergessen.md").text
    assert "::: du\nKlick bei" in text
    assert "::: sie\nKlicken Sie bei" in text


def test_contents_name_a_heading_once_and_only_for_its_readers(
    tmp_path: Path, encoder: FakeEncoder
) -> None:
    folder = tmp_path / "content" / "en" / "articles"
    folder.mkdir(parents=True)
    (folder / "a.md").write_text(
        "# A\n\n## One\n\nx\n\n::: business\ny\n:::\n\nz\n\n## Two\n\nx\n\n"
        "::: business\n## Firms\n\nx\n:::\n"
    )
    build_index(tmp_path / "content", tmp_path / "index", encoder)
    html = center(tmp_path / "index", encoder).get("/en/articles/a").text
    contents = html[html.index('<nav class="contents"') :]
    assert contents.count('href="#one"') == 1
    assert '<li class="variant business"><a href="#firms">' in contents
    assert '<li><a href="#two">' in contents


def test_pages_of_different_customers_are_kept_apart(
    built_index: Path, encoder: FakeEncoder, plain: FlaskClient
) -> None:
    visitor = center(built_index, encoder, Context(customer=Customer.BUSINESS))
    mine, everybodys = visitor.get(WITHDRAWAL), plain.get(WITHDRAWAL)
    assert mine.headers["ETag"] != everybodys.headers["ETag"]
    assert mine.headers["Cache-Control"] == "private, no-cache"
    assert everybodys.headers["Cache-Control"] == "no-cache"
    again = {"If-None-Match": everybodys.headers["ETag"]}
    assert visitor.get(WITHDRAWAL, headers=again).status_code == 200
    assert plain.get(WITHDRAWAL, headers=again).status_code == 304


def test_results_say_for_whom_a_passage_is(plain: FlaskClient) -> None:
    html = plain.get("/de/search?q=Als+Firma+bestellen").text
    assert '<p class="audience" lang="de">Für Geschäftskunden</p>' in html
    assert "For business customers" in plain.get("/en/search?q=Order+as+a+business").text


def test_an_article_for_some_says_so_below_its_title(plain: FlaskClient) -> None:
    html = plain.get("/de/articles/bestellen-als-firma").text
    assert html.index("</h1>") < html.index("Für Geschäftskunden") < html.index('class="lead"')


def test_results_say_what_was_taken_into_account(
    built_index: Path, encoder: FakeEncoder, plain: FlaskClient
) -> None:
    context = Context("city-light", Customer.PRIVATE)
    visitor = center(built_index, encoder, context)
    page = Markup(visitor.get("/de/search?q=Wie+schwer+ist+mein+Rad").text)
    assert "City Light – Gewicht: 16,8 kg" in page.text
    assert "Berücksichtigt: City Light" in page.text
    assert "Taken into account:" in visitor.get("/en/search?q=how+heavy+is+my+bike").text
    assert "Berücksichtigt" not in plain.get("/de/search?q=Wie+schwer+ist+mein+Rad").text


def test_a_product_that_is_gone_breaks_no_page(built_index: Path, encoder: FakeEncoder) -> None:
    visitor = center(built_index, encoder, Context("gone", Customer.BUSINESS))
    for page in ("/de/search?q=Wie+schwer+ist+mein+Rad", WITHDRAWAL, "/de/"):
        assert visitor.get(page).status_code == 200


def test_the_api_takes_a_context_and_says_what_it_did(plain: FlaskClient) -> None:
    asked = "/api/v1/answer?q=Wie+schwer+ist+mein+Rad&locale=de"
    whole = "&product=city-light&customer=private&experience=expert&address=sie"
    reply = plain.get(asked + whole).get_json()
    assert reply["answer"]["text"] == "City Light – Gewicht: 16,8 kg"
    assert "product" in reply["personalised"]
    assert plain.get(asked).get_json()["personalised"] == []


def test_the_api_leaves_out_text_for_other_customers(plain: FlaskClient) -> None:
    path = "/api/v1/search?q=Widerruf+Firma&locale=de&limit=50"
    results = plain.get(path + "&customer=private").get_json()["results"]
    own = next(result for result in results if result["id"] == "withdrawal")
    assert own["audience"] in ([], ["private"])
    assert "Firma bestellt" not in own["snippet"]["text"]


def test_the_api_tells_the_variants_of_an_article(plain: FlaskClient) -> None:
    sections = plain.get("/api/v1/articles/withdrawal?locale=de").get_json()["sections"]
    assert [s["variants"] for s in sections[:3]] == [["private"], ["business"], []]


@pytest.mark.parametrize("endpoint", ["search", "answer"])
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("product=gone", "There is no product 'gone'."),
        ("product=battery-recall", "There is no product 'battery-recall'."),
        ("customer=firm", "There is no customer 'firm'; write private or business."),
        ("experience=%00", "There is no experience '\\x00'; write beginner or expert."),
        ("address=ihr", "There is no address 'ihr'; write du or sie."),
    ],
)
def test_unknown_values_of_a_context_are_refused(
    plain: FlaskClient, endpoint: str, query: str, said: str
) -> None:
    response = plain.get(f"/api/v1/{endpoint}?q=akku&{query}")
    assert response.status_code == 400
    assert response.mimetype == "application/problem+json"
    assert response.get_json()["detail"] == said
