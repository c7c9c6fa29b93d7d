"""Answers: product attributes first, unknown codes never, the kind of unit that is asked for."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import WriteArticle
from fakes import FakeEncoder

from indexer.build import build_index
from kb.documents import Kind
from kb.site import SITE_FILE
from search.answer_types import Expected, expected, tells_number
from search.confidence import Calibration, Thresholds
from search.encoder import Encoder
from search.generation import Generation
from search.query import normalise_query
from search.results import AnswerForm, AnswerResult, AnswerStatus
from search.scope import Scope
from search.searcher import Searcher

ENCODERS = [pytest.param(True, id="encoder"), pytest.param(False, id="keywords")]


@pytest.fixture(scope="module")
def keyword_searcher(built_index: Path) -> Iterator[Searcher]:
    opened = Searcher.open(built_index, None)
    yield opened
    opened.close()


@pytest.fixture
def example(
    request: pytest.FixtureRequest, searcher: Searcher, keyword_searcher: Searcher
) -> Searcher:
    """The example help center, with or without an encoder as the test's parameter says."""
    return searcher if request.param else keyword_searcher


both_ways = pytest.mark.parametrize("example", ENCODERS, indirect=True)

Ask = Callable[..., AnswerResult]


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Ask]:
    """Ask the content below `tmp_path`, by keywords unless an encoder is given."""
    opened: list[Searcher] = []

    def answer(query: str, locale: str = "de", encoder: Encoder | None = None) -> AnswerResult:
        index = tmp_path / "index"
        build_index(tmp_path / "content", index, encoder)
        opened.append(Searcher.open(index, encoder))
        return opened[-1].answer(query, locale)

    yield answer
    for searcher in opened:
        searcher.close()


def text_of(result: AnswerResult) -> str:
    assert result.answer is not None, result.status
    return result.answer.text


# --- What kind of answer a question expects ------------------------------------------------------

EXPECTED = {
    # numbers, German
    "Wie viele Gänge hat das Rad?": Expected.NUMBER,
    "Wie viel kostet der Versand?": Expected.NUMBER,
    "wieviel wiegt es": Expected.NUMBER,
    "Wie lange dauert die Lieferung?": Expected.NUMBER,
    "Wie weit komme ich?": Expected.NUMBER,
    "Wie groß ist der Rahmen": Expected.NUMBER,
    "WIE GROSS IST DER RAHMEN": Expected.NUMBER,
    "Wann kommt mein Paket?": Expected.NUMBER,
    "Bis wann kann ich zurückgeben": Expected.NUMBER,
    "In welchem Jahr wurde das gebaut?": Expected.NUMBER,
    "Welche Frist gilt?": Expected.NUMBER,
    "Was kostet eine Inspektion?": Expected.NUMBER,
    # numbers, English
    "How many gears does it have?": Expected.NUMBER,
    "how much do I pay for shipping": Expected.NUMBER,
    "How long do you take?": Expected.NUMBER,
    "how old must I be": Expected.NUMBER,
    "When does my parcel arrive?": Expected.NUMBER,
    "What price do I pay": Expected.NUMBER,
    "is there a deadline": Expected.NUMBER,
    # steps, German
    "Akku lädt nicht, was tun?": Expected.STEPS,
    "Was kann ich tun?": Expected.STEPS,
    "was soll ich machen": Expected.STEPS,
    "Wie kann ich die Adresse ändern?": Expected.STEPS,
    "Wie wechsle ich den Schlauch": Expected.STEPS,
    "Wie wechselt man den Schlauch": Expected.STEPS,
    "Wie stelle ich die Schaltung ein?": Expected.STEPS,
    "Anleitung Reifenwechsel": Expected.STEPS,
    "Schritt für Schritt": Expected.STEPS,
    # steps, English
    "How do I change my address?": Expected.STEPS,
    "how can we reset it": Expected.STEPS,
    "How to fix a flat tyre": Expected.STEPS,
    "what should I do now": Expected.STEPS,
    "Battery is dead, what to do?": Expected.STEPS,
    "steps to reset": Expected.STEPS,
    # neither
    "": Expected.ANYTHING,
    "Akku": Expected.ANYTHING,
    "Wo ist meine Rechnung?": Expected.ANYTHING,
    "Darf ich den Akku mitnehmen?": Expected.ANYTHING,
    "Warum blinkt das Display?": Expected.ANYTHING,
    "Wie bitte?": Expected.ANYTHING,
    "Kostenlos testen": Expected.ANYTHING,
    "wiewohl": Expected.ANYTHING,
    "Irgendwann": Expected.ANYTHING,
    "Where is my invoice?": Expected.ANYTHING,
    "Can I take the battery on a plane?": Expected.ANYTHING,
    "whenever": Expected.ANYTHING,
    "Howdy": Expected.ANYTHING,
    "¿Cuánto cuesta?": Expected.ANYTHING,
}


