"""What stands in each passage: the same as when it is cut and analysed anew."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from kb.documents import Block, BlockKind, Passage
from kb.errors import DamagedIndex
from search.analysis import analyzer, tokens
from search.forward_index import ForwardIndex, PassageContent, write_forward_index
from search.locale_index import LocaleIndex, parts_of
from search.query import query_words
from search.searcher import Searcher
from search.snippets import SNIPPET_LENGTH, Matcher, snippets
from search.units import units

TERMS = {term: number for number, term in enumerate(["akku", "lad", "rahm", "schloss", "x"])}


def passage(*blocks: Block, context: str = "Akku › Laden") -> Passage:
    return Passage(0, "Laden", "laden", blocks, context)


def paragraph(text: str) -> Block:
    return Block(BlockKind.PARAGRAPH, text)


CHARGE = passage(
    paragraph("Lade den Akku im Rahmen. Das Schloss bleibt zu."),
    Block(BlockKind.STEP, "Akku an das Ladegerät anschließen.", 1, 1),
    Block(BlockKind.STEP, "2 Stunden warten.", 1, 2),
    Block(BlockKind.FACT, "City 3 – Gewicht: 23 kg"),
)
EMPTY = passage(Block(BlockKind.CODE, ""), context="Leer")


@lru_cache
def terms_of(word: str) -> tuple[int, ...]:
    number = TERMS.get(analyzer("de").term(word))
    return () if number is None else (number,)


@pytest.fixture
def forward(tmp_path: Path) -> ForwardIndex:
    contents = [
        PassageContent(own, "City 3", list(units(own, [own], "de"))) for own in (CHARGE, EMPTY)
    ]
    write_forward_index(tmp_path, contents, "de", lambda token: terms_of(token.word))
    return ForwardIndex(tmp_path)


def test_a_passage_is_kept_as_its_sentences(forward: ForwardIndex) -> None:
    text = forward.text(0)
    assert (text.heading, text.anchor) == ("Laden", "laden")
    assert text.sentences == [
        "Lade den Akku im Rahmen.",
        "Das Schloss bleibt zu.",
        "Akku an das Ladegerät anschließen.",
        "2 Stunden warten.",
        "Gewicht: 23 kg",
    ]
    assert not any(forward.text(1).sentences)


def test_marks_that_nobody_sees_do_not_tear_a_sentence(tmp_path: Path) -> None:
    torn = passage(Block(BlockKind.CODE, "akku\x1fladen\x1frahmen"))
    write_forward_index(
        tmp_path, [PassageContent(torn, "", [])], "de", lambda token: terms_of(token.word)
    )
    forward = ForwardIndex(tmp_path)
    assert forward.text(0).sentences == ["akku laden rahmen"]
    places = forward.matches(np.array([0]), np.array([TERMS["rahm"]])).places
    assert places.tolist() == [[1, 11, 17]]


def test_more_sentences_than_can_be_counted_are_left_out(tmp_path: Path) -> None:
    long = passage(Block(BlockKind.CODE, "Akku laden.\n" * 70_000))
    write_forward_index(
        tmp_path, [PassageContent(long, "", [])], "de", lambda token: terms_of(token.word)
    )
    assert 0 < len(ForwardIndex(tmp_path).text(0).sentences) <= 65_000


def test_terms_are_found_where_they_stand_and_below_their_heading(forward: ForwardIndex) -> None:
    asked = np.array([TERMS["akku"], TERMS["rahm"], TERMS["schloss"], TERMS["x"]])
    matches = forward.matches(np.array([1, 0]), asked)
    first = matches.starts[1]
    assert matches.present[:first].sum() == 0
    akku, frame, lock, unknown = matches.present[first:].T.tolist()
    assert all(akku), "the heading says it for all sentences"
    assert frame == [False, True, False, False, False, False]
    assert lock == [False, False, True, False, False, False]
    assert not any(unknown)
    shown = [(row - first, start, end) for row, start, end in matches.places.tolist()]
    sentences = ["Akku › Laden", *forward.text(0).sentences]
    found = [sentences[row][start:end] for row, start, end in shown]
    assert found == ["Akku", "Akku", "Rahmen", "Schloss", "Akku"]


def test_units_are_runs_of_sentences(forward: ForwardIndex) -> None:
    places = forward.units(np.array([1, 0]), np.array([0, 2, 8]))
    assert places.starts.tolist() == [0, 0, 4]
    # Row 2 is the headings'; short sentences take the next one along, steps are one unit.
    assert places.rows.tolist() == [[3, 5], [4, 5], [5, 7], [7, 8]]
    assert places.is_steps.tolist() == [False, False, True, False]
    assert places.tells_number.tolist() == [False, False, True, True]


def test_a_question_without_terms_matches_nothing(forward: ForwardIndex) -> None:
    matches = forward.matches(np.array([0]), np.empty(0, np.int64))
    assert matches.present.shape == (6, 0)
    assert not len(matches.places)


def test_files_that_do_not_fit_together_are_refused(tmp_path: Path, forward: ForwardIndex) -> None:
    assert forward.text(0).sentences
    np.save(tmp_path / "forward-terms.npy", np.zeros(3, np.int32))
    with pytest.raises(DamagedIndex, match="fit together"):
        ForwardIndex(tmp_path)


# --- The example ---------------------------------------------------------------------------------

QUESTIONS = [
    "Wie lade ich den Akku?",
    "Rechnungsadresse ändern",
    "e bike groesse",
    "Rücksendung Kosten",
    "ist der",
]


@pytest.fixture
def german(searcher: Searcher) -> LocaleIndex:
    return searcher._indexes["de"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_marked_is_what_was_asked_for(german: LocaleIndex, question: str) -> None:
    words = query_words(question, german)
    asked = {term for word in words for way in word.alternatives for term in way.terms}
    numbers = np.arange(0, german.passages, 3)
    for _, snippet in snippets(Matcher(words, german), numbers):
        assert len(snippet.text) <= SNIPPET_LENGTH + 2
        written = {(token.start, token.end): token for token in tokens(snippet.text)}
        for span in snippet.highlights:
            word, pieces = written[span].word, written[span].pieces
            parts = (word, *parts_of(word, pieces, german.decompounder))
            assert asked.intersection(map(german.analyzer.term, parts)), word


@pytest.mark.parametrize("question", QUESTIONS[:4])
def test_nothing_asked_for_stays_unmarked(german: LocaleIndex, question: str) -> None:
    words = query_words(question, german)
    asked = {way.terms[0] for word in words for way in word.alternatives[:1]}
    marked = 0
    for _, snippet in snippets(Matcher(words, german), np.arange(0, german.passages, 3)):
        spans = set(snippet.highlights)
        for token in tokens(snippet.text.removesuffix(" …")):
            is_asked = german.analyzer.term(token.word) in asked
            is_cut = snippet.text.endswith("…") and token.end >= len(snippet.text) - 2
            if is_asked and not is_cut and not token.pieces:
                assert (token.start, token.end) in spans, (snippet.text, token.word)
                marked += 1
    assert marked > 5
