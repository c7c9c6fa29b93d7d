"""The pages that choose: product finder and decision tables, without JavaScript."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from centers import Markup, client
from conftest import WriteArticle
from fakes import FakeEncoder
from flask.testing import FlaskClient

from indexer.build import build_index
from kb.documents import Kind
from search.searcher import Searcher

START = "/en/products/ebike/finder"
END = f"{START}?use=touring&price=4000&range=100"
DECISION = "/en/articles/return-decision"


@pytest.fixture(scope="module")
def center(built_index: Path, encoder: FakeEncoder) -> FlaskClient:
    return client(built_index, encoder)


def page(center: FlaskClient, path: str) -> Markup:
    response = center.get(path)
    assert response.status_code == 200, f"{path}: {response.status_code} {response.location}"
    return Markup(response.text)


def ways(found: Markup) -> list[str]:
    return [link["href"] for link in found.all("a", **{"class": "way-on"})]


def keys(address: str) -> list[str]:
    return [key for key, _ in parse_qsl(urlsplit(address).query)]


@pytest.mark.parametrize("path", ["/en/", "/en/products/", "/en/products/ebike/"])
def test_overviews_lead_to_the_finder(center: FlaskClient, path: str) -> None:
    links = page(center, path).values("a", "href")
    assert START in links
    assert "/en/products/lock/finder" not in links


def test_few_products_lead_to_their_list_instead(center: FlaskClient) -> None:
    response = center.get("/en/products/lock/finder")
    assert (response.status_code, response.location) == (302, "/en/products/lock/")
    assert center.get("/en/products/nothing/finder").status_code == 404
    assert center.get("/en/products/finder").status_code == 404


def test_a_question_shows_options_with_counts_and_can_be_skipped(center: FlaskClient) -> None:
    found = page(center, START)
    assert "What will you use the bike for most?" in found.text
    assert "Question 1 of at most 5" in found.text
    assert "Touring 6 products" in found.text
    assert "14 of 14 products fit so far" in found.text
    assert f"{START}?use=touring" in ways(found)
    assert f"{START}?use=skip" in found.values("a", "href")
    assert not found.all("form", action=START)


def test_answers_are_chips_that_can_be_changed_and_removed(center: FlaskClient) -> None:
    found = page(center, END)
    links = found.values("a", "href")
    assert f"{END}&ask=price" in links
    assert f"{START}?use=touring&range=100" in links
    assert "Price: up to €4,000" in found.text
    again = page(center, f"{END}&ask=price")
    assert "What is the most you want to spend?" in again.text
    current = again.all("a", **{"aria-current": "true"})
    assert END in [link["href"] for link in current]
    assert f"{START}?use=touring&price=3000&range=100" in ways(again)


def test_the_end_shows_reasons_prices_near_misses_and_a_comparison(center: FlaskClient) -> None:
    found = page(center, END)
    assert "These 3 fit" in found.text
    assert "Range: 110 km – you wanted at least 100 km" in found.text
    assert "€2,799" in found.text
    assert "Tour X" in found.text
    assert "Price: €4,299 – more than €4,000" in found.text
    assert "Range: 90 km – less than 100 km" in found.text
    compare = "/en/products/ebike/compare?id=trek-4&id=berg-6&id=trek-7"
    assert compare in found.values("a", "href")


def test_the_end_speaks_german_in_german(center: FlaskClient) -> None:
    found = page(center, END.replace("/en/", "/de/"))
    assert "Diese 3 passen" in found.text
    assert "Reichweite: 110 km – gewünscht: mindestens 100 km" in found.text
    assert "Preis: 4.299 € – mehr als 4.000 €" in found.text


def test_who_skips_everything_is_told_how_three_were_chosen(center: FlaskClient) -> None:
    path = START
    for _ in range(5):
        path = max(page(center, path).values("a", "href"), key=lambda link: link.count("=skip"))
    found = page(center, path)
    assert "14 products fit – three to begin with" in found.text
    assert "the least expensive, one from the middle and the most expensive" in found.text
    everything = page(center, f"{path}&all=1")
    assert "14 products fit" in everything.text
    assert len(everything.all("li", **{"class": "product-card"})) == 14


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        ("?range=100&use=touring&price=4000", "?use=touring&price=4000&range=100"),
        ("?use=touring&utm_source=x", "?use=touring"),
        ("?use=touring&use=city", "?use=touring"),
        ("?use=<script>alert(1)</script>", ""),
        ("?use=cargo&legal_class=s_pedelec", "?use=cargo"),
        ("?price=-1&range=1e999&height_min=%00", ""),
        ("?use=touring&ask=range", "?use=touring"),
        ("?use=touring&all=yes", "?use=touring"),
        ("?ask=use", ""),
        ("?" + "&".join(f"x{n}=1" for n in range(500)), ""),
    ],
)
def test_every_other_address_leads_to_the_one_of_its_state(
    center: FlaskClient, asked: str, canonical: str
) -> None:
    response = center.get(START + asked)
    assert (response.status_code, response.location) == (302, START + canonical)
    assert center.get(START + canonical).status_code == 200


def test_states_with_answers_are_not_for_search_engines(center: FlaskClient) -> None:
    start = page(center, START)
    assert not start.all("meta", name="robots")
    for path in (END, f"{START}?use=touring&ask=use", f"{START}?use=touring&all=1"):
        found = page(center, path)
        assert found.all("meta", name="robots")[0]["content"] == "noindex"
        (canonical,) = found.all("link", rel="canonical")
        assert canonical["href"] == f"http://localhost{START}"
        assert all(link["rel"] == "nofollow" for link in found.all("a", **{"class": "way-on"}))


def test_the_language_switch_keeps_the_answers(center: FlaskClient) -> None:
    (german,) = page(center, END).all("a", hreflang="de")
    assert german["href"] == END.replace("/en/", "/de/")
    assert center.get(german["href"]).status_code == 200


def test_pages_of_guides_are_whole(center: FlaskClient) -> None:
    paths = (START, END, f"{END}&ask=use", DECISION, f"{DECISION}/decide")
    for path in (*paths, f"{START}?use=touring&all=1"):
        found = page(center, path)
        assert len(found.all("h1")) == 1, path
        types = {script["type"] for script in found.all("script")}
        assert types <= {"module", "application/ld+json"}, path
        assert not any("style" in attributes for _, attributes in found.elements), path
        ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
        assert len(ids) == len(set(ids)), path


# --- decision tables ---


def test_an_article_begins_its_guide(center: FlaskClient) -> None:
    found = page(center, DECISION)
    assert "What would you like to return?" in found.text
    assert ways(found)[0] == (
        f"{DECISION}/decide?what-would-you-like-to-return=bike-from-the-normal-range"
    )
    assert not page(center, "/en/articles/refund").all("a", **{"class": "way-on"})


def decisions(searcher: Searcher) -> list[tuple[str, list[str]]]:
    """Addresses of all guides, with the outcomes that their tables hold."""
    found = []
    for locale in ("de", "en"):
        for document in searcher.library.documents(locale, Kind.ARTICLE):
            number = searcher.library.find(Kind.ARTICLE, locale, document.slug)
            decision = searcher.library.page(number or 0).decision
            if decision:
                outcomes = [Markup(rule.outcome).text for rule in decision.rules]
                found.append((f"{document.url}/decide", outcomes))
    return found


def test_every_path_through_a_decision_ends_with_the_outcome_of_a_row(
    center: FlaskClient, searcher: Searcher
) -> None:
    guides = decisions(searcher)
    assert len(guides) == 4
    for start, outcomes in guides:
        waiting, reached = [start], set()
        while waiting:
            found = page(center, path := waiting.pop())
            onward = ways(found)
            waiting += onward
            if not onward:
                said = [text for text in outcomes if text in found.text]
                assert said, path
                reached.add(max(said, key=len))
                assert "tel:+494066969120" in found.values("a", "href"), path
                assert len(found.all("li", **{"class": "given-chip"})) == len(keys(path))
        assert reached == set(outcomes), start


def test_outcomes_lead_on_and_name_their_source(center: FlaskClient) -> None:
    path = f"{DECISION}/decide?what-would-you-like-to-return=custom-built-bike"
    found = page(center, path)
    links = found.values("a", "href")
    assert "/en/articles/order-change" in links
    assert f"{DECISION}#all-cases-in-one-table" in links
    assert "Reviewed on 16 November 2026" in found.text
    assert found.all("meta", name="robots")[0]["content"] == "noindex"
    (canonical,) = found.all("link", rel="canonical")
    assert canonical["href"] == f"http://localhost{DECISION}"


@pytest.mark.parametrize("asked", ["?x=1", "?what-would-you-like-to-return=skip", "?a=%ff&&=&b"])
def test_hostile_parameters_of_a_decision_lead_to_its_start(
    center: FlaskClient, asked: str
) -> None:
    response = center.get(f"{DECISION}/decide{asked}")
    assert (response.status_code, response.location) == (302, f"{DECISION}/decide")


def test_articles_without_a_table_have_no_guide(center: FlaskClient) -> None:
    assert center.get("/en/articles/refund/decide").status_code == 404
    assert center.get("/en/articles/nothing/decide").status_code == 404


def test_a_guide_in_another_language_stays_in_the_readers_frame(
    tmp_path: Path, write_article: WriteArticle, encoder: FakeEncoder
) -> None:
    table = "| Was? | Dann |\n|---|---|\n| Rad | **Ja** |\n| Seife | Nein <b>& mehr</b> |\n"
    write_article("wie", table, locale="de", title="Wie?", decision=True)
    content = write_article("other", "# Other\n\nText.\n")
    (content / "site.toml").write_text('default_locale = "en"\n[locales.en]\n[locales.de]\n')
    build_index(content, tmp_path / "index", encoder)
    center = client(tmp_path / "index", encoder)
    found = page(center, "/en/articles/wie/decide?was=rad")
    assert found.all("html")[0]["lang"] == "en"
    assert found.all("h1", lang="de")
    assert "Ja" in found.text


# --- the API ---


def test_the_api_tells_the_same_state_as_the_page(center: FlaskClient) -> None:
    reply = center.get(f"/api/v1/products/finder?type=ebike&locale=de&{urlsplit(END).query}")
    state = reply.get_json()
    assert state["url"] == END.replace("/en/", "/de/")
    assert (state["remaining"], state["question"], state["chosen_by"]) == (3, None, "")
    first = state["results"][0]
    assert first["id"] == "trek-4"
    assert "Reichweite: 110 km – gewünscht: mindestens 100 km" in first["reasons"]
    assert state["near_misses"][0]["reasons"] == ["Preis: 4.299 € – mehr als 4.000 €"]
    shown = page(center, state["url"])
    assert first["reasons"][0] in shown.text


def test_a_bot_can_follow_the_api_to_an_end(center: FlaskClient) -> None:
    query = {"type": "ebike", "locale": "en"}
    for _ in range(6):
        state = center.get("/api/v1/products/finder", query_string=query).get_json()
        if state["question"] is None:
            break
        query[state["question"]["parameter"]] = state["question"]["options"][-1]["value"]
    assert state["question"] is None
    assert 1 <= len(state["results"]) <= 3
    assert state["ignored"] == []


def test_the_api_names_what_it_could_not_use(center: FlaskClient) -> None:
    path = "/api/v1/products/finder?type=ebike&locale=en&use=boat&colour=red&price=3000"
    state = center.get(path).get_json()
    assert state["ignored"] == ["colour", "use"]
    assert [answer["parameter"] for answer in state["answers"]] == ["price"]


@pytest.mark.parametrize("query", ["", "?type=lock", "?type=nothing"])
def test_the_api_has_no_finder_where_there_is_none(center: FlaskClient, query: str) -> None:
    response = center.get(f"/api/v1/products/finder{query}")
    assert response.status_code == 404
    assert response.mimetype == "application/problem+json"