@pytest.mark.parametrize("query", EXPECTED)
def test_questions_expect_a_number_steps_or_anything(query: str) -> None:
    assert expected(query) is EXPECTED[query]


@pytest.mark.parametrize(
    "query", ["Gebühr", "Wie früh?", "Wie spät?", "Wie groß?", "Wie ändere ich das?"]
)
def test_questions_typed_with_combining_marks_are_read_alike(query: str) -> None:
    apart = {"ü": "u\u0308", "ä": "a\u0308"}
    typed = "".join(apart.get(letter, letter) for letter in query)
    assert expected(normalise_query(typed)) is expected(query) is not Expected.ANYTHING


@pytest.mark.parametrize(
    "query",
    [
        "What should I do when the battery does not charge?",
        "How do I change my address when I move?",
        "Wie stelle ich die Höhe des Sattels ein?",
    ],
)
def test_how_to_questions_with_a_word_of_numbers_expect_steps(query: str) -> None:
    assert expected(query) is Expected.STEPS


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("Der Akku lädt in 3 Stunden.", True),
        ("Preis: 2.299 €", True),
        ("Das dauert drei Tage.", True),
        ("ZWÖLF Monate", True),
        ("Allow twelve days.", True),
        ("Oil it once a month.", True),
        ("Nur einmal drücken.", True),
        ("Das dauert lange.", False),
        ("Ein Dreirad für Beziehungen", False),
        ("Achtung, Elfenbein!", False),
        ("A weightless tent", False),
        ("", False),
    ],
)
def test_numbers_are_digits_or_words(text: str, tells: bool) -> None:
    assert tells_number(text) is tells


# --- The unit that is asked for ------------------------------------------------------------------

# Each says as much of "Akku laden" as the other; the first one wins when nothing else decides.
PLAIN = "Den Akku laden und dabei immer auf eine trockene Umgebung achten."
TIMED = "Den Akku laden und nach drei Stunden wieder vom Netz nehmen."
CHARGE = "Charge the battery and always keep an eye on the charger meanwhile."
CHARGE_TIMED = "Charge the battery and unplug the charger again after three hours."


@pytest.mark.parametrize(
    ("query", "locale", "texts", "answer"),
    [
        ("Akku laden", "de", (PLAIN, TIMED), PLAIN),
        ("Wann den Akku laden?", "de", (PLAIN, TIMED), TIMED),
        ("Wann den Akku laden?", "de", (TIMED, PLAIN), TIMED),
        ("charge the battery", "en", (CHARGE, CHARGE_TIMED), CHARGE),
        ("When to charge the battery?", "en", (CHARGE, CHARGE_TIMED), CHARGE_TIMED),
    ],
)
def test_a_question_for_a_number_is_answered_with_one(
    write_article: WriteArticle, ask: Ask, query: str, locale: str, texts: list[str], answer: str
) -> None:
    write_article("a", "\n\n".join(texts), locale=locale, title="Akku wann")
    assert text_of(ask(query, locale)) == answer


OIL = "Die Kette ölen und vorher gründlich von altem Schmutz befreien, dann läuft sie leise."
OFTEN = "Die Kette alle 300 Kilometer ölen, bei Regen auch früher, dann läuft sie leise."
STEPS = "1. Kette reinigen.\n2. Kette ölen.\n3. Kurbel 20 Mal drehen."
CLEAN = "Oil the chain and remove the old dirt thoroughly before, then it runs smoothly."
CLEAN_STEPS = "1. Clean the chain.\n2. Oil the chain.\n3. Turn the crank 20 times."


