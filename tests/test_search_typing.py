"""Half-typed words, slips of the finger, and right words that nobody must put right."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
from conftest import ROOT
from rapidfuzz.distance import OSA

from indexer.build import build_index
from kb.documents import Document, Kind
from search.dictionary import word_list
from search.generation import Generation
from search.locale_index import LocaleIndex
from search.searcher import Searcher
from search.suggestions import Suggestions, write_suggestions
from search.vocabulary import _MARGIN, Vocabulary, _cost


@pytest.fixture(scope="module")
def german(built_index: Path) -> Iterator[LocaleIndex]:
    """The German index of the example content."""
    generation = Generation.open_current(built_index)
    yield generation.locales["de"]
    generation.close()


@pytest.fixture
def vocabulary(german: LocaleIndex) -> Vocabulary:
    return german.vocabulary


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("liferung", "Lieferung"),  # a letter left out
        ("lieferrung", "Lieferung"),  # … or hit twice
        ("liefernug", "Lieferung"),  # two swapped
        ("garatie", "Garantie"),
        ("versnad", "Versand"),
        ("rechmung", "Rechnung"),  # the key beside
        ("bremmse", "Bremse"),
        ("kete", "Kette"),
        ("rucksendung", "Rücksendung"),  # no umlaut on this keyboard
        ("garantiebedinungen", "Garantiebedingungen"),  # in one part of a compound
    ],
)
def test_a_slip_of_the_finger_is_put_right(vocabulary: Vocabulary, typed: str, meant: str) -> None:
    assert vocabulary.correction(typed) == meant


@pytest.mark.parametrize(
    "word",
    [
        "alert",  # not `altert`
        "quit",
        "herstellung",  # not `Bestellung`
        "staat",  # not `Stadt`
        "polen",  # not `Holen`
        "rechnungen",  # inflected
        "kochtopfdeckel",  # made of two words
        "kietferumg",  # too far from all words
        "rb500",  # a code
        "rd",  # too short to tell
    ],
)
def test_a_right_word_is_never_put_right(vocabulary: Vocabulary, word: str) -> None:
    assert vocabulary.correction(word) is None


def test_no_inflected_word_of_the_language_is_put_right(vocabulary: Vocabulary) -> None:
    words = list(word_list("de").bases)[::500]
    assert len(words) > 200
    assert not [word for word in words if vocabulary.correction(word)]


def test_only_words_that_may_be_meant_are_compared_yet_none_is_missed(
    vocabulary: Vocabulary,
) -> None:
    """Words are looked up by first letter and length; comparing all of them gives the same."""
    words = [vocabulary._words[number] for number in range(len(vocabulary._words))]
    known = [word for word in words if word.isalpha() and 4 <= len(word) <= 14]
    random = Random(5)
    for word in random.sample(known, 150):
        letter, place = random.choice("aeinrstx"), random.choice([0, 0, 1, 2, len(word) - 1])
        typed = word[:place] + letter + word[place + random.choice([0, 1]) :]
        slips = 2 if len(typed) >= 8 else 1
        near = ((other, OSA.distance(typed, other)) for other in known)
        every = {
            (other, slip)
            for other, slip in near
            if slip <= slips and _cost(typed, other, slip) <= slips + _MARGIN
        }
        found = {
            pair
            for pair in vocabulary._near(typed, slips)
            if _cost(typed, *pair) <= slips + _MARGIN and pair[0] in known
        }
        assert found == every, typed


def test_a_mistyped_question_finds_what_was_meant_and_says_so(built_index: Path) -> None:
    searcher = Searcher.open(built_index, None)
    mistyped, meant = (searcher.search(query, "de") for query in ("Liferung", "Lieferung"))
    assert mistyped.corrected_query == "Lieferung"
    assert mistyped.hits
    assert [hit.document.id for hit in mistyped.hits] == [hit.document.id for hit in meant.hits]


Ask = Callable[..., Searcher]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """A searcher over German articles with these texts, by id."""

    def build(**texts: str) -> Searcher:
        articles = tmp_path / "content" / "de" / "articles"
        articles.mkdir(parents=True)
        for slug, text in texts.items():
            (articles / f"{slug}.md").write_text(f"---\ntitle: {slug}\n---\n\n{text}\n")
        build_index(tmp_path / "content", tmp_path / "index", None)
        return Searcher.open(tmp_path / "index", None)

    return build


def test_a_word_that_is_written_is_not_read_as_another(ask: Ask) -> None:
    searcher = ask(a1="Die Kette ölen. Kette und Kette.", a2="Das Kete-Rohr.")
    found = searcher.search("Kete", "de")
    assert [hit.document.id for hit in found.hits] == ["a2"]
    assert found.corrected_query is None


def test_a_dictionary_is_not_needed_to_search(built_index: Path) -> None:
    """It would take 100 MB of each server process."""
    code = """if True:
        import sys
        from pathlib import Path
        from search.searcher import Searcher
        Searcher.open(Path(sys.argv[1]), None).search("Liferung lädt", "de")
        sys.exit("simplemma" in sys.modules)"""
    subprocess.run([sys.executable, "-c", code, str(built_index)], check=True, cwd=ROOT)


def test_without_a_place_to_keep_it_the_dictionary_is_read_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "went" in word_list.__wrapped__("en").bases


def test_a_damaged_copy_of_the_dictionary_is_made_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    whole = word_list.__wrapped__("en")
    (kept,) = (tmp_path / "lotse").iterdir()
    for damaged in (b"", b"no archive", kept.read_bytes()[:2000]):
        kept.write_bytes(damaged)
        assert word_list.__wrapped__("en").bases == whole.bases
        assert kept.stat().st_size > 2000


def test_a_language_without_a_dictionary_has_no_irregular_words() -> None:
    assert not word_list("xx").bases


def texts(searcher: Searcher, prefix: str) -> list[str]:
    return [entry.text for entry in searcher.suggest(prefix, "de")]


@pytest.mark.parametrize(
    "prefix", ["gara", "garatie", "akku lag", "akkuu lag", "rechung", "ladegrät", "vrsand"]
)
def test_half_typed_and_mistyped_words_suggest_pages(searcher: Searcher, prefix: str) -> None:
    found = searcher.suggest(prefix, "de")
    assert found
    assert all(entry.url for entry in found)


def test_suggested_pages_have_all_words_in_whatever_order(searcher: Searcher) -> None:
    found = texts(searcher, "winter akku")
    assert found
    assert all("akku" in text.casefold() and "winter" in text.casefold() for text in found)


def test_a_slip_in_the_prefix_suggests_what_the_prefix_would(searcher: Searcher) -> None:
    assert texts(searcher, "garatie") == texts(searcher, "garantie")


def test_a_known_prefix_is_not_read_as_another_word(searcher: Searcher) -> None:
    found = texts(searcher, "kette")
    assert found
    assert all("kette" in text.casefold() for text in found)


def article(number: int, words: Sequence[str]) -> Document:
    """An article called by the first four words, with five questions of the others."""
    questions = tuple(" ".join(words[at : at + 4]) for at in range(4, 24, 4))
    return Document(
        kind=Kind.ARTICLE, id=f"a{number}", locale="de", slug=f"a{number}",
        title=" ".join(words[:4]), summary="", category="", phase="service",
        questions=questions, tags=(), audience=(), owner_team="", reviewed="", reviewed_by="",
        related=(), redirect_from=(), source="",
    )  # fmt: skip


@pytest.fixture
def many(vocabulary: Vocabulary, tmp_path: Path) -> tuple[Suggestions, list[str]]:
    """Two hundred articles that share the words of a help center, and the titles of them."""
    words = [word for letter in "aegkrsv" for word in vocabulary.completions(letter, 120)]
    chosen = [[words[(n * 7 + step * 131) % len(words)] for step in range(24)] for n in range(200)]
    documents = [article(number, own) for number, own in enumerate(chosen)]
    write_suggestions(tmp_path, documents)
    return Suggestions(tmp_path), [document.title for document in documents]


def test_few_of_all_entries_are_looked_at_however_many_start_so(
    vocabulary: Vocabulary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_suggestions(tmp_path, [article(n, [f"akku{n}"] * 24) for n in range(3000)])
    looked_at: list[int] = []
    rank = Suggestions._rank

    def counted(self: Suggestions, number: int, wanted: str) -> tuple[bool, bool, int, int]:
        looked_at.append(number)
        return rank(self, number, wanted)

    monkeypatch.setattr(Suggestions, "_rank", counted)
    assert len(Suggestions(tmp_path).find("a", 8)) == 8
    assert len(looked_at) <= 1000


@pytest.mark.trial
def test_suggestions_take_less_than_five_milliseconds(
    german: LocaleIndex, many: tuple[Suggestions, list[str]]
) -> None:
    real = [german.suggestions.find(letter, 200) for letter in "aegkrsv"]
    for suggestions, titles in (
        (german.suggestions, [entry.text for found in real for entry in found]),
        many,
    ):
        taken = [milliseconds(suggestions, prefix) for prefix in prefixes(titles)]
        assert len(taken) > 1000
        assert statistics.quantiles(taken, n=100)[98] < 5, "for 99 of 100 letters typed"


def prefixes(titles: Sequence[str]) -> Iterator[str]:
    """What is typed on the way to each title, letter by letter, and with a letter left out."""
    for title in titles:
        yield from (title[:end] for end in range(1, len(title) + 1))
        yield from (title[:at] + title[at + 1 :] for at in range(1, len(title), 5))


def milliseconds(suggestions: Suggestions, prefix: str) -> float:
    start = time.perf_counter()
    suggestions.find(prefix, 8)
    return (time.perf_counter() - start) * 1000
