"""Ranking, fallback, filters, suggestions and corrections on small real indexes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import FakeEncoder

from indexer.build import build_index
from kb.documents import Kind
from search.encoder import Encoder
from search.results import AnswerForm, AnswerStatus, Degraded, SuggestionForm
from search.scope import Scope
from search.searcher import Searcher

Ask = Callable[..., Searcher]


@pytest.fixture
def ask(tmp_path: Path, encoder: FakeEncoder) -> Ask:
    """A searcher over `tmp_path/content`, with the fake encoder unless told otherwise."""

    def build(with_encoder: Encoder | None = encoder) -> Searcher:
        index = tmp_path / "data" / "index"
        build_index(tmp_path / "content", index, with_encoder)
        return Searcher.open(index, with_encoder)

    return build


def ids(searcher: Searcher, query: str, locale: str = "de", **filters: object) -> list[str]:
    return [hit.document.id for hit in searcher.search(query, locale, **filters).hits]  # type: ignore[arg-type]


def test_an_article_counts_once_at_its_best_section(
    write_article: Callable[..., Path], ask: Ask
) -> None:
    laden, lagern = "Den Akku bei 20 Grad laden.", "Akku trocken lagern."
    text = f"Alles über Akkus.\n\n## Laden\n\n{laden}\n\n## Lagern\n\n{lagern}"
    write_article("akku", text, locale="de", title="Akku")
    hits = ask().search("akku lagern", "de").hits
    assert [(hit.document.id, hit.anchor) for hit in hits] == [("akku", "lagern")]


def test_highlights_mark_the_words_asked_for_as_they_are_written(
    write_article: Callable[..., Path], ask: Ask
) -> None:
    write_article("e", "Das <b>E-Bike</b> hat eine Größe & lädt.", locale="de", title="Räder")
    snippet = ask().search("ebike groesse", "de").hits[0].snippet
    marked = [snippet.text[start:end] for start, end in snippet.highlights]
    assert marked == ["E-Bike", "Größe"]
    assert "<" not in snippet.text


def test_an_article_missing_in_the_asked_language_comes_marked_in_another(
    write_article: Callable[..., Path], ask: Ask
) -> None:
    write_article("both", "Tandem bikes for two.", locale="en", title="Tandem bikes")
    write_article("both", "Tandems für zwei.", locale="de", title="Tandem")
    write_article("only", "Tandem spare parts list.", locale="en", title="Tandem parts")
    hits = ask().search("tandem", "de").hits
    assert [(h.document.id, h.document.locale, h.fallback) for h in hits] == [
        ("both", "de", False),
        ("only", "en", True),
    ]


def test_an_equally_good_article_in_the_asked_language_stands_first(
    write_article: Callable[..., Path], ask: Ask
) -> None:
    for slug, locale in (("a-en", "en"), ("z-de", "de")):
        write_article(slug, "Firmware 4711.", locale=locale, title="Firmware 4711")
    assert ids(ask(), "Firmware 4711") == ["z-de", "a-en"]


def test_an_article_in_two_other_languages_counts_once(
    write_article: Callable[..., Path], ask: Ask
) -> None:
    write_article("lock", "Lock the bike.", locale="en", title="Lock")
    write_article("lock", "Das Rad abschließen, Lock.", locale="de", title="Lock")
    assert ids(ask(), "lock", "fr") == ["lock"]


@pytest.mark.parametrize("with_encoder", [None, FakeEncoder()])
def test_what_is_known_of_one_product_is_no_answer_about_another(
    write_article: Callable[..., Path], ask: Ask, with_encoder: FakeEncoder | None
) -> None:
    text = "Der Preis der AB-1300/X beträgt 30 Euro. Die AB-1200/Y ist ausverkauft."
    write_article("preis", text, locale="de", title="Preise")
    searcher = ask(with_encoder)
    assert searcher.answer("Preis AB-1200/X", "de").status is not AnswerStatus.ANSWERED


@pytest.mark.parametrize("title", ["Über uns", "Wer wir sind"])
def test_a_page_whose_title_has_only_common_words_is_found(
    write_article: Callable[..., Path], ask: Ask, title: str
) -> None:
    write_article("about", "Brise & Kette seit 2019.", locale="de", title=title)
    write_article("other", "Die Kette ölen, aber nicht zu viel.", locale="de", title="Kette")
    assert ids(ask(None), title)[0] == "about"


def test_words_in_long_lists_without_spaces_are_found(
    write_article: Callable[..., Path], ask: Ask
) -> None:
    parts = "Vorderrad/Hinterrad/Sattelstütze/Lenkervorbau/Pedale/Schutzbleche/Gepäckträger"
    write_article("teile", f"Im Karton: {parts}", locale="de", title="Teile")
    assert ids(ask(None), "Sattelstütze") == ["teile"]


@pytest.mark.parametrize(
    "query",
    ["Rechnungsadresse", "Rechnungsadressen", "Adresse der Rechnung", "Rechnung Adresse"],
)
def test_compounds_are_found_both_ways_and_inflected(
    write_article: Callable[..., Path], ask: Ask, query: str
) -> None:
    write_article("apart", "Die Adresse der Rechnung ändern.", locale="de", title="Ändern")
    write_article("whole", "Rechnungsadressen ändern.", locale="de", title="Neu")
    write_article("other", "Die Kette ölen.", locale="de", title="Kette")
    assert set(ids(ask(None), query)) == {"apart", "whole"}


def test_no_hit_for_part_of_an_unrelated_word(write_article: Callable[..., Path], ask: Ask) -> None:
    write_article("a", "Du solltest den Test machen. Das soll so sein.", locale="de", title="A")
    write_article("b", "Du solltest bremsen.", locale="de", title="B")
    assert ids(ask(None), "Test") == ["a"]


def test_facts_in_snippets_do_not_repeat_the_products_name(searcher: Searcher) -> None:
    hit = searcher.search("City 3 Reichweite Gewicht", "de", Scope(Kind.PRODUCT)).hits[0]
    assert hit.document.id == "city-3"
    assert "Gewicht: 23,4 kg" in hit.snippet.text
    assert "City 3 –" not in hit.snippet.text


def test_a_language_without_any_content_is_answered_from_others(
    write_article: Callable[..., Path], ask: Ask
) -> None:
    write_article("only", "Warranty lasts two years.", title="Warranty")
    hit = ask().search("warranty", "fr").hits[0]
    assert hit.fallback


def test_a_regional_locale_is_answered_in_its_language(searcher: Searcher) -> None:
    hit = searcher.search("battery not charging", "en-GB").hits[0]
    assert (hit.document.locale, hit.fallback) == ("en", False)
    assert searcher.suggest("battery", "en-US")


def test_filters_restrict_to_kind_and_category(searcher: Searcher) -> None:
    products = searcher.search("City 3 Akku", "de", Scope(Kind.PRODUCT), limit=50).hits
    assert products
    assert {hit.document.kind for hit in products} == {Kind.PRODUCT}
    returns = searcher.search("Akku", "de", Scope(category="returns"), limit=50).hits
    assert {hit.document.category for hit in returns} == {"returns"}


def test_without_an_encoder_keywords_answer_and_say_so(
    write_article: Callable[..., Path], ask: Ask
) -> None:
    write_article("frist", "Die Widerrufsfrist beträgt 14 Tage.", locale="de", title="Widerruf")
    searcher = ask(None)
    assert searcher.degraded == (Degraded.NO_ENCODER,)
    assert ids(searcher, "Widerrufsfrist") == ["frist"]
    answer = searcher.answer("Widerrufsfrist Tage", "de")
    assert answer.status is AnswerStatus.ANSWERED
    assert answer.answer and answer.answer.text == "Die Widerrufsfrist beträgt 14 Tage."
    assert searcher.answer("Mondfahrt", "de").status is AnswerStatus.NO_ANSWER


def test_vectors_of_another_encoder_are_left_unused(built_index: Path) -> None:
    opened = Searcher.open(built_index, FakeEncoder("other"))
    assert opened.degraded == (Degraded.NO_ENCODER,)
    assert opened.search("Akku laden", "de").hits


@pytest.mark.parametrize("query", ["", "   ", "\u200b", "!!! ???", "'; DROP TABLE documents; --"])
def test_queries_without_words_find_nothing_and_break_nothing(
    searcher: Searcher, query: str
) -> None:
    searcher.search(query, "de")
    assert searcher.answer(query, "de").status is not AnswerStatus.ANSWERED


def test_a_huge_query_is_answered_quickly(searcher: Searcher) -> None:
    assert searcher.search("Akku laden im Winter " * 500, "de").hits


def test_did_you_mean_offers_the_known_word_and_leaves_the_query_alone(
    searcher: Searcher,
) -> None:
    result = searcher.search("Rechnugn herunterladen", "de")
    assert result.query == "Rechnugn herunterladen"
    assert result.corrected_query == "Rechnung herunterladen"


@pytest.mark.parametrize("query", ["Rechnungen herunterladen", "battery", "AB-1200/X", "City 3"])
def test_known_words_are_never_corrected(searcher: Searcher, query: str) -> None:
    assert searcher.search(query, "de").corrected_query is None


def test_suggestions_continue_what_is_typed_before_those_with_all_its_words(
    searcher: Searcher,
) -> None:
    found = searcher.suggest("akku lä", "de")
    together = ["akku lä" in entry.text.casefold() for entry in found]
    assert together == sorted(together, reverse=True)
    assert {True, False} == set(together)
    assert all({"akku", "lä"} <= starts(entry.text, 4, 2) for entry in found)
    assert found[0].form is SuggestionForm.DOCUMENT
    assert found[0].url == "/de/articles/akku-laedt-nicht"


def starts(text: str, *lengths: int) -> set[str]:
    return {word[:length] for word in text.casefold().split() for length in lengths}


def test_suggestions_complete_the_last_word_when_no_page_fits(searcher: Searcher) -> None:
    found = searcher.suggest("rot blinkendes ladeger", "de")
    assert found[0].form is SuggestionForm.WORD
    assert found[0].text.startswith("rot blinkendes Ladegerät")


def test_a_word_with_marks_is_completed(searcher: Searcher) -> None:
    found = searcher.suggest("günstiges E-Bi", "de")
    assert "günstiges E-Bike" in [entry.text for entry in found]


def test_only_the_first_words_of_a_question_are_corrected(searcher: Searcher) -> None:
    """Each unknown word is compared with the whole vocabulary, so their number is capped."""
    assert searcher.search(f"Rechnugn {'Akku ' * 40}", "de").corrected_query is not None
    assert searcher.search(f"{'Akku ' * 40} Rechnugn", "de").corrected_query is None


def test_suggestions_for_nothing_typed_are_none(searcher: Searcher) -> None:
    assert searcher.suggest("  ", "de") == []
    assert searcher.suggest("akku", "fr") == []


def test_related_pages_are_the_named_ones_first_and_never_the_page_itself(
    searcher: Searcher,
) -> None:
    number = searcher.library.find_id("battery-not-charging", "de")
    assert number is not None
    document = searcher.library.document(number)
    related = searcher.related(document, 5)
    assert [other.id for other in related][: len(document.related)] == list(document.related)[:5]
    assert document.id not in {other.id for other in related}
    assert len(related) == 5


def test_steps_are_answered_whole_even_when_they_fill_several_passages(
    write_article: Callable[..., Path], ask: Ask
) -> None:
    steps = [f"Schritt {n}: " + "Schraube vorsichtig drehen und prüfen. " * 8 for n in range(6)]
    body = "## Sattel montieren\n\n" + "\n".join(f"{n + 1}. {s}" for n, s in enumerate(steps))
    write_article("sattel", body, locale="de", title="Sattel montieren")
    answer = ask(None).answer("Sattel montieren", "de").answer
    assert answer and answer.form is AnswerForm.STEPS
    assert len(answer.steps) == 6


def test_steps_that_go_on_after_something_else_keep_their_numbers(
    write_article: Callable[..., Path], ask: Ask
) -> None:
    body = "Das Rohr reinigen.\n\n3. Rohr fetten.\n4. Sattelstütze fetten."
    write_article("rohr", body, locale="de", title="Rohr fetten")
    answer = ask(None).answer("Rohr fetten Sattelstütze", "de").answer
    assert answer and answer.first_step == 3
    assert answer.text.startswith("3. Rohr fetten.")


def test_numbered_questions_are_not_steps(write_article: Callable[..., Path], ask: Ask) -> None:
    filler = "Dazu gibt es noch viel mehr zu sagen. " * 8
    questions = [f"Was kostet Teil {n}? Teil {n} kostet {n} Euro. {filler}" for n in range(1, 5)]
    body = "\n".join(f"{number}. {text}" for number, text in enumerate(questions, 1))
    write_article("teile", body, locale="de", title="Teile")
    answer = ask(None).answer("Was kostet Teil 3", "de").answer
    assert answer and answer.form is AnswerForm.TEXT
    assert "Teil 3 kostet 3 Euro." in answer.text


def test_an_answer_cites_the_section_it_stands_in(searcher: Searcher) -> None:
    result = searcher.answer("Wie schwer ist das City 3?", "de")
    for citation in result.citations:
        number = searcher.library.find(
            citation.document.kind, citation.document.locale, citation.document.slug
        )
        assert number is not None
        page = searcher.library.page(number)
        section = next(s for s in page.sections if s.anchor == citation.anchor)
        said = " ".join(block.text for block in section.blocks)
        assert result.answer and all(
            line.split(". ", 1)[-1] in said for line in result.answer.text.splitlines()
        )