@pytest.mark.parametrize(
    ("query", "locale", "texts", "form"),
    [
        ("Kette ölen", "de", (OIL, STEPS), AnswerForm.TEXT),
        ("Wie kann ich die Kette ölen?", "de", (OIL, STEPS), AnswerForm.STEPS),
        ("Wie oft die Kette ölen?", "de", (OFTEN, STEPS), AnswerForm.TEXT),
        ("Wie oft die Kette ölen?", "de", (STEPS, OFTEN), AnswerForm.TEXT),
        ("oil the chain", "en", (CLEAN, CLEAN_STEPS), AnswerForm.TEXT),
        ("How do I oil the chain?", "en", (CLEAN, CLEAN_STEPS), AnswerForm.STEPS),
    ],
)
def test_a_question_for_how_to_is_answered_with_steps(
    write_article: WriteArticle, ask: Ask, query: str, locale: str, texts: list[str], form: str
) -> None:
    write_article("a", "\n\n".join(texts), locale=locale, title="Kette chain oft")
    result = ask(query, locale)
    assert result.answer is not None
    assert result.answer.form is form


@pytest.mark.parametrize(
    ("asked", "form"),
    [("wie kann ich das?", AnswerForm.STEPS), ("wie oft?", AnswerForm.TEXT)],
)
def test_with_an_encoder_the_kind_decides_between_what_is_as_near(
    write_article: WriteArticle, ask: Ask, asked: str, form: AnswerForm
) -> None:
    """The same words in a sentence and in steps; only the kind tells them apart."""
    words = "Kette reinigen, Kette ölen 20 Minuten"
    steps = "1. Kette reinigen,\n2. Kette ölen 20 Minuten"
    write_article("a", f"{words}\n\n{steps}", locale="de", title="Kette reinigen, Kette ölen")
    result = ask(f"Kette reinigen, Kette ölen 20 Minuten, {asked}", encoder=FakeEncoder())
    assert result.answer is not None
    assert result.answer.form is form


FIRST = "Der Akku lädt am besten über Nacht bei ganz normaler Temperatur."
SECOND = "Nach dem Laden ruht der Akku bis zum nächsten Morgen im Keller."


@pytest.mark.parametrize("query", ["Akku lädt Nacht Temperatur", "Akku Laden ruht Morgen Keller"])
def test_the_sentence_beside_the_best_one_comes_along_in_reading_order(
    write_article: WriteArticle, ask: Ask, query: str
) -> None:
    write_article("a", f"{FIRST} {SECOND}", locale="de", title="Akku")
    assert text_of(ask(query)) == f"{FIRST} {SECOND}"


def test_a_sentence_of_another_paragraph_does_not_come_along(
    write_article: WriteArticle, ask: Ask
) -> None:
    write_article("a", f"{FIRST}\n\n{SECOND}", locale="de", title="Akku")
    assert text_of(ask("Akku lädt Nacht Temperatur")) == FIRST
    assert text_of(ask("Akku Laden ruht Morgen Keller")) == SECOND


def test_a_sentence_that_says_much_less_does_not_come_along(
    write_article: WriteArticle, ask: Ask
) -> None:
    beside = "Wir freuen uns über jeden Besuch in einer unserer vielen Werkstätten."
    write_article("a", f"{TIMED} {beside}", locale="de", title="Laden")
    assert text_of(ask("Wie viele Stunden Akku vom Netz nehmen?")) == TIMED


# --- Who names an article ------------------------------------------------------------------------

OPENING = "Meist liegt es am Netzteil. Es ist zu prüfen, bevor etwas anderes getan wird."
LATER = "Akku lädt, Akku lädt, der Akku lädt: So klingt es, wenn der Akku nicht lädt."
REPAIR = "1. Stecker ziehen.\n2. Kontakte prüfen.\n3. Stecker wieder einstecken."


@pytest.fixture
def repair(write_article: WriteArticle) -> None:
    text = f"{OPENING}\n\n## Geräusche\n\n{LATER}"
    write_article("akku", text, locale="de", title="Akku lädt nicht: die Ursache")


@pytest.mark.usefixtures("repair")
@pytest.mark.parametrize("query", ["Akku lädt nicht", "Akku"])
def test_who_types_a_title_or_a_word_of_it_gets_the_opening(ask: Ask, query: str) -> None:
    assert text_of(ask(query)) == OPENING


