"""The compiled matrix against Whoosh itself, on the example content."""

from pathlib import Path

import numpy as np
import pytest
from whoosh.index import open_dir
from whoosh.query import Or, Term

from kb.errors import DamagedIndex
from search.generation import Generation
from search.keyword import FIELD_BOOSTS, Alternative, KeywordFields, KeywordIndex, weighting
from search.keyword import build_keyword_index as build
from search.searcher import Searcher

QUESTIONS = ["akku lad", "rechnung adress", "wider frist", "brems belag", "city 3 gewicht"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_scores_equal_those_of_whoosh(searcher: Searcher, built_index: Path, question: str) -> None:
    folder = built_index / searcher.generation / "locales" / "de"
    ours = Generation.open_current(built_index).locales["de"].keyword
    words = question.split()
    scores = np.zeros(ours.passages, np.float32)
    for word in words:
        passages, found = ours.match([Alternative((word,), 1.0)])
        scores[passages] += found
    wanted = Or(
        [Term(field, word, boost=boost) for field, boost in FIELD_BOOSTS.items() for word in words]
    )
    with open_dir(str(folder / "whoosh")).searcher(weighting=weighting()) as whoosh:
        theirs = {hit.docnum: hit.score for hit in whoosh.search(wanted, limit=None)}
    assert theirs
    assert set(np.flatnonzero(scores)) == set(theirs)
    assert all(scores[passage] == pytest.approx(s, rel=1e-5) for passage, s in theirs.items())


def test_every_term_of_the_example_is_scored_as_by_whoosh(
    searcher: Searcher, built_index: Path
) -> None:
    folder = built_index / searcher.generation / "locales" / "de"
    ours = Generation.open_current(built_index).locales["de"].keyword
    with open_dir(str(folder / "whoosh")).searcher(weighting=weighting()) as whoosh:
        reader = whoosh.reader()
        theirs: dict[str, dict[int, float]] = {}
        for field, boost in FIELD_BOOSTS.items():
            for term in reader.lexicon(field):
                matcher = whoosh.postings(field, term)
                scores = theirs.setdefault(term.decode(), {})
                while matcher.is_active():
                    number = matcher.id()
                    scores[number] = scores.get(number, 0) + boost * matcher.score()
                    matcher.next()
    assert len(theirs) > 3000
    for term, scores in theirs.items():
        passages, found = ours.row(term)
        assert passages.tolist() == sorted(scores)
        assert found == pytest.approx([scores[passage] for passage in sorted(scores)], rel=1e-5)


def passage(body: str, parts: str = "") -> KeywordFields:
    return KeywordFields((), (), (), body.split(), parts.split())


@pytest.fixture
def small(tmp_path: Path) -> KeywordIndex:
    bodies = [
        passage("rechnungsadress", "rechnung adress"),
        passage("rechnung adress"),
        passage("rechnung"),
        passage("adress helm"),
    ]
    build(tmp_path / "keywords", bodies)
    return KeywordIndex(tmp_path / "keywords", len(bodies))


def test_a_compound_finds_its_parts_only_together(small: KeywordIndex) -> None:
    compound = [
        Alternative(("rechnungsadress",), 1.0),
        Alternative(("rechnung", "adress"), 0.7),
    ]
    passages, scores = small.match(compound)
    assert list(passages) == [0, 1]
    assert scores[0] > scores[1], "the whole word weighs more"


def test_a_part_finds_the_compound_below_the_word_itself(small: KeywordIndex) -> None:
    passages, scores = small.match([Alternative(("rechnung",), 1.0)])
    assert list(passages) == [0, 1, 2]
    assert scores[0] == min(scores)


def test_an_unknown_word_finds_nothing(small: KeywordIndex) -> None:
    passages, scores = small.match([Alternative(("tandem",), 1.0)])
    assert not len(passages)
    assert not len(scores)


def test_an_index_without_words_is_readable(tmp_path: Path) -> None:
    build(tmp_path / "keywords", [passage("")])
    index = KeywordIndex(tmp_path / "keywords", 1)
    assert not len(index.match([Alternative(("akku",), 1.0)])[0])


def test_files_that_do_not_fit_are_refused(small: KeywordIndex, tmp_path: Path) -> None:
    np.save(tmp_path / "keywords" / "starts.npy", np.array([0, 1], np.int64))
    with pytest.raises(DamagedIndex):
        KeywordIndex(tmp_path / "keywords", 4)
