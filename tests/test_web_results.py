"""The results page: three honest states, highlights, hostile questions."""

from dataclasses import replace
from pathlib import Path

import pytest
from centers import Markup, client
from fakes import FakeEncoder
from flask.testing import FlaskClient

from kb.context import NO_CONTEXT, Context
from search.results import (
    Answer,
    AnswerForm,
    AnswerResult,
    AnswerStatus,
    Citation,
    SearchResult,
    Snippet,
)
from search.scope import Scope
from search.searcher import Searcher
from web.pages import marked

QUESTION = "/de/search?q=Rechnung+herunterladen"


@pytest.fixture(scope="module")
def center(built_index: Path, encoder: FakeEncoder) -> FlaskClient:
    return client(built_index, encoder)


def answering(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    """Let the searcher find what it finds, and say about it what the test wants."""

    def answer(
        self: Searcher, query: str, locale: str, context: Context = NO_CONTEXT
    ) -> AnswerResult:
        found = self.search(query, locale, Scope(context=context))
        first = found.hits[0]
        cited = (Citation(first.document, "Überschrift", "stelle"),)
        honest = AnswerResult(AnswerStatus.RELATED, 0.4, None, cited, found, "workshop")
        return replace(honest, **changes)  # type: ignore[arg-type]

    monkeypatch.setattr(Searcher, "answer", answer)


def test_answer_stands_on_top_with_its_source(
    center: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = Answer(AnswerForm.TEXT, "Die Rechnung liegt <im> Konto.")
    answering(monkeypatch, status=AnswerStatus.ANSWERED, answer=text, confidence=0.87)
    html = center.get(QUESTION).text
    page = Markup(html)
    assert "Die Rechnung liegt <im> Konto." in page.text
    assert "Gewissheit: 87 %" in page.text.replace("\xa0", " ")
    assert page.all("a", href="/de/articles/rechnung-herunterladen#stelle")
    assert html.index('id="answer"') < html.index('id="results"')


def test_steps_are_a_list(center: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Answer(AnswerForm.STEPS, "Eins Zwei", ("Eins", "Zwei"))
    answering(monkeypatch, status=AnswerStatus.ANSWERED, answer=steps)
    assert "<li>Eins</li><li>Zwei</li>" in center.get(QUESTION).text


def test_related_pages_make_no_claim(center: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch)
    page = Markup(center.get(QUESTION).text)
    assert "Keine Textstelle beantwortet das sicher." in page.text
    assert not page.all("section", id="answer")


def test_no_answer_says_so_and_names_the_team(
    center: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, status=AnswerStatus.NO_ANSWER, citations=())
    page = Markup(center.get(QUESTION).text)
    assert "Darauf gibt es hier noch keine Antwort" in page.text
    assert "Werkstatt" in page.text
    assert "tel:+494066969140" in page.values("a", "href")


def test_correction_is_offered(center: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = SearchResult("rehcnung", "de", (), "rechnung", ())
    answering(monkeypatch, status=AnswerStatus.NO_ANSWER, search=nothing)
    page = Markup(center.get(QUESTION).text)
    assert page.all("a", href="/de/search?q=rechnung")


@pytest.mark.parametrize("question", ["", "   ", "\x00\x07"])
def test_empty_question_leads_home(center: FlaskClient, question: str) -> None:
    response = center.get("/de/search", query_string={"q": question})
    assert (response.status_code, response.location) == (302, "/de/")


def test_question_is_never_markup(center: FlaskClient) -> None:
    attack = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    html = center.get("/de/search", query_string={"q": attack}).text
    assert "<script>" not in html
    assert Markup(html).all("input", name="q")[0]["value"] == attack


def test_too_long_question_is_refused_in_words(center: FlaskClient) -> None:
    response = center.get("/de/search", query_string={"q": "a" * 501})
    assert response.status_code == 400
    assert "Diese Frage ist zu lang" in response.text


def test_results_are_not_for_crawlers(center: FlaskClient) -> None:
    page = Markup(center.get(QUESTION).text)
    assert page.all("meta", name="robots", content="noindex")


@pytest.mark.parametrize(
    ("text", "spans", "html"),
    [
        ("a <b> c", ((2, 5),), "a <mark>&lt;b&gt;</mark> c"),
        ("Akku laden", ((0, 4), (5, 10)), "<mark>Akku</mark> <mark>laden</mark>"),
        ("Akku", ((0, 99), (3, 2)), "Akku"),
        ("", (), ""),
    ],
)
def test_highlights_become_marks_and_nothing_else(
    text: str, spans: tuple[tuple[int, int], ...], html: str
) -> None:
    assert marked(Snippet(text, spans)) == html


def filters_of(page: Markup) -> dict[str, str]:
    """Addresses of the filters by their titles."""
    links = page.all("a")
    titles = {link["href"]: link for link in links if "/search?" in link.get("href", "")}
    return {href: titles[href].get("aria-current", "") for href in titles}


def test_results_of_two_kinds_can_be_limited_to_one(center: FlaskClient) -> None:
    page = Markup(center.get("/de/search?q=Akku").text)
    filters = filters_of(page)
    assert filters["/de/search?q=Akku"] == "true"
    assert "/de/search?q=Akku&kind=article" in filters
    only = Markup(center.get("/de/search?q=Akku&kind=product").text)
    assert filters_of(only)["/de/search?q=Akku&kind=product"] == "true"
    assert "Artikel ·" not in only.text
    assert "Produkt ·" in only.text


def test_more_results_are_one_link_away(center: FlaskClient) -> None:
    few = Markup(center.get("/de/search?q=Akku").text)
    assert "/de/search?q=Akku&more=1" in filters_of(few)
    many = Markup(center.get("/de/search?q=Akku&more=1").text)
    assert len(many.all("li", **{"class": "result"})) == 20
    assert len(few.all("li", **{"class": "result"})) == 5


@pytest.mark.parametrize("limit", ["kind=nonsense", "category=nonsense", "category=", "kind=%00"])
def test_a_limit_nobody_offered_is_none(center: FlaskClient, limit: str) -> None:
    response = center.get(f"/de/search?q=Akku&{limit}")
    assert response.status_code == 200
    assert filters_of(Markup(response.text))["/de/search?q=Akku"] == "true"


def test_a_category_stays_the_limit_where_it_would_not_be_offered(center: FlaskClient) -> None:
    page = Markup(center.get("/de/search?q=Akku&category=payment").text)
    assert filters_of(page)["/de/search?q=Akku&category=payment"] == "true"
    assert "Bezahlung" in page.text


def test_where_nothing_answers_a_few_close_pages_are_enough(
    center: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, status=AnswerStatus.NO_ANSWER, citations=())
    page = Markup(center.get("/de/search?q=Akku").text)
    assert len(page.all("li", **{"class": "result"})) == 3
    assert not [href for href in page.values("a", "href") if "more=1" in href or "kind=" in href]