@pytest.mark.usefixtures("repair")
def test_who_says_more_than_the_title_gets_what_says_it(ask: Ask) -> None:
    assert text_of(ask("wie klingt es wenn der Akku nicht lädt")) == LATER


def test_who_names_a_task_may_get_its_steps_and_who_names_a_topic_the_opening(
    write_article: WriteArticle, ask: Ask
) -> None:
    steps = REPAIR.replace("Stecker", "Akku lädt, Stecker")
    text = f"{OPENING}\n\n## In drei Schritten\n\n{steps}"
    write_article("akku", text, locale="de", title="Akku lädt nicht")
    asked = ask("Akku lädt nicht").answer
    assert asked is not None
    assert asked.form is AnswerForm.STEPS
    assert text_of(ask("Akku")) == OPENING


def test_the_opening_of_a_product_is_a_fact_and_no_answer(searcher: Searcher) -> None:
    answer = searcher.answer("Helm", "de").answer
    assert answer is None or answer.form is not AnswerForm.FACT


# --- How sure it must be -------------------------------------------------------------------------


TEAMS = """
default_locale = "de"
default_team = "service"
[locales.de]
[locales.en]
[teams.service]
title = { de = "Service" }
[teams.workshop]
title = { de = "Werkstatt" }
"""
PARTLY = "Den Akku laden und dabei immer auf eine warme Decke achten"


@pytest.fixture
def calibrated(write_article: WriteArticle, tmp_path: Path) -> Iterator[Ask]:
    """Ask a generation with this calibration what its article answers in part."""
    write_article("a", PLAIN, locale="de", title="Akku", owner_team="workshop")
    content = write_article("b", CHARGE, title="Battery")
    (content / SITE_FILE).write_text(TEAMS, encoding="utf-8")
    build_index(content, tmp_path / "index", FakeEncoder())
    opened: list[Generation] = []

    def answer(calibration: Calibration) -> AnswerResult:
        generation = Generation.open_current(tmp_path / "index")
        opened.append(generation)
        generation.calibration = calibration
        return Searcher(generation, FakeEncoder()).answer(PARTLY, "de")

    yield answer
    for generation in opened:
        generation.close()


def at(locale: str, answered_from: float, related_from: float) -> Calibration:
    thresholds = Thresholds(answered_from=answered_from, related_from=related_from)
    return Calibration(thresholds={locale: thresholds})


def test_the_thresholds_of_its_language_decide_what_is_said(calibrated: Ask) -> None:
    sure = calibrated(Calibration()).confidence
    assert 0.1 < sure < 0.9
    answered = calibrated(at("de", sure - 0.01, 0))
    assert answered.status is AnswerStatus.ANSWERED
    assert [citation.document.id for citation in answered.citations] == ["a"]
    related = calibrated(at("de", sure + 0.01, sure - 0.01))
    assert (related.status, related.answer, related.citations) == (AnswerStatus.RELATED, None, ())
    unknown = calibrated(at("de", sure + 0.02, sure + 0.01))
    assert unknown.status is AnswerStatus.NO_ANSWER
    assert (unknown.answer, unknown.citations) == (None, ())
    usual = calibrated(Calibration())
    assert calibrated(at("en", 1, 1)).status is usual.status is not AnswerStatus.NO_ANSWER
    results = (answered, related, unknown)
    assert [result.handover_team for result in results] == ["workshop", "workshop", "service"]
    assert [result.about and result.about.id for result in results] == ["a"] * 3


def test_what_is_told_is_scaled_and_what_is_decided_is_not(calibrated: Ask) -> None:
    plain = calibrated(Calibration())
    scale = Calibration(slope=3, intercept=-4)
    found = calibrated(scale)
    assert found.confidence == pytest.approx(scale.calibrated(plain.confidence), abs=1e-3)
    assert found.confidence < plain.confidence - 0.1
    assert found.status is plain.status
    related = Thresholds(answered_from=1, related_from=plain.confidence - 0.1)
    strict = scale.model_copy(update={"thresholds": {"de": related}})
    assert calibrated(strict).confidence == found.confidence < related.related_from
    assert calibrated(strict).status is AnswerStatus.RELATED


def test_where_nothing_is_found_the_answer_is_about_nothing(
    write_article: WriteArticle, ask: Ask
) -> None:
    write_article("a", PLAIN, locale="de", title="Akku")
    result = ask("Xyzzyqua")
    assert (result.status, result.about) == (AnswerStatus.NO_ANSWER, None)
    assert result.confidence == 0


# --- Product attributes --------------------------------------------------------------------------

PRODUCTS = {
    "Wie schwer ist das City 3?": ["city-3"],
    "Was kostet AB-1200/X?": ["power-pack"],
    "Reichweite und Gewicht vom Kies 1": ["kies-1"],
    "Was ist schwerer, City 3 oder City 5?": ["city-3", "city-5"],
    "Was kostet ein Lastenrad?": ["cargo-2", "cargo-mini"],
    "Wie schwer ist das Cargo?": ["cargo-2", "cargo-mini"],
    "Welche Räder tragen mehr als 170 kg?": ["cargo-2", "cargo-mini", "tour-x"],
}


@both_ways
@pytest.mark.parametrize("query", PRODUCTS)
def test_attributes_answer_first(example: Searcher, query: str) -> None:
    result = example.answer(query, "de")
    assert result.status is AnswerStatus.ANSWERED
    assert result.is_from_attributes
    assert result.answer is not None
    assert result.answer.form is AnswerForm.FACT
    assert 0.5 < result.confidence <= 0.99
    assert [citation.document.id for citation in result.citations] == PRODUCTS[query]
    assert result.about == result.citations[0].document


@both_ways
@pytest.mark.parametrize("query", PRODUCTS)
def test_every_fact_stands_where_a_citation_leads(example: Searcher, query: str) -> None:
    result = example.answer(query, "de")
    facts = text_of(result).splitlines()
    for citation in result.citations:
        document = citation.document
        own = [fact for fact in facts if fact.startswith(f"{document.title} – ")]
        assert own
        number = example.library.find(document.kind, document.locale, document.slug)
        assert number is not None
        sections = example.library.page(number).sections
        (section,) = (s for s in sections if s.anchor == citation.anchor)
        assert section.heading == citation.heading
        assert set(own) <= {block.text for block in section.blocks}
        assert citation.url == f"/de/products/{document.slug}#{citation.anchor}"
        facts = [fact for fact in facts if fact not in own]
    assert facts == []


@both_ways
@pytest.mark.parametrize("query", PRODUCTS)
def test_the_products_pages_lead_the_results(example: Searcher, query: str) -> None:
    hits = example.search(query, "de").hits
    assert [hit.document.id for hit in hits][: len(PRODUCTS[query])] == PRODUCTS[query]
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert len({hit.document.id for hit in hits}) == len(hits)
    shown = [hit.document.id for hit in example.answer(query, "de").search.hits]
    assert shown == [hit.document.id for hit in hits][: len(shown)]


@both_ways
def test_the_products_team_takes_over(example: Searcher) -> None:
    result = example.answer("Wie schwer ist das City 3?", "de")
    team = result.citations[0].document.owner_team
    assert result.handover_team == team == "advice" != example.site.team_of("")


@both_ways
def test_a_guessed_product_is_less_sure(example: Searcher) -> None:
    assert example.answer("Wie schwer ist das City 3?", "de").confidence == 0.99
    guessed = example.answer("Wie schwer ist das Cargo?", "de")
    assert guessed.is_from_attributes
    assert guessed.confidence == 0.75


@both_ways
@pytest.mark.parametrize("query", PRODUCTS)
def test_filters_hold_for_products_that_would_lead(example: Searcher, query: str) -> None:
    articles = example.search(query, "de", Scope(Kind.ARTICLE)).hits
    assert articles
    assert {hit.document.kind for hit in articles} == {Kind.ARTICLE}
    returns = example.search(query, "de", Scope(category="returns")).hits
    assert {hit.document.category for hit in returns} <= {"returns"}
    category = example.answer(query, "de").citations[0].document.category
    own = example.search(query, "de", Scope(Kind.PRODUCT, category)).hits
    assert [hit.document.id for hit in own][: len(PRODUCTS[query])] == PRODUCTS[query]
    assert {hit.document.category for hit in own} == {category}


@both_ways
def test_a_product_question_in_a_regional_locale_is_answered(example: Searcher) -> None:
    result = example.answer("how heavy is the City 3", "en-GB")
    assert result.is_from_attributes
    assert text_of(result) == "City 3 – Weight: 23.4 kg"
    assert result.citations[0].document.locale == "en"


@both_ways
@pytest.mark.parametrize("query", ["City 3 Akku lädt nicht", "Warum ist das City 3 so schwer?"])
def test_other_questions_about_products_are_left_to_articles(example: Searcher, query: str) -> None:
    assert not example.answer(query, "de").is_from_attributes


@pytest.mark.parametrize("with_encoder", ENCODERS)
def test_what_judgments_say_of_articles_says_nothing_of_attributes(
    built_index: Path, with_encoder: bool
) -> None:
    generation = Generation.open_current(built_index)
    strict = Thresholds(answered_from=1, related_from=1)
    generation.calibration = Calibration(slope=3, intercept=-5, thresholds={"de": strict})
    searcher = Searcher(generation, FakeEncoder() if with_encoder else None)
    guessed = searcher.answer("Wie schwer ist das Cargo?", "de")
    assert guessed.is_from_attributes
    assert guessed.confidence == 0.75
    searcher.close()


# --- Codes that nobody wrote ---------------------------------------------------------------------

# Near to what the content says of AB-1200/X, RB-625 and E07 but for the code.
UNKNOWN_CODES = [
    "Was kostet AB-1300/X?",
    "Gewicht AB-1300",
    "Was wiegt der RB-999?",
    "Was wiegt der RB-625 XY-12?",
    "Wie schwer ist das City 3 QX7",
    "Preis City 3 oder AB-1300",
    "Reichweite City 3 mit RB-999",
    "Was bedeutet der Fehlercode E99 im Display?",
]


@both_ways
@pytest.mark.parametrize("query", UNKNOWN_CODES)
def test_a_code_that_nobody_wrote_is_never_answered(example: Searcher, query: str) -> None:
    result = example.answer(query, "de")
    assert result.status is not AnswerStatus.ANSWERED
    assert result.answer is None
    assert result.citations == ()


@pytest.mark.parametrize(
    "query", ["Was kostet AB-1200/X?", "Was wiegt der RB-625?", "Was bedeutet E07 im Display?"]
)
def test_codes_that_are_written_are_answered(keyword_searcher: Searcher, query: str) -> None:
    assert keyword_searcher.answer(query, "de").status is AnswerStatus.ANSWERED


@both_ways
@pytest.mark.parametrize("query", ["City 3 AB-9999 Gewicht", "RB-625 oder RB-999 Gewicht"])
def test_a_code_that_nobody_wrote_is_not_answered_from_attributes(
    example: Searcher, query: str
) -> None:
    assert example.answer(query, "de").status is not AnswerStatus.ANSWERED


def test_a_code_known_in_another_language_is_known(write_article: WriteArticle, ask: Ask) -> None:
    write_article("a", "Der Akku ZQ-77 lädt in drei Stunden im Keller.", locale="de", title="ZQ-77")
    write_article("b", "The charger is warm in the cellar.", title="Charger")
    assert ask("Akku ZQ-77 Keller", "de").status is AnswerStatus.ANSWERED
    assert ask("ZQ-77 Akku", "en").status is AnswerStatus.ANSWERED
    assert ask("Akku ZQ-78 Keller", "de").status is not AnswerStatus.ANSWERED


# --- Words of the document -----------------------------------------------------------------------


@both_ways
def test_every_sentence_answered_stands_in_the_section_it_cites(example: Searcher) -> None:
    answered = 0
    titles = [document.title for document in example.library.documents("de", Kind.ARTICLE)]
    for title in titles[::3]:
        result = example.answer(title, "de")
        if result.answer is None or result.is_from_attributes:
            continue
        (citation,) = result.citations
        number = example.library.find_id(citation.document.id, citation.document.locale)
        assert number is not None
        sections = example.library.page(number).sections
        said = [b.text for s in sections if s.anchor == citation.anchor for b in s.blocks]
        parts = result.answer.steps or (result.answer.text,)
        assert all(any(part in text for text in said) for part in parts), title
        answered += 1
    assert answered > 10
